// The event loop: what is done now (ticks, promises, immediates, timers that are due), and what the engine is asked to wake it for.
//
// Timers are kept here, and the engine is asked for one wake-up at a time, as it forgets what is open when an event has been answered:
// a timer that an earlier event left behind runs during the next one, as in a process that was frozen.

import { host } from "./host.js";
import { nodeError } from "./errors.js";

const ticks = [];
let immediates = [];
/** Sorted by when they are due, then by when they were set. */
let timers = [];
let made = 0;
/** Service calls that have no answer yet: token to what takes it. */
const calls = new Map();
/** The wake-up that the engine was asked for. */
let wake = null;

/** What is done with an error that nobody caught, and with a rejection that nobody handled. Set by lambda.js. */
export const last = { uncaught: (error) => { throw error; }, rejected: () => {} };
const rejections = new Map();

host.onRejection = (promise, reason, handled) => {
  if (handled) rejections.delete(promise);
  else rejections.set(promise, reason);
};

function guarded(work) {
  try {
    work();
  } catch (error) {
    last.uncaught(error);
  }
}

/** Ticks first, then promises, until there are neither. */
function drain() {
  do {
    while (ticks.length > 0) guarded(ticks.shift());
    while (ticks.length === 0 && host.runJob());
  } while (ticks.length > 0);
  if (rejections.size === 0) return;
  const left = [...rejections];
  rejections.clear();
  for (const [promise, reason] of left) last.rejected(reason, promise);
}

/** Works until `done`, or until nothing can be done now. */
export function work(done) {
  for (;;) {
    drain();
    if (done()) return;
    if (immediates.length > 0) {
      const batch = immediates;
      immediates = [];
      for (const immediate of batch) {
        if (immediate.cleared) continue;
        immediate.cleared = true;
        guarded(() => immediate.callback(...immediate.args));
        drain();
        if (done()) {
          immediates = [...batch.filter((one) => !one.cleared), ...immediates];
          return;
        }
      }
      continue;
    }
    const now = host.now();
    if (timers.length === 0 || timers[0].due > now) return;
    const timer = timers.shift();
    timer.waits = false;
    if (timer.every) schedule(timer, now);
    else timer.cleared = true;
    guarded(() => timer.callback(...timer.args));
  }
}

/** Whether something is left to wait for. */
export function isAlive() {
  return calls.size > 0 || immediates.some((one) => one.referenced && !one.cleared) || timers.some((timer) => timer.referenced);
}

/** Asks the engine to wake the guest when the first timer is due. */
export function arm() {
  if (timers.length === 0) return;
  const due = timers[0].due;
  if (wake && wake.due <= due) return;
  wake = { due, token: host.startTimer(Math.max(0, Math.ceil(due - host.now()))) };
}

/** The engine answers a token. */
export function resumed(token, text) {
  if (wake?.token === token) {
    wake = null;
    return;
  }
  const take = calls.get(token);
  calls.delete(token);
  take?.(text);
}

/** An event begins: what the engine was asked for before is forgotten, and calls that it has dropped are never answered. */
export function begin() {
  wake = null;
  calls.clear();
}

/** Calls a service of the cloud: its answer's text. */
export function call(request) {
  return new Promise((resolve, reject) => {
    const token = host.startCall(request);
    if (token < 0) reject(new Error("Too many calls to services at one time"));
    else calls.set(token, resolve);
  });
}

function schedule(timer, now) {
  timer.due = now + timer.delay;
  timer.order = ++made;
  timer.waits = true;
  let at = timers.length;
  while (at > 0 && timers[at - 1].due > timer.due) at -= 1;
  timers.splice(at, 0, timer);
}

function checked(callback) {
  if (typeof callback !== "function") {
    throw nodeError(TypeError, "ERR_INVALID_ARG_TYPE", `The "callback" argument must be of type function. Received ${callback === null ? "null" : typeof callback}`);
  }
}

/** What of a timer or an immediate says whether the process waits for it. */
class Handle {
  ref() {
    this.referenced = true;
    return this;
  }
  unref() {
    this.referenced = false;
    return this;
  }
  hasRef() {
    return this.referenced;
  }
}

const numbered = new Map();

class Timeout extends Handle {
  constructor(callback, delay, args, every) {
    super();
    checked(callback);
    delay = Math.trunc(Number(delay));
    Object.defineProperties(this, {
      callback: { value: callback },
      args: { value: args },
      every: { value: every },
      delay: { value: delay >= 1 && delay <= 2147483647 ? delay : 1 },
      due: { value: 0, writable: true },
      order: { value: 0, writable: true },
      waits: { value: false, writable: true },
      cleared: { value: false, writable: true },
      referenced: { value: true, writable: true },
      id: { value: ++made },
    });
    schedule(this, host.now());
  }
  refresh() {
    if (this.cleared) return this;
    timers = timers.filter((timer) => timer !== this);
    schedule(this, host.now());
    return this;
  }
  close() {
    clearTimeout(this);
    return this;
  }
  [Symbol.toPrimitive]() {
    numbered.set(this.id, this);
    return this.id;
  }
}

class Immediate extends Handle {
  constructor(callback, args) {
    super();
    checked(callback);
    Object.defineProperties(this, {
      callback: { value: callback },
      args: { value: args },
      cleared: { value: false, writable: true },
      referenced: { value: true, writable: true },
    });
    immediates.push(this);
  }
}

export const setTimeout = (callback, delay, ...args) => new Timeout(callback, delay, args, false);
export const setInterval = (callback, delay, ...args) => new Timeout(callback, delay, args, true);
export const setImmediate = (callback, ...args) => new Immediate(callback, args);

export function clearTimeout(timer) {
  if (typeof timer === "number" || typeof timer === "string") timer = numbered.get(Number(timer));
  if (!(timer instanceof Timeout)) return;
  numbered.delete(timer.id);
  timer.cleared = true;
  if (timer.waits) timers = timers.filter((other) => other !== timer);
  timer.waits = false;
}
export const clearInterval = clearTimeout;

export function clearImmediate(immediate) {
  if (immediate instanceof Immediate) immediate.cleared = true;
}

export function nextTick(callback, ...args) {
  checked(callback);
  ticks.push(() => callback(...args));
}

export function queueMicrotask(callback) {
  checked(callback);
  Promise.resolve().then(() => guarded(callback));
}
