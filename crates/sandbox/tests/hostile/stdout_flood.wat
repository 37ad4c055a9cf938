;; Writes its response for ever.
;; expect: still running
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory 1)
  (func (export "_start") (local $i i32) (local $j i32)
    (i32.store (i32.const 4) (i32.const 60000)) (loop $l (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) (br $l))))
