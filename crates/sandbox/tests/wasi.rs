//! WASI preview 1, from the guest's side: each module answers on stdout what it saw.

mod common;

use coldstart_sandbox::{Clock, Resume, Sandbox, Stop, WasmiSandbox};
use common::{EPOCH_NS, Script, accepted, trace};
use expect_test::{Expect, expect};
use std::collections::BTreeMap;
use std::sync::Arc;

const PRELUDE: &str = r#"
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory" (func $mkdir (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_rename" (func $rename (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_symlink" (func $symlink (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory 1)
  (data (i32.const 1000) "tmp/new.txt")
  (data (i32.const 1020) "tmp/dir")
  (data (i32.const 1030) "tmp/dir/moved.txt")
  (data (i32.const 1060) "var/task/data/greeting.txt")
  (data (i32.const 1100) "opt/lib/layer.txt")
  (data (i32.const 1120) "content of the file\0a")
  ;; Writes bytes to a descriptor.
  (func $put (param $fd i32) (param $at i32) (param $len i32) (result i32)
    (i32.store (i32.const 0) (local.get $at)) (i32.store (i32.const 4) (local.get $len))
    (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))
  ;; Writes a number below 100 and a newline to stdout.
  (func $number (param $n i32)
    (i32.store8 (i32.const 16) (i32.add (i32.const 48) (i32.div_u (local.get $n) (i32.const 10))))
    (i32.store8 (i32.const 17) (i32.add (i32.const 48) (i32.rem_u (local.get $n) (i32.const 10))))
    (i32.store8 (i32.const 18) (i32.const 10))
    (drop (call $put (i32.const 1) (i32.const 16) (i32.const 3))))
  ;; Opens a path for reading (2) or writing (64), with flags. Returns the descriptor, or 1000 and the error.
  (func $path (param $at i32) (param $len i32) (param $flags i32) (param $rights i64) (result i32) (local $error i32)
    (local.set $error (call $open (i32.const 3) (i32.const 0) (local.get $at) (local.get $len) (local.get $flags) (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 20)))
    (if (result i32) (local.get $error) (then (i32.add (i32.const 1000) (local.get $error))) (else (i32.load (i32.const 20)))))
  ;; Copies up to 200 bytes of a descriptor to stdout.
  (func $cat (param $fd i32) (local $error i32) (local $len i32)
    (i32.store (i32.const 0) (i32.const 4000)) (i32.store (i32.const 4) (i32.const 200))
    (local.set $error (call $read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)))
    (local.set $len (i32.load (i32.const 8)))
    (call $number (local.get $error))
    (drop (call $put (i32.const 1) (i32.const 4000) (local.get $len))))
"#;

#[track_caller]
fn check(body: &str, expected: Expect) {
    let artifact =
        accepted(&format!("(module {PRELUDE} (func (export \"_start\") (local $fd i32) {body}))"));
    let whole = trace(&artifact, Script { slice: u64::MAX, ..Script::default() });
    expected.assert_eq(&whole);
    assert_eq!(trace(&artifact, Script { slice: 3, ..Script::default() }), whole);
}

#[test]
fn arguments_and_variables_are_zero_terminated_lists() {
    check(
        "(drop (call $args_sizes_get (i32.const 100) (i32.const 104)))
         (call $number (i32.load (i32.const 100))) (call $number (i32.load (i32.const 104)))
         (drop (call $args_get (i32.const 200) (i32.const 300)))
         (drop (call $put (i32.const 1) (i32.load (i32.const 200)) (i32.const 9)))
         (drop (call $environ_sizes_get (i32.const 100) (i32.const 104)))
         (call $number (i32.load (i32.const 100))) (call $number (i32.load (i32.const 104)))
         (drop (call $environ_get (i32.const 200) (i32.const 300)))
         (drop (call $put (i32.const 1) (i32.load (i32.const 204)) (i32.const 9)))",
        expect![[r#"
            next at 0, answer none
            exit at 371: ExitCode(0), answer response 01
            10
            bootstrap02
            31
            KEY=value
            371 units, 65536 bytes
        "#]],
    );
}

#[test]
fn a_file_below_tmp_is_written_renamed_and_read_back() {
    check(
        "(local.set $fd (call $path (i32.const 1000) (i32.const 11) (i32.const 1) (i64.const 66)))
         (call $number (local.get $fd))
         (call $number (call $put (local.get $fd) (i32.const 1120) (i32.const 20)))
         (call $number (call $seek (local.get $fd) (i64.const 11) (i32.const 0) (i32.const 24)))
         (call $cat (local.get $fd))
         (call $number (call $mkdir (i32.const 3) (i32.const 1020) (i32.const 7)))
         (call $number (call $rename (i32.const 3) (i32.const 1000) (i32.const 11) (i32.const 3) (i32.const 1030) (i32.const 17)))
         (call $number (call $close (local.get $fd)))
         (call $number (i32.sub (call $path (i32.const 1000) (i32.const 11) (i32.const 0) (i64.const 2)) (i32.const 1000)))
         (call $cat (call $path (i32.const 1030) (i32.const 17) (i32.const 0) (i64.const 2)))",
        expect![[r#"
            next at 0, answer none
            exit at 831: ExitCode(0), answer response 04
            00
            00
            00
            the file
            00
            00
            00
            44
            00
            content of the file

            /tmp/dir/moved.txt: 20 bytes
            831 units, 65536 bytes
        "#]],
    );
}

#[test]
fn the_package_and_its_layers_are_read_only() {
    check(
        "(call $cat (call $path (i32.const 1060) (i32.const 26) (i32.const 0) (i64.const 2)))
         (call $cat (call $path (i32.const 1100) (i32.const 17) (i32.const 0) (i64.const 2)))
         (call $number (i32.sub (call $path (i32.const 1060) (i32.const 26) (i32.const 0) (i64.const 64)) (i32.const 1000)))
         (call $number (call $unlink (i32.const 3) (i32.const 1100) (i32.const 17)))
         (call $number (call $symlink (i32.const 1000) (i32.const 11) (i32.const 3) (i32.const 1020) (i32.const 7)))",
        expect![[r#"
            next at 0, answer none
            exit at 539: ExitCode(0), answer response 00
            hello00
            layer69
            69
            58

            539 units, 65536 bytes
        "#]],
    );
}

#[test]
fn sleeping_suspends_until_the_clock_says_so() {
    check(
        "(i64.store (i32.const 2000) (i64.const 77)) (i32.store (i32.const 2016) (i32.const 1))
         (i64.store (i32.const 2024) (i64.const 5000000))
         (drop (call $clock (i32.const 0) (i64.const 1) (i32.const 2100)))
         (call $number (call $poll (i32.const 2000) (i32.const 2200) (i32.const 1) (i32.const 2300)))
         (call $number (i32.load (i32.const 2300)))
         (call $number (i32.wrap_i64 (i64.load (i32.const 2200))))
         (drop (call $clock (i32.const 0) (i64.const 1) (i32.const 2108)))
         (call $number (i32.wrap_i64 (i64.div_u (i64.sub (i64.load (i32.const 2108)) (i64.load (i32.const 2100))) (i64.const 1000000))))",
        expect![[r#"
            next at 0, answer none
            sleep at 98 for 5000000
            exit at 5000306: ExitCode(0), answer response 00
            01
            77
            05

            306 units, 65536 bytes
        "#]],
    );
}

#[test]
fn random_bytes_depend_on_the_seed_alone() {
    let artifact = accepted(&format!(
        "(module {PRELUDE} (func (export \"_start\")
           (drop (call $random (i32.const 100) (i32.const 24)))
           (drop (call $put (i32.const 1) (i32.const 100) (i32.const 24)))))"
    ));
    let bytes = |seed| {
        let mut config = common::config();
        config.seed = seed;
        let mut guest = WasmiSandbox::default().start(&artifact, config).unwrap();
        let clock = Clock { now_ns: EPOCH_NS, units_per_second: 1, deadline_ns: EPOCH_NS };
        let event = Resume::Event { payload: Arc::from(b"{}".as_slice()), meta: BTreeMap::new() };
        match guest.resume(event, clock, u64::MAX).stop {
            Stop::Exit(exit) => exit.answer,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(bytes(1), bytes(1));
    assert_ne!(bytes(1), bytes(2));
}
