;; Calls itself.
;; expect: StackOverflow
(module
  (memory 1)
  (func $f (call $f))
  (func (export "_start") (local $i i32) (local $j i32)
    (call $f)))
