;; Aborts.
;; expect: Unreachable
(module
  (memory 1)
  (func (export "_start") (local $i i32) (local $j i32)
    (unreachable)))
