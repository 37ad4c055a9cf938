;; A response of all of memory.
;; expect: too large
(module
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (memory 2)
  (func (export "lambda_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "lambda_handler") (param $at i32) (param $len i32) (result i32)
    (drop (call $respond (i32.const 0) (i32.const 65537))) (i32.const 0)))
