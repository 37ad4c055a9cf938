//! What is refused at deploy time, with which words.

mod common;

use coldstart_sandbox::accept;
use common::wat;
use expect_test::{Expect, expect};

#[track_caller]
fn check(text: &str, expected: Expect) {
    let refusal = accept(&wat(text)).expect_err("it must be refused");
    expected.assert_eq(&format!("{}: {}", refusal.code, refusal.message));
}

#[test]
fn a_foreign_import_is_named() {
    check(
        r#"(module (import "env" "socket" (func)) (func (export "_start")))"#,
        expect!["foreign-import: the module imports env.socket; the module env has abort, seed"],
    );
    check(
        r#"(module (import "gojs" "run" (func)) (func (export "_start")))"#,
        expect![
            "foreign-import: the module imports gojs.run; allowed are the modules lambda (coldstart:1), wasi_snapshot_preview1, and AssemblyScript's env.abort and env.seed"
        ],
    );
    check(
        r#"(module (import "env" "memory" (memory 1)) (func (export "_start")))"#,
        expect![
            "foreign-import: the module imports env.memory, a memory 1; only functions may be imported"
        ],
    );
    check(
        r#"(module (import "wasi_snapshot_preview1" "sock_open" (func)) (func (export "_start")))"#,
        expect![
            "foreign-import: the module imports wasi_snapshot_preview1.sock_open, which is not a function of WASI preview 1"
        ],
    );
    check(
        r#"(module (import "lambda" "respond" (func (param i32 i32))) (func (export "_start")))"#,
        expect![
            "foreign-import: the import lambda.respond has the type func (param i32 i32); it must be func (param i32 i32) (result i32)"
        ],
    );
}

#[test]
fn a_module_without_a_handler_hears_what_was_looked_for() {
    check(
        r#"(module (func (export "handler")))"#,
        expect![
            "no-handler: the module has no handler: it must export lambda_handler and lambda_alloc (callback), or _start (a loop over lambda.next, or a command)"
        ],
    );
    check(
        r#"(module (func (export "_start") (param i32)))"#,
        expect!["no-handler: the export _start is a func (param i32); it must be a func"],
    );
    check(
        r#"(module (memory 1) (func (export "lambda_handler") (param i32 i32) (result i32) (i32.const 0)))"#,
        expect![
            "no-handler: the module has no handler: it must export lambda_handler and lambda_alloc (callback), or _start (a loop over lambda.next, or a command); it exports lambda_handler, but not lambda_alloc"
        ],
    );
}

#[test]
fn a_proposal_is_named() {
    check(
        r#"(module (memory 1 1 shared) (func (export "_start")))"#,
        expect![
            "unsupported: the module uses the WebAssembly proposal threads, which Coldstart does not run (threads must be enabled for shared memories, offset 0x15)"
        ],
    );
    check(
        r#"(module (func $f (export "_start") (return_call $f)))"#,
        expect![
            "unsupported: the module uses the WebAssembly proposal tail-call, which Coldstart does not run (tail calls support is not enabled, offset 0x23)"
        ],
    );
    check(
        r#"(module (func (export "_start") (drop (v128.const i32x4 0 0 0 0))))"#,
        expect![
            "unsupported: the module uses the WebAssembly proposal simd, which Coldstart does not run (SIMD support is not enabled, offset 0x23)"
        ],
    );
    check(
        r#"(module (memory 1) (memory 1) (func (export "_start")))"#,
        expect![
            "unsupported: the module uses the WebAssembly proposal multi-memory, which Coldstart does not run (multiple memories, offset 0x14)"
        ],
    );
    check(
        r#"(module (memory i64 1) (func (export "_start")))"#,
        expect![
            "unsupported: the module uses the WebAssembly proposal memory64, which Coldstart does not run (memory64 must be enabled for 64-bit memories, offset 0x15)"
        ],
    );
}

#[test]
fn a_limit_is_named_with_its_number() {
    let locals = " i32".repeat(10_001);
    check(
        &format!(r#"(module (func (export "_start") (local{locals})))"#),
        expect!["too-large: the module has 10001 locals in one function; the limit is 10000"],
    );
    let targets = " 0".repeat(70_000);
    check(
        &format!(r#"(module (func (export "_start") (br_table{targets} (i32.const 0))))"#),
        expect!["too-large: the module has 69999 targets in one br_table; the limit is 65520"],
    );
    check(
        r#"(module (table 20000000 funcref) (func (export "_start")))"#,
        expect![
            "too-large: the module has 20000000 elements in one table at start; the limit is 10000000"
        ],
    );
}

#[test]
fn other_bytes_are_malformed() {
    for bytes in [b"".as_slice(), b"\0asm", b"#!/bin/sh", b"\0asm\x01\0\0\0\xff"] {
        assert_eq!(
            accept(bytes).expect_err("refused").code,
            if bytes.len() == 8 { "no-handler" } else { "malformed" }
        );
    }
}
