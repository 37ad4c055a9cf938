;; Asks for 1 GiB before it starts.
;; expect: OutOfMemory
(module
  (memory 16384)
  (func (export "_start") (local $i i32) (local $j i32)
    (nop)))
