// The browser's own WebAssembly as a tier: the same history as on wasmi, and the choice of it in the Monitor tab.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test, { after } from "node:test";
import { deflateRawSync } from "node:zlib";
import { createFrom, deployButton, invoke, openTab, response, write, zip } from "./app.mjs";
import { close, open, visit } from "./helper.mjs";

after(close);

const SOURCE = `
let n = 0;
const deep = (depth) => (depth === 0 ? 0 : 1 + deep(depth - 1));
const endless = () => 1 + endless();
export const handler = async (event) => {
  n += 1;
  console.log("event", n, event);
  let sum = 0;
  for (let i = 0; i < event.steps; i += 1) {
    sum = (sum * 31 + i) | 0;
    if (i % 5000 === 0) console.log(i, Date.now());
  }
  await new Promise((done) => setTimeout(done, 5));
  let caught = "";
  if (event.recursion) try { endless(); } catch (error) { caught = error.name; }
  return { n, sum, caught, deep: deep(200), chance: Math.random(), floats: [0.1 + 0.2, Math.sin(sum)] };
};
`;

/** A session in a Worker of its own: its answers, its digest, and where the function ran. */
function session(page, tiers, code, sha256) {
  return page.evaluate(
    async ([tiers, code, sha256]) => {
      const worker = globalThis.coldstart.startEngine();
      let id = 1;
      let digest = "";
      let clock;
      const waiting = new Map();
      worker.onmessage = ({ data }) => {
        for (const message of JSON.parse(data.json)) {
          if (message.panicked) throw new Error(message.panicked.message);
          if (message.clock) ({ clock } = message.clock), (digest = clock.digest);
          if (!message.answered) continue;
          waiting.get(message.answered.id)?.(message.answered.result);
        }
      };
      const request = (service, operation, params, module) => {
        const number = (id += 1);
        const answer = new Promise((resolve) => waiting.set(number, resolve));
        const buffers = module ? [Uint8Array.from(module).buffer] : [];
        worker.postMessage({ json: JSON.stringify([{ request: { id: number, request: { service, operation, params }, modules: module ? [0] : [] } }]), buffers });
        return answer.then((result) => result.Ok?.output ?? result.Err);
      };
      const tell = (message) => worker.postMessage({ json: JSON.stringify([message]), buffers: [] });
      tell({ setClock: { mode: "paused" } });
      const choose = (tier) => request("coldstart", "SetTiers", { Tiers: { f: tier } });
      const role = "arn:aws:iam::123456789012:role/tiers";
      await choose(tiers[0]);
      await request("lambda", "CreateFunction", { FunctionName: "f", Runtime: "nodejs22.x", Handler: "index.handler", Timeout: 1, MemorySize: 512, Role: role, Code: { ZipFile: { $sha256: sha256 } } }, code);
      // Until it is active; the clock stood until now, whatever the page's pace.
      tell({ advance: { micros: 2_000_000 } });
      while ((await request("lambda", "GetFunction", { FunctionName: "f" })).Configuration.State !== "Active") await new Promise((done) => setTimeout(done, 20));
      tell({ setClock: { mode: "fast" } });
      const answers = [];
      const events = [{ steps: 10 }, { steps: 30_000 }, { steps: 10, recursion: true }, { steps: 10 }];
      for (const [at, event] of events.entries()) {
        await choose(tiers[at % tiers.length]);
        answers.push(await request("lambda", "Invoke", { FunctionName: "f", LogType: "Tail", Payload: { $text: JSON.stringify(event) } }));
      }
      const tier = await request("coldstart", "GetTier", { FunctionName: "f" });
      // The digest comes with the clock once all is over: a step further, where the clock stands, it is that of the whole.
      tell({ setClock: { mode: "paused" } });
      digest = "";
      tell({ advance: { micros: 3_600_000_000 - clock.nowUs } });
      while (!digest || clock.nowUs < 3_600_000_000) await new Promise((done) => setTimeout(done, 20));
      worker.terminate();
      return { answers, digest, tier };
    },
    [tiers, code, sha256],
  );
}

test("a session has the same history on each tier, and when it moves to and fro", (t) =>
  visit(t, {}, async (page) => {
    await page.waitForFunction(() => globalThis.coldstart?.startEngine);
    const bytes = zip({ "index.mjs": SOURCE }, deflateRawSync);
    const code = [...new Uint8Array(bytes)];
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const wasmi = await session(page, ["wasmi"], code, sha256);
    assert.equal(wasmi.tier.Tier, "wasmi");
    assert.equal(wasmi.tier.WebAssembly.Units, 0);
    assert.match(JSON.stringify(wasmi.answers[2]), /RangeError|InternalError/);
    assert.match(wasmi.digest, /^[0-9a-f]{32}\+javascript:[0-9a-f]{16}$/);
    for (const tiers of [["webassembly"], ["wasmi", "webassembly", "webassembly"], ["auto"]]) {
      const other = await session(page, tiers, code, sha256);
      assert.deepEqual(other.answers, wasmi.answers, `${tiers}`);
      assert.equal(other.digest, wasmi.digest, `${tiers}`);
      assert.ok(other.tier.WebAssembly.Units > 1e6, `${tiers}: ${JSON.stringify(other.tier)}`);
    }
  }));

test("the Monitor tab shows the tier and its speed, and takes another choice", (t) =>
  visit(t, { hash: "#/functions" }, async (page, site) => {
    await createFrom(page, "hello-js", /^Hello in JavaScript/);
    await page.getByText("Deployed", { exact: true }).waitFor();
    await write(page, "index.mjs of hello-js", "export const handler = async () => {\n  let sum = 0;\n  for (let i = 0; i < 20000; i += 1) sum = (sum * 31 + i) | 0;\n  return sum;\n};\n");
    await deployButton(page).click();
    await page.getByText("Deployed", { exact: true }).waitFor();
    const now = page.locator("#tier-now");
    const choice = page.getByLabel("Run on", { exact: true });
    const run = async () => {
      await openTab(page, "Test");
      await invoke(page);
      const sum = await response(page).innerText();
      await openTab(page, "Monitor");
      return sum;
    };
    await openTab(page, "Monitor");
    assert.equal(await choice.inputValue(), "auto");
    await choice.selectOption("wasmi");
    const sum = await run();
    await page.waitForFunction(() => /wasmi/.test(document.querySelector("#tier-now")?.textContent ?? ""));
    await choice.selectOption("webassembly");
    assert.equal(await run(), sum);
    await page.waitForFunction(() => /browser/.test(document.querySelector("#tier-now")?.textContent ?? ""));
    assert.match(await now.innerText(), /The browser.s WebAssembly/);
    assert.match(await page.getByText("million units a second").first().innerText(), /^[0-9.]+ million/);
    // The browser keeps the choice.
    await open(page, site, "#/functions/hello-js/monitor");
    await page.waitForFunction(() => document.querySelector("#tier-choice")?.value === "webassembly");
  }));
