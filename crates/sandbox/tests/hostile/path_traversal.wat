;; Climbs out of the tree (76, ENOTCAPABLE).
;; expect: exit 0
(module
  (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory 1)
  (data (i32.const 100) "tmp/../../etc")
  (func (export "_start") (local $i i32) (local $j i32)
    (if (i32.ne (call $open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 13) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0)) (i32.const 76)) (then (unreachable)))))
