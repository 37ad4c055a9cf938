;; More subscriptions than one call may have (28, EINVAL).
;; expect: exit 0
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory 1)
  (func (export "_start") (local $i i32) (local $j i32)
    (if (i32.ne (call $poll (i32.const 0) (i32.const 0) (i32.const 1025) (i32.const 0)) (i32.const 28)) (then (unreachable)))))
