// A handler in AssemblyScript, in the callback shape.

@external("lambda", "respond")
declare function respond(at: usize, length: i32): i32;
@external("lambda", "fail")
declare function fail(at: usize, length: i32): i32;

// Live as long as the execution environment. `room` keeps the event's buffer from being collected.
let count = 0;
let room: ArrayBuffer = new ArrayBuffer(0);

export function lambda_alloc(length: i32): usize {
  room = new ArrayBuffer(length);
  return changetype<usize>(room);
}

// 0: answered with `respond`; 1: answered with `fail`.
export function lambda_handler(at: usize, length: i32): i32 {
  const event = String.UTF8.decodeUnsafe(at, length);
  if (event == '"fail"') {
    const error = String.UTF8.encode('{"errorType":"Asked","errorMessage":"the event asked for a failure"}');
    fail(changetype<usize>(error), error.byteLength);
    return 1;
  }
  count += 1;
  const response = String.UTF8.encode(`{"language":"AssemblyScript","count":${count},"event":${event}}`);
  respond(changetype<usize>(response), response.byteLength);
  return 0;
}
