;; The start function never returns.
;; expect: still running
(module
  (memory 1)
  (func $s (loop $l (br $l)))
  (start $s)
  (func (export "_start") (local $i i32) (local $j i32)
    (nop)))
