//! Queries over a handful of events, with the whole answer.

use super::super::model::{Line, Logs};
use super::event::Place;
use super::parse::{self, Fault};
use super::run;
use crate::Config;
use crate::world::World;
use expect_test::{Expect, expect};

const REPORT: &str = "REPORT RequestId: 8f5b4dcb-6b3c-4a4f-9d2e-0123456789ab\tDuration: 12.50 ms\tBilled Duration: 113 ms\tMemory Size: 128 MB\tMax Memory Used: 36 MB\tInit Duration: 100.10 ms\t\n";

fn logs() -> (Logs, World) {
    let mut world = World::new(Config::default());
    let mut logs = Logs::default();
    let lines = [
        (0, "a", "START RequestId: 8f5b4dcb-6b3c-4a4f-9d2e-0123456789ab Version: $LATEST\n"),
        (1_000, "a", r#"{"level":"INFO","user":{"id":"u1"},"latency":20,"tags":["x","y"]}"#),
        (61_000, "b", r#"note {"level":"ERROR","user":{"id":"u2"},"latency":120.5}"#),
        (62_000, "b", r#"{"level":"INFO","user":{"id":"u1"},"latency":40}"#),
        (63_000, "a", REPORT),
        (64_000, "a", "user=bob took 15 ms to log in"),
    ];
    for (at, stream, message) in lines {
        let timestamp_ms = world.config.epoch_ms + at;
        logs.write(
            &mut world,
            "g",
            stream,
            Line { timestamp_ms, request_id: None, message: message.into() },
        );
    }
    (logs, world)
}

#[track_caller]
fn check(query: &str, expected: Expect) {
    let (logs, world) = logs();
    let commands = parse::parse(query).unwrap();
    let group = &logs.groups["g"];
    let events = group.streams.iter().flat_map(|(stream, kept)| {
        kept.events.iter().map(move |event| Place { group: "g", stream, event })
    });
    let (table, matched) = run::run(&commands, &world.config.account, events.collect(), None);
    let mut text = format!("{matched} matched\n");
    for row in table {
        let cells = row.iter().filter(|(name, _)| name != "@ptr");
        let cells: Vec<String> =
            cells.map(|(name, value)| format!("{name}={}", value.trim_end())).collect();
        text += &format!("{}\n", cells.join(" | "));
    }
    expected.assert_eq(&text);
}

#[test]
fn fields_sort_and_limit() {
    check(
        "fields @timestamp, @logStream, level, user.id as who | filter ispresent(level) | sort @timestamp asc | limit 2",
        expect![[r#"
            3 matched
            @timestamp=2026-01-01 00:00:01.000 | @logStream=a | level=INFO | who=u1
            @timestamp=2026-01-01 00:01:01.000 | @logStream=b | level=ERROR | who=u2
        "#]],
    );
    check(
        "fields latency * 2 as twice, tags.1 | filter level = 'INFO' # comment",
        expect![[r#"
        2 matched
        twice=80
        twice=40 | tags.1=y
    "#]],
    );
    check(
        "filter @message like /took \\d+/",
        expect![[r#"
        1 matched
        @timestamp=2026-01-01 00:01:04.000 | @message=user=bob took 15 ms to log in
    "#]],
    );
}

#[test]
fn stats_by_bins_and_fields() {
    check(
        "stats count(*), avg(latency), max(latency) as most by bin(1m)",
        expect![[r#"
        6 matched
        bin(1m)=2026-01-01 00:01:00.000 | count(*)=4 | avg(latency)=80.25 | most=120.5
        bin(1m)=2026-01-01 00:00:00.000 | count(*)=2 | avg(latency)=20 | most=20
    "#]],
    );
    check(
        "stats count(*) as n by level | sort n desc, level",
        expect![[r#"
        6 matched
        n=3
        level=INFO | n=2
        level=ERROR | n=1
    "#]],
    );
    check(
        "stats count_distinct(user.id), pct(latency, 50), sum(latency)/count(latency), stddev(latency)",
        expect![[r#"
        6 matched
        count_distinct(user.id)=2 | pct(latency, 50)=40 | sum(latency)/count(latency)=60.1667 | stddev(latency)=43.4364
    "#]],
    );
    check(
        "filter level = 'NONE' | stats count(*)",
        expect![[r#"
        0 matched
        count(*)=0
    "#]],
    );
}

#[test]
fn what_lambda_reports() {
    check(
        "filter @type = \"REPORT\" | fields @requestId, @duration, @billedDuration, @initDuration, @memorySize, @maxMemoryUsed",
        expect![[r#"
            1 matched
            @requestId=8f5b4dcb-6b3c-4a4f-9d2e-0123456789ab | @duration=12.5 | @billedDuration=113 | @initDuration=100.1 | @memorySize=1.28E8 | @maxMemoryUsed=3.6E7
        "#]],
    );
    check(
        "filter @type='REPORT' | stats max(@memorySize / 1000 / 1000) as provisioned, max(@maxMemoryUsed / 1000 / 1000) as used, provisioned - used as over",
        expect![[r#"
            1 matched
            provisioned=128 | used=36 | over=92
        "#]],
    );
}

#[test]
fn parse_dedup_display_and_functions() {
    check(
        "parse @message \"user=* took * ms\" as name, ms | filter ispresent(ms) | display name, ms + 1 as more",
        expect![[r#"
        1 matched
        name=bob | more=16
    "#]],
    );
    check(
        "parse @message /user=(?<name>\\w+)/ | filter name in ['bob', 'eve'] | fields toupper(name), strlen(name), concat(name, '-', 1)",
        expect![[r#"
        1 matched
        toupper(name)=BOB | strlen(name)=3 | concat(name, '-', 1)=bob-1
    "#]],
    );
    check(
        "fields level | filter ispresent(level) | dedup level",
        expect![[r#"
        3 matched
        level=INFO
        level=ERROR
    "#]],
    );
    check(
        "fields coalesce(level, 'none') as l, strcontains(@message, 'user') as has | filter not (level = 'INFO') and latency > 100 or @message like 'bob'",
        expect![[r#"
        2 matched
        l=none | has=1
        l=ERROR | has=1
    "#]],
    );
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    let fault = |query: &str| parse::parse(query).unwrap_err();
    assert_eq!(
        fault("fiel @message"),
        Fault::Malformed(0, 4, "unexpected symbol found fiel at line 1 and position 0".into())
    );
    assert!(matches!(fault("fields @message |\n| limit 1"), Fault::Malformed(18, 19, _)));
    for bad in [
        "filter (a = 1",
        "filter a = ",
        "limit x",
        "stats",
        "fields 'a",
        "parse @message 'x*' as a, b",
        "filter a like /(/",
        "fields abs(1, 2)",
        "fields bin(0m)",
    ] {
        assert!(matches!(fault(bad), Fault::Malformed(..)), "{bad}");
    }
    for absent in ["pattern @message", "fields jsonParse(@message)", "fields 2 ^ 3"] {
        assert!(matches!(fault(absent), Fault::Absent(_)), "{absent}");
    }
    assert!(parse::parse(&format!("filter {}a{}", "(".repeat(500), ")".repeat(500))).is_err());
    assert!(parse::parse(&format!("filter {}1", "-".repeat(500))).is_err());
}
