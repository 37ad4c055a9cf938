// What Node has and this runtime has not: each name is there and says so when it is used, which is clearer than a name that nobody knows.
// `typeof` and `instanceof` work as with the real ones.

function refusal(what, code, why) {
  const error = new TypeError(`${what} ${why}`);
  error.code = code;
  return error;
}

const NOT_EMULATED = "is not emulated: Coldstart's JavaScript runtime has a part of what Node has (docs/FIDELITY.md)";
const NO_NETWORK = "is not available: Coldstart's JavaScript runtime has no network. Services of the simulated cloud are reached with the AWS SDK (@aws-sdk/client-lambda, -sfn, -sqs, -sns, -eventbridge, -scheduler).";

/** A constructor, or a function, that refuses. */
export function refusing(name, code = "ERR_COLDSTART_NOT_HERE", why = NOT_EMULATED) {
  const refuse = function () {
    throw refusal(name, code, why);
  };
  Object.defineProperty(refuse, "name", { value: name.split(".").at(-1) });
  return refuse;
}

const NAMES = [
  "ReadableStream", "ReadableStreamDefaultReader", "ReadableStreamBYOBReader", "WritableStream", "WritableStreamDefaultWriter", "TransformStream", "ByteLengthQueuingStrategy", "CountQueuingStrategy",
  "CompressionStream", "DecompressionStream", "TextDecoderStream", "TextEncoderStream", "MessageChannel", "MessagePort", "BroadcastChannel",
];
const NETWORK = ["FormData", "Headers", "Request", "Response", "WebSocket"];
const INTL = ["Collator", "DateTimeFormat", "DisplayNames", "DurationFormat", "ListFormat", "Locale", "NumberFormat", "PluralRules", "RelativeTimeFormat", "Segmenter"];

const Intl = {};
for (const name of [...INTL, "getCanonicalLocales", "supportedValuesOf"]) Object.defineProperty(Intl, name, { value: refusing(`Intl.${name}`), writable: true, configurable: true });
Object.defineProperty(Intl, Symbol.toStringTag, { value: "Intl", configurable: true });

export const absent = {
  ...Object.fromEntries(NAMES.map((name) => [name, refusing(name)])),
  ...Object.fromEntries(NETWORK.map((name) => [name, refusing(name, "ERR_COLDSTART_NO_NETWORK", NO_NETWORK)])),
  fetch: async () => {
    throw refusal("fetch", "ERR_COLDSTART_NO_NETWORK", NO_NETWORK);
  },
  Intl,
};
