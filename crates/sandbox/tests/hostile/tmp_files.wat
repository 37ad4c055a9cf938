;; Makes files until there is no room for their names.
;; expect: exit 0
(module
  (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (memory 1)
  (data (i32.const 100) "tmp/")
  (func (export "_start") (local $i i32) (local $j i32)
    (loop $l
      (i32.store (i32.const 104) (i32.add (i32.const 0x61616161) (i32.or (i32.and (local.get $j) (i32.const 15)) (i32.or (i32.shl (i32.and (local.get $j) (i32.const 0xf0)) (i32.const 4)) (i32.or (i32.shl (i32.and (local.get $j) (i32.const 0xf00)) (i32.const 8)) (i32.shl (i32.and (local.get $j) (i32.const 0xf000)) (i32.const 12)))))))
      (local.set $j (i32.add (local.get $j) (i32.const 1)))
      (local.set $i (call $open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 8) (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 0)))
      (drop (call $close (i32.load (i32.const 0))))
      (br_if $l (i32.eqz (local.get $i))))
    (if (i32.ne (local.get $i) (i32.const 51)) (then (unreachable)))))
