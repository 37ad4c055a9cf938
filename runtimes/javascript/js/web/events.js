// Event, EventTarget, CustomEvent, AbortController and AbortSignal.

import { DOMException, nodeError } from "../errors.js";
import { clearTimeout, last, setTimeout } from "../loop.js";

export class Event {
  #type;
  #state = { target: null, stopped: false, prevented: false, cancelable: false };
  constructor(type, options = {}) {
    if (arguments.length === 0) throw nodeError(TypeError, "ERR_MISSING_ARGS", 'The "type" argument must be specified');
    this.#type = String(type);
    this.#state.cancelable = Boolean(options?.cancelable);
    this.timeStamp = 0;
  }
  get type() {
    return this.#type;
  }
  get target() {
    return this.#state.target;
  }
  get currentTarget() {
    return this.#state.target;
  }
  get cancelable() {
    return this.#state.cancelable;
  }
  get defaultPrevented() {
    return this.#state.prevented;
  }
  get bubbles() {
    return false;
  }
  preventDefault() {
    if (this.#state.cancelable) this.#state.prevented = true;
  }
  stopPropagation() {}
  stopImmediatePropagation() {
    this.#state.stopped = true;
  }
  composedPath() {
    return this.#state.target ? [this.#state.target] : [];
  }
  static given(event, target) {
    event.#state.target = target;
    return event.#state;
  }
}
const given = Event.given;
delete Event.given;

export class CustomEvent extends Event {
  #detail;
  constructor(type, options = {}) {
    super(type, options);
    this.#detail = options?.detail ?? null;
  }
  get detail() {
    return this.#detail;
  }
}

export class EventTarget {
  #listeners = [];
  addEventListener(type, listener, options) {
    if (listener === null || listener === undefined) return;
    const { once = false, signal } = typeof options === "object" && options !== null ? options : {};
    if (signal?.aborted || this.#listeners.some((one) => one.type === type && one.listener === listener)) return;
    this.#listeners.push({ type, listener, once });
    signal?.addEventListener("abort", () => this.removeEventListener(type, listener));
  }
  removeEventListener(type, listener) {
    this.#listeners = this.#listeners.filter((one) => one.type !== type || one.listener !== listener);
  }
  dispatchEvent(event) {
    const state = given(event, this);
    for (const one of this.#listeners.filter(({ type }) => type === event.type)) {
      if (one.once) this.removeEventListener(one.type, one.listener);
      try {
        if (typeof one.listener === "function") one.listener.call(this, event);
        else one.listener.handleEvent?.(event);
      } catch (error) {
        last.uncaught(error);
      }
      if (state.stopped) break;
    }
    return !event.defaultPrevented;
  }
}

const secret = Symbol("AbortSignal");

export class AbortSignal extends EventTarget {
  #reason;
  #aborted = false;
  onabort = null;
  constructor(key) {
    if (key !== secret) throw nodeError(TypeError, "ERR_ILLEGAL_CONSTRUCTOR", "Illegal constructor");
    super();
  }
  get aborted() {
    return this.#aborted;
  }
  get reason() {
    return this.#reason;
  }
  throwIfAborted() {
    if (this.#aborted) throw this.#reason;
  }
  static abort(reason) {
    const signal = new AbortSignal(secret);
    abort(signal, reason);
    return signal;
  }
  static timeout(delay) {
    const signal = new AbortSignal(secret);
    const timer = setTimeout(() => abort(signal, new DOMException("The operation was aborted due to timeout", "TimeoutError")), delay);
    timer.unref();
    signal.addEventListener("abort", () => clearTimeout(timer));
    return signal;
  }
  static any(signals) {
    const joined = new AbortSignal(secret);
    for (const signal of signals) {
      if (signal.aborted) {
        abort(joined, signal.reason);
        break;
      }
      signal.addEventListener("abort", () => abort(joined, signal.reason));
    }
    return joined;
  }
  static given(signal, reason) {
    if (signal.#aborted) return;
    signal.#aborted = true;
    signal.#reason = reason === undefined ? new DOMException("This operation was aborted", "AbortError") : reason;
    const event = new Event("abort");
    signal.onabort?.call(signal, event);
    signal.dispatchEvent(event);
  }
}
const abort = AbortSignal.given;
delete AbortSignal.given;

export class AbortController {
  #signal = new AbortSignal(secret);
  get signal() {
    return this.#signal;
  }
  abort(reason) {
    abort(this.#signal, reason);
  }
}
