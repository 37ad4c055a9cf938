;; lambda_alloc never returns.
;; expect: still running
(module
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (memory 1)
  (func (export "lambda_alloc") (param i32) (result i32) (loop $l (br $l)) (unreachable))
  (func (export "lambda_handler") (param $at i32) (param $len i32) (result i32)
    (i32.const 0)))
