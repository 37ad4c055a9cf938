;; Random bytes past the end of memory.
;; expect: Abi
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory 1)
  (func (export "_start") (local $i i32) (local $j i32)
    (drop (call $random (i32.const 0) (i32.const -1)))))
