// What visitors do with functions: the main job, end to end, in a real browser.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import test, { after } from "node:test";
import { createFrom, deployButton, editor, invoke, logOutput, openTab, outcomeIs, read, response, result, shareLink, testButton, write } from "./app.mjs";
import { close, dist, open, ready, serve, visit, watch, launch } from "./helper.mjs";
import { image } from "./image.mjs";

after(close);

const code = /^Code of /;
const echo = `(module
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "lambda_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "lambda_handler") (param $at i32) (param $length i32) (result i32)
    (drop (call $respond (local.get $at) (local.get $length)))
    (i32.const 0)))
`;
const endless = echo.replace("(i32.const 0)))", "(loop $again (br $again)) (i32.const 0)))");

test("first visit to first response", (t) =>
  visit(t, {}, async (page) => {
    await page.getByText("This is a working Lambda function.").waitFor();
    await invoke(page);
    JSON.parse(await response(page).innerText());
    const facts = await result(page).innerText();
    assert.match(facts, /Cold/);
    assert.match(facts, /Billed duration/);
    assert.match(await logOutput(page).innerText(), /INIT_START|START RequestId/);
    assert.match(await logOutput(page).innerText(), /REPORT RequestId/);
    await testButton(page).click();
    await result(page).getByText("Warm", { exact: true }).waitFor();
  }));

test("edit the text, see its errors, deploy with the keyboard, invoke", (t) =>
  visit(t, {}, async (page) => {
    await write(page, code, echo.replace("(local.get $at)", "(local.get $nowhere)"));
    const errors = page.getByRole("list", { name: "Errors in the text" });
    await errors.waitFor();
    assert.match(await errors.innerText(), /Line 6, column \d+: .*nowhere/s);
    await page.locator(".cm-lintRange-error").first().waitFor();
    await page.locator(".cm-lint-marker-error").waitFor();

    await write(page, code, echo);
    await errors.waitFor({ state: "detached" });
    await page.keyboard.press("ControlOrMeta+s");
    await page.getByText("Deployed", { exact: true }).waitFor();
    await openTab(page, "Test");
    await write(page, "Event JSON", '{"marker": "edited and deployed"}');
    await page.keyboard.press("ControlOrMeta+Enter");
    await outcomeIs(page, "Succeeded");
    assert.deepEqual(JSON.parse(await response(page).innerText()), { marker: "edited and deployed" });
  }));

test("upload a Rust module and run it", (t) =>
  visit(t, { hash: "#/functions" }, async (page) => {
    await page.getByRole("button", { name: "Create function" }).first().click();
    const dialog = page.getByRole("dialog", { name: "Create function" });
    await dialog.getByRole("radio", { name: /^Upload/ }).check();
    await dialog.locator("input[type=file]").setInputFiles(path.join(dist, "examples/counter.wasm"));
    await dialog.getByText("counter.wasm").waitFor();
    await dialog.getByRole("button", { name: "Create function" }).click();
    await page.getByRole("heading", { level: 1, name: "counter" }).waitFor();
    await openTab(page, "Test");
    await write(page, "Event JSON", '{"action": "count"}');
    await invoke(page);
    const first = JSON.parse(await response(page).innerText());
    await testButton(page).click();
    await result(page).getByText("Warm", { exact: true }).waitFor();
    const second = JSON.parse(await response(page).innerText());
    assert.notDeepEqual(second, first, "a warm environment keeps its globals");
    await openTab(page, "Code");
    await page.getByText(/^\d+ imports$/).click();
    await page.getByText("fd_write").first().waitFor();
  }));

