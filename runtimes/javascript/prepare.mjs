// Runs a module's `prepare` and writes the module that begins after it: the memory that it left stands in its data segments.
//
// `node prepare.mjs IN OUT`. Everything that is the same for all execution environments is done here, once, at build time. It must not depend on
// anything but the module, so all imports are refused but the log, which is for complaints.
//
// Invariant: `prepare` leaves memory alone as state. The stack pointer, the only global that may change, is back where it was.

import { readFile, writeFile } from "node:fs/promises";

const [input, output] = process.argv.slice(2);
const bytes = await readFile(input);

// Sections

const MEMORY = 5;
const GLOBAL = 6;
const EXPORT = 7;
const START = 8;
const DATA = 11;
const DATA_COUNT = 12;

let at = 8;
function readUnsigned() {
  let [value, shift] = [0, 1];
  for (;;) {
    const byte = bytes[at++];
    value += (byte & 127) * shift;
    if (byte < 128) return value;
    shift *= 128;
  }
}
function unsigned(value) {
  const out = [];
  do {
    out.push((value % 128) | (value >= 128 ? 128 : 0));
    value = Math.floor(value / 128);
  } while (value > 0);
  return out;
}
/** As `i32.const` has it: the bits of an unsigned number, as a signed one. */
function signed(value) {
  value |= 0;
  const out = [];
  for (;;) {
    const byte = value & 127;
    value >>= 7;
    if ((value === 0 && (byte & 64) === 0) || (value === -1 && (byte & 64) !== 0)) return [...out, byte];
    out.push(byte | 128);
  }
}

const sections = [];
while (at < bytes.length) {
  const id = bytes[at++];
  const size = readUnsigned();
  sections.push({ id, body: bytes.subarray(at, at + size), from: at });
  at += size;
}
if (sections.some(({ id }) => id === START)) throw new Error("a module with a start function is not what this is made for");

// Running it

const module = new WebAssembly.Module(bytes);
const imports = {};
for (const { module: space, name } of WebAssembly.Module.imports(module)) {
  imports[space] ??= {};
  imports[space][name] = () => {
    throw new Error(`prepare asked for ${space}.${name}`);
  };
}
let instance = null;
imports.wasi_snapshot_preview1.fd_write = (fd, iovs, count, out) => {
  const view = new DataView(instance.exports.memory.buffer);
  let written = 0;
  for (let index = 0; index < count; index += 1) {
    const [start, length] = [view.getUint32(iovs + index * 8, true), view.getUint32(iovs + index * 8 + 4, true)];
    process.stderr.write(Buffer.from(instance.exports.memory.buffer, start, length));
    written += length;
  }
  view.setUint32(out, written, true);
  return 0;
};
instance = new WebAssembly.Instance(module, imports);
if (instance.exports.prepare() !== 0) throw new Error("prepare has failed");

// The globals: one that can change, the stack pointer.

const globals = sections.find(({ id }) => id === GLOBAL);
at = globals.from;
let mutable = 0;
for (let left = readUnsigned(); left > 0; left -= 1) {
  at += 1;
  mutable += bytes[at++];
  if (![0x41, 0x42, 0x23].includes(bytes[at++])) throw new Error("a global begins with what this does not read");
  readUnsigned();
  if (bytes[at++] !== 0x0b) throw new Error("a global begins with a computation");
}
if (mutable !== 1) throw new Error(`${mutable} globals can change; only the stack pointer may`);

// Memory: what is not zero, in blocks.

const BLOCK = 256;
const memory = new Uint8Array(instance.exports.memory.buffer);
const segments = [];
let from = null;
for (let block = 0; block <= memory.length; block += BLOCK) {
  const used = block < memory.length && memory.subarray(block, block + BLOCK).some((byte) => byte !== 0);
  if (used && from === null) from = block;
  if (!used && from !== null) {
    segments.push([from, memory.subarray(from, block)]);
    from = null;
  }
}

const parts = [bytes.subarray(0, 8)];
const push = (id, body) => parts.push(Uint8Array.from([id, ...unsigned(body.length)]), body);
for (const { id, body, from: start } of sections) {
  if (id === 0) continue;
  if (id === MEMORY) push(id, Uint8Array.from([1, 0, ...unsigned(memory.length / 65536)]));
  else if (id === DATA_COUNT) push(id, Uint8Array.from(unsigned(segments.length)));
  else if (id === DATA) {
    const list = segments.map(([offset, run]) => Buffer.concat([Uint8Array.from([0, 0x41, ...signed(offset), 0x0b, ...unsigned(run.length)]), run]));
    push(id, Buffer.concat([Uint8Array.from(unsigned(segments.length)), ...list]));
  } else if (id === EXPORT) {
    // Without `prepare`, so that what only it needed goes when the module is optimised.
    at = start;
    const kept = [];
    for (let left = readUnsigned(); left > 0; left -= 1) {
      const begin = at;
      const length = readUnsigned();
      const name = Buffer.from(bytes.subarray(at, at + length)).toString();
      at += length + 1;
      readUnsigned();
      if (["memory", "lambda_alloc", "lambda_handler", "lambda_resume", "_initialize"].includes(name)) kept.push(bytes.subarray(begin, at));
    }
    push(id, Buffer.concat([Uint8Array.from(unsigned(kept.length)), ...kept]));
  } else push(id, body);
}
await writeFile(output, Buffer.concat(parts));
const kept = segments.reduce((sum, [, run]) => sum + run.length, 0);
console.log(`${memory.length / 65536} pages of memory, ${kept} bytes of them kept in ${segments.length} segments`);
