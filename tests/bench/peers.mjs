// What our engine is compared with: the same modules called directly on V8, and an equal plug-in in Extism's JS host. Runs in Node and in a page.

/** A guest of the callback shape on V8: the same export, bytes in, bytes out. */
export function v8Guest(module) {
  let answer;
  const instance = new WebAssembly.Instance(module, {
    lambda: {
      respond(at, length) {
        answer = new Uint8Array(instance.exports.memory.buffer, at, length).slice();
        return 0;
      },
    },
  });
  const { memory, lambda_alloc, lambda_handler } = instance.exports;
  return (event) => {
    const at = lambda_alloc(event.length);
    new Uint8Array(memory.buffer, at, event.length).set(event);
    if (lambda_handler(at, event.length) !== 0) throw new Error("the guest did not answer");
    return answer;
  };
}

const text = (value) => new TextEncoder().encode(value);

/** Milliseconds of the fastest of `times` runs. */
export async function best(times, work) {
  let least = Infinity;
  for (let turn = 0; turn < times; turn += 1) {
    const start = performance.now();
    await work();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

/** One round on V8. `modules`: bytes by name. Clocks of browsers are coarse, so short things are repeated and divided. */
export async function v8Round(modules) {
  const event = text('{"name":"Ada"}');
  const echo = v8Guest(new WebAssembly.Module(modules.echo));
  for (let turn = 0; turn < 20_000; turn += 1) echo(event);
  const calls = 200_000;
  const result = { warmPerSecond: (calls / (await best(1, () => { for (let turn = 0; turn < calls; turn += 1) echo(event); }))) * 1000 };
  for (const size of ["10kb", "1mb"]) {
    const repeats = size === "10kb" ? 20 : 4;
    const all = await best(5, () => {
      for (let turn = 0; turn < repeats; turn += 1) v8Guest(new WebAssembly.Module(modules[size]))(text("{}"));
    });
    result[`cold-${size}`] = all / repeats;
  }
  const kernels = v8Guest(new WebAssembly.Module(modules.kernels));
  for (const kernel of ["sha256", "sort", "json"]) {
    const name = text(`"${kernel}"`);
    kernels(name);
    result[kernel] = await best(5, () => kernels(name));
  }
  return result;
}

/** One round on Extism: warm calls of the echo plug-in. */
export async function extismRound(createPlugin, modules) {
  const plugin = await createPlugin({ wasm: [{ data: modules["extism-echo"] }] }, { useWasi: false, runInWorker: false });
  const event = text('{"name":"Ada"}');
  for (let turn = 0; turn < 500; turn += 1) await plugin.call("echo", event);
  const calls = 5_000;
  const took = await best(1, async () => {
    for (let turn = 0; turn < calls; turn += 1) {
      const answer = (await plugin.call("echo", event)).bytes();
      if (answer.length !== event.length) throw new Error("the plug-in did not echo");
    }
  });
  await plugin.close();
  return { warmPerSecond: (calls / took) * 1000 };
}

/** One round of our engine in the page's Worker, through the page's own protocol. `hashes`: hex SHA-256 by module name. */
export async function workerRound(worker, modules, hashes, tag) {
  let id = 1;
  const waiting = new Map();
  worker.onmessage = ({ data }) => {
    for (const { panicked, answered } of JSON.parse(data.json)) {
      if (panicked) throw new Error(panicked.message);
      if (!answered) continue;
      waiting.get(answered.id)?.(answered.result);
      waiting.delete(answered.id);
    }
  };
  // As the page does (src/engine_client.rs): what one task sends goes together, and modules go alone.
  let outbox = [];
  const post = (message, module) => {
    const text = JSON.stringify(message);
    if (module) return worker.postMessage({ json: `[${text}]`, buffers: [module.slice().buffer] });
    if (outbox.push(text) > 1) return;
    queueMicrotask(() => {
      worker.postMessage({ json: `[${outbox}]`, buffers: [] });
      outbox = [];
    });
  };
  const call = async (operation, params, module) => {
    const number = (id += 1);
    const answer = new Promise((resolve) => waiting.set(number, resolve));
    post({ request: { id: number, request: { service: "lambda", operation, params }, modules: module ? [0] : [] } }, module);
    const result = await answer;
    if (result.Err) throw new Error(`${operation}: ${result.Err.code}: ${result.Err.message}`);
    if (result.Ok.output.FunctionError) throw new Error(`${operation}: ${JSON.stringify(result.Ok.output)}`);
    return result.Ok.output;
  };
  const deploy = async (name, module) => {
    const zip = { $sha256: hashes[module] };
    const role = "arn:aws:iam::123456789012:role/bench";
    const settings = { Runtime: "provided.al2023", Handler: "bootstrap", Timeout: 900, MemorySize: 1769, Role: role };
    await call("CreateFunction", { FunctionName: name, ...settings, Code: { ZipFile: zip } }, modules[module]);
    // The function is pending for a virtual second; the clock goes as fast as it can.
    for (;;) {
      const { Configuration } = await call("GetFunction", { FunctionName: name });
      if (Configuration.State === "Active") return;
      post({ advance: { micros: 1_000_000 } });
    }
  };
  const invoke = (name, event) => call("Invoke", { FunctionName: name, Payload: { $text: event } });

  await deploy(`echo-${tag}`, "echo");
  for (let turn = 0; turn < 200; turn += 1) await invoke(`echo-${tag}`, '{"name":"Ada"}');
  const alone = 1_000;
  const warm = await best(1, async () => {
    for (let turn = 0; turn < alone; turn += 1) await invoke(`echo-${tag}`, '{"name":"Ada"}');
  });
  // So many callers, each of whom waits for its own answer: as many warm environments.
  const callers = 32;
  const calls = 5_000;
  const together = async (calls) => {
    let left = calls;
    const caller = async () => { while ((left -= 1) >= 0) await invoke(`echo-${tag}`, '{"name":"Ada"}'); };
    await Promise.all(Array.from({ length: callers }, caller));
  };
  await together(1_000);
  const pipelined = await best(1, () => together(calls));
  const result = { warmPerSecond: (calls / pipelined) * 1000, warmAlonePerSecond: (alone / warm) * 1000 };
  for (const size of ["10kb", "1mb"]) {
    result[`cold-${size}`] = Infinity;
    result[`deploy-${size}`] = Infinity;
    for (let turn = 0; turn < 5; turn += 1) {
      const name = `cold-${size}-${tag}-${turn}`;
      result[`deploy-${size}`] = Math.min(result[`deploy-${size}`], await best(1, () => deploy(name, size)));
      result[`cold-${size}`] = Math.min(result[`cold-${size}`], await best(1, () => invoke(name, "{}")));
    }
  }
  await deploy(`kernels-${tag}`, "kernels");
  for (const kernel of ["sha256", "sort", "json"]) {
    await invoke(`kernels-${tag}`, `"${kernel}"`);
    result[kernel] = await best(2, () => invoke(`kernels-${tag}`, `"${kernel}"`));
  }
  return result;
}
