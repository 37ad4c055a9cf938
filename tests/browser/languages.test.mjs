// Handlers written in the page, in the languages that become WebAssembly there: AssemblyScript and WebAssembly text; and modules that visitors
// bring along. JavaScript and TypeScript are in javascript.test.mjs.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import test, { after } from "node:test";
import { deflateRawSync } from "node:zlib";
import { createFrom, deployButton, editor, invoke, logOutput, outcomeIs, read, response, result, shareLink, write, zip } from "./app.mjs";
import { close, dist, open, visit } from "./helper.mjs";

after(close);

const main = "index.ts of hello-as";
const text = /^Code of /;
const deployed = (page) => page.getByText("Deployed", { exact: true }).waitFor();
const answer = async (page) => JSON.parse(await response(page).innerText());
const errors = (page) => page.getByRole("list", { name: "Errors in the files" });

async function hello(page) {
  await createFrom(page, "hello-as", /^Hello in AssemblyScript/);
  await deployed(page);
}

/** One without JSON by classes, which takes the compiler a second instead of several. */
const counting = (body) => `import { Context } from "coldstart";\nlet count = 0;\nexport function handler(event: string, context: Context): string {\n  count += 1;\n${body}}\n`;

test("a handler in AssemblyScript is compiled when it is created, and runs, cold and warm", (t) =>
  visit(t, { hash: "#/functions" }, async (page, site) => {
    assert.equal(site.requests.filter((url) => /\/(asc|assemblyscript)-/.test(url)).length, 0, "nothing of the compiler is fetched before");
    await hello(page);
    assert.ok(site.requests.some((url) => /\/asc-/.test(url)));
    await invoke(page);
    assert.deepEqual(await answer(page), { message: "Thank you, Ada!", total: 2000, isColdStart: true });
    assert.match(await logOutput(page).innerText(), /3 prices for Ada, \d+ ms left/);
    await page.keyboard.press("ControlOrMeta+Enter");
    await result(page).getByText("Warm", { exact: true }).waitFor();
    assert.equal((await answer(page)).isColdStart, false);
    // The module is one of the callback shape, which every tier runs.
    await page.getByText("callback: its handler is called for each event").waitFor();

    await page.getByLabel("Event", { exact: true }).selectOption({ label: "A price below 0" });
    await invoke(page, "Failed");
    const failed = await answer(page);
    assert.equal(failed.errorMessage, "a price is below 0");
    assert.match(failed.stackTrace[0], /^at index\.ts:29:\d+$/);
  }));

test("break AssemblyScript and mend it, by keyboard", (t) =>
  visit(t, { hash: "#/functions" }, async (page) => {
    await hello(page);
    await write(page, main, counting('  const answer: i32 = "one";\n  return answer;\n'));
    const list = errors(page);
    await list.getByText(/Type '~lib\/string\/String' is not assignable to type 'i32'/).waitFor();
    await page.locator(".cm-lintRange-error").first().waitFor();
    assert.match(await list.innerText(), /index\.ts, line 5, column 23/);
    await page.getByText("2 errors", { exact: true }).waitFor();
    // It is not deployed, and why is said.
    await page.keyboard.press("ControlOrMeta+s");
    await page.getByRole("alert").filter({ hasText: /Line 5, column 23: index\.ts: Type/ }).waitFor();

    await write(page, main, counting("  const add = (n: i32): i32 => n + count;\n  return add(1).toString();\n"));
    await list.waitFor({ state: "detached" });
    await write(page, main, counting("  const n = 5;\n  const add = (m: i32): i32 => m + n + event.length;\n  return add(1).toString();\n"));
    await list.getByText(/Not implemented: Closures/).first().waitFor();

    await write(page, main, counting('  console.log("called " + context.functionName);\n  return `{"count": ${count}, "event": ${event}}`;\n'));
    await page.getByText("No errors", { exact: true }).waitFor();
    await page.keyboard.press("ControlOrMeta+s");
    await deployed(page);
    await page.keyboard.press("ControlOrMeta+Enter");
    await outcomeIs(page, "Succeeded");
    assert.equal((await answer(page)).count, 1);
    assert.match(await logOutput(page).innerText(), /called hello-as/);
  }));

