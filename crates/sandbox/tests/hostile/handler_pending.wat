;; The handler waits for nothing.
;; expect: Abi
(module
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (memory 1)
  (func (export "lambda_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "lambda_handler") (param $at i32) (param $len i32) (result i32)
    (i32.const 2)))
