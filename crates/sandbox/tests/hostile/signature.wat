;; Calls a function of another type.
;; expect: Other
(module
  (memory 1)
  (table 1 funcref)
  (elem (i32.const 0) $f)
  (func $f)
  (func (export "_start") (local $i i32) (local $j i32)
    (call_indirect (param i32) (i32.const 0) (i32.const 0))))
