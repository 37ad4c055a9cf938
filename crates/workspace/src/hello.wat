;; A whole Lambda function in WebAssembly text. It answers {"name": "Ada"} with {"message":"Hello, Ada!"}.
;; Change it, deploy it, and test it again.
;;
;; For each event, Coldstart asks lambda_alloc where to put its JSON text, and calls lambda_handler.
(module
  ;; respond(address, length) gives the answer; 0 says that it was taken.
  (import "lambda" "respond" (func $respond (param $at i32) (param $length i32) (result i32)))

  ;; The answer for those who give no name. Its first 19 bytes and its last 3 serve the others too.
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"message\":\"Hello, world!\"}")

  ;; Events go to address 64. A long one needs more pages of 64 KiB.
  (func (export "lambda_alloc") (param $length i32) (result i32)
    (local $pages i32)
    (local.set $pages (i32.shr_u (i32.add (local.get $length) (i32.const 65664)) (i32.const 16)))
    (if (i32.gt_u (local.get $pages) (memory.size))
      (then (drop (memory.grow (i32.sub (local.get $pages) (memory.size))))))
    (i32.const 64))

  (func (export "lambda_handler") (param $event i32) (param $length i32) (result i32)
    (local $name i32)
    (local $end i32)
    (local.set $name (call $find_name (local.get $event) (i32.add (local.get $event) (local.get $length))))
    (if (i32.eqz (local.get $name))
      (then
        (drop (call $respond (i32.const 0) (i32.const 27)))
        (return (i32.const 0))))

    ;; Write the answer around the name, where it stands: 19 bytes before it, 3 behind it.
    (local.set $end (call $end_of_text (local.get $name)))
    (memory.copy (i32.sub (local.get $name) (i32.const 19)) (i32.const 0) (i32.const 19))
    (memory.copy (local.get $end) (i32.const 24) (i32.const 3))
    (drop
      (call $respond
        (i32.sub (local.get $name) (i32.const 19))
        (i32.add (i32.sub (local.get $end) (local.get $name)) (i32.const 22))))
    (i32.const 0)) ;; 0: answered

  ;; Where the text of the member "name" begins; 0 if there is none.
  (func $find_name (param $at i32) (param $end i32) (result i32)
    (loop $next
      (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (i32.const 0))))
      ;; Eight bytes at a time hold the six of "name", quotes included: 0x22 n a m e 0x22, the last one first.
      (if (i64.ne (i64.and (i64.load (local.get $at)) (i64.const 0xffffffffffff)) (i64.const 0x22656d616e22))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $next))))
    (local.set $at (i32.add (local.get $at) (i32.const 6)))
    ;; Over the colon and the space around it, to the quote.
    (loop $skip
      (if (i32.or
            (i32.eq (i32.load8_u (local.get $at)) (i32.const 58))     ;; :
            (i32.le_u (i32.load8_u (local.get $at)) (i32.const 32)))  ;; space, line break
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br_if $skip (i32.lt_u (local.get $at) (local.get $end))))))
    (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 34)) (then (return (i32.const 0))))
    (i32.add (local.get $at) (i32.const 1)))

  ;; The quote that ends the text; what follows a backslash does not.
  (func $end_of_text (param $at i32) (result i32)
    (loop $next
      (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 34)) (then (return (local.get $at))))
      (local.set $at
        (i32.add
          (local.get $at)
          (select (i32.const 2) (i32.const 1) (i32.eq (i32.load8_u (local.get $at)) (i32.const 92)))))
      (br $next))
    (unreachable))
)
