//! Metrics through the door: what services publish, what is put, and how it is read.

use crate::targets::tests::open_queue;
use crate::testing::Scenario;
use expect_test::expect;
use serde_json::{Value, json};

/// The session's first second.
const NOW_S: u64 = 1_767_225_600;

fn ask(scenario: &Scenario, operation: &str, params: Value) -> Value {
    let answer = scenario.clone().request("monitoring", operation, params).last_answer();
    answer.map_or_else(|error| json!({ "refused": error.to_string() }), |response| response.output)
}

fn statistics(scenario: &Scenario, namespace: &str, name: &str, dimensions: Value) -> String {
    let params = json!({
        "Namespace": namespace, "MetricName": name, "Dimensions": dimensions, "Period": 60,
        "StartTime": NOW_S, "EndTime": NOW_S + 3_600, "Statistics": ["Sum", "Maximum", "SampleCount"],
    });
    let answer = ask(scenario, "GetMetricStatistics", params);
    let points = answer["Datapoints"].as_array().unwrap().iter().map(|point| {
        let minute = (point["Timestamp"].as_f64().unwrap() - NOW_S as f64) / 60.0;
        format!("{minute}: {} {} {}", point["Sum"], point["Maximum"], point["SampleCount"])
    });
    points.collect::<Vec<_>>().join("; ")
}

fn by_function(name: &str) -> Value {
    json!([{ "Name": "FunctionName", "Value": name }])
}

