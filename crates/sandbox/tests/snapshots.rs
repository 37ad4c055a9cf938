//! Guests that go on from a snapshot do what the guest that it was taken of would have done, whichever way they were restored.

mod common;

use coldstart_sandbox::{
    Answer, Artifact, Clock, Guest, Resume, Sandbox, Snapshot, Stop, WasmiSandbox, start_recorded,
};
use common::{EPOCH_NS, UNITS_PER_SECOND, accepted, config};
use std::collections::BTreeMap;
use std::sync::Arc;

fn clock(now_ns: u64) -> Clock {
    Clock { now_ns, units_per_second: UNITS_PER_SECOND, deadline_ns: EPOCH_NS + 3_000_000_000 }
}

/// Runs to the next stop that is not the end of a slice, and says what was burned.
fn run(guest: &mut dyn Guest, resume: Resume, now_ns: u64, slice: u64) -> (Stop, u64) {
    let mut run = guest.resume(resume, clock(now_ns), slice);
    let mut units = run.units;
    while run.stop == Stop::Exhausted {
        run = guest.resume(Resume::Continue, clock(now_ns), slice);
        units += run.units;
    }
    (run.stop, units)
}

/// Runs the init code: calls are answered, and sleep passes.
fn init(guest: &mut dyn Guest, slice: u64) {
    let (mut resume, mut now_ns) = (Resume::Init, EPOCH_NS);
    loop {
        let (stop, units) = run(guest, resume, now_ns, slice);
        now_ns += units;
        resume = match stop {
            Stop::Next { answer: None } => return,
            Stop::Call(_) => Resume::CallAnswer(Arc::from(b"answered".as_slice())),
            Stop::Sleep { ns } => {
                now_ns += ns;
                Resume::Continue
            }
            other => panic!("{other:?}"),
        };
    }
}

fn snapshot(artifact: &Artifact, slice: u64) -> Snapshot {
    let mut guest = start_recorded(&WasmiSandbox::new(), artifact, config()).expect("it fits");
    init(guest.as_mut(), slice);
    let snapshot = guest.snapshot().expect("it waits for its first event");
    run(guest.as_mut(), event("{}"), EPOCH_NS, slice);
    assert!(guest.snapshot().is_none(), "it has had an event");
    snapshot
}

fn restored(snapshot: &Snapshot, seed: u64, slice: u64) -> Box<dyn Guest> {
    let mut guest = snapshot.restore(&WasmiSandbox::new(), seed).expect("it fits");
    let (stop, _) = run(guest.as_mut(), Resume::Init, EPOCH_NS + 77, slice);
    assert_eq!(stop, Stop::Next { answer: None });
    assert!(guest.take_log().is_empty(), "the init code has logged before");
    guest
}

fn event(payload: &str) -> Resume {
    Resume::Event { payload: Arc::from(payload.as_bytes()), meta: BTreeMap::new() }
}

/// What it answers to three events, what it logs, what it burns, and its files.
fn life(guest: &mut dyn Guest, slice: u64) -> Vec<String> {
    let mut told = Vec::new();
    for (index, payload) in ["{}", "[1]", "\"three\""].into_iter().enumerate() {
        let now_ns = EPOCH_NS + 1_000_000_000 * (index as u64 + 1);
        let (stop, units) = run(guest, event(payload), now_ns, slice);
        let Stop::Next { answer: Some(Answer::Response(bytes)) } = stop else {
            panic!("{stop:?}");
        };
        told.push(format!("{units} {bytes:?} {:?}", guest.take_log()));
    }
    told.push(format!("{:?} {}", guest.tmp(), guest.memory_bytes_peak()));
    told
}

/// Init code grows memory, clears a data segment, sets private globals of each type, writes to /tmp and keeps the file open; `extra`
/// is more of it. An event answers with all of that, and changes it.
fn callback(extra: &str) -> String {
    format!(
        r#"(module
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_tell" (func $tell (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory 1)
  (table $t 2 funcref)
  (elem (i32.const 0) $plain)
  (elem declare func $other)
  (global $a (mut i32) (i32.const 1))
  (global $b (mut i64) (i64.const 2))
  (global $c (mut f32) (f32.const 3))
  (global $d (mut f64) (f64.const 4))
  (data (i32.const 64) "cleared by init")
  (data (i32.const 96) "tmp/f")
  (func $plain (result i32) (i32.const 5))
  (func $other (result i32) (i32.const 6))
  (func (export "_initialize")
    (drop (memory.grow (i32.const 2)))
    (memory.fill (i32.const 64) (i32.const 0) (i32.const 15))
    (i32.store (i32.const 150000) (i32.const 0x01020304))
    (global.set $a (i32.const 10))
    (global.set $b (i64.const -20))
    (global.set $c (f32.const 0.25))
    (global.set $d (f64.const nan:0x8000000000001))
    (drop (call $open (i32.const 3) (i32.const 0) (i32.const 96) (i32.const 5)
      (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 200)))
    (i32.store (i32.const 208) (i32.const 96))
    (i32.store (i32.const 212) (i32.const 5))
    (drop (call $write (i32.load (i32.const 200)) (i32.const 208) (i32.const 1) (i32.const 216)))
    (drop (call $write (i32.const 1) (i32.const 208) (i32.const 1) (i32.const 216)))
    {extra})
  (func (export "lambda_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "lambda_handler") (param $at i32) (param $len i32) (result i32)
    (i32.store (i32.const 300) (global.get $a))
    (i64.store (i32.const 304) (global.get $b))
    (f32.store (i32.const 312) (global.get $c))
    (f64.store (i32.const 316) (global.get $d))
    (i32.store (i32.const 324) (memory.size))
    (i32.store (i32.const 328) (i32.load (i32.const 150000)))
    (i32.store (i32.const 332) (i32.load (i32.const 64)))
    (i32.store (i32.const 336) (call_indirect $t (result i32) (i32.const 0)))
    (drop (call $write (i32.load (i32.const 200)) (i32.const 208) (i32.const 1) (i32.const 216)))
    (drop (call $tell (i32.load (i32.const 200)) (i32.const 344)))
    (drop (call $write (i32.const 2) (i32.const 208) (i32.const 1) (i32.const 216)))
    (i32.store (i32.const 64) (local.get $len))
    (global.set $a (i32.add (global.get $a) (i32.const 1)))
    (drop (call $respond (i32.const 300) (i32.const 56)))
    (i32.const 0)))"#
    )
}

