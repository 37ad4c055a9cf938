;; Starts timers for ever, is told no (-1) and gives up with 7.
;; expect: Abi
(module
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (import "lambda" "timer_start" (func $timer (param i64) (result i32)))
  (memory 1)
  (func (export "lambda_resume") (param i32 i32 i32) (result i32) (i32.const 7))
  (func (export "lambda_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "lambda_handler") (param $at i32) (param $len i32) (result i32)
    (loop $l (br_if $l (i32.ne (call $timer (i64.const 1)) (i32.const -1)))) (i32.const 7)))
