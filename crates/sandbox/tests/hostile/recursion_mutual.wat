;; Two functions call each other.
;; expect: StackOverflow
(module
  (memory 1)
  (func $f (call $g))
  (func $g (call $f))
  (func (export "_start") (local $i i32) (local $j i32)
    (call $f)))
