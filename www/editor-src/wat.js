// What the editor knows of WebAssembly's instructions: a sentence on hover, and names while one types. Those that functions may use
// (docs/ABI.md); of what a name means the specification is the source, the sentences are ours.

import { hoverTooltip } from "@codemirror/view";

// `name: "signature | sentence"`, where T stands for the type that the name begins with, and B for its bits.
const INTEGER = {
  const: "-> T | Puts a constant on the stack.",
  clz: "T -> T | Counts the zero bits before the highest one bit; B when there is none.",
  ctz: "T -> T | Counts the zero bits after the lowest one bit; B when there is none.",
  popcnt: "T -> T | Counts the one bits.",
  add: "T T -> T | Adds; what does not fit into B bits is cut off.",
  sub: "T T -> T | Takes the second from the first, modulo 2^B.",
  mul: "T T -> T | Multiplies, modulo 2^B.",
  div_s: "T T -> T | Divides as signed numbers, towards zero. Traps when the divisor is 0, or the result does not fit.",
  div_u: "T T -> T | Divides as unsigned numbers. Traps when the divisor is 0.",
  rem_s: "T T -> T | The rest of the signed division, with the sign of the first. Traps when the divisor is 0.",
  rem_u: "T T -> T | The rest of the unsigned division. Traps when the divisor is 0.",
  and: "T T -> T | Keeps the bits that both have.",
  or: "T T -> T | Keeps the bits that either has.",
  xor: "T T -> T | Keeps the bits that only one of them has.",
  shl: "T T -> T | Moves the bits of the first to the left; the distance is taken modulo B.",
  shr_s: "T T -> T | Moves the bits to the right and fills with the sign; the distance is taken modulo B.",
  shr_u: "T T -> T | Moves the bits to the right and fills with zeros; the distance is taken modulo B.",
  rotl: "T T -> T | Turns the bits to the left: what leaves comes in at the right.",
  rotr: "T T -> T | Turns the bits to the right: what leaves comes in at the left.",
  eqz: "T -> i32 | 1 when the number is 0, else 0.",
  eq: "T T -> i32 | 1 when they are equal, else 0.",
  ne: "T T -> i32 | 1 when they differ, else 0.",
  lt_s: "T T -> i32 | Signed: 1 when the first is less.",
  lt_u: "T T -> i32 | Unsigned: 1 when the first is less.",
  gt_s: "T T -> i32 | Signed: 1 when the first is greater.",
  gt_u: "T T -> i32 | Unsigned: 1 when the first is greater.",
  le_s: "T T -> i32 | Signed: 1 when the first is at most the second.",
  le_u: "T T -> i32 | Unsigned: 1 when the first is at most the second.",
  ge_s: "T T -> i32 | Signed: 1 when the first is at least the second.",
  ge_u: "T T -> i32 | Unsigned: 1 when the first is at least the second.",
  extend8_s: "T -> T | Takes the lowest 8 bits as a signed number.",
  extend16_s: "T -> T | Takes the lowest 16 bits as a signed number.",
  load: "i32 -> T | Reads B / 8 bytes of memory at an address, little-endian. Traps outside of the memory.",
  load8_s: "i32 -> T | Reads a byte as a signed number. Traps outside of the memory.",
  load8_u: "i32 -> T | Reads a byte as an unsigned number. Traps outside of the memory.",
  load16_s: "i32 -> T | Reads two bytes as a signed number. Traps outside of the memory.",
  load16_u: "i32 -> T | Reads two bytes as an unsigned number. Traps outside of the memory.",
  store: "i32 T -> | Writes a number to memory at an address, little-endian. Traps outside of the memory.",
  store8: "i32 T -> | Writes the lowest byte. Traps outside of the memory.",
  store16: "i32 T -> | Writes the lowest two bytes. Traps outside of the memory.",
};

const LONG = {
  extend32_s: "i64 -> i64 | Takes the lowest 32 bits as a signed number.",
  extend_i32_s: "i32 -> i64 | Makes it longer, with its sign.",
  extend_i32_u: "i32 -> i64 | Makes it longer, with zeros.",
  load32_s: "i32 -> i64 | Reads four bytes as a signed number. Traps outside of the memory.",
  load32_u: "i32 -> i64 | Reads four bytes as an unsigned number. Traps outside of the memory.",
  store32: "i32 i64 -> | Writes the lowest four bytes. Traps outside of the memory.",
};

