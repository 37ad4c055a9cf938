//! The three shapes of `coldstart:1`, from the first resume to the answer.

mod common;

use common::{Script, accepted, trace};
use expect_test::{Expect, expect};

#[track_caller]
fn check(wat: &str, events: Vec<&'static str>, expected: Expect) {
    let artifact = accepted(wat);
    let whole =
        trace(&artifact, Script { events: events.clone(), slice: u64::MAX, ..Script::default() });
    expected.assert_eq(&whole);
    for slice in [100_000, 1_000, 7, 0] {
        let cut = trace(&artifact, Script { events: events.clone(), slice, ..Script::default() });
        assert_eq!(cut, whole, "slices of {slice} units change what happens");
    }
}

const LOOP: &str = r#"(module
  (import "lambda" "next" (func $next (param i32 i32) (result i32)))
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $count (mut i32) (i32.const 48))
  (func (export "_start") (local $len i32)
    (loop $events
      (local.set $len (call $next (i32.const 16) (i32.const 1000)))
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      (i32.store8 (i32.const 15) (global.get $count))
      (drop (call $respond (i32.const 15) (i32.add (local.get $len) (i32.const 1))))
      (br $events))))"#;

#[test]
fn a_loop_guest_keeps_its_globals_between_events() {
    check(
        LOOP,
        vec!["{\"a\":1}", "[]"],
        expect![[r#"
        next at 52, answer none
        next at 102, answer response 1{"a":1}
        next at 152, answer response 2[]
        152 units, 65536 bytes
    "#]],
    );
}

#[test]
fn a_callback_guest_is_called_for_each_event() {
    check(
        r#"(module
          (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
          (import "lambda" "fail" (func $fail (param i32 i32) (result i32)))
          (memory 1)
          (data (i32.const 0) "{\22errorMessage\22:\22odd\22}")
          (func (export "lambda_alloc") (param i32) (result i32) (i32.const 1024))
          (func (export "lambda_handler") (param $at i32) (param $len i32) (result i32)
            (if (result i32) (i32.and (local.get $len) (i32.const 1))
              (then (drop (call $fail (i32.const 0) (i32.const 22))) (i32.const 1))
              (else (drop (call $respond (local.get $at) (local.get $len))) (i32.const 0)))))"#,
        vec!["{}", "[1]", "null"],
        expect![[r#"
            next at 0, answer none
            next at 29, answer response {}
            next at 58, answer error {"errorMessage":"odd"}
            next at 87, answer response null
            87 units, 65536 bytes
        "#]],
    );
}

#[test]
fn a_callback_guest_waits_for_calls_and_timers_side_by_side() {
    check(
        r#"(module
          (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
          (import "lambda" "call_start" (func $call (param i32 i32) (result i32)))
          (import "lambda" "timer_start" (func $timer (param i64) (result i32)))
          (memory 1)
          (data (i32.const 0) "{\22service\22:\22sqs\22}")
          (global $open (mut i32) (i32.const 0))
          (func (export "lambda_alloc") (param i32) (result i32) (i32.const 1024))
          (func (export "lambda_handler") (param i32 i32) (result i32)
            (drop (call $timer (i64.const 250)))
            (drop (call $call (i32.const 0) (i32.const 17)))
            (global.set $open (i32.const 2))
            (i32.const 2))
          (func (export "lambda_resume") (param $token i32) (param $at i32) (param $len i32) (result i32)
            (global.set $open (i32.sub (global.get $open) (i32.const 1)))
            (if (result i32) (global.get $open)
              (then (i32.const 2))
              (else (drop (call $respond (i32.const 0) (i32.const 17))) (i32.const 0)))))"#,
        vec!["{}"],
        expect![[r#"
            next at 0, answer none
            started 1 at 48: timer 250
            started 2 at 48: {"service":"sqs"}
            pending at 48
            pending at 60
            next at 250000077, answer response {"service":"sqs"}
            89 units, 65536 bytes
        "#]],
    );
}

#[test]
fn init_code_may_wait_for_what_it_starts() {
    check(
        r#"(module
          (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
          (import "lambda" "timer_start" (func $timer (param i64) (result i32)))
          (memory 1)
          (data (i32.const 0) "{}")
          (func (export "_initialize") (result i32)
            (drop (call $timer (i64.const 250)))
            ;; Nobody waits for this one: it is forgotten.
            (drop (call $timer (i64.const 900)))
            (i32.const 2))
          (func (export "lambda_alloc") (param i32) (result i32) (i32.const 1024))
          (func (export "lambda_handler") (param i32 i32) (result i32)
            (drop (call $respond (i32.const 0) (i32.const 2)))
            (i32.const 0))
          (func (export "lambda_resume") (param i32 i32 i32) (result i32) (i32.const 0)))"#,
        vec!["{}"],
        expect![[r#"
            started 1 at 43: timer 250
            started 2 at 43: timer 900
            pending at 43
            next at 250000046, answer none
            next at 250000072, answer response {}
            72 units, 65536 bytes
        "#]],
    );
}

#[test]
fn init_code_that_waits_may_fail() {
    check(
        r#"(module
          (import "lambda" "fail" (func $fail (param i32 i32) (result i32)))
          (import "lambda" "timer_start" (func $timer (param i64) (result i32)))
          (memory 1)
          (data (i32.const 0) "{\22errorType\22:\22Early\22}")
          (func (export "_initialize") (result i32)
            (drop (call $timer (i64.const 250)))
            (i32.const 2))
          (func (export "lambda_alloc") (param i32) (result i32) (i32.const 1024))
          (func (export "lambda_handler") (param i32 i32) (result i32) unreachable)
          (func (export "lambda_resume") (param i32 i32 i32) (result i32)
            (drop (call $fail (i32.const 0) (i32.const 21)))
            (i32.const 1)))"#,
        vec![],
        expect![[r#"
            started 1 at 23: timer 250
            pending at 23
            next at 250000046, answer error {"errorType":"Early"}
            46 units, 65536 bytes
        "#]],
    );
}

#[test]
fn init_code_waits_for_nothing_that_it_did_not_start() {
    check(
        r#"(module
          (memory 1)
          (func (export "_initialize") (result i32) (i32.const 2))
          (func (export "lambda_alloc") (param i32) (result i32) (i32.const 1024))
          (func (export "lambda_handler") (param i32 i32) (result i32) unreachable))"#,
        vec![],
        expect![[r#"
            exit at 3: Abi("_initialize: returned 2, but no call or timer is open"), answer none
            3 units, 65536 bytes
        "#]],
    );
}

#[test]
fn a_command_reads_stdin_and_answers_on_stdout() {
    check(
        r#"(module
          (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "\40\00\00\00\00\04\00\00")
          (data (i32.const 16) "\20\00\00\00\08\00\00\00")
          (data (i32.const 32) "to log\0a\0a")
          (func (export "_start")
            (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (i32.store (i32.const 4) (i32.load (i32.const 8)))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
            (drop (call $write (i32.const 2) (i32.const 16) (i32.const 1) (i32.const 8)))))"#,
        vec!["{\"echo\":true}"],
        expect![[r#"
            next at 0, answer none
            stderr at 68: "to log\n\n" (8 bytes)
            exit at 68: ExitCode(0), answer response {"echo":true}
            68 units, 65536 bytes
        "#]],
    );
}

#[test]
fn a_sandbox_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<coldstart_sandbox::WasmiSandbox>();
}
