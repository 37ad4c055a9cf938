// Both sides of `run.mjs`, in Node and in a page alike.

/** How long a case is repeated, milliseconds; as `main.rs` has it. */
const SPAN = 400;
/** How long it runs before that, so that the compilers of either side have come to their best code: on a busy machine that takes a while. */
const WARM_UP = 1_000;
const ITEMS = 100_000;
const SIDES = ["interpreter", "engine"];

export const machinesFrom = (text) => JSON.parse(text);

let instance;
/** Our module. It imports nothing that it calls. */
async function ours(bytes) {
  if (!instance) {
    const module = await WebAssembly.compile(bytes);
    const imports = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      imports[from] ??= {};
      imports[from][name] = () => {
        throw new Error(`${from}.${name} was called`);
      };
    }
    ({ exports: instance } = await WebAssembly.instantiate(module, imports));
  }
  return instance;
}

/** Transitions a second. A batch between looks at the clock, which is coarse in a browser. */
function perSecond(batch) {
  const start = performance.now();
  while (performance.now() - start < WARM_UP) batch();
  const began = performance.now();
  let [done, passed] = [0, 0];
  while (passed < SPAN) {
    done += batch();
    passed = performance.now() - began;
  }
  return (done / passed) * 1e3;
}

export async function oursRound(bytes, machines) {
  const module = await ours(bytes);
  const measured = {};
  SIDES.forEach((side, number) => {
    measured[side] = {};
    machines.forEach(({ name, transitions }, index) => {
      const times = Math.max(1, Math.round(2_000 / transitions));
      measured[side][`${name}PerSecond`] = perSecond(() => module.run(number, index, times));
    });
  });
  return measured;
}

export async function peerRound(StateMachine, machines) {
  const measured = {};
  for (const { name, transitions, definition, input, output } of machines) {
    const machine = new StateMachine(structuredClone(definition), {});
    const once = async () => machine.run(input).result;
    const got = JSON.stringify(await once());
    if (got !== JSON.stringify(output)) throw new Error(`${name}: the peer came to ${got.slice(0, 200)}`);
    const start = performance.now();
    while (performance.now() - start < WARM_UP) await once();
    const began = performance.now();
    let [done, passed] = [0, 0];
    while (passed < SPAN) {
      await once();
      done += transitions;
      passed = performance.now() - began;
    }
    measured[`${name}PerSecond`] = (done / passed) * 1e3;
  }
  return measured;
}

export async function scaleRound(bytes) {
  const module = await ours(bytes);
  const timed = (action, expected) => {
    const began = performance.now();
    const got = action();
    const passed = performance.now() - began;
    if (got !== expected) throw new Error(`${got} in place of ${expected}`);
    return passed;
  };
  const measured = {};
  SIDES.forEach((side, number) => {
    const row = {};
    // As many items each time, so that all are measured as well; compiled before.
    timed(() => module.distributed(number, ITEMS / 5), ITEMS / 5);
    for (const items of [1_000, 10_000, ITEMS]) {
      const times = ITEMS / items;
      let passed = 0;
      for (let turn = 0; turn < times; turn += 1) passed += timed(() => module.distributed(number, items), items);
      row[`distributed${items}Ms`] = passed / times;
    }
    row.dayMs = timed(() => module.day(number, 1_000), 2_002);
    measured[side] = row;
  });
  return measured;
}
