;; More buffers than one call may have, each all of memory.
;; expect: exit 0
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory 1)
  (func (export "_start") (local $i i32) (local $j i32)
    (if (i32.ne (call $write (i32.const 2) (i32.const 0) (i32.const 8000) (i32.const 8)) (i32.const 28)) (then (unreachable)))))
