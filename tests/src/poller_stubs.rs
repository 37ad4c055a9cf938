//! WebAssembly stand-ins for the recorder's functions that read queues and write to others.
//!
//! Each is a loop over events that calls SQS and waits for its answer. Events come from Lambda itself, so they are read as it
//! writes them: members by their order, bodies as JSON in JSON texts.

use std::fmt::Write as _;

/// The module that behaves like this handler file; none for files of other subjects. `variables` are the function's.
pub fn module(file: &str, variables: &serde_json::Value) -> Option<Result<Vec<u8>, String>> {
    let stem = file.rsplit('/').next()?.split('.').next()?.trim_start_matches("lambda_");
    let event = match stem {
        "sqs_integration" => INTEGRATION,
        "sqs_batch_item_failure" => BATCH_ITEM_FAILURE,
        "event_source_mapping_send_message" => SEND_RECORDS,
        "sleep" if variables.get("TEST_SLEEP_S").is_some() => SLEEP,
        _ => return None,
    };
    let (text, data) = constants(&RUNTIME.replace(";;EVENT", event));
    Some(wat::parse_str(text.replace(";;DATA", &data)).map_err(|error| error.to_string()))
}

/// Puts address and length in the place of `«text»`, and the texts into the module's memory.
fn constants(text: &str) -> (String, String) {
    let (mut out, mut data, mut at) = (String::new(), String::new(), 4096);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('«') {
        let (constant, after) = after.split_once('»').unwrap_or((after, ""));
        let escaped: String = constant.bytes().map(|byte| format!("\\{byte:02x}")).collect();
        let _ = writeln!(data, "(data (i32.const {at}) \"{escaped}\")");
        let _ = write!(out, "{before}(i32.const {at}) (i32.const {})", constant.len());
        at += constant.len();
        rest = after;
    }
    (out + rest, data)
}