test("a container image is pushed, runs, and survives deletion, reset and a reload", (t) =>
  visit(t, { hash: "#/functions" }, async (page, site) => {
    const module = await readFile(path.join(dist, "examples/counter.wasm"));
    const buffer = image({ "app/run.wasm": module }, { Entrypoint: ["/app/run.wasm"], Env: ["PLACE=image"] });
    await page.getByRole("button", { name: "Create function" }).first().click();
    const dialog = page.getByRole("dialog", { name: "Create function" });
    await dialog.getByRole("radio", { name: /^Upload/ }).check();
    await dialog.locator("input[type=file]").setInputFiles({ name: "Packed_Image.tar", mimeType: "application/x-tar", buffer });
    await dialog.getByText("Packed_Image.tar").waitFor();
    await dialog.getByRole("button", { name: "Create function" }).click();
    await page.getByRole("heading", { level: 1, name: "Packed_Image" }).waitFor();
    await page.getByText(/^\d+ imports$/).waitFor();
    const counts = async () => {
      await openTab(page, "Test");
      await write(page, "Event JSON", '{"action": "count"}');
      await invoke(page);
      return JSON.parse(await response(page).innerText());
    };
    const first = await counts();

    const settings = async () => {
      await openTab(page, "Configuration");
      await page.getByRole("link", { name: "Runtime settings" }).click();
    };
    await settings();
    await page.getByText("123456789012.dkr.ecr.us-east-1.amazonaws.com/packed-image:latest").waitFor();
    const panel = page.getByRole("region", { name: "Image configuration" });
    await panel.getByLabel("ENTRYPOINT").fill("/app/none.wasm");
    await panel.getByRole("button", { name: "Save", exact: true }).click();
    await panel.getByRole("button", { name: "Save", exact: true, disabled: true }).waitFor();
    await openTab(page, "Test");
    await invoke(page, "Failed");
    assert.match(await response(page).innerText(), /Runtime\.InvalidEntrypoint/);
    await settings();
    await panel.getByLabel("ENTRYPOINT").fill("");
    await panel.getByRole("button", { name: "Save", exact: true }).click();
    await panel.getByRole("button", { name: "Save", exact: true, disabled: true }).waitFor();
    assert.deepEqual(await counts(), first, "a new environment");

    const row = page.locator("tbody tr").filter({ hasText: "Packed_Image" });
    const goBack = async () => {
      await row.getByText("Active").waitFor();
      await row.getByRole("link", { name: "Packed_Image" }).click();
      await page.getByRole("heading", { level: 1, name: "Packed_Image" }).waitFor();
    };
    await page.goto(`${site.url}#/functions`);
    await page.getByRole("button", { name: "Delete Packed_Image" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await row.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).click();
    await goBack();
    assert.deepEqual(await counts(), first);

    await page.goto(`${site.url}#/functions`);
    await page.getByRole("button", { name: "Reset workspace" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Reset" }).click();
    await page.getByText("its history is empty").waitFor();
    await goBack();
    assert.deepEqual(await counts(), first);
    // It is too large for a link, and is kept beside the document.
    await page.getByText("Stored here").waitFor();
    await page.reload();
    await ready(page);
    assert.equal((await counts()).inMemory, 2, "its history was replayed: the environment is warm");
  }));

test("what is no module is refused with a reason", (t) =>
  visit(t, {}, async (page) => {
    await editor(page, code);
    await page.locator("#code-upload").setInputFiles({ name: "handler.zip", mimeType: "application/zip", buffer: Buffer.from("PK\x03\x04") });
    await page.getByRole("alert").filter({ hasText: "Could not unzip uploaded file" }).waitFor();
    await page.locator("#code-upload").setInputFiles({ name: "broken.wasm", mimeType: "application/wasm", buffer: Buffer.from([0, 97, 115, 109, 1, 0, 0, 0, 99]) });
    await page.getByRole("alert").filter({ hasText: /refused|InvalidParameterValue|HTTP 400/ }).waitFor();
    await invoke(page);
  }));

test("a timeout is the function's, not the page's", (t) =>
  visit(t, {}, async (page) => {
    await openTab(page, "Configuration");
    await page.getByLabel("Timeout (seconds)").fill("1");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("button", { name: "Save", exact: true, disabled: true }).waitFor();
    await openTab(page, "Code");
    await write(page, code, endless);
    await deployButton(page).click();
    await page.getByText("Deployed", { exact: true }).waitFor();
    await invoke(page, "Failed");
    assert.match(await response(page).innerText(), /Sandbox\.Timedout|Task timed out after 1\.00 seconds/);
    assert.match(await logOutput(page).innerText(), /Status: timeout/);
  }));

test("a runaway handler can be stopped while the page stays responsive", (t) =>
  visit(t, {}, async (page) => {
    await openTab(page, "Configuration");
    await page.getByLabel("Timeout (seconds)").fill("900");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("button", { name: "Save", exact: true, disabled: true }).waitFor();
    await openTab(page, "Code");
    await write(page, code, endless);
    await deployButton(page).click();
    await page.getByText("Deployed", { exact: true }).waitFor();
    await testButton(page).click();
    const stop = result(page).getByRole("button", { name: "Stop" });
    await stop.waitFor();
    // Frames go on being drawn: the handler runs elsewhere, in slices.
    const longest = await page.evaluate(
      () =>
        new Promise((resolve) => {
          let [last, longest, frames] = [performance.now(), 0, 0];
          const frame = (now) => {
            longest = Math.max(longest, now - last);
            last = now;
            if (++frames === 30) resolve(longest);
            else requestAnimationFrame(frame);
          };
          requestAnimationFrame(frame);
        }),
    );
    assert.ok(longest < 1000, `a frame took ${longest} ms`);
    await stop.click();
    await outcomeIs(page, "Failed");
    // The function is not broken by it.
    await write(page, code, echo);
    await deployButton(page).click();
    await page.getByText("Deployed", { exact: true }).waitFor();
    await invoke(page);
  }));

test("an event that fails is tried three times, minutes apart", (t) =>
  visit(t, { hash: "#/functions" }, async (page) => {
    await createFrom(page, "failing", /^Failures/);
    await openTab(page, "Test");
    await page.getByLabel("Invocation type").selectOption("Event");
    await testButton(page).click();
    await outcomeIs(page, "Queued");
    await openTab(page, "Monitor");
    const attempts = page.getByRole("row").filter({ has: page.getByRole("cell", { name: /^Failed/ }) });
    await attempts.nth(2).waitFor();
    assert.equal(await attempts.count(), 3);
    await page.getByRole("button", { name: /^Virtual clock.*00:03:/ }).waitFor();
  }));

test("each example runs with each of its events", (t) =>
  visit(t, { hash: "#/functions" }, async (page, site) => {
    const { examples } = await (await fetch(`${site.url}examples/index.json`)).json();
    for (const example of examples.filter((example) => example.module)) {
      await page.goto(`${site.url}#/functions`);
      await createFrom(page, example.name, new RegExp(`^${example.title}`));
      await openTab(page, "Test");
      const events = page.getByLabel("Saved events");
      for (const event of example.events) {
        await events.selectOption({ label: event.name });
        await testButton(page).click();
        await result(page).locator(".result-event").filter({ hasText: `“${event.name}”` }).waitFor();
        await result(page).locator(".result-head").getByText(/^(Succeeded|Failed)$/).waitFor({ timeout: 60_000 });
        assert.match(await logOutput(page).innerText(), /REPORT RequestId/, `${example.name}, ${event.name}`);
      }
    }
  }));

test("a reload keeps the work, deployed and not", (t) =>
  visit(t, {}, async (page, site) => {
    await write(page, code, echo);
    await deployButton(page).click();
    await page.getByText("Deployed", { exact: true }).waitFor();
    await invoke(page);
    await write(page, code, `${echo};; not deployed yet`);
    await page.getByText("Not deployed", { exact: true }).waitFor();
    await page.getByText("Stored here").waitFor();
    await page.reload();
    await ready(page);
    await editor(page, code);
    assert.match(await read(page, code), /not deployed yet/);
    await page.getByText("Not deployed", { exact: true }).waitFor();
    // The history was replayed: the invocation of before is there, and its environment is warm.
    await openTab(page, "Monitor");
    await page.locator(".numbers").getByText("1", { exact: true }).first().waitFor();
    await openTab(page, "Test");
    await invoke(page);
    await result(page).getByText("Warm", { exact: true }).waitFor();
    assert.ok(site);
  }));

/** A link to an edited workspace with some history, made in a profile of its own. */
async function makeLink(site) {
  const context = await (await launch()).newContext();
  const { faults } = watch(context, site.origin);
  const page = await context.newPage();
  await open(page, site);
  await write(page, code, `${echo};; from the sender`);
  await deployButton(page).click();
  await page.getByText("Deployed", { exact: true }).waitFor();
  await invoke(page);
  await testButton(page).click();
  await result(page).getByText("Warm", { exact: true }).waitFor();
  const link = await shareLink(page);
  assert.deepEqual(faults, []);
  await context.close();
  return link;
}

test("a link opens in a clean profile, replays, and its history is the sender's", async (t) => {
  await visit(t, {}, async (page, site) => {
    const link = await makeLink(site);
    assert.ok(link.startsWith(`${site.url}#/w/`), link);
    const before = site.requests.length;
    const own = await read(page, code);

    await page.goto(link);
    await page.getByText("Shared workspace").first().waitFor();
    await page.getByText("Read-only", { exact: true }).waitFor();
    assert.match(await read(page, code), /from the sender/);
    assert.ok(await testButton(page).isDisabled(), "nothing runs before the visitor agrees");
    await page.getByRole("button", { name: "Replay" }).click();
    await page.getByText("Replayed: identical to the sender's history").first().waitFor();
    for (const url of site.requests.slice(before)) assert.ok(!url.includes("/w/"), "the link's content is not sent to the host");

    // The visitor's own work was not touched, and a fork is theirs.
    await page.getByRole("button", { name: "Back to my workspace" }).click();
    await page.getByText("Shared workspace").first().waitFor({ state: "detached" });
    await page.goto(`${site.url}#/functions/hello/code`);
    await page.waitForFunction(() => document.querySelector(".cm-content")?.textContent.includes("(module") && !document.querySelector(".cm-content").textContent.includes("from the sender"));
    assert.equal(await read(page, code), own);
    await page.goto(link);
    await page.getByRole("button", { name: "Fork to edit" }).click();
    await page.getByText("is yours now").waitFor();
    await invoke(page);
  });
});

test("a link that lost its end is named as such, and the draft is kept", (t) =>
  visit(t, {}, async (page, site) => {
    const link = await makeLink(site);
    await write(page, code, `${echo};; my draft`);
    await page.getByText("Not deployed", { exact: true }).waitFor();
    await page.getByText("Stored here").waitFor();
    await page.goto(link.slice(0, -20));
    const fault = page.locator(".alert-error").filter({ hasText: "This link cannot be opened." });
    await fault.waitFor();
    assert.match(await fault.innerText(), /lost|cut|incomplete|characters/i);
    await page.goto(`${site.url}#/functions/hello/code`);
    await ready(page);
    assert.match(await read(page, code), /my draft/);
  }));

test("the clock can be paused, stepped and moved", (t) =>
  visit(t, {}, async (page) => {
    await editor(page, code);
    const face = page.getByRole("button", { name: /^Virtual clock/ });
    await face.click();
    const panel = page.locator("#clock-panel");
    await panel.getByText("Paused", { exact: false }).first().click();
    await page.getByRole("button", { name: /^Virtual clock: .*Paused/ }).waitFor();
    await page.keyboard.press("Escape");
    await testButton(page).click();
    await result(page).getByText("The clock is paused").waitFor();
    const step = result(page).getByRole("button", { name: "Step" });
    for (let steps = 0; steps < 20 && (await step.count()); steps++) {
      await step.click({ timeout: 2000 }).catch(() => {});
    }
    await outcomeIs(page, "Succeeded");
  }));

test("a Worker that fails is replaced, and the history is there again", (t) =>
  visit(t, { expected: [/boom/] }, async (page, site) => {
    await editor(page, code);
    await invoke(page);
    const worker = page.workers()[0];
    await worker.evaluate(() => void setTimeout(() => { throw new Error("boom"); }));
    await page.getByText("The engine failed.").first().waitFor();
    await invoke(page);
    await openTab(page, "Monitor");
    await page.locator(".numbers").getByText("2", { exact: true }).first().waitFor();
    site.faults.splice(0, site.faults.length, ...site.faults.filter((fault) => !fault.includes("boom")));
  }));

test("two profiles see the same history of the same work", async () => {
  const site = await serve();
  try {
    const seen = [];
    for (let visitor = 0; visitor < 2; visitor++) {
      const context = await (await launch()).newContext();
      const page = await context.newPage();
      await open(page, site);
      await invoke(page);
      seen.push(await logOutput(page).innerText());
      await context.close();
    }
    assert.equal(seen[0].replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "ID"), seen[1].replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "ID"), "the virtual times do not depend on the machine's mood");
  } finally {
    await site.close();
  }
});
