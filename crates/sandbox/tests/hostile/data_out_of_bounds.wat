;; A data segment past the end of memory.
;; expect: MemoryOutOfBounds
(module
  (memory 1)
  (data (i32.const 65535) "ab")
  (func (export "_start") (local $i i32) (local $j i32)
    (nop)))
