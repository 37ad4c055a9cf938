// Handlers in JavaScript, written in the page: created, run, broken, mended, spread over files, shared.

import assert from "node:assert/strict";
import test, { after } from "node:test";
import { deflateRawSync } from "node:zlib";
import { createFrom, deployButton, invoke, logOutput, openTab, outcomeIs, read, response, result, shareLink, write, zip } from "./app.mjs";
import { close, open, visit } from "./helper.mjs";

after(close);

const main = "index.mjs of hello-js";
const deployed = (page) => page.getByText("Deployed", { exact: true }).waitFor();
const answer = async (page) => JSON.parse(await response(page).innerText());

async function hello(page) {
  await createFrom(page, "hello-js", /^Hello in JavaScript/);
  await deployed(page);
}

test("a handler in JavaScript runs, cold and warm", (t) =>
  visit(t, { hash: "#/functions" }, async (page) => {
    await hello(page);
    await invoke(page);
    const first = await answer(page);
    assert.equal(first.message, "Hello, Ada!");
    assert.equal(first.function, "hello-js");
    assert.equal(first.isColdStart, true);
    assert.match(await logOutput(page).innerText(), /INFO\tGreeting Ada, invocation 1 of this environment/);
    await page.keyboard.press("ControlOrMeta+Enter");
    await result(page).getByText("Warm", { exact: true }).waitFor();
    assert.equal((await answer(page)).isColdStart, false);
  }));

test("break it and mend it, by keyboard", (t) =>
  visit(t, { hash: "#/functions" }, async (page) => {
    await hello(page);
    await write(page, main, "export const handler = async (event) => {\n  return event.;\n};\n");
    await page.locator(".cm-lintRange-error").first().waitFor();
    await page.keyboard.press("ControlOrMeta+s");
    // The runtime has compiled it, and says where.
    const refusal = page.getByRole("alert").filter({ hasText: "The text was not deployed." });
    await refusal.waitFor();
    assert.match(await refusal.innerText(), /Line 2, column \d+: index\.mjs: /);

    await write(page, main, "export const handler = async (event) => {\n  return event.order.id;\n};\n");
    await page.keyboard.press("ControlOrMeta+s");
    await deployed(page);
    await page.keyboard.press("ControlOrMeta+Enter");
    await outcomeIs(page, "Failed");
    const failed = await answer(page);
    assert.equal(failed.errorType, "TypeError");
    assert.ok(failed.trace.some((line) => /index\.mjs:2/.test(line)), failed.trace.join("\n"));

    await write(page, main, "export const handler = async (event) => {\n  return event.order?.id ?? \"none\";\n};\n");
    await page.keyboard.press("ControlOrMeta+s");
    await deployed(page);
    await page.keyboard.press("ControlOrMeta+Enter");
    await outcomeIs(page, "Succeeded");
    assert.equal(await answer(page), "none");
  }));

test("several files: add, import, rename, delete", (t) =>
  visit(t, { hash: "#/functions" }, async (page) => {
    await hello(page);
    const files = page.getByRole("navigation", { name: "Files of hello-js" });
    await files.getByRole("button", { name: "New file" }).click();
    await page.getByLabel("Path of the new file").fill("index.mjs");
    await page.keyboard.press("Enter");
    await page.getByText("There is a file index.mjs already.").waitFor();
    await page.getByLabel("Path of the new file").fill("lib/twice.mjs");
    await page.keyboard.press("Enter");
    await write(page, "lib/twice.mjs of hello-js", "export const twice = (n) => 2 * n;\n");
    await files.getByRole("button", { name: "index.mjs", exact: true }).click();
    await write(page, main, 'import { twice } from "./lib/twice.mjs";\nexport const handler = async () => twice(21);\n');
    await deployButton(page).click();
    await deployed(page);
    await invoke(page);
    assert.equal(await answer(page), 42);

    await files.getByRole("button", { name: "lib/twice.mjs", exact: true }).click();
    await files.getByRole("button", { name: "Rename lib/twice.mjs" }).click();
    await page.getByLabel("New path of lib/twice.mjs").fill("double.mjs");
    await page.keyboard.press("Enter");
    assert.equal(await read(page, "double.mjs of hello-js"), "export const twice = (n) => 2 * n;\n");
    await deployButton(page).click();
    await page.getByRole("alert").filter({ hasText: /index\.mjs: Cannot find module '\/var\/task\/lib\/twice\.mjs' imported from \/var\/task\/index\.mjs/ }).waitFor();
    await invoke(page);
    assert.equal(await answer(page), 42, "what was deployed before is still there");

    await files.getByRole("button", { name: "Delete double.mjs" }).click();
    await page.getByRole("group", { name: "Delete double.mjs?" }).getByRole("button", { name: "Delete" }).click();
    await files.getByRole("button", { name: "double.mjs", exact: true }).waitFor({ state: "detached" });
    assert.equal(await files.getByRole("button", { name: "Delete index.mjs" }).isDisabled(), true, "the last file stays");
  }));

