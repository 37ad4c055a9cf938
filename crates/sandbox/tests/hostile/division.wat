;; Divides by zero.
;; expect: Other
(module
  (memory 1)
  (func (export "_start") (local $i i32) (local $j i32)
    (drop (i32.div_u (i32.const 1) (local.get $i)))))