test("a file imports another one, and a fault leads to its place", (t) =>
  visit(t, { hash: "#/functions" }, async (page) => {
    await hello(page);
    const files = page.getByRole("navigation", { name: "Files of hello-as" });
    await files.getByRole("button", { name: "New file" }).click();
    await page.getByLabel("Path of the new file").fill("lib/twice.ts");
    await page.keyboard.press("Enter");
    await write(page, "lib/twice.ts of hello-as", "export function twice(n: i32): i32 {\n  return 2 * m;\n}\n");
    await files.getByRole("button", { name: "index.ts", exact: true }).click();
    await write(page, main, 'import { twice } from "./lib/twice";\nexport function handler(event: string): string {\n  return twice(21).toString();\n}\n');
    await errors(page).getByRole("button", { name: "lib/twice.ts, line 2, column 14" }).click();
    await editor(page, "lib/twice.ts of hello-as");
    await write(page, "lib/twice.ts of hello-as", "export function twice(n: i32): i32 {\n  return 2 * n;\n}\n");
    await page.getByText("No errors", { exact: true }).waitFor();
    await deployButton(page).click();
    await deployed(page);
    await invoke(page);
    assert.equal(await answer(page), 42);
  }));

test("what can be undone stays with each file, over others and a new name", (t) =>
  visit(t, { hash: "#/functions" }, async (page) => {
    await createFrom(page, "shop", /^An HTTP handler/);
    await deployed(page);
    const files = page.getByRole("navigation", { name: "Files of shop" });
    const before = await read(page, "index.mjs of shop");
    await write(page, "index.mjs of shop", "export const handler = async () => 1;\n");
    await files.getByRole("button", { name: "lib/catalogue.mjs", exact: true }).click();
    await write(page, "lib/catalogue.mjs of shop", "export const none = [];\n");
    await files.getByRole("button", { name: "index.mjs", exact: true }).click();
    await files.getByRole("button", { name: "Rename index.mjs" }).click();
    await page.getByLabel("New path of index.mjs").fill("main.mjs");
    await page.keyboard.press("Enter");
    const box = await editor(page, "main.mjs of shop");
    assert.equal(await read(page, "main.mjs of shop"), "export const handler = async () => 1;\n");
    await box.click();
    await page.keyboard.press("ControlOrMeta+z");
    assert.equal(await read(page, "main.mjs of shop"), before);
  }));