const FLOAT = {
  const: "-> T | Puts a constant on the stack.",
  abs: "T -> T | Without its sign.",
  neg: "T -> T | With the other sign.",
  ceil: "T -> T | The next whole number upwards.",
  floor: "T -> T | The next whole number downwards.",
  trunc: "T -> T | The whole number towards zero.",
  nearest: "T -> T | The nearest whole number, the even one of two.",
  sqrt: "T -> T | The square root; not a number for what is below 0.",
  add: "T T -> T | Adds.",
  sub: "T T -> T | Takes the second from the first.",
  mul: "T T -> T | Multiplies.",
  div: "T T -> T | Divides; by 0 it is infinite, or not a number.",
  min: "T T -> T | The lesser one; not a number when either is none.",
  max: "T T -> T | The greater one; not a number when either is none.",
  copysign: "T T -> T | The first with the sign of the second.",
  eq: "T T -> i32 | 1 when they are equal; what is not a number equals nothing.",
  ne: "T T -> i32 | 1 when they differ.",
  lt: "T T -> i32 | 1 when the first is less.",
  gt: "T T -> i32 | 1 when the first is greater.",
  le: "T T -> i32 | 1 when the first is at most the second.",
  ge: "T T -> i32 | 1 when the first is at least the second.",
  load: "i32 -> T | Reads B / 8 bytes of memory at an address. Traps outside of the memory.",
  store: "i32 T -> | Writes a number to memory at an address. Traps outside of the memory.",
};

const OTHER = {
  unreachable: "-> | Traps: nothing should come here.",
  nop: "-> | Does nothing.",
  block: "| What a branch to it leaves: it goes on behind its end.",
  loop: "| What a branch to it repeats: it goes on at its beginning.",
  if: "i32 -> | Does what follows when the condition is not 0, else what stands behind else.",
  then: "| What is done when the condition of its if is not 0.",
  else: "| What is done when the condition of its if is 0.",
  end: "| Ends a block, a loop, an if or a function.",
  br: "-> | Goes to a block's end, or to a loop's beginning: by its name, or by how many blocks out it is.",
  br_if: "i32 -> | Goes there when the condition is not 0.",
  br_table: "i32 -> | Goes to the place of that number, or to the last one.",
  return: "-> | Leaves the function with the results on the stack.",
  call: "| Calls a function: takes its parameters from the stack and leaves its results.",
  call_indirect: "i32 -> | Calls the function at an index of a table. Traps when there is none, or one of another type.",
  drop: "t -> | Takes the topmost value away.",
  select: "t t i32 -> t | The first value when the condition is not 0, else the second.",
  "local.get": "-> t | Reads a parameter or a variable of the function.",
  "local.set": "t -> | Sets a variable of the function.",
  "local.tee": "t -> t | Sets a variable of the function and leaves the value on the stack.",
  "global.get": "-> t | Reads a variable of the module.",
  "global.set": "t -> | Sets a variable of the module. It stays from event to event.",
  "table.get": "i32 -> t | Reads a reference at an index of a table.",
  "table.set": "i32 t -> | Sets a reference at an index of a table.",
  "table.size": "-> i32 | How many references a table has.",
  "table.grow": "t i32 -> i32 | Adds so many references to a table; its former size, or -1.",
  "table.fill": "i32 t i32 -> | Sets a range of a table to one reference.",
  "table.copy": "i32 i32 i32 -> | Copies a range of a table: to, from, how many.",
  "table.init": "i32 i32 i32 -> | Copies a range of an element segment into a table: to, from, how many.",
  "elem.drop": "-> | Gives up an element segment, which is not needed any more.",
  "memory.size": "-> i32 | The size of the memory in pages of 64 KiB.",
  "memory.grow": "i32 -> i32 | Adds pages of 64 KiB; the former size in pages, or -1 when the function's memory setting has no room for them.",
  "memory.fill": "i32 i32 i32 -> | Sets a range of memory to one byte: where, the byte, how many.",
  "memory.copy": "i32 i32 i32 -> | Copies a range of memory, which may overlap: to, from, how many.",
  "memory.init": "i32 i32 i32 -> | Copies a range of a data segment into memory: to, from, how many.",
  "data.drop": "-> | Gives up a data segment, which is not needed any more.",
  "ref.null": "-> t | A reference to nothing.",
  "ref.is_null": "t -> i32 | 1 when the reference leads to nothing.",
  "ref.func": "-> funcref | A reference to a function.",
  "i32.wrap_i64": "i64 -> i32 | The lowest 32 bits.",
  "f32.demote_f64": "f64 -> f32 | The nearest number of single precision.",
  "f64.promote_f32": "f32 -> f64 | The same number in double precision.",
};

