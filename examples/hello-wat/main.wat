;; A whole Lambda function in WebAssembly text: it answers with a greeting and the event that it was given.
;;
;; This is the callback shape of the handler ABI: Coldstart asks for room, writes the event there and calls the handler.
(module
  ;; respond(pointer, length) gives the answer to the current event; 0 says that it was taken.
  (import "lambda" "respond" (func $respond (param $at i32) (param $length i32) (result i32)))

  ;; One page is 64 KiB. The answer is put together from address 0, where its first part lies from the start.
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"greeting\":\"Hello from WebAssembly text!\",\"event\":")
  (global $prefix i32 (i32.const 51))

  ;; Where to put an event of this length? Behind the first part of the answer, so that nothing has to be copied.
  (func (export "lambda_alloc") (param $length i32) (result i32)
    (local $pages i32)
    ;; Pages for the first part, the event and a closing brace, rounded up.
    (local.set $pages
      (i32.shr_u
        (i32.add (i32.add (global.get $prefix) (local.get $length)) (i32.const 65536))
        (i32.const 16)))
    (if (i32.gt_u (local.get $pages) (memory.size))
      (then
        (if (i32.eq (memory.grow (i32.sub (local.get $pages) (memory.size))) (i32.const -1))
          (then unreachable))))
    (global.get $prefix))

  ;; The event is at $at. Close the object behind it and answer.
  (func (export "lambda_handler") (param $at i32) (param $length i32) (result i32)
    (i32.store8 (i32.add (local.get $at) (local.get $length)) (i32.const 125)) ;; }
    (drop
      (call $respond
        (i32.const 0)
        (i32.add (i32.add (global.get $prefix) (local.get $length)) (i32.const 1))))
    (i32.const 0)) ;; 0: answered
)
