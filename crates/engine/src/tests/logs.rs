//! Logs: formats, levels, and the service that keeps them.

use super::check;
use crate::testing::Scenario;
use expect_test::expect;
use serde_json::json;

/// The session's first millisecond.
const NOW_MS: u64 = 1_767_225_600_000;

#[test]
fn the_json_log_format_has_records() {
    let module = "loop\nevent: print plain text\\n; respond 1";
    let scenario = |event: &str| {
        Scenario::new()
            .create_with("f", event, json!({ "LoggingConfig": { "LogFormat": "JSON", "LogGroup": "mine" }, "Timeout": 1 }))
            .rest()
            .invoke("f", "{}")
            .log()
    };
    expect![[r#"
        {"time":"2026-01-01T00:00:01.097Z","type":"platform.initStart","record":{"initializationType":"on-demand","phase":"init","runtimeVersion":"provided:al2023.v1","runtimeVersionArn":"arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c","functionName":"f","functionVersion":"$LATEST"}}
        {"time":"2026-01-01T00:00:01.105Z","type":"platform.start","record":{"requestId":"e099ec6c-d736-4ca5-85e7-bb0f12278575","version":"$LATEST"}}
        plain text
        {"time":"2026-01-01T00:00:01.105Z","type":"platform.report","record":{"requestId":"e099ec6c-d736-4ca5-85e7-bb0f12278575","metrics":{"durationMs":0.6,"billedDurationMs":9,"memorySizeMB":128,"maxMemoryUsedMB":13,"initDurationMs":8.0},"status":"success"}}
    "#]].assert_eq(&scenario(module));
    expect![[r#"
        {"time":"2026-01-01T00:00:01.097Z","type":"platform.initStart","record":{"initializationType":"on-demand","phase":"init","runtimeVersion":"provided:al2023.v1","runtimeVersionArn":"arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c","functionName":"f","functionVersion":"$LATEST"}}
        {"time":"2026-01-01T00:00:01.105Z","type":"platform.start","record":{"requestId":"e099ec6c-d736-4ca5-85e7-bb0f12278575","version":"$LATEST"}}
        {"time":"2026-01-01T00:00:02.105Z","type":"platform.runtimeDone","record":{"requestId":"e099ec6c-d736-4ca5-85e7-bb0f12278575","metrics":{"durationMs":1000.0,"producedBytes":138},"status":"timeout"}}
        {"time":"2026-01-01T00:00:02.105Z","type":"platform.report","record":{"requestId":"e099ec6c-d736-4ca5-85e7-bb0f12278575","metrics":{"durationMs":1000.0,"billedDurationMs":1008,"memorySizeMB":128,"maxMemoryUsedMB":13,"initDurationMs":8.0},"status":"timeout"}}
    "#]].assert_eq(&scenario("loop\nevent: sleep 5000"));
}

/// The lines that reach the group at these levels, with what the platform says cut to its type and status.
fn sent(application: &str, system: &str, script: &str) -> String {
    let levels = json!({ "LogFormat": "JSON", "ApplicationLogLevel": application, "SystemLogLevel": system });
    let log = Scenario::new()
        .create_with("f", script, json!({ "LoggingConfig": levels }))
        .at(1_000)
        .invoke("f", "{}")
        .rest()
        .log();
    let lines = log.lines().map(|line| {
        let value: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
        match value["type"].as_str() {
            Some(kind) => {
                let status = value["record"]["status"].as_str().unwrap_or("-");
                format!("{kind} {status}\n")
            }
            None => format!("{line}\n"),
        }
    });
    lines.collect()
}

#[test]
fn log_levels_choose_what_is_sent() {
    let line = |level: &str| {
        format!("print {{\"timestamp\":\"2026-01-01T00:00:01Z\",\"level\":\"{level}\"}}\\n")
    };
    let script = format!(
        "loop\nevent: {}; {}; {}; print plain\\n; print {{\"level\":\"ERROR\"}}; respond 1",
        line("trace"),
        line("info"),
        line("ERROR")
    );
    expect![[r#"
        platform.initStart -
        platform.initRuntimeDone success
        platform.initReport success
        platform.start -
        {"timestamp":"2026-01-01T00:00:01Z","level":"trace"}
        {"timestamp":"2026-01-01T00:00:01Z","level":"info"}
        {"timestamp":"2026-01-01T00:00:01Z","level":"ERROR"}
        plain
        {"level":"ERROR"}
        platform.runtimeDone success
        platform.report success
    "#]]
    .assert_eq(&sent("TRACE", "DEBUG", &script));
    expect![[r#"
        platform.initStart -
        platform.start -
        {"timestamp":"2026-01-01T00:00:01Z","level":"info"}
        {"timestamp":"2026-01-01T00:00:01Z","level":"ERROR"}
        plain
        {"level":"ERROR"}
        platform.report success
    "#]]
    .assert_eq(&sent("INFO", "INFO", &script));
    expect![[r#"
        {"timestamp":"2026-01-01T00:00:01Z","level":"ERROR"}
    "#]]
    .assert_eq(&sent("ERROR", "WARN", &script));
    let failing = "loop\nevent: exit 1";
    expect![[r#"
        platform.runtimeDone error
        platform.report error
    "#]]
    .assert_eq(&sent("FATAL", "WARN", failing));
    expect![[r#"
        platform.initStart -
        platform.initRuntimeDone error
        platform.initReport error
        platform.initRuntimeDone error
        platform.initReport error
        platform.start -
        platform.runtimeDone error
        platform.report error
    "#]]
    .assert_eq(&sent("FATAL", "DEBUG", "loop\ninit: exit 1\nevent: respond 1"));
}

#[test]
fn the_logs_of_a_function_are_read_with_the_logs_service() {
    let scenario = Scenario::new()
        .function("f", "loop\nevent: print one\\ntwo\\n; respond 1")
        .invoke("f", "{}")
        .rest();
    let group = "/aws/lambda/f";
    let ask = |operation: &str, params| {
        scenario.clone().request("logs", operation, params).last_answer().unwrap().output
    };
    let groups = ask("DescribeLogGroups", json!({}));
    expect![[r#"{"logGroups":[{"logGroupName":"/aws/lambda/f","creationTime":1767225601097,"metricFilterCount":0,"arn":"arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f:*","storedBytes":460,"logGroupClass":"STANDARD","logGroupArn":"arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f","deletionProtectionEnabled":false}]}"#]].assert_eq(&groups.to_string());
    let streams = ask("DescribeLogStreams", json!({ "logGroupName": group }));
    expect![[r#"{"logStreams":[{"logStreamName":"2026/01/01/[$LATEST]0cd5aab4a8fc6747a82a7d096d143b78","creationTime":1767225601097,"firstEventTimestamp":1767225601097,"lastEventTimestamp":1767225601105,"lastIngestionTime":1767225601105,"uploadSequenceToken":"00000000000000000000000000000000000000000000000000000006","arn":"arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f:log-stream:2026/01/01/[$LATEST]0cd5aab4a8fc6747a82a7d096d143b78","storedBytes":0}]}"#]].assert_eq(&streams.to_string());
    let stream = &streams["logStreams"][0]["logStreamName"];
    let first = ask(
        "GetLogEvents",
        json!({ "logGroupName": group, "logStreamName": stream, "limit": 2, "startFromHead": true }),
    );
    expect![[r#"{"events":[{"timestamp":1767225601097,"message":"INIT_START Runtime Version: provided:al2023.v1\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:0c7a6b68ae8de5940afe217dbb81f77b9fcad26466e440a79ad48af42a49669c\n","ingestionTime":1767225601097},{"timestamp":1767225601105,"message":"START RequestId: e099ec6c-d736-4ca5-85e7-bb0f12278575 Version: $LATEST\n","ingestionTime":1767225601105}],"nextForwardToken":"f/00000001767225601105000000000000000000000000000000000002/s","nextBackwardToken":"b/00000000000000000000000000000000000000000000000000000000/s"}"#]].assert_eq(&first.to_string());
    let messages = |output: &serde_json::Value| -> Vec<String> {
        output["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["message"].as_str().unwrap().into())
            .collect()
    };
    let next = json!({ "logGroupName": group, "logStreamName": stream, "limit": 2, "nextToken": first["nextForwardToken"] });
    let second = ask("GetLogEvents", next);
    assert_eq!(messages(&second), ["one\n", "two\n"]);
    let back = json!({ "logGroupName": group, "logStreamName": stream, "limit": 2, "nextToken": second["nextBackwardToken"] });
    assert_eq!(messages(&ask("GetLogEvents", back)), messages(&first));
    let end = ask("GetLogEvents", json!({ "logGroupName": group, "logStreamName": stream }));
    let rest = ask(
        "GetLogEvents",
        json!({ "logGroupName": group, "logStreamName": stream, "nextToken": end["nextForwardToken"] }),
    );
    assert_eq!((messages(&rest).len(), &rest["nextForwardToken"]), (0, &end["nextForwardToken"]));
    let found = ask(
        "FilterLogEvents",
        json!({ "logGroupName": group, "filterPattern": "RequestId -START", "limit": 1 }),
    );
    assert!(messages(&found)[0].starts_with("END RequestId"), "{found}");
    let more = ask(
        "FilterLogEvents",
        json!({ "logGroupName": group, "filterPattern": "RequestId -START", "nextToken": found["nextToken"] }),
    );
    assert!(messages(&more)[0].starts_with("REPORT RequestId"), "{more}");
}

#[test]
fn log_groups_are_made_written_and_deleted_by_requests() {
    let put = |messages: &[(u64, &str)]| {
        let events: Vec<_> = messages
            .iter()
            .map(|(at, text)| json!({ "timestamp": NOW_MS + at, "message": text }))
            .collect();
        json!({ "logGroupName": "g", "logStreamName": "s", "logEvents": events })
    };
    let scenario = Scenario::new()
        .request("logs", "CreateLogGroup", json!({ "logGroupName": "g", "tags": { "a": "b" } }))
        .request("logs", "CreateLogGroup", json!({ "logGroupName": "g" }))
        .request("logs", "CreateLogStream", json!({ "logGroupName": "g", "logStreamName": "s" }))
        .request("logs", "CreateLogStream", json!({ "logGroupName": "g", "logStreamName": "s" }))
        .request("logs", "PutLogEvents", put(&[(2, "second"), (3, "third")]))
        .request("logs", "PutLogEvents", put(&[(2, "b"), (1, "a")]))
        .request("logs", "PutLogEvents", put(&[(1, "first")]))
        .request(
            "logs",
            "GetLogEvents",
            json!({ "logGroupName": "g", "logStreamName": "s", "startFromHead": true }),
        )
        .request(
            "logs",
            "GetLogEvents",
            json!({ "logGroupName": "g", "logStreamName": "s", "nextToken": "invalid-token" }),
        )
        .request("logs", "ListTagsLogGroup", json!({ "logGroupName": "g" }))
        .request("logs", "DeleteLogStream", json!({ "logGroupName": "g", "logStreamName": "s" }))
        .request("logs", "DeleteLogGroup", json!({ "logGroupName": "g" }))
        .request("logs", "DescribeLogStreams", json!({ "logGroupName": "g" }));
    check(
        scenario,
        expect![[r#"
                0.000 answered CreateLogGroup 200
                0.000 answered CreateLogGroup 400 ResourceAlreadyExistsException
                0.000 answered CreateLogStream 200
                0.000 answered CreateLogStream 400 ResourceAlreadyExistsException
                0.000 log "second"
                0.000 log "third"
                0.000 answered PutLogEvents 200
                0.000 answered PutLogEvents 400 InvalidParameterException
                0.000 log "first"
                0.000 answered PutLogEvents 200
                0.000 answered DeleteLogStream 200
                0.000 answered DeleteLogGroup 200
            #0 200 {}
            #1 400 ResourceAlreadyExistsException: The specified log group already exists
            #2 200 {}
            #3 400 ResourceAlreadyExistsException: The specified log stream already exists
            #4 200 {"nextSequenceToken":"00000000000000000000000000000000000000000000000000000002"}
            #5 400 InvalidParameterException: Log events in a single PutLogEvents request must be in chronological order.
            #6 200 {"nextSequenceToken":"00000000000000000000000000000000000000000000000000000003"}
            read 200 {"events":[{"timestamp":1767225600001,"message":"first","ingestionTime":1767225600000},{"timestamp":1767225600002,"message":"second","ingestionTime":1767225600000},{"timestamp":1767225600003,"message":"third","ingestionTime":1767225600000}],"nextForwardToken":"f/00000001767225600003000000000000000000000000000000000002/s","nextBackwardToken":"b/00000000000000000000000000000000000000000000000000000000/s"}
            read 400 InvalidParameterException: The specified nextToken is invalid.
            read 200 {"tags":{"a":"b"}}
            #7 200 {}
            #8 200 {}
            read 400 ResourceNotFoundException: The specified log group does not exist.
        "#]],
    );
}

#[test]
fn a_session_keeps_a_bounded_log() {
    use crate::logs::{BYTES_MAX, Line, Logs};
    let mut world = crate::world::World::new(crate::Config::default());
    let mut logs = Logs::default();
    let message = "x".repeat(1 << 20);
    for at in 0..(BYTES_MAX as u64 >> 20) + 5 {
        let line = Line { timestamp_ms: at, request_id: None, message: message.clone() };
        logs.write(&mut world, "g", if at % 2 == 0 { "even" } else { "odd" }, line);
        world.events.clear();
    }
    let group = &logs.groups["g"];
    assert_eq!(group.stored_bytes, BYTES_MAX as u64);
    assert_eq!(group.streams["even"].events[0].at.timestamp_ms, 6, "the oldest five are gone");
    assert_eq!(group.streams["odd"].events[0].at.timestamp_ms, 5);
    assert_eq!(logs.delete_group("g"), Some(()));
    logs.write(&mut world, "g", "s", Line { timestamp_ms: 1, request_id: None, message });
    assert_eq!(logs.groups["g"].stored_bytes, 1 << 20);
}

#[test]
fn events_that_are_too_old_or_too_new_are_rejected_by_their_places() {
    let hours = 3_600_000;
    let put = |times: &[u64]| {
        let events: Vec<_> =
            times.iter().map(|at| json!({ "timestamp": at, "message": "m" })).collect();
        json!({ "logGroupName": "g", "logStreamName": "s", "logEvents": events })
    };
    let answer = |scenario: Scenario, times: &[u64]| {
        let answer = scenario.request("logs", "PutLogEvents", put(times)).last_answer();
        answer.map_or_else(
            |error| error.to_string(),
            |response| response.output["rejectedLogEventsInfo"].to_string(),
        )
    };
    let made = Scenario::new()
        .request("logs", "CreateLogGroup", json!({ "logGroupName": "g" }))
        .request("logs", "CreateLogStream", json!({ "logGroupName": "g", "logStreamName": "s" }));
    assert_eq!(answer(made.clone(), &[NOW_MS]), "null");
    assert_eq!(
        answer(made.clone(), &[NOW_MS - hours, NOW_MS + 2 * hours, NOW_MS + 2 * hours + 1]),
        r#"{"tooNewLogEventStartIndex":2}"#
    );
    let old = NOW_MS - 14 * 24 * hours;
    assert_eq!(answer(made.clone(), &[old - 1, old]), r#"{"tooOldLogEventEndIndex":1}"#);
    assert!(
        answer(made.clone(), &[NOW_MS - 25 * hours, NOW_MS])
            .contains("cannot span more than 24 hours")
    );
    let big = json!([{ "timestamp": NOW_MS, "message": "x".repeat(1_048_551) }]);
    let params = json!({ "logGroupName": "g", "logStreamName": "s", "logEvents": big });
    let refused = made.request("logs", "PutLogEvents", params).last_answer().unwrap_err();
    assert_eq!(
        refused.message.unwrap(),
        "Upload too large: 1048577 bytes exceeds limit of 1048576"
    );
}

#[test]
fn what_is_older_than_the_retention_is_gone() {
    let day = 86_400_000;
    let count = |scenario: Scenario| {
        let read = scenario.request("logs", "FilterLogEvents", json!({ "logGroupName": "g" }));
        read.last_answer().unwrap().output["events"].as_array().unwrap().len()
    };
    let put = |scenario: Scenario, at: u64| {
        let events = json!([{ "timestamp": NOW_MS + at, "message": "m" }]);
        scenario.request(
            "logs",
            "PutLogEvents",
            json!({ "logGroupName": "g", "logStreamName": "s", "logEvents": events }),
        )
    };
    let scenario = Scenario::new()
        .request("logs", "CreateLogGroup", json!({ "logGroupName": "g" }))
        .request("logs", "CreateLogStream", json!({ "logGroupName": "g", "logStreamName": "s" }))
        .request(
            "logs",
            "PutRetentionPolicy",
            json!({ "logGroupName": "g", "retentionInDays": 3 }),
        );
    let scenario = put(put(scenario, 0), 5_000);
    assert_eq!(count(scenario.clone().at(3 * day)), 2, "three days are kept");
    assert_eq!(count(scenario.clone().at(3 * day + 1)), 1);
    assert_eq!(count(scenario.clone().at(3 * day + 5_001)), 0);
    let later = put(scenario.at(4 * day), 4 * day);
    assert_eq!(count(later.clone()), 1);
    let groups =
        later.clone().request("logs", "DescribeLogGroups", json!({})).last_answer().unwrap();
    assert_eq!(groups.output["logGroups"][0]["storedBytes"], 1, "the old ones take no room");
    let expired = put(later, day / 2);
    assert_eq!(count(expired), 1, "what is too old already is not taken");
    let bad =
        Scenario::new().request("logs", "CreateLogGroup", json!({ "logGroupName": "g" })).request(
            "logs",
            "PutRetentionPolicy",
            json!({ "logGroupName": "g", "retentionInDays": 2 }),
        );
    assert!(bad.last_answer().is_err());
}

#[test]
fn streams_go_with_the_last_of_their_events() {
    let day = 86_400_000;
    let write = |scenario: Scenario, at: u64, stream: &str| {
        scenario
            .at(at)
            .request("logs", "CreateLogStream", json!({ "logGroupName": "g", "logStreamName": stream }))
            .request(
                "logs",
                "PutLogEvents",
                json!({ "logGroupName": "g", "logStreamName": stream, "logEvents": [{ "timestamp": NOW_MS + at, "message": "m" }] }),
            )
    };
    let scenario = Scenario::new()
        .request("logs", "CreateLogGroup", json!({ "logGroupName": "g" }))
        .request("logs", "PutRetentionPolicy", json!({ "logGroupName": "g", "retentionInDays": 1 }))
        .request(
            "logs",
            "CreateLogStream",
            json!({ "logGroupName": "g", "logStreamName": "empty" }),
        );
    let scenario = write(write(scenario, 0, "old"), day / 2, "middle");
    let scenario = write(scenario, day + 3_600_000, "new");
    scenario.run();
    let streams = scenario
        .request("logs", "DescribeLogStreams", json!({ "logGroupName": "g" }))
        .last_answer()
        .unwrap();
    let names: Vec<_> = streams.output["logStreams"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stream| stream["logStreamName"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["empty", "middle", "new"], "one that was never written to is left alone");
}

/// The text that a subscribed function printed: its event.
fn unpacked(log: &str) -> Vec<serde_json::Value> {
    use base64::Engine as _;
    let events =
        log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let packed = events.filter_map(|event| event["awslogs"]["data"].as_str().map(str::to_owned));
    packed
        .map(|text| {
            let bytes = base64::prelude::BASE64_STANDARD.decode(text).unwrap();
            let end = bytes.len() - 8;
            let data = miniz_oxide::inflate::decompress_to_vec(&bytes[10..end]).unwrap();
            serde_json::from_slice(&data).unwrap()
        })
        .collect()
}

#[test]
fn a_subscribed_function_is_given_what_passes_the_filter() {
    let scenario = Scenario::new()
        .function("f", "loop\nevent: print $event\\n; respond 1")
        .request(
            "lambda",
            "AddPermission",
            json!({ "FunctionName": "f", "StatementId": "logs", "Action": "lambda:InvokeFunction",
                "Principal": "logs.amazonaws.com", "SourceAccount": "123456789012",
                "SourceArn": "arn:aws:logs:us-east-1:123456789012:log-group:*" }),
        )
        .request("logs", "CreateLogGroup", json!({ "logGroupName": "g" }))
        .request("logs", "CreateLogStream", json!({ "logGroupName": "g", "logStreamName": "s" }))
        .request(
            "logs",
            "PutSubscriptionFilter",
            json!({ "logGroupName": "g", "filterName": "n", "filterPattern": "[kind = ERROR, text]",
                "destinationArn": "arn:aws:lambda:us-east-1:123456789012:function:f" }),
        )
        .request(
            "logs",
            "PutLogEvents",
            json!({ "logGroupName": "g", "logStreamName": "s", "logEvents": [
                { "timestamp": NOW_MS, "message": "ERROR one" },
                { "timestamp": NOW_MS, "message": "INFO two" },
                { "timestamp": NOW_MS + 1, "message": "ERROR three" },
            ] }),
        )
        .rest();
    let data = unpacked(&scenario.log());
    expect![[r#"{"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"g","logStream":"s","subscriptionFilters":["n"],"logEvents":[{"id":"00000001767225600000000000000000000000000000000000000000","timestamp":1767225600000,"message":"ERROR one","extractedFields":{"kind":"ERROR","text":"one"}},{"id":"00000001767225600001000000000000000000000000000000000002","timestamp":1767225600001,"message":"ERROR three","extractedFields":{"kind":"ERROR","text":"three"}}]}"#]]
        .assert_eq(&data.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    let own = scenario.clone().request(
        "logs",
        "PutSubscriptionFilter",
        json!({ "logGroupName": "/aws/lambda/f", "filterName": "n", "filterPattern": "",
            "destinationArn": "arn:aws:lambda:us-east-1:123456789012:function:f" }),
    );
    let refused = own.last_answer().unwrap_err();
    assert!(refused.message.unwrap().contains("reserved for the function logs"));
    let kept_out = scenario
        .clone()
        .request(
            "lambda",
            "RemovePermission",
            json!({ "FunctionName": "f", "StatementId": "logs" }),
        )
        .request(
            "logs",
            "PutSubscriptionFilter",
            json!({ "logGroupName": "g", "filterName": "m", "filterPattern": "",
                "destinationArn": "arn:aws:lambda:us-east-1:123456789012:function:f" }),
        );
    assert!(kept_out.last_answer().unwrap_err().message.unwrap().starts_with("Could not execute"));
    let gone = scenario.request(
        "logs",
        "PutSubscriptionFilter",
        json!({ "logGroupName": "g", "filterName": "m", "filterPattern": "",
            "destinationArn": "arn:aws:lambda:us-east-1:123456789012:function:none" }),
    );
    assert!(gone.last_answer().unwrap_err().message.unwrap().starts_with("Could not execute"));
}

#[test]
fn a_query_is_asked_and_answered() {
    let scenario = Scenario::new()
        .function("f", "loop\nevent: print {\"level\":\"ERROR\",\"n\":7}\\n; respond 1")
        .invoke("f", "{}")
        .invoke("f", "{}")
        .rest();
    let start = |string: &str| {
        json!({ "logGroupName": "/aws/lambda/f", "queryString": string,
            "startTime": NOW_MS / 1_000, "endTime": NOW_MS / 1_000 + 3_600 })
    };
    let string = "filter level = 'ERROR' | stats count(*) as events, sum(n) by bin(1h)";
    let asked = scenario.clone().request("logs", "StartQuery", start(string)).rest();
    let id = asked.clone().last_answer().unwrap().output["queryId"].clone();
    let read = asked.request("logs", "GetQueryResults", json!({ "queryId": id }));
    expect![[r#"{"queryLanguage":"CWLI","results":[[{"field":"bin(1h)","value":"2026-01-01 00:00:00.000"},{"field":"events","value":"2"},{"field":"sum(n)","value":"14"}]],"statistics":{"recordsMatched":2.0,"recordsScanned":10.0,"estimatedRecordsSkipped":0.0,"bytesScanned":952.0,"estimatedBytesSkipped":0.0,"logGroupsScanned":1.0},"status":"Complete"}"#]].assert_eq(&read.last_answer().unwrap().output.to_string());
    let refused =
        scenario.request("logs", "StartQuery", start("fiel x")).last_answer().unwrap_err();
    assert_eq!(refused.code, "MalformedQueryException");
    assert_eq!(refused.extra["queryCompileError"]["location"]["endCharOffset"], 4);
}