/** Words of a module that are no instructions. */
const FIELDS = ["module", "func", "type", "param", "result", "local", "import", "export", "memory", "data", "table", "elem", "global", "mut", "start", "offset=", "align=", "funcref", "externref"];

const instructions = new Map(Object.entries(OTHER));
const add = (type, table) => {
  for (const [name, text] of Object.entries(table)) instructions.set(`${type}.${name}`, text.replace(/\bT\b/g, type).replace(/\bB \/ 8\b/g, type.slice(1) / 8).replace(/\bB\b/g, type.slice(1)));
};
for (const type of ["i32", "i64"]) add(type, INTEGER);
add("i64", LONG);
for (const type of ["f32", "f64"]) add(type, FLOAT);
for (const whole of ["i32", "i64"]) {
  for (const float of ["f32", "f64"]) {
    for (const [sign, word] of [["s", "signed"], ["u", "unsigned"]]) {
      instructions.set(`${whole}.trunc_${float}_${sign}`, `${float} -> ${whole} | The whole number towards zero, ${word}. Traps when it does not fit.`);
      instructions.set(`${whole}.trunc_sat_${float}_${sign}`, `${float} -> ${whole} | The whole number towards zero, ${word}; what does not fit becomes the nearest that does, and 0 what is not a number.`);
      instructions.set(`${float}.convert_${whole}_${sign}`, `${whole} -> ${float} | The nearest number to a whole one, ${word}.`);
    }
    if (whole.slice(1) === float.slice(1)) {
      instructions.set(`${whole}.reinterpret_${float}`, `${float} -> ${whole} | The same bits as a whole number.`);
      instructions.set(`${float}.reinterpret_${whole}`, `${whole} -> ${float} | The same bits as a fraction.`);
    }
  }
}

const WORD = /[\w.$]+/g;

/** The word around an offset, with where it begins. */
function wordAt(line, offset) {
  for (const match of line.text.matchAll(WORD)) {
    const from = line.from + match.index;
    if (from <= offset && offset <= from + match[0].length) return { from, to: from + match[0].length, word: match[0] };
  }
  return undefined;
}

/** Says what an instruction does. */
export const watHover = hoverTooltip((view, offset) => {
  const found = wordAt(view.state.doc.lineAt(offset), offset);
  const text = found && instructions.get(found.word);
  if (!text) return null;
  const [signature, sentence] = text.split("|").map((part) => part.trim());
  return {
    pos: found.from,
    end: found.to,
    above: true,
    create() {
      const dom = document.createElement("div");
      dom.className = "cm-instruction";
      dom.appendChild(document.createElement("code")).textContent = `${found.word}: ${signature.replace("->", "→")}`.replace(/: $/, "");
      dom.appendChild(document.createElement("p")).textContent = sentence;
      return { dom };
    },
  };
});

const options = [
  ...[...instructions].map(([label, text]) => ({ label, detail: text.split("|")[0].trim().replace("->", "→"), info: text.split("|")[1].trim(), type: "keyword" })),
  ...FIELDS.map((label) => ({ label, type: "type" })),
];

/** Names of instructions, of a module's fields, and those that the text gives itself. */
export function watCompletion(context) {
  const before = context.matchBefore(/[\w.$]+/);
  if (!before && !context.explicit) return null;
  const own = new Set(context.state.doc.toString().match(/\$[\w.]+/g));
  if (before) own.delete(before.text);
  return { from: before?.from ?? context.pos, options: before?.text.startsWith("$") ? [...own].map((label) => ({ label, type: "variable" })) : options, validFor: /^[\w.$]*$/ };
}
