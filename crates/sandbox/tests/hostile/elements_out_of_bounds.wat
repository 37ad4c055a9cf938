;; An element segment past the end of the table.
;; expect: Other
(module
  (memory 1)
  (table 1 funcref)
  (elem (i32.const 1) $f)
  (func $f)
  (func (export "_start") (local $i i32) (local $j i32)
    (nop)))
