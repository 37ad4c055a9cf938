// The handler ABI of Coldstart (docs/ABI.md) for AssemblyScript, in the callback shape: no handler needs to know of it.

@external("lambda", "respond")
declare function respond(at: usize, length: i32): i32;
@external("lambda", "fail")
declare function report(at: usize, length: i32): i32;
@external("lambda", "meta")
declare function meta(key: usize, keyLength: i32, at: usize, room: i32): i32;
@external("lambda", "remaining_ms")
declare function remaining_ms(): i64;
@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: i32, pieces: usize, count: i32, written: usize): i32;
@external("wasi_snapshot_preview1", "environ_sizes_get")
declare function environ_sizes_get(count: usize, size: usize): i32;
@external("wasi_snapshot_preview1", "environ_get")
declare function environ_get(places: usize, texts: usize): i32;

// The event's bytes, kept from being collected until they were read; and whether the event was answered with an error. Lazy, because the
// library's own checks lead to `abort`, which is compiled before anything here is initialised.
@lazy let room: ArrayBuffer | null = null;
@lazy let hasFailed: bool = false;
@lazy let isAborting: bool = false;

export function lambda_alloc(length: i32): usize {
  const bytes = new ArrayBuffer(length);
  room = bytes;
  return changetype<usize>(bytes);
}

/** The event, as JSON text. */
export function take(at: usize, length: i32): string {
  hasFailed = false;
  const event = String.UTF8.decodeUnsafe(at, length);
  room = null;
  return event;
}

/** Answers the event. */
export function give(response: string): i32 {
  if (hasFailed) return 1;
  const bytes = String.UTF8.encode(response);
  respond(changetype<usize>(bytes), bytes.byteLength);
  return 0;
}

/** Answers the event with an error; what the handler returns then is not looked at. */
export function fail(errorType: string, errorMessage: string): string {
  send(errorType, errorMessage, "");
  return "";
}

function send(errorType: string, errorMessage: string, place: string): void {
  if (hasFailed) return;
  hasFailed = true;
  const trace = place.length ? quoted(place) : "";
  const bytes = String.UTF8.encode(`{"errorType":${quoted(errorType)},"errorMessage":${quoted(errorMessage)},"stackTrace":[${trace}]}`);
  report(changetype<usize>(bytes), bytes.byteLength);
}

/** A text as JSON. */
function quoted(text: string): string {
  let out = '"';
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit == 34 || unit == 92) out += "\\" + String.fromCharCode(unit);
    else if (unit == 10) out += "\\n";
    else if (unit < 32) out += "\\u" + unit.toString(16).padStart(4, "0");
    else out += String.fromCharCode(unit);
  }
  return out + '"';
}

/** What `throw` and failed checks of the standard library become: the function's error, and the end of its process. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  // Out of memory, there is none for words either.
  if (isAborting) unreachable();
  isAborting = true;
  const place = file === null ? "" : `at ${file}:${line}:${column}`;
  send("Error", message === null ? "aborted" : message, place);
  unreachable();
}

/** The compiler's own `trace`. */
export function trace(message: string, count: i32 = 0, a: f64 = 0, b: f64 = 0, c: f64 = 0, d: f64 = 0, e: f64 = 0): void {
  let line = message;
  if (count > 0) line += " " + a.toString();
  if (count > 1) line += ", " + b.toString();
  if (count > 2) line += ", " + c.toString();
  if (count > 3) line += ", " + d.toString();
  if (count > 4) line += ", " + e.toString();
  write(1, line);
}

/** Writes a line to the log: 1 for output, 2 for errors. */
export function write(fd: i32, text: string): void {
  const bytes = String.UTF8.encode(text + "\n");
  const piece = new StaticArray<usize>(3);
  piece[0] = changetype<usize>(bytes);
  piece[1] = bytes.byteLength;
  const at = changetype<usize>(piece);
  fd_write(fd, at, 1, at + 2 * sizeof<usize>());
}

/** A variable of the function's environment; null when there is none of that name. */
export function environment(name: string): string | null {
  const sizes = new StaticArray<i32>(2);
  const at = changetype<usize>(sizes);
  environ_sizes_get(at, at + sizeof<i32>());
  const places = new StaticArray<usize>(sizes[0]);
  const texts = new ArrayBuffer(sizes[1]);
  environ_get(changetype<usize>(places), changetype<usize>(texts));
  const start = name + "=";
  for (let i = 0; i < places.length; i++) {
    const text = String.UTF8.decodeUnsafe(places[i], sizes[1], true);
    if (text.startsWith(start)) return text.substring(start.length);
  }
  return null;
}

function fact(key: string): string {
  const name = String.UTF8.encode(key);
  const length = meta(changetype<usize>(name), name.byteLength, 0, 0);
  if (length <= 0) return "";
  const text = new ArrayBuffer(length);
  meta(changetype<usize>(name), name.byteLength, changetype<usize>(text), length);
  return String.UTF8.decode(text);
}

/** What is known of the event, under the names that Lambda's runtime for Node gives it. */
export class Context {
  get awsRequestId(): string { return fact("requestId"); }
  get invokedFunctionArn(): string { return fact("functionArn"); }
  get functionName(): string { return fact("functionName"); }
  get functionVersion(): string { return fact("functionVersion"); }
  get memoryLimitInMB(): string { return fact("memoryLimitMb"); }
  get logGroupName(): string { return fact("logGroup"); }
  get logStreamName(): string { return fact("logStream"); }
  /** JSON text, as the caller gave it; empty without one. */
  get clientContext(): string { return fact("clientContext"); }
  /** Virtual milliseconds until the invocation times out. */
  getRemainingTimeInMillis(): i32 { return <i32>remaining_ms(); }
}

export const context = new Context();
