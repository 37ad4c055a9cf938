//! An order comes in through an HTTP API, is checked, and is accepted with its total or refused with every reason.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body;
use aws_lambda_events::http::HeaderValue;
use aws_lambda_events::http::header::CONTENT_TYPE;
use coldstart_handler::{Error, LambdaEvent, run, service_fn};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    customer: Customer,
    items: Vec<Item>,
    #[serde(default)]
    coupon: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Customer {
    email: String,
    country: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    sku: String,
    quantity: u32,
    unit_price_cents: u64,
}

/// What the shop accepts; from environment variables, so that configuration can be tried out.
struct Rules {
    countries: BTreeSet<String>,
    quantity_max: u32,
}

impl Rules {
    fn from_env() -> Result<Self, Error> {
        let countries = std::env::var("COUNTRIES").unwrap_or_else(|_| "DE,FR,NL".into());
        let quantity_max = std::env::var("QUANTITY_MAX").unwrap_or_else(|_| "20".into()).parse()?;
        Ok(Self {
            countries: countries.split(',').map(|code| code.trim().to_owned()).collect(),
            quantity_max,
        })
    }

    /// Every reason to refuse the order, as `(member, message)`.
    fn violations(&self, order: &Order) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut refuse = |member: String, message: String| found.push((member, message));
        if !looks_like_email(&order.customer.email) {
            refuse(
                "customer.email".into(),
                format!("`{}` is not an e-mail address", order.customer.email),
            );
        }
        if !self.countries.contains(&order.customer.country) {
            refuse(
                "customer.country".into(),
                format!("we do not ship to `{}`", order.customer.country),
            );
        }
        if order.items.is_empty() {
            refuse("items".into(), "an order needs an item".into());
        }
        let mut seen = BTreeSet::new();
        for (index, item) in order.items.iter().enumerate() {
            if !is_sku(&item.sku) {
                refuse(
                    format!("items[{index}].sku"),
                    format!("`{}` is not three letters, a dash and four digits", item.sku),
                );
            }
            if !seen.insert(&item.sku) {
                refuse(
                    format!("items[{index}].sku"),
                    format!("`{}` is in the order twice", item.sku),
                );
            }
            if item.quantity == 0 || item.quantity > self.quantity_max {
                refuse(
                    format!("items[{index}].quantity"),
                    format!("must be 1 to {}", self.quantity_max),
                );
            }
        }
        if order.coupon.as_deref().is_some_and(|coupon| coupon != "WELCOME10") {
            refuse("coupon".into(), "unknown coupon".into());
        }
        found
    }
}

fn looks_like_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, domain)| {
        !name.is_empty() && domain.contains('.') && !domain.starts_with('.')
    })
}

fn is_sku(text: &str) -> bool {
    let (letters, digits) = text.split_once('-').unwrap_or_default();
    letters.len() == 3
        && letters.bytes().all(|byte| byte.is_ascii_uppercase())
        && digits.len() == 4
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn total_cents(order: &Order) -> u64 {
    let sum = order.items.iter().fold(0_u64, |sum, item| {
        sum.saturating_add(item.unit_price_cents.saturating_mul(item.quantity.into()))
    });
    if order.coupon.is_some() { sum - sum / 10 } else { sum }
}

fn answer(status_code: i64, body: &Value) -> ApiGatewayV2httpResponse {
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = status_code;
    response.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.body = Some(Body::Text(body.to_string()));
    response
}

async fn handler(
    rules: &Rules,
    event: LambdaEvent<ApiGatewayV2httpRequest>,
) -> Result<ApiGatewayV2httpResponse, Error> {
    let LambdaEvent { payload: request, context } = event;
    let http = &request.request_context.http;
    println!("{} {}", http.method, http.path.as_deref().unwrap_or("/"));
    let order: Order = match serde_json::from_str(request.body.as_deref().unwrap_or("")) {
        Ok(order) => order,
        Err(error) => {
            return Ok(answer(400, &json!({ "message": format!("not an order: {error}") })));
        }
    };
    let violations = rules.violations(&order);
    if !violations.is_empty() {
        println!("refused: {} violations", violations.len());
        let errors: Vec<Value> = violations
            .iter()
            .map(|(member, message)| json!({ "member": member, "message": message }))
            .collect();
        return Ok(answer(
            422,
            &json!({ "message": "the order cannot be accepted", "errors": errors }),
        ));
    }
    let total = total_cents(&order);
    println!("accepted: {} items, {total} cents", order.items.len());
    Ok(answer(
        201,
        &json!({ "orderId": context.request_id, "items": order.items.len(), "totalCents": total, "status": "accepted" }),
    ))
}

fn main() -> Result<(), Error> {
    // Init code: runs once for each environment, in the cold start.
    let rules = Rules::from_env()?;
    run(service_fn(|event| handler(&rules, event)))
}
