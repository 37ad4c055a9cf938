;; Grows a table until it cannot.
;; expect: exit 0
(module
  (memory 1)
  (table $t 0 funcref)
  (func (export "_start") (local $i i32) (local $j i32)
    (loop $l (br_if $l (i32.ne (table.grow $t (ref.null func) (i32.const 100000)) (i32.const -1))))))
