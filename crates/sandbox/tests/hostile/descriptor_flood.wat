;; Opens one file until there are no descriptors left (33, EMFILE).
;; expect: exit 0
(module
  (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory 1)
  (data (i32.const 100) "tmp/f")
  (func (export "_start") (local $i i32) (local $j i32)
    (loop $l (br_if $l (i32.eqz (local.tee $i (call $open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 5) (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 0))))))
    (if (i32.ne (local.get $i) (i32.const 33)) (then (unreachable)))))
