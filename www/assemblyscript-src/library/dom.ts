// What the standard library asks of its host, given by WASI: in place of the library's own bindings to a browser.
import { write } from "coldstart/abi";

@external("wasi_snapshot_preview1", "clock_time_get")
declare function clock_time_get(clock: i32, precision: i64, at: usize): i32;
@external("wasi_snapshot_preview1", "random_get")
declare function random_get(at: usize, length: i32): i32;

function nanoseconds(clock: i32): u64 {
  const time = new StaticArray<u64>(1);
  clock_time_get(clock, 1, changetype<usize>(time));
  return time[0];
}

@lazy const started = new Map<string, u64>();

export namespace console {
  export function assert(condition: bool, message: string): void {
    if (!condition) write(2, "Assertion failed: " + message);
  }
  export function log(text: string): void { write(1, text); }
  export function debug(text: string): void { write(1, text); }
  export function info(text: string): void { write(1, text); }
  export function warn(text: string): void { write(2, text); }
  export function error(text: string): void { write(2, text); }
  export function time(label: string): void { started.set(label, nanoseconds(1)); }
  export function timeLog(label: string): void {
    if (started.has(label)) write(1, `${label}: ${<f64>(nanoseconds(1) - started.get(label)) / 1e6}ms`);
  }
  export function timeEnd(label: string): void {
    timeLog(label);
    started.delete(label);
  }
}

export namespace Date {
  /** Milliseconds of the virtual clock. */
  export function now(): f64 { return <f64>(nanoseconds(0) / 1000000); }
}

export namespace performance {
  export function now(): f64 { return <f64>nanoseconds(1) / 1e6; }
}

export namespace crypto {
  /** From the environment's seed: a replay gets the same bytes. */
  export function getRandomValues(array: Uint8Array): void { random_get(array.dataStart, array.byteLength); }
  export function getRandomValuesN(length: u32): Uint8Array {
    const bytes = new Uint8Array(length);
    getRandomValues(bytes);
    return bytes;
  }
}

// The library passes the browser's on, which is not here; its own is what `Math` is.
export namespace Math {}
