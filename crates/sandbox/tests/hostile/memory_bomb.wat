;; Grows until it cannot, then returns.
;; expect: exit 0
(module
  (memory 1)
  (func (export "_start") (local $i i32) (local $j i32)
    (loop $l (br_if $l (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))))