#[test]
fn functions_publish_what_lambda_publishes() {
    let scenario = Scenario::new()
        .function("f", "loop\nevent: respond 1")
        .function("bad", "loop\nevent: fail {}")
        .invoke("f", "{}")
        .invoke("f", "{}")
        .invoke("bad", "{}")
        .rest()
        .at(120_000)
        .invoke("f", "{}")
        .rest();
    let lambda = |name: &str, function: &str| {
        statistics(&scenario, "AWS/Lambda", name, by_function(function))
    };
    expect![[r#"
        0: 2.0 1.0 2.0; 2: 1.0 1.0 1.0
        0: 0.0 0.0 2.0; 2: 0.0 0.0 1.0
        0: 1.0 1.0 1.0
        0: 1.2 0.6 2.0; 2: 0.6 0.6 1.0
        0: 2.0 1.0 2.0; 2: 1.0 1.0 1.0
        0: 3.0 1.0 3.0; 2: 1.0 1.0 1.0
    "#]]
    .assert_eq(&format!(
        "{}\n{}\n{}\n{}\n{}\n{}\n",
        lambda("Invocations", "f"),
        lambda("Errors", "f"),
        lambda("Errors", "bad"),
        lambda("Duration", "f"),
        lambda("ConcurrentExecutions", "f"),
        statistics(&scenario, "AWS/Lambda", "Invocations", json!([])),
    ));
    let listed = ask(
        &scenario,
        "ListMetrics",
        json!({
            "Namespace": "AWS/Lambda", "MetricName": "Invocations", "Dimensions": [{ "Name": "FunctionName", "Value": "f" }],
        }),
    );
    expect![[r#"{"Metrics":[{"Namespace":"AWS/Lambda","MetricName":"Invocations","Dimensions":[{"Name":"FunctionName","Value":"f"}]},{"Namespace":"AWS/Lambda","MetricName":"Invocations","Dimensions":[{"Name":"FunctionName","Value":"f"},{"Name":"Resource","Value":"f"}]}]}"#]].assert_eq(&listed.to_string());
}

#[test]
fn throttles_and_asynchronous_events_are_counted() {
    let scenario = Scenario::new()
        .function("f", "loop\nevent: fail {}")
        .request(
            "lambda",
            "Invoke",
            json!({ "FunctionName": "f", "InvocationType": "Event", "Payload": { "$text": "{}" } }),
        )
        .at(600_000)
        .request(
            "lambda",
            "PutFunctionConcurrency",
            json!({ "FunctionName": "f", "ReservedConcurrentExecutions": 0 }),
        )
        .invoke("f", "{}")
        .rest();
    let lambda = |name: &str| statistics(&scenario, "AWS/Lambda", name, by_function("f"));
    expect![[r#"
        0: 1.0 1.0 1.0
        3: 1.0 1.0 1.0
        0: 110.034 110.034 1.0; 1: 60110.634 60110.634 1.0; 3: 180111.234 180111.234 1.0
        0: 0.0 0.0 1.0; 1: 0.0 0.0 1.0; 3: 0.0 0.0 1.0; 10: 1.0 1.0 1.0
    "#]]
    .assert_eq(&format!(
        "{}\n{}\n{}\n{}\n",
        lambda("AsyncEventsReceived"),
        lambda("AsyncEventsDropped"),
        lambda("AsyncEventAge"),
        lambda("Throttles"),
    ));
}

#[test]
fn metrics_are_put_and_read() {
    let put = |data: Value| json!({ "Namespace": "Shop", "MetricData": data });
    let scenario = Scenario::new()
        .request("monitoring", "PutMetricData", put(json!([
            { "MetricName": "Latency", "Unit": "Milliseconds", "Values": [1, 2, 3, 10], "Counts": [1, 1, 1, 7] },
            { "MetricName": "Orders", "Value": 4, "Timestamp": NOW_S + 65 },
            { "MetricName": "Orders", "Value": 6, "Timestamp": "2026-01-01T00:01:59Z" },
            { "MetricName": "Orders", "Value": 1, "Dimensions": [{ "Name": "shop", "Value": "a" }] },
            { "MetricName": "Set", "StatisticValues": { "SampleCount": 2, "Sum": 5, "Minimum": 1, "Maximum": 4 } },
        ])))
        .rest();
    let answer = ask(
        &scenario,
        "GetMetricStatistics",
        json!({
            "Namespace": "Shop", "MetricName": "Latency", "Period": 300, "StartTime": NOW_S - 30, "EndTime": NOW_S + 600,
            "Statistics": ["Average"], "ExtendedStatistics": ["p30", "p99"],
        }),
    );
    expect![[r#"{"Label":"Latency","Datapoints":[{"Timestamp":1767225540.0,"Average":7.6,"ExtendedStatistics":{"p30":3.0,"p99":10.0},"Unit":"Milliseconds"}]}"#]].assert_eq(&answer.to_string());
    let stat = |name: &str| json!({ "Metric": { "Namespace": "Shop", "MetricName": name }, "Period": 60, "Stat": "Sum" });
    let data = ask(
        &scenario,
        "GetMetricData",
        json!({
            "StartTime": NOW_S, "EndTime": NOW_S + 180, "ScanBy": "TimestampAscending", "MetricDataQueries": [
                { "Id": "rate", "Expression": "(m1 + FILL(m2, 0)) / 2", "Label": "half" },
                { "Id": "m1", "MetricStat": stat("Orders") },
                { "Id": "m2", "MetricStat": stat("Set"), "ReturnData": false },
                { "Id": "all", "Expression": "SUM([FILL(m1, 0), FILL(m2, 0)])" },
            ],
        }),
    );
    expect![[r#"{"MetricDataResults":[{"Id":"rate","Label":"half","Timestamps":[1767225660.0],"Values":[5.0],"StatusCode":"Complete"},{"Id":"m1","Label":"Orders","Timestamps":[1767225660.0],"Values":[10.0],"StatusCode":"Complete"},{"Id":"all","Label":"all","Timestamps":[1767225600.0,1767225660.0,1767225720.0],"Values":[5.0,10.0,0.0],"StatusCode":"Complete"}],"Messages":[]}"#]].assert_eq(&data.to_string());
    let refusals = [
        ask(
            &scenario,
            "PutMetricData",
            json!({ "Namespace": "AWS/Mine", "MetricData": [{ "MetricName": "m", "Value": 1 }] }),
        ),
        ask(&scenario, "PutMetricData", put(json!([{ "MetricName": "m" }]))),
        ask(
            &scenario,
            "GetMetricStatistics",
            json!({
                "Namespace": "Shop", "MetricName": "m", "Period": 60, "StartTime": 0, "EndTime": NOW_S, "Statistics": ["Sum"],
            }),
        ),
        ask(
            &scenario,
            "GetMetricStatistics",
            json!({
                "Namespace": "Shop", "MetricName": "m", "Period": 90, "StartTime": 0, "EndTime": NOW_S, "Statistics": ["Sum"],
            }),
        ),
        ask(
            &scenario,
            "GetMetricData",
            json!({
                "StartTime": 0, "EndTime": 60, "MetricDataQueries": [{ "Id": "a", "Expression": "SEARCH('x', 'Sum')" }],
            }),
        ),
        ask(
            &scenario,
            "GetMetricData",
            json!({
                "StartTime": 0, "EndTime": 60, "MetricDataQueries": [{ "Id": "a", "Expression": "b + 1" }, { "Id": "b", "Expression": "a" }],
            }),
        ),
    ];
    let texts: Vec<&str> =
        refusals.iter().map(|one| one["refused"].as_str().unwrap_or("not refused")).collect();
    expect![[r#"
        InvalidParameterValueException: The value AWS/ for parameter Namespace is invalid.
        InvalidParameterCombinationException: The parameters MetricData.member.1.Value, MetricData.member.1.Values and MetricData.member.1.StatisticValues are mutually exclusive and you have specified more than one, or none.
        InvalidParameterCombinationException: You have requested up to 29453760 datapoints, which exceeds the limit of 1440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.
        InvalidParameterValueException: The parameter Period must be 1, 5, 10, 20, 30, or a multiple of 60.
        NotImplementedException: Coldstart does not emulate the function SEARCH of metric math yet.
        ValidationError: Error in expression: 'b' is not an id of a query
    "#]].assert_eq(&(texts.join("\n") + "\n"));
}

#[test]
fn log_lines_publish_metrics() {
    let line = json!({
        "_aws": { "Timestamp": NOW_S * 1_000, "CloudWatchMetrics": [{ "Namespace": "Emf", "Dimensions": [["who"], []],
            "Metrics": [{ "Name": "ms", "Unit": "Milliseconds" }] }] },
        "who": "f", "ms": [5, 7],
    });
    let scenario = Scenario::new()
        .function("f", format!("loop\nevent: print {line}\\n; respond 1"))
        .request("logs", "CreateLogGroup", json!({ "logGroupName": "g" }))
        .request("logs", "CreateLogStream", json!({ "logGroupName": "g", "logStreamName": "s" }))
        .request("logs", "PutMetricFilter", json!({
            "logGroupName": "g", "filterName": "n", "filterPattern": "[kind = ERROR, ms]", "metricTransformations": [
                { "metricNamespace": "Filter", "metricName": "errors", "metricValue": "1", "defaultValue": 0 },
            ],
        }))
        .request("logs", "PutMetricFilter", json!({
            "logGroupName": "g", "filterName": "m", "filterPattern": "[kind = ERROR, ms]", "metricTransformations": [
                { "metricNamespace": "Filter", "metricName": "ms", "metricValue": "$ms", "dimensions": { "kind": "$kind" } },
            ],
        }))
        .request("logs", "PutLogEvents", json!({ "logGroupName": "g", "logStreamName": "s", "logEvents": [
            { "timestamp": NOW_S * 1_000, "message": "ERROR 12" },
            { "timestamp": NOW_S * 1_000, "message": "INFO 100" },
        ] }))
        .invoke("f", "{}")
        .rest();
    let who = json!([{ "Name": "who", "Value": "f" }]);
    assert_eq!(statistics(&scenario, "Emf", "ms", who), "0: 12.0 7.0 2.0");
    assert_eq!(statistics(&scenario, "Emf", "ms", json!([])), "0: 12.0 7.0 2.0");
    assert_eq!(statistics(&scenario, "Filter", "errors", json!([])), "0: 1.0 1.0 2.0");
    let kind = json!([{ "Name": "kind", "Value": "ERROR" }]);
    assert_eq!(statistics(&scenario, "Filter", "ms", kind), "0: 12.0 12.0 1.0");
}

#[test]
fn queues_topics_and_rules_publish_what_happens_to_them() {
    let topic = "arn:aws:sns:us-east-1:123456789012:t";
    let queue = "arn:aws:sqs:us-east-1:123456789012:q";
    let url = "https://sqs.us-east-1.amazonaws.com/123456789012/q";
    let receive = json!({ "QueueUrl": url, "MaxNumberOfMessages": 10 });
    let filtered = json!({ "FilterPolicy": "{\"kind\": [\"x\"]}" });
    let mut scenario = open_queue(Scenario::new(), "q", json!({}))
        .request("sqs", "CreateQueue", json!({ "QueueName": "closed" }))
        .request("sns", "CreateTopic", json!({ "Name": "t" }))
        .request(
            "events",
            "PutRule",
            json!({ "Name": "r", "EventPattern": "{\"source\":[\"shop\"]}" }),
        )
        .request(
            "events",
            "PutTargets",
            json!({ "Rule": "r", "Targets": [
            { "Id": "q", "Arn": queue }, { "Id": "no", "Arn": format!("{queue}x") },
        ] }),
        );
    for (endpoint, attributes) in [
        (queue, json!({})),
        ("arn:aws:sqs:us-east-1:123456789012:closed", json!({})),
        ("arn:aws:sqs:us-east-1:123456789012:filtered", filtered),
    ] {
        scenario = scenario.request("sns", "Subscribe", json!({
            "TopicArn": topic, "Protocol": "sqs", "Endpoint": endpoint, "Attributes": attributes,
        }));
    }
    let entry = json!({ "Source": "shop", "DetailType": "d", "Detail": "{}" });
    let scenario = scenario
        .request("sqs", "ReceiveMessage", receive.clone())
        .request("sns", "Publish", json!({ "TopicArn": topic, "Message": "m" }))
        .request("events", "PutEvents", json!({ "Entries": [entry] }))
        .request("sqs", "SendMessage", json!({ "QueueUrl": url, "MessageBody": "four" }))
        .rest()
        .at(90_000)
        .request("sqs", "ReceiveMessage", receive)
        .rest();
    let of = |namespace: &str, dimension: &str, value: &str, names: &[&str]| {
        let dimensions = json!([{ "Name": dimension, "Value": value }]);
        let told = names.iter().map(|name| {
            format!("{name} {}\n", statistics(&scenario, namespace, name, dimensions.clone()))
        });
        told.collect::<String>()
    };
    let queue = [
        "NumberOfMessagesSent",
        "NumberOfMessagesReceived",
        "NumberOfEmptyReceives",
        "ApproximateAgeOfOldestMessage",
    ];
    let topic = [
        "NumberOfMessagesPublished",
        "NumberOfNotificationsDelivered",
        "NumberOfNotificationsFailed",
        "NumberOfNotificationsFilteredOut",
    ];
    let rule = ["TriggeredRules", "Invocations", "FailedInvocations"];
    let told = of("AWS/SQS", "QueueName", "q", &queue)
        + &of("AWS/SNS", "TopicName", "t", &topic)
        + &of("AWS/Events", "RuleName", "r", &rule);
    expect![[r#"
        NumberOfMessagesSent 0: 3.0 1.0 3.0
        NumberOfMessagesReceived 1: 3.0 3.0 1.0
        NumberOfEmptyReceives 0: 1.0 1.0 1.0
        ApproximateAgeOfOldestMessage 1: 90.0 90.0 1.0
        NumberOfMessagesPublished 0: 1.0 1.0 1.0
        NumberOfNotificationsDelivered 0: 1.0 1.0 1.0
        NumberOfNotificationsFailed 0: 1.0 1.0 1.0
        NumberOfNotificationsFilteredOut 0: 1.0 1.0 1.0
        TriggeredRules 0: 1.0 1.0 1.0
        Invocations 0: 2.0 1.0 2.0
        FailedInvocations 0: 1.0 1.0 1.0
    "#]]
    .assert_eq(&told);
    let deleted = |scenario: &Scenario| {
        statistics(
            scenario,
            "AWS/SQS",
            "NumberOfMessagesDeleted",
            json!([{ "Name": "QueueName", "Value": "q" }]),
        )
    };
    let handle = scenario.last_answer().unwrap().output["Messages"][0]["ReceiptHandle"].clone();
    let delete = json!({ "QueueUrl": url, "ReceiptHandle": handle });
    let scenario = scenario.clone().request("sqs", "DeleteMessage", delete);
    assert_eq!(deleted(&scenario), "1: 1.0 1.0 1.0");
}

#[test]
fn an_alias_is_told_apart_and_so_is_what_ran_for_it() {
    let alias = |name: &str| json!({ "FunctionName": "f", "Qualifier": name, "Payload": { "$text": "{}" } });
    let scenario = Scenario::new()
        .function("f", "loop\nevent: respond 1")
        .request("lambda", "PublishVersion", json!({ "FunctionName": "f" }))
        .rest()
        .request(
            "lambda",
            "CreateAlias",
            json!({ "FunctionName": "f", "Name": "live", "FunctionVersion": "1" }),
        )
        .request("lambda", "Invoke", alias("live"))
        .request("lambda", "Invoke", alias("1"))
        .invoke("f", "{}")
        .rest();
    let of = |dimensions: &[(&str, &str)]| {
        let dimensions: Vec<Value> = dimensions
            .iter()
            .map(|(name, value)| json!({ "Name": name, "Value": value }))
            .collect();
        statistics(&scenario, "AWS/Lambda", "Invocations", json!(dimensions))
    };
    let name = ("FunctionName", "f");
    assert_eq!(of(&[name]), "0: 3.0 1.0 3.0");
    for resource in ["f", "f:1", "f:live"] {
        assert_eq!(of(&[name, ("Resource", resource)]), "0: 1.0 1.0 1.0", "{resource}");
    }
    assert_eq!(of(&[name, ("Resource", "f:live"), ("ExecutedVersion", "1")]), "0: 1.0 1.0 1.0");
}