/// A loop whose init code calls a service, sleeps and keeps something on its stack.
const LOOP: &str = r#"(module
  (import "lambda" "next" (func $next (param i32 i32) (result i32)))
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (import "lambda" "call" (func $call (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $now (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory 1)
  (data (i32.const 16) "{}")
  (func (export "_start") (local $seen i32) (local $kept i64)
    (drop (call $call (i32.const 16) (i32.const 2) (i32.const 32) (i32.const 16)))
    (i64.store (i32.const 128) (i64.const 7))
    (i32.store (i32.const 144) (i32.const 0))
    (i64.store (i32.const 152) (i64.const 5000000))
    (drop (call $poll (i32.const 128) (i32.const 256) (i32.const 1) (i32.const 320)))
    (drop (call $now (i32.const 0) (i64.const 0) (i32.const 48)))
    (local.set $kept (i64.load (i32.const 48)))
    (loop $events
      (drop (call $next (i32.const 400) (i32.const 100)))
      (local.set $seen (i32.add (local.get $seen) (i32.const 1)))
      (i64.store (i32.const 48) (local.get $kept))
      (i32.store (i32.const 56) (local.get $seen))
      (drop (call $respond (i32.const 32) (i32.const 28)))
      (br $events))))"#;

#[track_caller]
fn check(wat: &str, copied: bool) {
    let artifact = accepted(wat);
    let mut whole = WasmiSandbox::new().start(&artifact, config()).expect("it fits");
    init(whole.as_mut(), u64::MAX);
    whole.take_log();
    let expected = life(whole.as_mut(), u64::MAX);
    for slice in [u64::MAX, 1_000, 3] {
        let snapshot = snapshot(&artifact, slice);
        assert_eq!(snapshot.is_copied(), copied);
        for _ in 0..2 {
            let mut guest = restored(&snapshot, 9, slice);
            assert_eq!(life(guest.as_mut(), slice), expected, "in slices of {slice}");
        }
    }
}

#[test]
fn a_callback_guest_is_copied() {
    check(&callback(""), true);
}

#[test]
fn a_callback_guest_that_changes_tables_is_computed_again() {
    check(&callback("(table.set $t (i32.const 0) (ref.func $other))"), false);
}

#[test]
fn a_loop_guest_is_computed_again_without_its_calls() {
    check(LOOP, false);
}

#[test]
fn restored_guests_share_the_random_bytes_of_init_and_have_their_own_after_it() {
    for handler in ["(call $random (i32.const 64) (i32.const 8))", "(i32.const 0)"] {
        for tables in ["", "(table.set $t (i32.const 0) (ref.func $other))"] {
            let wat =
                callback(&format!("(drop (call $random (i32.const 352) (i32.const 4))) {tables}"))
                    .replace("(i32.const 300) (i32.const 56)", "(i32.const 300) (i32.const 60)")
                    .replace("(drop (call $tell", &format!("(drop {handler}) (drop (call $tell"))
                    .replace(
                        "(i32.store (i32.const 64) (local.get $len))",
                        "(i64.store (i32.const 340) (i64.load (i32.const 64)))",
                    );
            let snapshot = snapshot(&accepted(&wat), u64::MAX);
            let lives: Vec<_> = [1, 1, 2]
                .iter()
                .map(|seed| life(restored(&snapshot, *seed, 500).as_mut(), 500))
                .collect();
            assert_eq!(lives[0], lives[1]);
            assert_eq!(lives[0] == lives[2], handler == "(i32.const 0)", "{wat}");
        }
    }
}

#[test]
fn a_command_has_no_init_code_to_keep() {
    let artifact = accepted(r#"(module (memory 1) (func (export "_start")))"#);
    let guest = start_recorded(&WasmiSandbox::new(), &artifact, config()).unwrap();
    let snapshot = guest.snapshot().expect("it is ready from the start");
    let mut guest = snapshot.restore(&WasmiSandbox::new(), 1).unwrap();
    let (stop, _) = run(guest.as_mut(), event("{}"), EPOCH_NS, u64::MAX);
    assert!(matches!(stop, Stop::Exit(_)), "{stop:?}");
}

#[test]
fn a_guest_whose_init_code_failed_has_no_snapshot() {
    let artifact = accepted(
        r#"(module (memory 1)
          (func (export "_initialize") unreachable)
          (func (export "lambda_alloc") (param i32) (result i32) (i32.const 8))
          (func (export "lambda_handler") (param i32 i32) (result i32) (i32.const 0)))"#,
    );
    let mut guest = start_recorded(&WasmiSandbox::new(), &artifact, config()).unwrap();
    let (stop, _) = run(guest.as_mut(), Resume::Init, EPOCH_NS, u64::MAX);
    assert!(matches!(stop, Stop::Exit(_)), "{stop:?}");
    assert!(guest.snapshot().is_none());
}
