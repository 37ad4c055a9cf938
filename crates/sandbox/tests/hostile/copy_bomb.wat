;; Copies memory for ever.
;; expect: still running
(module
  (memory 1024)
  (func (export "_start") (local $i i32) (local $j i32)
    (loop $l (memory.copy (i32.const 1) (i32.const 0) (i32.const 0x3ffffff)) (br $l))))
