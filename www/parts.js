// Parts of a wasm module (docs/adr/0005): code that the first screen does not need.
//
// The module calls `load(part, slot)` when it comes to a function of a part that is not there; the call returns when the part is. Usually the page
// has fetched and compiled the part by then, and gave it with `give`. If not, it is fetched on the spot, while the module waits. That always
// works, in a Worker without any network too: only the files of the list can be asked for, through a request that nothing else holds.

// Taken when this file is evaluated, before www/engine-worker.js takes the network away.
const { XMLHttpRequest, URL } = globalThis;

/** A file's bytes, now. */
export function fetchNow(address) {
  const request = new XMLHttpRequest();
  request.open("GET", address, false);
  // A page may not name the type of a synchronous answer, so the bytes come as the characters of a text.
  const isPage = typeof document === "object";
  if (isPage) request.overrideMimeType("text/plain; charset=x-user-defined");
  else request.responseType = "arraybuffer";
  request.send();
  if (request.status !== 200) throw new Error(`the server answered ${request.status}`);
  return isPage ? Uint8Array.from(request.responseText, (character) => character.charCodeAt(0) & 0xff) : request.response;
}

export class Parts {
  #list;
  #base;
  #modules = [];
  #there = [];
  /** `{name, given, slot}` of each part that is there, in the order in which they came. The build lists what is at a slot in target/xtask/split. */
  record = [];

  /** `list`: `{name, file}` by number, or null for a part that has no functions. `base`: the address of the files' folder. */
  constructor(list, base) {
    this.#list = list;
    this.#base = base;
  }

  /** The part has been compiled. */
  give(part, module) {
    this.#modules[part] = module;
  }

  /** Returns when the part's functions are in the table of `primary`, the exports of the module that has parts. `slot` is what was called. */
  load(part, primary, slot) {
    if (this.#there[part]) return;
    const { name, file } = this.#list[part];
    const given = this.#modules[part];
    try {
      const module = given ?? new WebAssembly.Module(fetchNow(new URL(file, this.#base)));
      new WebAssembly.Instance(module, { primary });
    } catch (error) {
      throw new Error(`The part "${name}" of Coldstart could not be loaded (${error?.message ?? error}). Check the connection and try again.`);
    }
    this.#there[part] = true;
    this.record.push({ name, given: given !== undefined, slot });
  }
}
