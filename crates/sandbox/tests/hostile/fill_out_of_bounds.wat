;; Fills past the end.
;; expect: MemoryOutOfBounds
(module
  (memory 1)
  (func (export "_start") (local $i i32) (local $j i32)
    (memory.fill (i32.const 1) (i32.const 1) (i32.const 65536))))
