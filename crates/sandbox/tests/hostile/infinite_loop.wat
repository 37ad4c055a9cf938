;; A loop of nothing.
;; expect: still running
(module
  (memory 1)
  (func (export "_start") (local $i i32) (local $j i32)
    (loop $l (br $l))))
