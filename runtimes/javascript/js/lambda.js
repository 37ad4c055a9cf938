// What Lambda's runtime for Node does: finds the handler, gives it events, and answers in its words.
//
// Invariant: an event is answered once, by whatever comes first: the handler's promise, its callback, an error that nobody caught, or an event
// loop that has nothing left to wait for.

import { host } from "./host.js";
import * as loop from "./loop.js";
import { CHECK, check } from "./check.js";
import { logError, setLevel, state } from "./console.js";
import { isError, logged, response, runtimeError } from "./errors.js";
import * as files from "./files.js";
import * as modules from "./modules.js";
import { env, processEvents } from "./node/process.js";

/** What the module is told when it asks what became of an entry. */
const RESPONDED = 0;
const FAILED = 1;
const PENDING = 2;

/** "init", "event" or "idle". */
let phase = "idle";
/** RESPONDED or FAILED, once the event has been answered. */
let answered = null;
let handler = null;
let initialised = false;
/** What the event loop gives when it has nothing left to do. */
let atEnd = null;

function fail(error) {
  if (answered !== null) return;
  answered = FAILED;
  host.fail(JSON.stringify(response(error)));
}

function respond(text) {
  if (answered !== null) return;
  answered = RESPONDED;
  host.respond(text);
}

/** Something that ends the process. */
function die(what, error, code) {
  logError(what, error, logged(error));
  if (phase !== "idle") fail(error);
  host.exit(code);
}

loop.last.uncaught = (error) => {
  if (processEvents.listenerCount("uncaughtException") > 0) processEvents.emit("uncaughtException", error, "uncaughtException");
  else die("Uncaught Exception", error, 129);
};

loop.last.rejected = (reason, promise) => {
  if (processEvents.listenerCount("unhandledRejection") > 0) {
    processEvents.emit("unhandledRejection", reason, promise);
    return;
  }
  const error = runtimeError("Runtime.UnhandledPromiseRejection", String(reason));
  error.reason = reason;
  error.promise = {};
  die("Unhandled Promise Rejection", error, 128);
};

// Init

const noModule = (name) => runtimeError("Runtime.ImportModuleError", `Error: Cannot find module '${name}'\nRequire stack:\n- /var/runtime/index.mjs`);

/** The exports of the handler's file. */
async function loadFile(folder, name) {
  const at = `${folder}/${name}`;
  const candidates = [at, `${at}.js`, `${at}.mjs`, `${at}.cjs`];
  const file = candidates.find((candidate) => files.isFile(candidate));
  if (file === undefined) {
    if (!files.isFolder(at)) throw noModule(name);
    return modules.createRequire(`${folder}/index.js`)(`./${name}`);
  }
  if (modules.typeOf(file) === "module") return host.importModule(modules.urlOf(file));
  try {
    return modules.loadCommonJs(file);
  } catch (error) {
    if (!(error instanceof SyntaxError && modules.node.major >= 24 && modules.LOOKS_LIKE_MODULE.test(files.text(file)))) throw error;
    modules.forceModule(file);
    return host.importModule(modules.urlOf(file));
  }
}

/** `folder/file.member.of.it` in its parts. */
function partsOf(name) {
  if (name.includes("..")) {
    throw runtimeError("Runtime.MalformedHandlerName", `'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`);
  }
  const slash = name.lastIndexOf("/");
  const [folder, rest] = [name.slice(0, Math.max(slash, 0)), name.slice(slash + 1)];
  const dot = rest.indexOf(".");
  if (dot < 0) throw runtimeError("Runtime.MalformedHandlerName", "Bad handler");
  return [folder, rest.slice(0, dot), rest.slice(dot + 1)];
}

async function findHandler() {
  const name = env._HANDLER ?? "";
  const root = env.LAMBDA_TASK_ROOT ?? "/var/task";
  if (name === CHECK) return async () => check(root);
  const [folder, file, member] = partsOf(name);
  let exports;
  try {
    exports = await loadFile(folder === "" ? root : folder.startsWith("/") ? folder : `${root}/${folder}`, file);
  } catch (error) {
    if (error instanceof SyntaxError) throw runtimeError("Runtime.UserCodeSyntaxError", String(error), error);
    if (error?.code === "MODULE_NOT_FOUND") throw runtimeError("Runtime.ImportModuleError", String(error), error);
    throw error;
  }
  const found = member.split(".").reduce((value, key) => value?.[key], exports);
  // What a CommonJS file exports, imported or not.
  const either = found ?? member.split(".").reduce((value, key) => value?.[key], exports?.default);
  if (!either) throw runtimeError("Runtime.HandlerNotFound", `${name} is undefined or not exported`);
  if (typeof either !== "function") throw runtimeError("Runtime.HandlerNotFound", `${name} is not a function`);
  if (modules.node.major >= 24 && either.length >= 3 && !either[Symbol.for("aws.lambda.runtime.handler.streaming")]) {
    throw runtimeError(
      "Runtime.CallbackHandlerDeprecated",
      "ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later.",
    );
  }
  return either;
}