/// Sends its event, and whether it fails, to the queue that the first message names; fails as often as the message says.
const INTEGRATION: &str = r#"
    (local.set $p (call $after (i32.const 0) «destination\"»))
    (if (i32.lt_s (local.get $p) (i32.const 0)) (then (call $raise «no destination») (return)))
    (local.set $p (call $after (local.get $p) «\"»))
    (local.set $q (i32.sub (call $after (local.get $p) «\"») (i32.const 2)))
    (local.set $n (call $number_after (i32.const 0) «fail_attempts\": »))
    (local.set $failed (i32.le_u (call $number_after (i32.const 0) «"ApproximateReceiveCount":"») (local.get $n)))
    (global.set $at (global.get $body))
    (if (local.get $failed)
      (then (call $put «{"error": "failed attempt", "event": »))
      (else (call $put «{"error": null, "event": »)))
    (call $put (global.get $event) (global.get $event_len))
    (call $put «}»)
    (call $send (i32.add (global.get $event) (local.get $p)) (i32.sub (local.get $q) (local.get $p)))
    (if (local.get $failed) (then (call $raise «failed attempt»)) (else (call $done «null»)))"#;

/// Reports the messages that are to fail at this reception, or what a variable says; sends event and report to a queue.
const BATCH_ITEM_FAILURE: &str = r#"
    (global.set $at (global.get $result))
    (call $put «{"batchItemFailures": [»)
    (block $all (loop $record
      (local.set $p (call $after (local.get $p) «"messageId":"»))
      (br_if $all (i32.lt_s (local.get $p) (i32.const 0)))
      (local.set $n (call $number_after (local.get $p) «fail_attempts\": »))
      (if (i32.le_u (call $number_after (local.get $p) «"ApproximateReceiveCount":"») (local.get $n)) (then
        (if (local.get $failed) (then (call $put «, »)))
        (local.set $failed (i32.const 1))
        (call $put «{"itemIdentifier": "»)
        (call $put (i32.add (global.get $event) (local.get $p)) (i32.const 36))
        (call $put «"}»)))
      (br $record)))
    (call $put «]}»)
    (local.set $p (global.get $result))
    (local.set $q (i32.sub (global.get $at) (global.get $result)))
    (local.set $n (call $env «OVERWRITE_RESULT=»))
    (if (local.get $n) (then
      (local.set $p (local.get $n))
      (local.set $q (call $length (local.get $n)))))
    (global.set $at (global.get $body))
    (call $put «{"event": »)
    (call $put (global.get $event) (global.get $event_len))
    (call $put «, "result": »)
    (call $put (local.get $p) (local.get $q))
    (call $put «}»)
    (local.set $n (call $env «DESTINATION_QUEUE_URL=»))
    (if (local.get $n) (then (call $send (local.get $n) (call $length (local.get $n)))))
    (call $done (local.get $p) (local.get $q))"#;

/// Sends the event's records, a JSON list, to a queue.
const SEND_RECORDS: &str = r#"
    (global.set $at (global.get $body))
    (call $put (i32.add (global.get $event) (i32.const 11)) (i32.sub (global.get $event_len) (i32.const 12)))
    (local.set $n (call $env «SQS_QUEUE_URL=»))
    (call $send (local.get $n) (call $length (local.get $n)))
    (call $done «null»)"#;

/// Sleeps as long as a variable says.
const SLEEP: &str = r#"
    (local.set $n (call $digits (call $env «TEST_SLEEP_S=»)))
    (memory.fill (i32.const 128) (i32.const 0) (i32.const 128))
    (i32.store (i32.const 144) (i32.const 1))
    (i64.store (i32.const 152) (i64.mul (i64.extend_i32_u (local.get $n)) (i64.const 1000000000)))
    (drop (call $poll (i32.const 128) (i32.const 192) (i32.const 1) (i32.const 240)))
    (call $done «null»)"#;

/// Memory: 0..4096 scratch, 4096.. constants, 0x10000 environment, 0x20000 results, then event, body, request and answer with a
/// megabyte or more each.
const RUNTIME: &str = r#"(module
  (import "lambda" "next" (func $next (param i32 i32) (result i32)))
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (import "lambda" "fail" (func $fail (param i32 i32) (result i32)))
  (import "lambda" "call" (func $call (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $env_get (param i32 i32) (result i32)))
  (memory (export "memory") 256)
  (global $result i32 (i32.const 0x20000))
  (global $event i32 (i32.const 0x100000))
  (global $body i32 (i32.const 0x200000))
  (global $request i32 (i32.const 0x400000))
  (global $answer i32 (i32.const 0x900000))
  (global $event_len (mut i32) (i32.const 0))
  (global $at (mut i32) (i32.const 0))
  ;;DATA
  (func $put (param $from i32) (param $len i32)
    (memory.copy (global.get $at) (local.get $from) (local.get $len))
    (global.set $at (i32.add (global.get $at) (local.get $len))))
  ;; As a part of a JSON text: quotes and backslashes are escaped. Other characters do not occur that would have to be.
  (func $put_escaped (param $from i32) (param $len i32) (local $byte i32)
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $len)))
      (local.set $byte (i32.load8_u (local.get $from)))
      (if (i32.or (i32.eq (local.get $byte) (i32.const 34)) (i32.eq (local.get $byte) (i32.const 92)))
        (then (call $put «\»)))
      (call $put (local.get $from) (i32.const 1))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (local.set $len (i32.sub (local.get $len) (i32.const 1)))
      (br $next))))
  (func $same (param $a i32) (param $b i32) (param $len i32) (result i32)
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $len)))
      (if (i32.ne (i32.load8_u (local.get $a)) (i32.load8_u (local.get $b))) (then (return (i32.const 0))))
      (local.set $a (i32.add (local.get $a) (i32.const 1)))
      (local.set $b (i32.add (local.get $b) (i32.const 1)))
      (local.set $len (i32.sub (local.get $len) (i32.const 1)))
      (br $next)))
    (i32.const 1))
  ;; Where in the event this text ends, from a place on; -1 when it is not there.
  (func $after (param $from i32) (param $text i32) (param $len i32) (result i32)
    (block $done (loop $next
      (br_if $done (i32.gt_u (i32.add (local.get $from) (local.get $len)) (global.get $event_len)))
      (if (call $same (i32.add (global.get $event) (local.get $from)) (local.get $text) (local.get $len))
        (then (return (i32.add (local.get $from) (local.get $len)))))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br $next)))
    (i32.const -1))
  (func $digits (param $at i32) (result i32) (local $n i32) (local $digit i32)
    (block $done (loop $next
      (local.set $digit (i32.sub (i32.load8_u (local.get $at)) (i32.const 48)))
      (br_if $done (i32.ge_u (local.get $digit) (i32.const 10)))
      (local.set $n (i32.add (i32.mul (local.get $n) (i32.const 10)) (local.get $digit)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next)))
    (local.get $n))
  ;; The number after a text in the event; 0 when the text is not there.
  (func $number_after (param $from i32) (param $text i32) (param $len i32) (result i32)
    (local.set $from (call $after (local.get $from) (local.get $text) (local.get $len)))
    (if (i32.lt_s (local.get $from) (i32.const 0)) (then (return (i32.const 0))))
    (call $digits (i32.add (global.get $event) (local.get $from))))
  (func $length (param $at i32) (result i32) (local $end i32)
    (local.set $end (local.get $at))
    (block $done (loop $next
      (br_if $done (i32.eqz (i32.load8_u (local.get $end))))
      (local.set $end (i32.add (local.get $end) (i32.const 1)))
      (br $next)))
    (i32.sub (local.get $end) (local.get $at)))
  ;; The value of a variable, by its name with the equals sign; 0 when it is not set.
  (func $env (param $name i32) (param $len i32) (result i32) (local $i i32) (local $at i32)
    (drop (call $env_sizes (i32.const 64) (i32.const 68)))
    (drop (call $env_get (i32.const 0x10000) (i32.const 0x11000)))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $i) (i32.load (i32.const 64))))
      (local.set $at (i32.load (i32.add (i32.const 0x10000) (i32.shl (local.get $i) (i32.const 2)))))
      (if (call $same (local.get $at) (local.get $name) (local.get $len))
        (then (return (i32.add (local.get $at) (local.get $len)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (i32.const 0))
  ;; Sends what stands between $body and $at.
  (func $send (param $url i32) (param $len i32) (local $body_len i32)
    (local.set $body_len (i32.sub (global.get $at) (global.get $body)))
    (global.set $at (global.get $request))
    (call $put «{"service":"sqs","operation":"SendMessage","params":{"QueueUrl":"»)
    (call $put (local.get $url) (local.get $len))
    (call $put «","MessageBody":"»)
    (call $put_escaped (global.get $body) (local.get $body_len))
    (call $put «"}»)
    (call $put «}»)
    (drop (call $call (global.get $request) (i32.sub (global.get $at) (global.get $request))
      (global.get $answer) (i32.const 0x100000))))
  (func $done (param $from i32) (param $len i32)
    (drop (call $respond (local.get $from) (local.get $len))))
  (func $raise (param $from i32) (param $len i32)
    (global.set $at (global.get $request))
    (call $put «{"errorType":"Exception","errorMessage":"»)
    (call $put (local.get $from) (local.get $len))
    (call $put «"}»)
    (drop (call $fail (global.get $request) (i32.sub (global.get $at) (global.get $request)))))
  (func $handle (local $p i32) (local $q i32) (local $n i32) (local $failed i32)
    ;;EVENT
  )
  (func (export "_start")
    (loop $for_ever
      (global.set $event_len (call $next (global.get $event) (i32.const 0x100000)))
      (call $handle)
      (br $for_ever)))
)
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_stub_assembles() {
        let sleeping = json!({ "TEST_SLEEP_S": "5" });
        for name in [
            "sqs_integration",
            "sqs_batch_item_failure",
            "event_source_mapping_send_message",
            "sleep",
        ] {
            let made = module(&format!("lambda_{name}.py"), &sleeping).expect("is known");
            assert!(made.expect(name).starts_with(b"\0asm"));
        }
        assert!(module("lambda_sleep.py", &json!({})).is_none());
    }
}
