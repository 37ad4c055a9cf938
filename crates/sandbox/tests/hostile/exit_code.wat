;; Exits with a code.
;; expect: exit 3
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory 1)
  (func (export "_start") (local $i i32) (local $j i32)
    (call $exit (i32.const 3))))
