//! Traces: how one is asked for, and what is read from the answer.

use super::{execution_of_arn, list_at, text_at};
use crate::route::{FunctionTab, ResourceKind, Route};
use coldstart_workspace::ApiRequest;
use serde_json::{Value, json};

/// `GetTrace`: what is known of the way of an invocation, a message, an event or an execution.
pub fn trace_request(id: &str) -> ApiRequest {
    ApiRequest {
        service: "coldstart".into(),
        operation: "GetTrace".into(),
        params: json!({ "Id": id }),
    }
}

/// A span of a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceSpan {
    /// How far it is below where the trace begins.
    pub depth: usize,
    /// `Lambda`, `SQS` …
    pub service: String,
    /// Of what.
    pub name: String,
    /// What was done.
    pub operation: String,
    /// Virtual microseconds.
    pub from_us: u64,
    /// None while it lasts.
    pub to_us: Option<u64>,
    /// `ok`, `error`, `running`, `waiting`; empty for what just is.
    pub status: String,
    /// In words.
    pub detail: String,
    /// Its page.
    pub route: Option<Route>,
    /// Its own id.
    pub id: String,
    /// It is what was asked for.
    pub selected: bool,
}

impl TraceSpan {
    fn of(value: &Value) -> Self {
        let text = |name: &str| text_at(value, &format!("/{name}"));
        let number = |name: &str| value.get(name).and_then(Value::as_u64);
        let (page, id) = (text("Page"), text("Id"));
        let resource = |kind| (!page.is_empty()).then(|| Route::Resource(kind, page.clone()));
        let route = match text("Kind").as_str() {
            "queue" => Some(Route::Queue(page)),
            "function" if text("Operation") == "Invoke" => {
                Some(Route::Invocation { function: page, request: id.clone() })
            }
            "function" => Some(Route::function(&page, FunctionTab::Monitor)),
            "execution" => {
                execution_of_arn(&page).map(|(machine, name)| Route::Execution { machine, name })
            }
            "topic" => resource(ResourceKind::Topics),
            "rule" => resource(ResourceKind::Rules),
            "schedule" => resource(ResourceKind::Schedules),
            "bus" => resource(ResourceKind::Buses),
            _ => None,
        };
        Self {
            depth: number("Depth").unwrap_or_default() as usize,
            service: text("Service"),
            name: text("Name"),
            operation: text("Operation"),
            from_us: number("From").unwrap_or_default(),
            to_us: number("To"),
            status: text("Status"),
            detail: text("Detail"),
            route,
            id,
            selected: value.get("Selected") == Some(&Value::Bool(true)),
        }
    }
}

/// The spans of an answer, and whether there were more.
pub fn trace_spans(output: &Value) -> (Vec<TraceSpan>, bool) {
    let spans = list_at(output, "Spans").iter().map(TraceSpan::of).collect();
    (spans, output.get("Truncated") == Some(&Value::Bool(true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_lead_to_their_pages() {
        let output = json!({ "Truncated": true, "Spans": [
            { "Depth": 0, "Service": "SQS", "Name": "q", "Operation": "Message", "From": 5, "To": null, "Status": "waiting", "Detail": "d", "Kind": "queue", "Page": "q", "Id": "m", "Selected": true },
            { "Depth": 1, "Service": "Lambda", "Operation": "Invoke", "From": 6, "To": 9, "Kind": "function", "Page": "f", "Id": "r" },
            { "Depth": 1, "Service": "Lambda", "Operation": "Event source mapping", "Kind": "function", "Page": "f" },
            { "Depth": 1, "Kind": "execution", "Page": "arn:aws:states:us-east-1:123456789012:execution:m:run" },
            { "Depth": 1, "Kind": "rule", "Page": "default/orders" },
            { "Depth": 1, "Kind": "", "Page": "x" },
        ] });
        let (spans, truncated) = trace_spans(&output);
        assert!(truncated && spans[0].selected && !spans[1].selected);
        assert_eq!((spans[0].from_us, spans[0].to_us, spans[1].to_us), (5, None, Some(9)));
        let routes: Vec<Option<String>> =
            spans.iter().map(|span| span.route.as_ref().map(Route::format)).collect();
        let expected = [
            "#/queues/q",
            "#/functions/f/monitor/r",
            "#/functions/f/monitor",
            "#/machines/m/executions/run",
            "#/rules/default%2Forders",
        ];
        assert_eq!(routes[..5], expected.map(|route| Some(route.to_owned())));
        assert_eq!(routes[5], None);
    }
}
