;; Asks for memory for ever; a failed growth costs its own price.
;; expect: still running
(module
  (memory 1)
  (func (export "_start") (local $i i32) (local $j i32)
    (loop $l (drop (memory.grow (i32.const 65535))) (br $l))))
