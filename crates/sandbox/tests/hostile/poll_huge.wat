;; A list of subscriptions larger than memory.
;; expect: Abi
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory 1)
  (func (export "_start") (local $i i32) (local $j i32)
    (drop (call $poll (i32.const 0) (i32.const 0) (i32.const 0x7fffffff) (i32.const 0)))))
