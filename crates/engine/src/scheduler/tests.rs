//! Schedules in whole histories.

use crate::targets::tests::{received, told};
use crate::testing::Scenario;
use serde_json::{Value, json};

fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:123456789012:{name}")
}

/// A schedule for a queue.
fn schedule(expression: &str, more: Value) -> Scenario {
    let mut params = json!({
        "Name": "s", "ScheduleExpression": expression, "FlexibleTimeWindow": { "Mode": "OFF" },
        "Target": { "Arn": queue_arn("q"), "RoleArn": "arn:aws:iam::123456789012:role/r", "Input": "at <aws.scheduler.scheduled-time>" },
    });
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Scenario::new()
        .request("sqs", "CreateQueue", json!({ "QueueName": "q" }))
        .request("scheduler", "CreateSchedule", params)
        .rest()
}

/// Times of what the queue got within a day.
#[track_caller]
fn check(expression: &str, more: Value, expected: &[&str]) {
    let scenario = schedule(expression, more).at(86_400_000);
    let bodies: Vec<_> = received(&scenario, "q").into_iter().map(|(body, _)| body).collect();
    assert_eq!(bodies, expected, "{expression}");
}

#[test]
fn schedules_occur_in_their_zones_between_their_ends() {
    check("at(2026-01-01T09:00:00)", json!({}), &["at 2026-01-01T09:00:00Z"]);
    check(
        "at(2026-01-01T09:00:00)",
        json!({ "ScheduleExpressionTimezone": "America/New_York" }),
        &["at 2026-01-01T14:00:00Z"],
    );
    check(
        "cron(30 8 * * ? *)",
        json!({ "ScheduleExpressionTimezone": "Asia/Kolkata" }),
        &["at 2026-01-01T03:00:00Z"],
    );
    check(
        "rate(8 hours)",
        json!({}),
        &[
            "at 2026-01-01T00:00:00Z",
            "at 2026-01-01T08:00:00Z",
            "at 2026-01-01T16:00:00Z",
            "at 2026-01-02T00:00:00Z",
        ],
    );
    check(
        "rate(2 hours)",
        json!({ "StartDate": "2026-01-01T20:00:00Z", "EndDate": "2026-01-01T22:30:00Z" }),
        &["at 2026-01-01T20:00:00Z", "at 2026-01-01T22:00:00Z"],
    );
    check("rate(1 hour)", json!({ "State": "DISABLED" }), &[]);
}

#[test]
fn a_schedule_that_is_over_may_delete_itself_and_the_clock_rests_meanwhile() {
    let scenario =
        schedule("at(2026-01-01T09:00:00)", json!({ "ActionAfterCompletion": "DELETE" }));
    assert_eq!(scenario.run().session.until.0, 0, "the clock does not run ahead for it");
    let over = scenario.at(40_000_000);
    assert_eq!(
        told(&over.run()),
        ["32400 schedule/default/s occurred for 2026-01-01T09:00:00Z", "32400 q 1 ok"]
    );
    let gone = over.request("scheduler", "GetSchedule", json!({ "Name": "s" }));
    assert_eq!(gone.last_answer().unwrap_err().code, "ResourceNotFoundException");
}

#[test]
fn a_flexible_window_delays_within_it() {
    let window =
        json!({ "FlexibleTimeWindow": { "Mode": "FLEXIBLE", "MaximumWindowInMinutes": 30 } });
    let scenario = schedule("cron(0 * * * ? *)", window).at(7_200_000 + 1_800_000);
    let lines = told(&scenario.run());
    let at = |line: &String| line.split(' ').next().unwrap().parse::<u64>().unwrap();
    let delays: Vec<u64> = lines
        .iter()
        .filter(|line| line.contains("occurred"))
        .map(|line| at(line) % 3_600)
        .collect();
    assert_eq!(delays.len(), 2);
    assert!(delays.iter().all(|delay| *delay < 1_800) && delays[0] != delays[1], "{delays:?}");
}

