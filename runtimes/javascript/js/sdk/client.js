// The clients of AWS's SDK for JavaScript (v3): commands go to the simulated cloud through the engine's one door.

import { call } from "../loop.js";
import { env } from "../node/process.js";
import { randomUUID } from "../node/crypto.js";
import { host } from "../host.js";
import { setTimeout } from "../loop.js";
import { bytesOf, fromBase64, toBase64 } from "../web/text.js";

/** What AWS's service exceptions have in common. */
export class ServiceException extends Error {
  constructor({ name, message, $fault, $metadata }) {
    super(message);
    Object.defineProperty(this, "name", { value: name, enumerable: true, configurable: true, writable: true });
    this.$fault = $fault;
    this.$metadata = $metadata;
  }
}

/** Bytes of an answer, which can be read as a text, as the SDK's can. */
class Blob extends Uint8Array {
  transformToString(encoding = "utf-8") {
    return encoding === "base64" ? toBase64(this) : host.text(this);
  }
  static get [Symbol.species]() {
    return Uint8Array;
  }
}

/** Members that are bytes. */
const BLOBS = new Set(["Payload", "ZipFile", "BinaryValue", "ApplicationPayload"]);

function sent(value, key) {
  if (value === undefined || value === null) return undefined;
  if (value instanceof Date) return value.getTime() / 1000;
  if (BLOBS.has(key) && (typeof value === "string" || ArrayBuffer.isView(value) || value instanceof ArrayBuffer)) {
    if (typeof value === "string") return { $text: value };
    const bytes = bytesOf(value);
    const text = host.strictText(bytes);
    return text === undefined ? toBase64(bytes) : { $text: text };
  }
  if (Array.isArray(value)) return value.map((one) => sent(one));
  if (typeof value !== "object") return value;
  const out = {};
  for (const [name, one] of Object.entries(value)) {
    const given = sent(one, name);
    if (given !== undefined) out[name] = given;
  }
  return out;
}

const TIMES = /(Date|Time|Timestamp|^timestamp|^LastModified)$/;

function received(value, key) {
  if (BLOBS.has(key) && value !== null) {
    if (typeof value === "object" && typeof value.$text === "string") return Blob.from(new Uint8Array(host.utf8(value.$text)));
    if (typeof value === "string") return Blob.from(fromBase64(value));
  }
  if (typeof value === "number" && TIMES.test(key ?? "")) return new Date(Math.round(value * 1000));
  if (Array.isArray(value)) return value.map((one) => received(one));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, received(one, name)]));
}

/** Errors of SQS under the names that its older protocol has for them, and those of the SDK's. */
const QUEUE_ERRORS = { NonExistentQueue: "QueueDoesNotExist", QueueAlreadyExists: "QueueNameExists" };

const THROTTLES = new Set(["TooManyRequestsException", "ThrottlingException", "Throttling", "RequestThrottled", "RequestThrottledException", "EC2ThrottledException", "SlowDown"]);

export class Command {
  constructor(input = {}) {
    this.input = input;
  }
}

/** A client class of a service. */
export function clientOf({ name, service, errors }) {
  const Base = { [name]: class extends ServiceException {} }[name];
  const kinds = new Map(errors.map((error) => [error, errorClass(Base, error)]));

  async function send(config, command, options) {
    const { operation } = command.constructor;
    if (command.constructor.service !== service) throw new TypeError(`${command.constructor.name} is no command of this client`);
    const request = JSON.stringify({ service, operation, params: sent(command.input) ?? {} });
    const attempts = Number(config.maxAttempts ?? 3);
    let waited = 0;
    for (let attempt = 1; ; attempt += 1) {
      options?.abortSignal?.throwIfAborted();
      const answer = JSON.parse(await call(request));
      const status = answer.error?.status ?? answer.status;
      const $metadata = { httpStatusCode: status, requestId: randomUUID(), attempts: attempt, totalRetryDelay: waited };
      if (!answer.error) {
        const output = received(answer.output ?? {});
        return { $metadata, ...(typeof output === "object" && output !== null ? output : {}) };
      }
      const given = String(answer.error.code).split(/[.#]/).at(-1);
      const code = QUEUE_ERRORS[given] ?? given;
      const throttled = THROTTLES.has(code) || status === 429;
      if (attempt >= attempts || !(throttled || [500, 502, 503, 504].includes(status))) {
        const Kind = kinds.get(code) ?? Base;
        throw new Kind({ name: code, message: answer.error.message ?? "UnknownError", $fault: status >= 500 ? "server" : "client", $metadata });
      }
      const delay = Math.floor(host.random() * Math.min(20000, (throttled ? 500 : 100) * 2 ** attempt));
      waited += delay;
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
  }

  class Client {
    constructor(config = {}) {
      this.config = { ...config, region: async () => config.region ?? env.AWS_REGION, maxAttempts: async () => config.maxAttempts ?? 3 };
      this.middlewareStack = {
        add: () => {
          throw new Error("The clients of Coldstart's JavaScript runtime have no middleware: requests do not travel over HTTP");
        },
      };
      Object.defineProperty(this, "given", { value: config, enumerable: false });
    }
    send(command, options, callback) {
      const then = typeof options === "function" ? options : callback;
      const sending = send(this.given, command, typeof options === "object" ? options : undefined);
      if (!then) return sending;
      sending.then((data) => then(null, data), (error) => then(error));
    }
    destroy() {}
  }
  return { Client, Base, kinds };
}

function errorClass(Base, name) {
  return { [name]: class extends Base {
    constructor(options) {
      super({ $fault: "client", $metadata: {}, ...options, name });
    }
  } }[name];
}
