;; The trivial handler: answers with the event.
(module
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "lambda_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "lambda_handler") (param i32 i32) (result i32)
    (drop (call $respond (local.get 0) (local.get 1)))
    (i32.const 0)))