#[test]
fn what_cannot_be_delivered_is_buried() {
    let target = json!({
        "Arn": queue_arn("gone"), "RoleArn": "arn:aws:iam::123456789012:role/r", "Input": "{}",
        "DeadLetterConfig": { "Arn": queue_arn("q") },
    });
    let scenario =
        schedule("at(2026-01-01T00:01:00)", json!({ "Target": target })).at(60_000).rest();
    let letter = received(&scenario, "q").pop().expect("a dead letter");
    assert_eq!(letter.1["ERROR_CODE"]["StringValue"], "NO_RESOURCE");
    let arn = "arn:aws:scheduler:us-east-1:123456789012:schedule/default/s";
    assert_eq!(letter.1["SCHEDULE_ARN"]["StringValue"], arn);
}

#[test]
fn zones_that_are_not_here_are_refused_by_name() {
    let code = |zone: &str| {
        let scenario = schedule("rate(1 hour)", json!({ "ScheduleExpressionTimezone": zone }));
        scenario.last_answer().unwrap_err().code
    };
    assert_eq!(code("Pacific/Chatham"), "NotImplementedException");
    assert_eq!(code("nowhere"), "ValidationException");
}

#[test]
fn the_next_times_of_schedules_rules_and_expressions_are_told() {
    let told = |scenario: Scenario, params: Value| -> String {
        let answer = scenario.request("coldstart", "ListOccurrences", params).last_answer();
        match answer {
            Ok(response) => response.output["Occurrences"].to_string(),
            Err(error) => error.code,
        }
    };
    let next = |expression: &str, more: Value| {
        let mut params = json!({ "ScheduleExpression": expression, "MaxResults": 2 });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        told(Scenario::new(), params)
    };
    assert_eq!(
        next("cron(0 9 ? * MON *)", json!({ "ScheduleExpressionTimezone": "Europe/Berlin" })),
        r#"["2026-01-05T08:00:00Z","2026-01-12T08:00:00Z"]"#
    );
    assert_eq!(
        next("rate(1 day)", json!({})),
        r#"["2026-01-01T00:00:00Z","2026-01-02T00:00:00Z"]"#
    );
    assert_eq!(
        next("rate(1 day)", json!({ "OfRule": true })),
        r#"["2026-01-02T00:00:00Z","2026-01-03T00:00:00Z"]"#
    );
    assert_eq!(next("at(2026-03-01T00:00:00)", json!({})), r#"["2026-03-01T00:00:00Z"]"#);
    assert_eq!(next("at(2025-03-01T00:00:00)", json!({})), "[]");
    assert_eq!(next("rate(1 hour)", json!({ "State": "DISABLED" })), "[]");
    assert_eq!(next("rate(1 hours)", json!({ "OfRule": true })), "ValidationException");
    assert_eq!(next("", json!({})), "ValidationException");

    // What is there goes on from its own beginning, not from the moment of the question.
    let there = || schedule("rate(8 hours)", json!({})).at(3_600_000);
    let of_schedule = json!({ "ScheduleName": "s", "MaxResults": 2 });
    let expected = r#"["2026-01-01T08:00:00Z","2026-01-01T16:00:00Z"]"#;
    assert_eq!(told(there(), of_schedule), expected);
    let gone = json!({ "ScheduleName": "t" });
    assert_eq!(told(there(), gone), "ResourceNotFoundException");
    let rule = |state: &str| {
        let rule = json!({ "Name": "r", "ScheduleExpression": "rate(8 hours)", "State": state });
        let scenario = Scenario::new().request("events", "PutRule", rule).rest().at(30_000_000);
        told(scenario, json!({ "RuleName": "r", "MaxResults": 1 }))
    };
    assert_eq!(rule("ENABLED"), r#"["2026-01-01T16:00:00Z"]"#);
    assert_eq!(rule("DISABLED"), "[]");
}
