;; Writes /tmp full, and is told so (51, ENOSPC).
;; expect: exit 0
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory 1)
  (data (i32.const 100) "tmp/f")
  (func (export "_start") (local $i i32) (local $j i32)
    (if (call $open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 5) (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 0)) (then (unreachable)))
    (local.set $j (i32.load (i32.const 0)))
    (i32.store (i32.const 0) (i32.const 0)) (i32.store (i32.const 4) (i32.const 60000))
    (loop $l (br_if $l (i32.eqz (local.tee $i (call $write (local.get $j) (i32.const 0) (i32.const 1) (i32.const 8))))))
    (if (i32.ne (local.get $i) (i32.const 51)) (then (unreachable)))))
