// `assert`: the strict comparisons and the functions that are used most.

import { inspect } from "../inspect.js";
import { isDeepStrictEqual } from "./util.js";

class AssertionError extends Error {
  constructor({ message, actual, expected, operator }) {
    super(message);
    this.name = "AssertionError";
    this.code = "ERR_ASSERTION";
    this.generatedMessage = false;
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
  }
}

function check(holds, message, otherwise, actual, expected, operator) {
  if (holds) return;
  if (message instanceof Error) throw message;
  throw new AssertionError({ message: message ?? otherwise(), actual, expected, operator });
}

export function assert(value, message) {
  check(value, message, () => "The expression evaluated to a falsy value", value, true, "==");
}
assert.ok = assert;
assert.AssertionError = AssertionError;

const shown = (value) => inspect(value, { depth: 3 });
const differs = (words) => (a, b) => () => `${words}\n\n${shown(a)} !== ${shown(b)}\n`;
const same = differs("Expected values to be strictly equal:");
const deep = differs("Expected values to be strictly deep-equal:");

assert.strictEqual = (a, b, message) => check(Object.is(a, b), message, same(a, b), a, b, "strictEqual");
assert.equal = assert.strictEqual;
assert.notStrictEqual = (a, b, message) => check(!Object.is(a, b), message, () => `Expected "actual" to be strictly unequal to: ${shown(b)}`, a, b, "notStrictEqual");
assert.notEqual = assert.notStrictEqual;
assert.deepStrictEqual = (a, b, message) => check(isDeepStrictEqual(a, b), message, deep(a, b), a, b, "deepStrictEqual");
assert.deepEqual = assert.deepStrictEqual;
assert.notDeepStrictEqual = (a, b, message) => check(!isDeepStrictEqual(a, b), message, () => 'Expected "actual" not to be strictly deep-equal to the other', a, b, "notDeepStrictEqual");
assert.match = (text, pattern, message) => check(pattern.test(text), message, () => `The input did not match the regular expression ${pattern}. Input:\n\n${shown(text)}\n`, text, pattern, "match");
assert.fail = (message = "Failed") => check(false, message, () => "Failed", undefined, undefined, "fail");

function fits(error, expected) {
  if (expected === undefined) return true;
  if (expected instanceof RegExp) return expected.test(String(error));
  if (typeof expected === "function") return expected.prototype !== undefined && error instanceof expected ? true : Error.isPrototypeOf(expected) ? false : expected(error) === true;
  return Object.keys(expected).every((key) => (expected[key] instanceof RegExp ? expected[key].test(error[key]) : isDeepStrictEqual(error[key], expected[key])));
}

assert.throws = (work, expected, message) => {
  try {
    work();
  } catch (error) {
    if (fits(error, expected)) return;
    throw error;
  }
  check(false, message, () => "Missing expected exception.", undefined, expected, "throws");
};
assert.rejects = async (work, expected, message) => {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (fits(error, expected)) return;
    throw error;
  }
  check(false, message, () => "Missing expected rejection.", undefined, expected, "rejects");
};
assert.doesNotThrow = (work) => void work();
assert.strict = assert;