/** The environment's init: variables, then the function's own code. */
export function initialise() {
  phase = "init";
  answered = null;
  state.json = env.AWS_LAMBDA_LOG_FORMAT === "JSON";
  setLevel(env.AWS_LAMBDA_LOG_LEVEL);
  modules.node.major = Number(/nodejs(\d+)/.exec(env.AWS_EXECUTION_ENV ?? "")?.[1] ?? 22);
  modules.node.paths = (env.NODE_PATH ?? "").split(":").filter((folder) => folder !== "" && !folder.startsWith("/var/runtime"));
  findHandler().then(
    (found) => {
      handler = found;
      initialised = true;
    },
    (error) => {
      logError("Uncaught Exception", error, logged(error));
      fail(error);
    },
  );
  return go();
}

// Events

const isPromise = (value) => typeof value === "object" && value !== null && typeof value.then === "function";

function parsed(text) {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Ends the event with what a handler gave. */
function succeed(result) {
  let text;
  try {
    text = JSON.stringify(result === undefined ? null : result);
  } catch {
    failWith(new Error("Unable to stringify response body"));
    return;
  }
  respond(text ?? "null");
}

function failWith(error) {
  if (answered !== null) return;
  logError("Invoke Error", error, logged(error));
  fail(error);
}

function contextOf(finish) {
  let waits = true;
  const older = modules.node.major < 24;
  const context = {
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME ?? host.meta("logGroup"),
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME ?? host.meta("logStream"),
    clientContext: parsed(host.meta("clientContext")),
    identity: parsed(host.meta("identity")),
    invokedFunctionArn: host.meta("functionArn"),
    awsRequestId: host.meta("requestId"),
    getRemainingTimeInMillis: () => host.remainingMs(),
  };
  if (older) {
    Object.defineProperty(context, "callbackWaitsForEmptyEventLoop", {
      enumerable: true,
      configurable: true,
      get: () => waits,
      set: (value) => {
        waits = Boolean(value);
      },
    });
    // These answer without waiting for the event loop.
    context.done = (error, result) => {
      waits = false;
      finish(error, result);
    };
    context.succeed = (result) => context.done(null, result);
    context.fail = (error) => context.done(error ?? "handled");
  }
  return { context, waits: () => waits };
}

/** An event arrives. */
export function handle(text) {
  phase = "event";
  answered = null;
  loop.begin();
  const trace = host.meta("traceId");
  if (trace !== undefined) env._X_AMZN_TRACE_ID = trace;
  state.requestId = host.meta("requestId");
  atEnd = () => respond("null");
  if (!initialised) {
    // Init code of a snapshot that was never finished cannot come here; this is for whoever calls out of turn.
    fail(runtimeError("Runtime.HandlerNotFound", "The function's init code has not finished"));
    return go();
  }
  // With a callback, the answer waits for the event loop unless it is told not to.
  let called = false;
  const finish = (error, result) => {
    if (called) return;
    called = true;
    const answer = () => (error === null || error === undefined ? succeed(result) : failWith(error));
    if (waits()) atEnd = answer;
    else loop.setImmediate(answer);
  };
  const { context, waits } = contextOf(finish);
  loop.nextTick(() => {
    let result;
    try {
      const event = JSON.parse(text);
      result = modules.node.major < 24 ? handler(event, context, finish) : handler(event, context);
    } catch (error) {
      failWith(error);
      return;
    }
    if (isPromise(result)) result.then(succeed, failWith);
    else if (modules.node.major >= 24) succeed(result);
  });
  return go();
}

/** A call has its answer, or a timer is due. */
export function resume(token, text) {
  loop.resumed(token, text);
  return go();
}

function go() {
  if (phase === "init") {
    loop.work(() => answered !== null || initialised);
    if (answered !== null || initialised) return ended(answered ?? RESPONDED);
    if (loop.isAlive()) return pending();
    // Top-level await of something that never comes: Node ends with 13.
    host.exit(13);
  }
  for (;;) {
    loop.work(() => answered !== null);
    if (answered !== null) return ended(answered);
    if (loop.isAlive()) return pending();
    atEnd();
  }
}

function pending() {
  loop.arm();
  return PENDING;
}

function ended(status) {
  phase = "idle";
  return status;
}

export { isError };