test("code is formatted in each language, by keyboard and by button, and a fault in it is shown", (t) =>
  visit(t, { hash: "#/functions" }, async (page, site) => {
    await createFrom(page, "shop", /^An HTTP handler/);
    await deployed(page);
    await write(page, "index.mjs of shop", "export const handler=async(event)=>{return {a:1,\nb:event}}\n");
    assert.ok(!site.requests.some((url) => /\/format-/.test(url)));
    await page.keyboard.press("Shift+Alt+F");
    await page.locator(".cm-content").filter({ hasText: "return { a: 1, b: event };" }).waitFor();
    await page.keyboard.press("ControlOrMeta+z");
    assert.match(await read(page, "index.mjs of shop"), /^export const handler=async/);
    await write(page, "index.mjs of shop", "export const handler = (;\n");
    await page.getByRole("button", { name: "Format index.mjs" }).click();
    await page.locator(".cm-lintRange-error").first().waitFor();

    await page.goto(page.url().replace(/#.*/, "#/functions/hello/code"));
    await write(page, text, "(module\n(func (export \"f\") (result i32)\n(i32.const 1)))\n");
    await page.getByRole("button", { name: "Format", exact: true }).click();
    await page.locator(".cm-content").filter({ hasText: /^\(module {2}\(func/ }).waitFor();
    assert.equal(await read(page, text), '(module\n  (func (export "f") (result i32)\n    (i32.const 1)))\n');
  }));

test("WebAssembly text: break it, read where, mend it, by keyboard", (t) =>
  visit(t, { hash: "" }, async (page) => {
    const good = await read(page, text);
    await write(page, text, good.replace("i32.const 0", "i32.cons 0"));
    const list = page.getByRole("list", { name: "Errors in the text" });
    await list.getByText(/Line \d+, column \d+/).first().waitFor();
    await page.locator(".cm-lintRange-error").first().waitFor();
    await page.keyboard.press("ControlOrMeta+s");
    await page.getByRole("alert").filter({ hasText: /Line \d+, column \d+/ }).waitFor();
    await write(page, text, good.replaceAll("Hello", "Hullo"));
    await page.keyboard.press("ControlOrMeta+s");
    await deployed(page);
    await page.keyboard.press("ControlOrMeta+Enter");
    await outcomeIs(page, "Succeeded");
    assert.match(await response(page).innerText(), /Hullo/);
  }));

test("instructions say what they do, and complete", (t) =>
  visit(t, { hash: "" }, async (page) => {
    await write(page, text, "(module\n  (func (param i32) (result i32)\n    (i32.rem_u (local.get 0) (i32.const 3))))\n");
    await page.getByText("i32.rem_u", { exact: true }).first().hover();
    const tip = page.locator(".cm-instruction");
    await tip.getByText("The rest of the unsigned division. Traps when the divisor is 0.").waitFor();
    assert.equal(await tip.locator("code").innerText(), "i32.rem_u: i32 i32 → i32");
    await write(page, text, "");
    await page.keyboard.type("i64.trunc_sat_f6");
    const options = page.getByRole("option");
    await options.filter({ hasText: "i64.trunc_sat_f64_s" }).waitFor();
    await page.keyboard.press("Escape");
  }));

test("a link with AssemblyScript opens and replays in another profile, without its compiler", (t) =>
  visit(t, { hash: "#/functions" }, async (page, site) => {
    await hello(page);
    await write(page, main, counting('  return `{"count": ${count}}`;\n'));
    await page.keyboard.press("ControlOrMeta+s");
    await deployed(page);
    await invoke(page);
    // A reload takes the module from the browser's storage.
    await page.reload();
    await invoke(page);
    const link = new URL(await shareLink(page)).hash;

    const context = await site.context.browser().newContext({ serviceWorkers: "block" });
    const requests = [];
    context.on("request", (request) => requests.push(request.url()));
    const other = await context.newPage();
    try {
      await open(other, site, link);
      await other.getByRole("button", { name: /^Replay/ }).click();
      await other.getByText(/identical to the sender's history/i).first().waitFor();
      await other.getByRole("navigation", { name: "Coldstart" }).getByRole("link", { name: "hello-as" }).click();
      assert.match(await read(other, main), /^import \{ Context \} from "coldstart";/);
      assert.equal(await other.getByRole("button", { name: "index.ts", exact: true }).count(), 1);
      t.diagnostic(`${link.length} characters`);
      assert.ok(!requests.some((url) => /\/asc-/.test(url)), "its modules are in the link");
    } finally {
      await context.close();
    }
  }));

test("a link that has no room for a module has its sources, and its reader compiles them again", (t) =>
  visit(t, { hash: "#/functions" }, async (page, site) => {
    await hello(page);
    // Text that does not compress: with the module, which has it too, the link would be too long.
    let noise = "";
    while (noise.length < 12_000) noise += createHash("sha256").update(noise).digest("base64url");
    await write(page, main, counting(`  const noise = "${noise}";\n  return noise.length.toString();\n`));
    await page.keyboard.press("ControlOrMeta+s");
    await deployed(page);
    await invoke(page);
    const link = new URL(await shareLink(page)).hash;
    t.diagnostic(`${link.length} characters`);

    const context = await site.context.browser().newContext({ serviceWorkers: "block" });
    const requests = [];
    context.on("request", (request) => requests.push(request.url()));
    const other = await context.newPage();
    try {
      await open(other, site, link);
      await other.getByRole("button", { name: /^Replay/ }).click();
      await other.getByText(/identical to the sender's history/i).first().waitFor();
      assert.ok(requests.some((url) => /\/asc-/.test(url)), "the compiler was fetched");
    } finally {
      await context.close();
    }
  }));

/** A module of one empty type, whose function `name` it exports; with an import where that is given. */
function wasm({ imports = [], name }) {
  const bytes = (text) => [text.length, ...Buffer.from(text)];
  const section = (id, content) => [id, content.length, ...content];
  const list = imports.flatMap(([space, field]) => [...bytes(space), ...bytes(field), 0, 0]);
  return Buffer.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 0, 0]),
    ...(imports.length ? section(2, [imports.length, ...list]) : []),
    ...section(3, [1, 0]),
    ...section(7, [1, ...bytes(name), 0, imports.length]),
    ...section(10, [1, 2, 0, 0x0b]),
  ]);
}

const file = (name, buffer) => ({ name, mimeType: "application/octet-stream", buffer });

test("a module that is brought is described before it is created, and why it would be refused", (t) =>
  visit(t, { hash: "#/functions" }, async (page) => {
    await page.getByRole("button", { name: "Create function" }).first().click();
    const dialog = page.getByRole("dialog", { name: "Create function" });
    await dialog.getByRole("radio", { name: /^Upload/ }).check();
    const choose = (one) => dialog.locator("input[type=file]").setInputFiles(one);
    const check = dialog.getByRole("group", { name: "What the file is" });

    await choose(file("foreign.wasm", wasm({ imports: [["env", "print"], ["lambda", "next"]], name: "main" })));
    await check.getByText("This module would be refused.").waitFor();
    await check.getByText("none: it has no handler").waitFor();
    assert.match(await check.getByRole("listitem").filter({ hasText: "env.print" }).innerText(), /not here/);
    await check.getByText("1 export", { exact: true }).click();
    await check.getByText("main", { exact: true }).waitFor();

    await choose(file("packed.zip", zip({ "bootstrap.wasm": wasm({ name: "_start" }), "readme.txt": "hello" }, deflateRawSync)));
    await check.getByText("2 files", { exact: true }).waitFor();
    await check.getByRole("heading", { name: "bootstrap.wasm" }).waitFor();
    await check.getByText("command: it runs once for each event").waitFor();
    assert.equal(await check.getByText("would be refused").count(), 0);

    await choose(file("broken.zip", Buffer.from("PK no zip")));
    await check.getByText("This file would be refused.").waitFor();
    await choose(file("start.wasm", wasm({ name: "_start" })));
    await check.getByText("command: it runs once for each event").waitFor();
    await dialog.getByLabel("Function name").fill("start");
    await dialog.getByRole("button", { name: "Create function" }).click();
    await page.getByRole("heading", { level: 1, name: "start" }).waitFor();

    // In the Code tab what was refused is described below the reason, until something else is deployed.
    await page.locator("#code-upload").setInputFiles(file("foreign.wasm", wasm({ imports: [["env", "print"]], name: "_start" })));
    await page.getByRole("alert").filter({ hasText: "env.print" }).waitFor();
    const below = page.getByRole("group", { name: "What the file is" });
    await below.getByRole("listitem").filter({ hasText: "env.print" }).getByText("not here").waitFor();
    await page.locator("#code-upload").setInputFiles(file("counter.wasm", await fs.readFile(path.join(dist, "examples/counter.wasm"))));
    await below.waitFor({ state: "detached" });
    await page.getByText("loop: it asks for the next event itself").waitFor();
    await page.keyboard.press("ControlOrMeta+Enter");
    await outcomeIs(page, "Succeeded");
  }));