test("TypeScript loses its types, and its errors name the lines that were written", (t) =>
  visit(t, { hash: "#/functions" }, async (page) => {
    await createFrom(page, "hello-ts", /^Hello in TypeScript/);
    await deployed(page);
    await invoke(page);
    assert.deepEqual(await answer(page), { cents: 6800, total: "68.00 EUR" });
    const files = page.getByRole("navigation", { name: "Files of hello-ts" });
    assert.deepEqual(await files.getByRole("listitem").allInnerTexts(), ["index.ts", "lib/money.ts"], "what is made of them is not shown");

    await write(page, "index.ts of hello-ts", "interface Order {\n  id: string;\n}\nexport const handler = async (order: Order) => {\n  throw new Error(order.id);\n};\n");
    await deployButton(page).click();
    await deployed(page);
    await invoke(page, "Failed");
    assert.ok((await answer(page)).trace.some((line) => /index\.mjs:5/.test(line)));

    await write(page, "index.ts of hello-ts", "export const handler = async (: string) => 1;\n");
    await deployButton(page).click();
    await page.getByRole("alert").filter({ hasText: /Line 1, column \d+: index\.ts/ }).waitFor();
  }));

test("a link with JavaScript opens and replays in another profile", (t) =>
  visit(t, { hash: "#/functions" }, async (page, site) => {
    await hello(page);
    await write(page, main, "let seen = 0;\nexport const handler = async ({ name }) => ({ name, seen: (seen += 1) });\n");
    await page.keyboard.press("ControlOrMeta+s");
    await deployed(page);
    await invoke(page);
    const link = new URL(await shareLink(page)).hash;

    const other = await (await site.context.browser().newContext()).newPage();
    try {
      await open(other, site, link);
      await other.getByRole("button", { name: /^Replay/ }).click();
      await other.getByText(/identical to the sender's history/i).first().waitFor();
      await other.getByRole("navigation", { name: "Coldstart" }).getByRole("link", { name: "hello-js" }).click();
      assert.match(await read(other, main), /^let seen = 0;/);
    } finally {
      await other.context().close();
    }
  }));

test("a zip with JavaScript is uploaded with its runtime and handler", (t) =>
  visit(t, { hash: "#/functions" }, async (page) => {
    await page.getByRole("button", { name: "Create function" }).first().click();
    const dialog = page.getByRole("dialog", { name: "Create function" });
    await dialog.getByRole("radio", { name: /^Upload/ }).check();
    const buffer = zip({ "app.js": "exports.main = async (event) => Object.keys(event);\n" }, deflateRawSync);
    await dialog.locator("input[type=file]").setInputFiles({ name: "packed.zip", mimeType: "application/zip", buffer });
    await dialog.getByRole("textbox", { name: "Handler" }).fill("app.main");
    await dialog.getByRole("button", { name: "Create function" }).click();
    await page.getByRole("heading", { level: 1, name: "packed" }).waitFor();
    await openTab(page, "Test");
    await write(page, "Event JSON", '{"a": 1, "b": 2}');
    await invoke(page);
    assert.deepEqual(await answer(page), ["a", "b"]);
  }));
