;; Stores a value at the place that it names, farther on than 16 bits can tell.
;; expect: Unreachable
(module
  (memory 2)
  (func (export "_start") (local $i i32)
    (local.set $i (i32.add (i32.load (i32.const 8)) (i32.const 7)))
    (i32.store8 offset=65536 (local.get $i) (local.get $i))
    (i32.store16 offset=65600 (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $i))
    (i32.store offset=65700 (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $i))
    (if (i32.eq (i32.const 24)
          (i32.add (i32.load8_u (i32.const 65543))
            (i32.add (i32.load16_u (i32.const 65608)) (i32.load (i32.const 65709)))))
      (then unreachable))))
