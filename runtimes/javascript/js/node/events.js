// `events`: EventEmitter, `once`.

import { nodeError } from "../errors.js";
import { inspect } from "../inspect.js";

export class EventEmitter {
  #listeners = new Map();
  #max = EventEmitter.defaultMaxListeners;

  #add(name, listener, first, original) {
    if (typeof listener !== "function") throw nodeError(TypeError, "ERR_INVALID_ARG_TYPE", `The "listener" argument must be of type function. Received ${typeof listener}`);
    if (this.#listeners.has("newListener")) this.emit("newListener", name, original ?? listener);
    const list = this.#listeners.get(name) ?? [];
    const entry = { listener, original: original ?? listener };
    this.#listeners.set(name, first ? [entry, ...list] : [...list, entry]);
    return this;
  }
  #once(name, listener, first) {
    const wrapper = (...args) => {
      this.off(name, listener);
      return listener.apply(this, args);
    };
    wrapper.listener = listener;
    return this.#add(name, wrapper, first, listener);
  }
  on(name, listener) {
    return this.#add(name, listener, false);
  }
  addListener(name, listener) {
    return this.#add(name, listener, false);
  }
  prependListener(name, listener) {
    return this.#add(name, listener, true);
  }
  once(name, listener) {
    return this.#once(name, listener, false);
  }
  prependOnceListener(name, listener) {
    return this.#once(name, listener, true);
  }
  off(name, listener) {
    const list = this.#listeners.get(name) ?? [];
    const at = list.findLastIndex((entry) => entry.original === listener || entry.listener === listener);
    if (at >= 0) {
      const rest = list.filter((_, index) => index !== at);
      if (rest.length > 0) this.#listeners.set(name, rest);
      else this.#listeners.delete(name);
      if (this.#listeners.has("removeListener")) this.emit("removeListener", name, listener);
    }
    return this;
  }
  removeListener(name, listener) {
    return this.off(name, listener);
  }
  removeAllListeners(name) {
    if (name === undefined) this.#listeners.clear();
    else this.#listeners.delete(name);
    return this;
  }
  emit(name, ...args) {
    const list = this.#listeners.get(name);
    if (list === undefined) {
      if (name !== "error") return false;
      if (args[0] instanceof Error) throw args[0];
      throw nodeError(Error, "ERR_UNHANDLED_ERROR", `Unhandled error. (${inspect(args[0])})`);
    }
    for (const { listener } of list) listener.apply(this, args);
    return true;
  }
  listenerCount(name) {
    return this.#listeners.get(name)?.length ?? 0;
  }
  listeners(name) {
    return (this.#listeners.get(name) ?? []).map((entry) => entry.original);
  }
  rawListeners(name) {
    return (this.#listeners.get(name) ?? []).map((entry) => entry.listener);
  }
  eventNames() {
    return [...this.#listeners.keys()];
  }
  setMaxListeners(count) {
    this.#max = count;
    return this;
  }
  getMaxListeners() {
    return this.#max;
  }
}
EventEmitter.defaultMaxListeners = 10;
EventEmitter.EventEmitter = EventEmitter;
EventEmitter.once = (emitter, name) =>
  new Promise((resolve, reject) => {
    if (typeof emitter.addEventListener === "function") {
      emitter.addEventListener(name, (event) => resolve([event]), { once: true });
      return;
    }
    const failed = (error) => {
      emitter.off(name, done);
      reject(error);
    };
    const done = (...args) => {
      emitter.off("error", failed);
      resolve(args);
    };
    emitter.once(name, done);
    if (name !== "error") emitter.once("error", failed);
  });
EventEmitter.listenerCount = (emitter, name) => emitter.listenerCount(name);
