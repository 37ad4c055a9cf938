;; Fills memory for ever.
;; expect: still running
(module
  (memory 1024)
  (func (export "_start") (local $i i32) (local $j i32)
    (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x4000000)) (br $l))))
