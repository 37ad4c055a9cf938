;; A handler in WebAssembly text, in the callback shape.
(module
  (import "lambda" "respond" (func $respond (param $at i32) (param $length i32) (result i32)))
  (import "lambda" "fail" (func $fail (param $at i32) (param $length i32) (result i32)))

  (memory (export "memory") 1)
  (data (i32.const 0) "{\"language\":\"WAT\",\"count\":")
  (data (i32.const 64) "{\"errorType\":\"Asked\",\"errorMessage\":\"the event asked for a failure\"}")
  ;; Events go to address 1024, so that the response needs no copy: what stands before them is written in front.
  (data (i32.const 1015) ",\"event\":")
  (global $event i32 (i32.const 1024))
  (global $count (mut i32) (i32.const 0)) ;; lives as long as the execution environment

  ;; Makes room for an event and a closing brace.
  (func (export "lambda_alloc") (param $length i32) (result i32)
    (local $missing i32)
    (local.set $missing
      (i32.sub
        (i32.add (i32.shr_u (i32.add (global.get $event) (local.get $length)) (i32.const 16)) (i32.const 1))
        (memory.size)))
    (if (i32.gt_s (local.get $missing) (i32.const 0))
      (then (if (i32.lt_s (memory.grow (local.get $missing)) (i32.const 0)) (then unreachable))))
    (global.get $event))

  ;; 0: answered with `respond`; 1: answered with `fail`.
  (func (export "lambda_handler") (param $at i32) (param $length i32) (result i32)
    (local $start i32)
    (local $number i32)
    ;; "fail" with its quotes is six bytes: `"fai` and `l"` as little-endian numbers.
    (if (i32.and
          (i32.eq (local.get $length) (i32.const 6))
          (i32.and
            (i32.eq (i32.load (local.get $at)) (i32.const 0x69616622))
            (i32.eq (i32.load16_u offset=4 (local.get $at)) (i32.const 0x226c))))
      (then
        (drop (call $fail (i32.const 64) (i32.const 68)))
        (return (i32.const 1))))
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    ;; The count in decimal, last digit first, in front of `,"event":`.
    (local.set $start (i32.const 1015))
    (local.set $number (global.get $count))
    (loop $digit
      (local.set $start (i32.sub (local.get $start) (i32.const 1)))
      (i32.store8 (local.get $start) (i32.add (i32.const 48) (i32.rem_u (local.get $number) (i32.const 10))))
      (br_if $digit (local.tee $number (i32.div_u (local.get $number) (i32.const 10)))))
    (local.set $start (i32.sub (local.get $start) (i32.const 26)))
    (memory.copy (local.get $start) (i32.const 0) (i32.const 26))
    (i32.store8 (i32.add (local.get $at) (local.get $length)) (i32.const 125)) ;; }
    (drop
      (call $respond
        (local.get $start)
        (i32.sub (i32.add (i32.add (local.get $at) (local.get $length)) (i32.const 1)) (local.get $start))))
    (i32.const 0))
)
