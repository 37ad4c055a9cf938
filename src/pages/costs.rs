//! What the session cost, by function, and what that comes to in a month.

use crate::components::{Empty, Glyph, Panel};
use crate::hooks::{use_session, use_view};
use crate::model::{
    PRICE_COMPUTE, PRICE_REQUESTS, PRICES_FROM, PRICES_OF, format_cost, format_count,
    format_micros, gb_seconds, per_month, total_cost,
};
use crate::route::{FunctionTab, Route};
use coldstart_protocol::{CostRow, ViewSpec};
use yew::prelude::*;

/// The page.
#[component]
pub fn CostsPage() -> Html {
    use_view(Some(ViewSpec::Costs));
    let rows = use_session(|session| session.costs.clone());
    let (now_us, _) = use_session(|session| session.now());
    let rows = rows.map(|rows| rows.to_vec()).unwrap_or_default();
    let total = total_cost(&rows);
    let month = |cost: u64| per_month(cost, now_us).map_or_else(|| "–".to_owned(), format_cost);
    let numbers: [(&str, String); 4] = [
        ("Session", format_cost(total.cost_nano_usd)),
        ("Per month at this pace", month(total.cost_nano_usd)),
        ("Invocations", format_count(total.invocations)),
        ("GB-seconds", gb_seconds(total.mb_ms)),
    ];
    let line = |row: &CostRow| {
        let share = if total.cost_nano_usd == 0 {
            0.0
        } else {
            row.cost_nano_usd as f64 * 100.0 / total.cost_nano_usd as f64
        };
        html! {
            <tr key={row.function.clone()}>
                <th scope="row"><a href={Route::function(&row.function, FunctionTab::Monitor).format()}>{ &row.function }</a></th>
                <td class="number">{ format_count(row.invocations) }</td>
                <td class="number">{ format!("{} ms", format_count(row.billed_ms)) }</td>
                <td class="number">{ gb_seconds(row.mb_ms) }</td>
                <td class="number">{ format_cost(row.cost_nano_usd) }</td>
                <td class="number">{ format!("{share:.1} %") }</td>
                <td class="number">{ month(row.cost_nano_usd) }</td>
            </tr>
        }
    };
    html! {
        <div class="page costs-page">
            <header class="page-header">
                <div><h1>{ "Cost" }</h1><p>{ format!("What the invocations of this session would cost on AWS, over {} of virtual time.", format_micros(now_us)) }</p></div>
            </header>
            <section class="numbers" aria-label="Summary"><dl>
                for (label, value) in numbers { <div key={label}><dt>{ label }</dt><dd>{ value }</dd></div> }
            </dl></section>
            <Panel title="Cost by function" counter={rows.len().to_string()} flush={true}>
                if rows.is_empty() {
                    <Empty glyph={Glyph::Cost} title="Nothing was billed yet" text="Test a function: each invocation is billed for its request and its GB-seconds." />
                } else {
                    <div class="table-scroll" tabindex="0" role="group" aria-label="Cost by function">
                        <table class="table">
                            <thead><tr><th scope="col">{ "Function" }</th><th scope="col" class="number">{ "Invocations" }</th><th scope="col" class="number">{ "Billed" }</th><th scope="col" class="number">{ "GB-seconds" }</th><th scope="col" class="number">{ "Cost" }</th><th scope="col" class="number">{ "Share" }</th><th scope="col" class="number">{ "Per month" }</th></tr></thead>
                            <tbody>for row in rows.iter() { { line(row) } }</tbody>
                        </table>
                    </div>
                }
                <p class="table-note">{ format!("Prices: {PRICE_REQUESTS}, {PRICE_COMPUTE}. Source: {PRICES_FROM}, as of {PRICES_OF}, without the free tier. A month has 730 hours. Queues, logs, state machines and provisioned concurrency are not in it.") }</p>
            </Panel>
        </div>
    }
}
