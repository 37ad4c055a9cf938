// Parts of the two modules (docs/adr/0005): not on the way to the first answer, there when they are needed, ahead of that when there is time.

import assert from "node:assert/strict";
import test, { after } from "node:test";
import { close, ready, visit } from "./helper.mjs";
import { deployButton, invoke, response, write } from "./app.mjs";

after(close);

/** Visitors who ask to save data are sent nothing ahead of its need. */
const savingData = (page) => page.addInitScript(() => Object.defineProperty(navigator, "connection", { value: { saveData: true } }));
const isPart = (url) => /\/part-[a-z-]+-[0-9a-f]+\.wasm$/.test(url);
const engineParts = async (page) => (page.workers()[0] ?? (await page.waitForEvent("worker"))).evaluate(() => self.COLDSTART_PARTS);
const pageParts = (page) => page.evaluate(() => coldstart.parts);
const named = (parts, name) => parts.filter((part) => part.name === name).map(({ given }) => given);

/** The browser asks for a page's icon as it likes, without the network as well. */
const iconOffline = [/favicon\.svg: net::ERR_INTERNET_DISCONNECTED/, /^Failed to load resource: net::ERR_INTERNET_DISCONNECTED/];

/** All parts that the build has, fetched ahead. */
async function fetchedAhead(page) {
  await page.waitForFunction(() => {
    const { app, engine } = JSON.parse(document.getElementById("boot").dataset.parts);
    return coldstart.fetched.length === [...app, ...engine].filter(Boolean).length;
  });
}

async function editGreeting(page, word) {
  const text = await page.evaluate(() => document.querySelector(".cm-content").cmTile?.view?.state.doc.toString() ?? document.querySelector(".cm-content").cmView.view.state.doc.toString());
  await write(page, "Code", text.replace("Hello, world!", `Hallo, ${word}!`));
}

test("the first answer needs no part, and saves fetching them for later", (t) =>
  visit(t, { hash: null }, async (page, site) => {
    await savingData(page);
    await page.goto(site.url);
    await ready(page);
    await invoke(page);
    assert.match(await response(page).innerText(), /Hello, Ada!/);
    assert.deepEqual(await pageParts(page), [], "the page's first screen has all of its code");
    assert.deepEqual(await engineParts(page), [], "the engine's first invocation has all of its code");
    assert.deepEqual(site.requests.filter(isPart), []);
  }));

test("parts are fetched once, after the engine is ready, and then nothing needs the network", (t) =>
  visit(t, { expected: iconOffline }, async (page, site) => {
    await fetchedAhead(page);
    const fetched = site.requests.filter(isPart);
    assert.ok(fetched.length >= 3, fetched.join(" "));
    assert.deepEqual(fetched, [...new Set(fetched)], "each once");
    const order = site.requests.map((url) => new URL(url).pathname);
    const first = order.findIndex(isPart);
    for (const needed of [/\/app-/, /\/engine-.*wasm/, /\/engine-.*js/]) assert.ok(order.findIndex((path) => needed.test(path)) < first, `${needed} before the parts`);

    // The editor is no part; it has to be there before the network goes.
    await page.locator(".cm-content").waitFor();
    await site.context.setOffline(true);
    await editGreeting(page, "alle");
    await deployButton(page).click();
    await invoke(page);
    for (const place of ["Test", "Monitor", "Configuration"]) await page.getByRole("tab", { name: place, exact: true }).click();
    await page.goto(`${site.url}#/workspaces`);
    await page.getByRole("heading", { level: 1, name: "Workspaces" }).waitFor();
    assert.deepEqual(named(await engineParts(page), "wat"), [true]);
    assert.ok((await pageParts(page)).every((part) => part.given), JSON.stringify(await pageParts(page)));
    assert.deepEqual(site.requests.filter(isPart), fetched);
  }));

test("a part that was not fetched ahead is fetched when it is needed", (t) =>
  visit(t, { hash: null }, async (page, site) => {
    await savingData(page);
    await page.goto(site.url);
    await ready(page);
    await page.locator(".cm-content").waitFor();
    await editGreeting(page, "Welt");
    await deployButton(page).click();
    await invoke(page);
    assert.deepEqual(named(await engineParts(page), "wat"), [false]);
    await page.getByRole("tab", { name: "Monitor", exact: true }).click();
    await page.getByRole("heading", { name: /environments/i }).first().waitFor();
    assert.deepEqual(named(await pageParts(page), "tabs"), [false]);
    const worker = page.workers()[0];
    assert.equal(await worker.evaluate(() => "XMLHttpRequest" in self), false, "the way is not open to others");
  }));

test("a page that is opened at a route has its parts before it draws", (t) =>
  visit(t, { hash: null }, async (page, site) => {
    await savingData(page);
    await page.goto(`${site.url}#/examples`);
    await page.getByRole("heading", { level: 1, name: "Examples" }).waitFor();
    assert.deepEqual(named(await pageParts(page), "pages"), [true]);
  }));

test("a part that cannot be had is said, and fetched when it can be", (t) =>
  visit(t, { hash: null, expected: [/part-wat-/, /could not be loaded/] }, async (page, site) => {
    await savingData(page);
    await page.goto(site.url);
    await ready(page);
    await page.locator(".cm-content").waitFor();
    await site.context.route(/part-wat-/, (route) => route.fulfill({ status: 503, body: "later" }));
    await editGreeting(page, "Welt");
    await page.getByText(/part "wat" .*could not be loaded .*503/).first().waitFor();
    await page.getByText("A part of the engine did not arrive.").first().waitFor();
    await site.context.unroute(/part-wat-/);
    await deployButton(page).click();
    await invoke(page);
    site.faults.splice(0, site.faults.length, ...site.faults.filter((fault) => !/could not be loaded|part-wat/.test(fault)));
  }));
