;; Calls itself for many results.
;; expect: StackOverflow
(module
  (memory 1)
  (func $f (result i32 i64 f64) (call $f))
  (func (export "_start") (local $i i32) (local $j i32)
    (call $f) (drop) (drop) (drop)))
