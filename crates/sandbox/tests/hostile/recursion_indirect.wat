;; Calls itself through a table.
;; expect: StackOverflow
(module
  (memory 1)
  (type $v (func))
  (table 1 funcref)
  (elem (i32.const 0) $f)
  (func $f (call_indirect (type $v) (i32.const 0)))
  (func (export "_start") (local $i i32) (local $j i32)
    (call $f)))
