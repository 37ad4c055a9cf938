// First visits in Chromium, each with an empty cache and no storage: from the address to a function's response.
//
// `cargo xtask bench visit [--rounds N]`. The site comes from loopback, as tests have it, so this is the time of the browser and not of a line.
// Goal: a handler in JavaScript, created from its template, answers within 3 s (median).

import { createFrom, invoke, response } from "../browser/app.mjs";
import { close, launch, ready, serve } from "../browser/helper.mjs";

const goal = 3000;
const at = process.argv.indexOf("--rounds");
const rounds = at < 0 ? 7 : Number(process.argv[at + 1]);

const visits = {
  "first function, WebAssembly text": { hash: "", work: (page) => invoke(page) },
  "first handler in JavaScript": {
    hash: "#/functions",
    async work(page) {
      await createFrom(page, "hello-js", /^Hello in JavaScript/);
      await invoke(page);
    },
  },
};

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

async function visit(site, { hash, work }) {
  const context = await (await launch()).newContext();
  try {
    const page = await context.newPage();
    const began = performance.now();
    await page.goto(site.url + hash);
    await ready(page);
    const usable = performance.now() - began;
    await work(page);
    await response(page).waitFor();
    return { usable, answered: performance.now() - began };
  } finally {
    await context.close();
  }
}

const site = await serve();
let met = true;
try {
  console.log(`${"visit".padEnd(36)}${"usable".padStart(10)}${"response".padStart(10)}   (medians of ${rounds}, ms)`);
  for (const [name, what] of Object.entries(visits)) {
    const seen = [];
    // The first one also starts the browser.
    await visit(site, what);
    for (let round = 0; round < rounds; round++) seen.push(await visit(site, what));
    const [usable, answered] = ["usable", "answered"].map((key) => median(seen.map((one) => one[key])));
    met &&= answered <= goal;
    console.log(`${name.padEnd(36)}${usable.toFixed(0).padStart(10)}${answered.toFixed(0).padStart(10)}   goal ${goal}: ${answered <= goal ? "met" : "NOT MET"}`);
  }
} finally {
  await site.close();
  await close();
}
process.exitCode = met ? 0 : 1;
