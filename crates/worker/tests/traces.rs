//! One event's way through the services, as `coldstart:GetTrace` tells it from the facts.

use coldstart_engine::sandbox::WasmiSandbox;
use coldstart_protocol::{FromWorker, ToWorker, View, ViewSpec};
use coldstart_worker::{Host, Next, sha256_hex};
use coldstart_workspace::{ApiRequest, HELLO_WAT};
use expect_test::{Expect, expect};
use serde_json::{Value, json};
use std::sync::Arc;

const ACCOUNT: &str = "us-east-1:123456789012";

/// Fails with every event.
const FAIL_WAT: &str = r#"(module
  (import "lambda" "fail" (func $fail (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "{\"errorType\":\"No\",\"errorMessage\":\"no\"}")
  (func (export "lambda_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "lambda_handler") (param i32 i32) (result i32)
    (drop (call $fail (i32.const 16) (i32.const 37))) (i32.const 1)))"#;

/// Sends a message to the queue "orders", and answers when it is sent.
const SENDER_WAT: &str = r#"(module
  (import "lambda" "call_start" (func $call (param i32 i32) (result i32)))
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "{\"service\":\"sqs\",\"operation\":\"SendMessage\",\"params\":{\"QueueUrl\":\"https://sqs.us-east-1.amazonaws.com/123456789012/orders\",\"MessageBody\":\"hi\"}}")
  (func (export "lambda_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "lambda_handler") (param i32 i32) (result i32)
    (drop (call $call (i32.const 16) (i32.const 142))) (i32.const 2))
  (func (export "lambda_resume") (param i32 i32 i32) (result i32)
    (drop (call $respond (local.get 1) (local.get 2))) (i32.const 0)))"#;

struct Page {
    host: Host,
    real_ms: f64,
    id: u64,
    answers: Vec<(u64, Result<Value, String>)>,
    /// Request ids of the invocations that a window showed last, the newest first.
    shown: Vec<String>,
}

impl Page {
    fn new() -> Self {
        let host = Host::new(Arc::new(WasmiSandbox::new()), "test");
        Self { host, real_ms: 0.0, id: 0, answers: Vec::new(), shown: Vec::new() }
    }

    fn send(&mut self, message: ToWorker, buffers: Vec<Vec<u8>>) {
        self.host.handle(message, buffers, self.real_ms);
        for _ in 0..1_000_000 {
            let real_ms = &mut self.real_ms;
            let next = self.host.pump(&mut || {
                *real_ms += 1.0;
                *real_ms
            });
            while let Some(outgoing) = self.host.poll_message() {
                if let FromWorker::Views { views } = &outgoing.message
                    && let [View::Invocations { rows, .. }] = views.as_slice()
                {
                    self.shown = rows.iter().map(|row| row.request_id.clone()).collect();
                }
                if let FromWorker::Answered { id, result } = outgoing.message {
                    let result = result.map(|response| response.output);
                    self.answers.push((
                        id,
                        result.map_err(|failure| format!("{} {}", failure.code, failure.message)),
                    ));
                }
            }
            match next {
                Next::Idle => return,
                Next::After(ms) => self.real_ms += ms,
                Next::Now => {}
            }
        }
        panic!("the Host does not come to rest");
    }

    fn call_with(
        &mut self,
        service: &str,
        operation: &str,
        params: Value,
        module: Option<Vec<u8>>,
    ) -> Value {
        self.id += 1;
        let id = self.id;
        let request = ApiRequest { service: service.into(), operation: operation.into(), params };
        let modules = module.iter().map(|_| 0).collect();
        self.send(ToWorker::Request { id, request, modules }, module.into_iter().collect());
        let (_, answer) = self.answers.iter().find(|(of, _)| *of == id).expect("an answer").clone();
        answer.unwrap_or_else(|fault| panic!("{operation}: {fault}"))
    }

    fn call(&mut self, service: &str, operation: &str, params: Value) -> Value {
        self.call_with(service, operation, params, None)
    }

    fn function(&mut self, name: &str, text: &str, more: Value) {
        let module = coldstart_worker::assemble(text).expect("it assembles");
        let mut params = json!({
            "FunctionName": name, "Runtime": "provided.al2023", "Handler": "h", "MemorySize": 1_769,
            "Role": "arn:aws:iam::123456789012:role/r", "Code": { "ZipFile": { "$sha256": sha256_hex(&module) } },
        });
        params
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().cloned().unwrap_or_default());
        self.call_with("lambda", "CreateFunction", params, Some(module));
        self.call("lambda", "GetFunction", json!({ "FunctionName": name }));
    }

    fn queue(&mut self, name: &str, attributes: Value) -> String {
        let policy = json!({ "Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": format!("arn:aws:sqs:{ACCOUNT}:{name}"),
        } });
        let mut attributes = attributes;
        attributes["Policy"] = json!(policy.to_string());
        self.call("sqs", "CreateQueue", json!({ "QueueName": name, "Attributes": attributes }));
        format!("arn:aws:sqs:{ACCOUNT}:{name}")
    }

    fn messages(&mut self, queue: &str) -> Vec<String> {
        let url = format!("https://sqs.us-east-1.amazonaws.com/123456789012/{queue}");
        let params = json!({ "QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 0 });
        let answer = self.call("sqs", "ReceiveMessage", params);
        let all = answer["Messages"].as_array().cloned().unwrap_or_default();
        all.iter().map(|one| one["MessageId"].as_str().unwrap_or_default().to_owned()).collect()
    }

    fn trace(&mut self, id: &str) -> Value {
        self.call("coldstart", "GetTrace", json!({ "Id": id }))
    }

    /// The spans, a line each: times in milliseconds after the first one's.
    fn told(&mut self, id: &str) -> String {
        let trace = self.trace(id);
        let spans = trace["Spans"].as_array().expect("a list");
        let first = spans.iter().filter_map(|span| span["From"].as_u64()).min().unwrap_or_default();
        let ms = |at: &Value| {
            at.as_u64().map(|at| format!("{}", (at - first) / 1_000)).unwrap_or_default()
        };
        let line = |span: &Value| {
            let text = |name: &str| span[name].as_str().unwrap_or_default().to_owned();
            let indent = "  ".repeat(span["Depth"].as_u64().unwrap_or_default() as usize);
            let mark = if span["Selected"] == true { "*" } else { "" };
            format!(
                "{indent}{mark}{} {} {} {}..{} [{}] {}\n",
                text("Service"),
                text("Name"),
                text("Operation"),
                ms(&span["From"]),
                ms(&span["To"]),
                text("Status"),
                text("Detail"),
            )
        };
        spans.iter().map(line).collect()
    }

    #[track_caller]
    fn check(&mut self, id: &str, expected: Expect) {
        let told = self.told(id);
        expected.assert_eq(&told);
    }

    /// The request id of the newest invocation that the facts of a trace name.
    fn invocation_in(&mut self, id: &str) -> String {
        let trace = self.trace(id);
        let spans = trace["Spans"].as_array().expect("a list");
        let of = spans.iter().rfind(|span| span["Operation"] == "Invoke").expect("an invocation");
        of["Id"].as_str().unwrap_or_default().to_owned()
    }
}

#[test]
fn from_a_topic_through_a_queue_to_a_function() {
    let mut page = Page::new();
    page.function("work", HELLO_WAT, json!({}));
    let queue = page.queue("orders", json!({}));
    page.call("sns", "CreateTopic", json!({ "Name": "placed" }));
    let topic = format!("arn:aws:sns:{ACCOUNT}:placed");
    page.call(
        "sns",
        "Subscribe",
        json!({ "TopicArn": topic, "Protocol": "sqs", "Endpoint": queue }),
    );
    let params = json!({ "FunctionName": "work", "EventSourceArn": queue });
    page.call("lambda", "CreateEventSourceMapping", params);
    let message = page.call("sns", "Publish", json!({ "TopicArn": topic, "Message": "{}" }));
    let published = message["MessageId"].as_str().expect("an id").to_owned();
    let request = page.invocation_in(&published);
    page.check(&published, expect![[r#"
        SNS  Publish 0..0 [ok] From outside, HTTP 200
          *SNS placed Publish 0..0 [ok] To 1 subscription
            SNS placed Deliver to orders 0..0 [ok] 1 attempt
              SQS orders Message 0..107 [ok] Processed and deleted
                Lambda work Event source mapping 0..107 [ok] Batch of 1 message: 1 deleted, 0 back to the queue
                  Lambda work Invoke 5..107 [ok] Synchronous
                    Lambda work Cold start 5..107 [] Environment #0 is made
                    Lambda work Handler 107..107 [ok] Environment #0, succeeded, 9 ms billed
    "#]]);
    let of_request = page.told(&request);
    assert_eq!(
        of_request.replace('*', ""),
        page.told(&published).replace('*', ""),
        "the same way from either end"
    );
    assert!(of_request.contains("*Lambda work Invoke"), "{of_request}");
}

#[test]
fn an_event_that_fails_waits_is_tried_again_and_ends_in_its_dead_letter_queue() {
    let mut page = Page::new();
    let dead = page.queue("dead", json!({}));
    page.function("bad", FAIL_WAT, json!({ "DeadLetterConfig": { "TargetArn": dead } }));
    let params =
        json!({ "FunctionName": "bad", "InvocationType": "Event", "Payload": { "$text": "{}" } });
    page.call("lambda", "Invoke", params);
    let letters = page.messages("dead");
    assert_eq!(letters.len(), 1);
    page.check(&letters[0], expect![[r#"
        Lambda  Invoke 0..0 [ok] From outside, HTTP 202
          Lambda bad Invoke 0..180111 [error] Asynchronous, given up after 3 attempts: RetriesExhausted
            Lambda bad Cold start 0..110 [] Environment #0 is made
            Lambda bad Attempt 1 110..110 [error] Environment #0, failed, 9 ms billed
            Lambda bad Wait for a retry 110..60110 [waiting] The function failed
            Lambda bad Attempt 2 60110..60111 [error] Environment #0, failed, 1 ms billed
            Lambda bad Wait for a retry 60111..180111 [waiting] The function failed
            Lambda bad Attempt 3 180111..180111 [error] Environment #0, failed, 1 ms billed
            SQS dead SendMessage 180111..180111 [ok] Dead letter, HTTP 200
              *SQS dead Message 180111.. [waiting] In the queue, received 1 time
    "#]]);
}

#[test]
fn from_an_event_bus_to_a_function_and_to_its_destination() {
    let mut page = Page::new();
    let done = page.queue("done", json!({}));
    page.function("work", HELLO_WAT, json!({}));
    page.function("next", HELLO_WAT, json!({}));
    let function = format!("arn:aws:lambda:{ACCOUNT}:function:work");
    let params = json!({ "FunctionName": "work", "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com" });
    page.call("lambda", "AddPermission", params);
    let success = json!({ "OnSuccess": { "Destination": format!("arn:aws:lambda:{ACCOUNT}:function:next") } });
    page.call(
        "lambda",
        "PutFunctionEventInvokeConfig",
        json!({ "FunctionName": "work", "DestinationConfig": success }),
    );
    let success = json!({ "OnSuccess": { "Destination": done } });
    page.call(
        "lambda",
        "PutFunctionEventInvokeConfig",
        json!({ "FunctionName": "next", "DestinationConfig": success }),
    );
    page.call(
        "events",
        "PutRule",
        json!({ "Name": "orders", "EventPattern": "{\"source\":[\"shop\"]}" }),
    );
    page.call(
        "events",
        "PutTargets",
        json!({ "Rule": "orders", "Targets": [{ "Id": "a", "Arn": function }] }),
    );
    let entry = json!({ "Source": "shop", "DetailType": "Placed", "Detail": "{}" });
    let answer = page.call("events", "PutEvents", json!({ "Entries": [entry] }));
    let id = answer["Entries"][0]["EventId"].as_str().expect("an id").to_owned();
    page.check(
        &id,
        expect![[r#"
            EventBridge  PutEvents 0..0 [ok] From outside, HTTP 200
              *EventBridge default PutEvents 0..0 [ok] Placed from shop: matches orders
                EventBridge orders Deliver to work 0..0 [ok] 1 attempt
                  Lambda work Invoke 0..99 [ok] Asynchronous
                    Lambda work Cold start 0..99 [] Environment #0 is made
                    Lambda work Attempt 1 99..99 [ok] Environment #0, succeeded, 9 ms billed
                    Lambda work Destination on success 99..99 [ok] To next
                    Lambda next Invoke 99..206 [ok] Asynchronous
                      Lambda next Cold start 99..206 [] Environment #1 is made
                      Lambda next Attempt 1 206..206 [ok] Environment #1, succeeded, 9 ms billed
                      SQS done SendMessage 206..206 [ok] Destination on success, HTTP 200
                        SQS done Message 206.. [waiting] In the queue, received 0 times
        "#]],
    );
}

#[test]
fn from_an_execution_to_its_functions_and_back() {
    let mut page = Page::new();
    page.function("work", HELLO_WAT, json!({}));
    let definition = json!({ "StartAt": "A", "States": {
        "A": { "Type": "Task", "Resource": format!("arn:aws:lambda:{ACCOUNT}:function:work"), "Next": "B" },
        "B": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": { "FunctionName": "work", "Payload": {} }, "End": true },
    } });
    let params = json!({ "name": "m", "definition": definition.to_string(), "roleArn": "arn:aws:iam::123456789012:role/r" });
    let machine = page.call("states", "CreateStateMachine", params);
    let params =
        json!({ "stateMachineArn": machine["stateMachineArn"], "name": "run", "input": "{}" });
    let execution = page.call("states", "StartExecution", params);
    let arn = execution["executionArn"].as_str().expect("an ARN").to_owned();
    page.check(
        &arn,
        expect![[r#"
            Step Functions  StartExecution 0..0 [ok] From outside, HTTP 200
              *Step Functions m Execution 0..97 [ok] SUCCEEDED
                Lambda work Invoke 0..97 [ok] Synchronous, for the state A
                  Lambda work Cold start 0..96 [] Environment #0 is made
                  Lambda work Handler 96..97 [ok] Environment #0, succeeded, 9 ms billed
                Lambda work Invoke 97..97 [ok] Synchronous, for the state B
                  Lambda work Handler 97..97 [ok] Environment #0, succeeded, 1 ms billed
        "#]],
    );
    let request = page.invocation_in(&arn);
    assert!(page.told(&request).contains("  Step Functions m Execution"));
}

#[test]
fn a_message_that_a_handler_sends_is_followed_to_where_it_waits() {
    let mut page = Page::new();
    page.queue("orders", json!({}));
    page.function("sender", SENDER_WAT, json!({}));
    let params = json!({ "FunctionName": "sender", "Payload": { "$text": "{}" } });
    let answer = page.call("lambda", "Invoke", params);
    assert_eq!(answer["FunctionError"], Value::Null, "{answer}");
    let messages = page.messages("orders");
    page.check(
        &messages[0],
        expect![[r#"
            Lambda  Invoke 0..107 [ok] From outside, HTTP 200
              Lambda sender Invoke 0..107 [ok] Synchronous
                Lambda sender Cold start 0..105 [] Environment #0 is made
                Lambda sender Handler 105..107 [ok] Environment #0, succeeded, 11 ms billed
                SQS  SendMessage 106..106 [ok] From inside, HTTP 200
                  *SQS orders Message 106.. [waiting] In the queue, received 1 time
        "#]],
    );
}

#[test]
fn what_the_redrive_policy_moves_is_told_as_a_dead_letter() {
    let mut page = Page::new();
    let dead = page.queue("dead", json!({}));
    let redrive = json!({ "deadLetterTargetArn": dead, "maxReceiveCount": 2 }).to_string();
    let queue =
        page.queue("orders", json!({ "RedrivePolicy": redrive, "VisibilityTimeout": "30" }));
    page.function("bad", FAIL_WAT, json!({}));
    page.call(
        "lambda",
        "CreateEventSourceMapping",
        json!({ "FunctionName": "bad", "EventSourceArn": queue }),
    );
    let url = "https://sqs.us-east-1.amazonaws.com/123456789012/orders";
    let sent = page.call("sqs", "SendMessage", json!({ "QueueUrl": url, "MessageBody": "x" }));
    page.send(ToWorker::Advance { micros: 300_000_000 }, Vec::new());
    let id = sent["MessageId"].as_str().expect("an id").to_owned();
    page.check(&id, expect![[r#"
        SQS  SendMessage 0..0 [ok] From outside, HTTP 200
          *SQS orders Message 0..30005 [error] Received 2 times without success
            Lambda bad Event source mapping 0..104 [error] Batch of 1 message: 0 deleted, 1 back to the queue (FunctionError)
              Lambda bad Invoke 5..104 [error] Synchronous
                Lambda bad Cold start 5..103 [] Environment #0 is made
                Lambda bad Handler 103..104 [error] Environment #0, failed, 9 ms billed
            Lambda bad Event source mapping 30000..30005 [error] Batch of 1 message: 0 deleted, 1 back to the queue (FunctionError)
              Lambda bad Invoke 30005..30005 [error] Synchronous
                Lambda bad Handler 30005..30005 [error] Environment #0, failed, 1 ms billed
            SQS dead Dead letter 30005.. [error] Moved by the redrive policy, waits to be looked at
    "#]]);
}

#[test]
fn what_no_filter_lets_pass_ends_there() {
    let mut page = Page::new();
    let queue = page.queue("orders", json!({}));
    page.function("work", HELLO_WAT, json!({}));
    let filters = json!({ "Filters": [{ "Pattern": "{\"body\":{\"a\":[1]}}" }] });
    let params =
        json!({ "FunctionName": "work", "EventSourceArn": queue, "FilterCriteria": filters });
    page.call("lambda", "CreateEventSourceMapping", params);
    let url = "https://sqs.us-east-1.amazonaws.com/123456789012/orders";
    let sent =
        page.call("sqs", "SendMessage", json!({ "QueueUrl": url, "MessageBody": "{\"a\":2}" }));
    let id = sent["MessageId"].as_str().expect("an id").to_owned();
    page.check(
        &id,
        expect![[r#"
            SQS  SendMessage 0..0 [ok] From outside, HTTP 200
              *SQS orders Message 0..0 [ok] Filtered out: no filter of the trigger lets it pass
        "#]],
    );
}

#[test]
fn a_long_session_has_traces_of_its_newest_events_and_none_of_what_is_forgotten() {
    let mut page = Page::new();
    page.function("work", HELLO_WAT, json!({}));
    let params =
        json!({ "FunctionName": "work", "InvocationType": "Event", "Payload": { "$text": "{}" } });
    page.call("lambda", "Invoke", params);
    let view = ViewSpec::Invocations { function: "work".into(), rows_max: 1 };
    page.send(ToWorker::Watch { views: vec![view] }, Vec::new());
    let first = page.shown[0].clone();
    assert!(page.told(&first).contains("*Lambda work Invoke"));
    let load = json!({ "FunctionName": "work", "Profile": { "Kind": "Constant", "Rate": 1_000 }, "DurationSeconds": 12 });
    page.call("coldstart", "StartLoad", load);
    let listed = page.call("coldstart", "ListLoads", json!({}));
    assert_eq!(listed["Loads"][0]["Status"], "COMPLETED");
    assert_eq!(listed["Loads"][0]["Succeeded"], 12_000);
    let newest = page.shown[0].clone();
    assert_ne!(newest, first);
    assert!(page.told(&newest).starts_with("*Lambda work Invoke"), "{}", page.told(&newest));
    assert_eq!(page.trace(&first)["Spans"], json!([]), "forgotten");
    assert_eq!(page.trace("nobody")["Spans"], json!([]));
    assert_eq!(page.trace("")["Spans"], json!([]));
}

#[test]
fn a_wide_trace_is_cut_but_has_the_way_to_what_was_asked_for() {
    let mut page = Page::new();
    page.function("work", HELLO_WAT, json!({}));
    let definition = json!({ "StartAt": "M", "States": { "M": { "Type": "Map", "ItemsPath": "$", "End": true, "ItemProcessor": { "StartAt": "A", "States": {
        "A": { "Type": "Task", "Resource": format!("arn:aws:lambda:{ACCOUNT}:function:work"), "End": true },
    } } } } });
    let params = json!({ "name": "m", "definition": definition.to_string(), "roleArn": "arn:aws:iam::123456789012:role/r" });
    let machine = page.call("states", "CreateStateMachine", params);
    let items: Vec<u32> = (0..400).collect();
    let params = json!({ "stateMachineArn": machine["stateMachineArn"], "name": "run", "input": json!(items).to_string() });
    let execution = page.call("states", "StartExecution", params);
    let arn = execution["executionArn"].as_str().expect("an ARN").to_owned();
    let trace = page.trace(&arn);
    assert_eq!(trace["Truncated"], true);
    assert!(trace["Spans"].as_array().is_some_and(|spans| (100..=400).contains(&spans.len())));
    let events = page.call(
        "states",
        "GetExecutionHistory",
        json!({ "executionArn": arn, "maxResults": 1, "reverseOrder": true }),
    );
    assert_eq!(events["events"][0]["type"], "ExecutionSucceeded");
}
