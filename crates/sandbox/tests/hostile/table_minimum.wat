;; Three tables of seven million elements.
;; expect: OutOfMemory
(module
  (memory 1)
  (table 7000000 funcref)
  (table 7000000 funcref)
  (table 7000000 funcref)
  (func (export "_start") (local $i i32) (local $j i32)
    (nop)))
