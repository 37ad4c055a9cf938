// What visitors do with executions: import a history, scrub, follow one selection through all views, answer callbacks, compare.

import assert from "node:assert/strict";
import test, { after } from "node:test";
import { createApproval, createMachine, editor, failedMap, importHistory, openTab, runDistributed, startExecution, write } from "./app.mjs";
import { close, open, ready, visit } from "./helper.mjs";

after(close);

const state = (page, name) => page.getByRole("treeitem", { name: new RegExp(`^${name},`) });
const panel = (page) => page.locator(".state-panel");
const slider = (page) => page.getByRole("slider", { name: "Event of the time cursor" });
const option = (page, text) => page.getByRole("option").filter({ hasText: text });

test("a history from a file is shown in every view, and what failed is pinned", (t) =>
  visit(t, { hash: "#/histories" }, async (page) => {
    await importHistory(page, failedMap);
    // The state that failed is selected, in the graph, the panel and the table.
    await panel(page).getByRole("heading", { name: "Charge" }).waitFor();
    assert.equal(await state(page, "Charge").getAttribute("aria-selected"), "true");
    await page.locator("[role=option][aria-selected=true]").filter({ hasText: "LambdaFunctionFailed" }).waitFor();
    assert.match(await page.locator(".page-header").innerText(), /Failed/);
    await page.getByText("Put together from the history").waitFor();
    assert.match(await state(page, "Charge").getAttribute("aria-label"), /Failed/);

    // A click in the graph moves all views.
    await state(page, "Items").locator("text").first().click();
    await panel(page).getByRole("heading", { name: "Items" }).waitFor();
    await page.locator("[role=option][aria-selected=true]").filter({ hasText: "MapStateEntered" }).waitFor();

    await openTab(page, "Timeline");
    await page.locator("[role=option][aria-selected=true]").filter({ hasText: "Items" }).waitFor();
    await option(page, "Charge").first().click();
    await panel(page).getByRole("heading", { name: "Charge" }).waitFor();

    await openTab(page, "Map iterations");
    const cells = page.locator(".iteration");
    assert.match(await cells.first().getAttribute("aria-label"), /^Iteration 1: Failed at Charge/);
    assert.equal(await cells.count(), 3);
    await cells.last().click();
    await page.locator(".iteration[aria-pressed=true]").waitFor();

    await openTab(page, "Definition");
    await page.locator(".execution-view").getByText('"StartAt": "Prepare"').waitFor();
    // The panel of a state has a tab of the same words.
    await page.getByRole("tablist", { name: "Views of the execution" }).getByRole("tab", { name: "Input and output" }).click();
    await page.getByRole("heading", { name: /^Execution input/ }).waitFor();
  }));

test("scrubbing back shows each state as it was, by slider, keys and buttons", (t) =>
  visit(t, { hash: "#/histories" }, async (page) => {
    await importHistory(page, failedMap);
    await panel(page).getByRole("heading", { name: "Charge" }).waitFor();
    await slider(page).focus();
    await page.keyboard.press("Home");
    await page.getByText("Event 1 of 17").waitFor();
    await page.locator(".scrubber").getByText("Running").waitFor();
    assert.doesNotMatch(await state(page, "Prepare").getAttribute("aria-label"), /Running|Succeeded/);
    await page.keyboard.press("ArrowRight");
    await page.getByText("Event 2 of 17").waitFor();
    await page.locator('[role=treeitem][aria-label^="Prepare, Pass, Running"]').waitFor();
    await page.getByRole("button", { name: "One event on" }).click();
    await page.locator('[role=treeitem][aria-label^="Prepare, Pass, Succeeded"]').waitFor();
    // A state that was not entered yet says so.
    await state(page, "Charge").locator("text").first().click();
    await panel(page).getByText("Not entered by the time cursor").waitFor();
    await page.getByRole("button", { name: "To the end" }).click();
    await page.locator(".scrubber").getByText("Failed").waitFor();
    await page.locator('[role=treeitem][aria-label*="Charge"][aria-label*="Failed"]').waitFor();
  }));

test("the table is moved through by keys and searched", (t) =>
  visit(t, { hash: "#/histories" }, async (page) => {
    await importHistory(page, failedMap);
    const list = page.getByRole("listbox", { name: /^Events/ });
    await list.focus();
    await page.keyboard.press("Home");
    await page.locator("#event-1[aria-selected=true]").waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.locator("#event-3[aria-selected=true]").waitFor();
    assert.equal(await list.getAttribute("aria-activedescendant"), "event-3");
    await panel(page).getByRole("heading", { name: "Prepare" }).waitFor();
    await page.getByRole("searchbox", { name: "Search the events" }).fill("oops");
    await page.getByText("2 of 17 events").waitFor();
    await option(page, "LambdaFunctionFailed").waitFor();
  }));

test("a long history keeps few rows in the page", (t) =>
  visit(t, { hash: "#/histories" }, async (page) => {
    const events = [{ id: 1, previousEventId: 0, timestamp: 1700000000, type: "ExecutionStarted" }];
    for (let id = 2; id < 20000; id += 2) {
      const at = 1700000000 + id;
      events.push({ id, previousEventId: id - 1, timestamp: at, type: "PassStateEntered", stateEnteredEventDetails: { name: "P", input: "1" } });
      events.push({ id: id + 1, previousEventId: id, timestamp: at, type: "PassStateExited", stateExitedEventDetails: { name: "P", output: "1" } });
    }
    await page.locator("#import-history-file").setInputFiles({ name: "long.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify({ events })) });
    await page.getByText(/^long.json/).waitFor();
    await page.getByRole("button", { name: "Show the history" }).click();
    await page.getByText("The file ends before the execution does").waitFor();
    await page.getByRole("listbox", { name: /^Events, 19999/ }).focus();
    await page.keyboard.press("End");
    await page.locator("#event-19999[aria-selected=true]").waitFor();
    assert.ok((await page.getByRole("option").count()) <= 60);
    await openTab(page, "Timeline");
    await page.locator("[role=option][aria-selected=true]").waitFor();
    assert.ok((await page.getByRole("option").count()) <= 60);
  }));

test("files that are none are refused with what is wrong and where", (t) =>
  visit(t, { hash: "#/histories" }, async (page) => {
    const show = page.getByRole("button", { name: "Show the history" });
    assert.ok(await show.isDisabled());
    for (const [text, said] of [
      ["{", "no JSON"],
      ['{"executions": []}', 'no "events"'],
      ['[{"type": "A", "id": 1}, {"id": 2}]', 'events[1]: it has no "type"'],
    ]) {
      await page.getByLabel("History", { exact: true }).fill(text);
      await show.click();
      await page.getByRole("alert").filter({ hasText: said }).waitFor();
    }
  }));

test("two histories are compared, and the first difference is marked", (t) =>
  visit(t, { hash: "#/histories" }, async (page) => {
    await importHistory(page, failedMap);
    await openTab(page, "Compare");
    const other = structuredClone(failedMap);
    other.events[2].stateExitedEventDetails.output = '{"items":[1,2,4]}';
    await page.locator("#compare-file").setInputFiles({ name: "other.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(other)) });
    await page.getByText(/differences?\. The first one is row 1\./).waitFor();
    const first = page.locator(".compare-first");
    assert.match(await first.innerText(), /Prepare[\s\S]*output \(first difference\)/);
    await first.getByRole("button", { name: "Prepare" }).click();
    await panel(page).getByRole("heading", { name: "Prepare" }).waitFor();
  }));

test("an execution of the engine: graph, data flow, definition, run again with another input, compare", (t) =>
  visit(t, { hash: "#/machines" }, async (page) => {
    await createMachine(page, "counter", "Choice and wait");
    await startExecution(page, "first", '{"limit": 2}');
    await page.getByText("Succeeded", { exact: true }).first().waitFor();
    await state(page, "Count").locator("text").first().click();
    await panel(page).getByText("Visit 2 of 2").waitFor();
    await page.getByRole("button", { name: "The visit before" }).click();
    await panel(page).getByText("Visit 1 of 2").waitFor();
    await openTab(page, "Data flow");
    await panel(page).getByRole("heading", { name: /^After Parameters/ }).waitFor();
    await openTab(page, "Definition");
    await page.getByRole("heading", { name: /^As it was run/ }).waitFor();

    await page.getByRole("button", { name: "New execution" }).click();
    await write(page, "Input JSON", '{"limit": 1}');
    await page.getByRole("dialog").getByRole("button", { name: "Start execution" }).click();
    await page.getByRole("heading", { level: 1, name: "first" }).waitFor({ state: "detached" });
    await page.getByText("Succeeded", { exact: true }).first().waitFor();
    await openTab(page, "Compare");
    await page.getByLabel("Compare with").selectOption({ label: "first (succeeded)" });
    await page.getByText(/The first one is row 1\./).waitFor();
  }));

async function waiting(page, site, name) {
  if ((await page.locator("h1").innerText()) !== "approval") {
    await open(page, site, "#/machines/approval");
    await page.getByRole("heading", { level: 1, name: "approval" }).waitFor();
  }
  await startExecution(page, name, "{}");
  await page.locator('[role=treeitem][aria-label*="Waiting for callback"]').waitFor();
  await state(page, "Ask").locator("text").first().click();
  await page.getByRole("region", { name: "Answer the callback" }).waitFor();
}

test("a callback is answered with success or failure, an execution is stopped and redriven, and the invocation is opened", (t) =>
  visit(t, { hash: "" }, async (page, site) => {
    // The function that the task calls is there once the page is.
    await editor(page, /^Code of /);
    await open(page, site, "#/machines");
    await createApproval(page);

    await waiting(page, site, "yes");
    await write(page, "Output of the callback", '{"approved": "yes"}');
    await page.getByRole("button", { name: "Send success" }).click();
    await page.locator(".page-header").getByText("Succeeded").waitFor();
    await panel(page).getByText('"approved": "yes"').waitFor();

    await openTab(page, "Attempts");
    await page.getByRole("button", { name: "Show log lines" }).click();
    await panel(page).getByText(/^START RequestId/).waitFor();
    await page.getByRole("link", { name: "Open invocation" }).click();
    await page.getByText(/^START RequestId/).first().waitFor();
    assert.match(page.url(), /functions\/hello\/monitor\/[0-9a-f-]{36}$/);

    await waiting(page, site, "no");
    await page.getByLabel("Error", { exact: true }).fill("TooDear");
    await page.getByRole("button", { name: "Send failure" }).click();
    await page.locator(".page-header").getByText("Failed").waitFor();
    await page.locator('[role=treeitem][aria-label*="Caught error"]').waitFor();

    await waiting(page, site, "stop");
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.locator(".page-header").getByText("Aborted").waitFor();
    await page.getByRole("button", { name: "Redrive" }).click();
    await page.locator(".page-header").getByText("Running").waitFor();
  }));

test("a distributed Map state lists its child executions, failures first, and each opens at an address of its own", (t) =>
  visit(t, { hash: "#/machines" }, async (page) => {
    await runDistributed(page, "orders");
    const rows = page.getByRole("group", { name: "Child executions" }).getByRole("row");
    assert.equal(await rows.count(), 4, "a heading and three children");
    assert.match(await rows.nth(1).innerText(), /Failed/);
    await page.getByText("Failed 1", { exact: true }).waitFor();
    await page.getByText("Succeeded 2", { exact: true }).waitFor();
    await rows.nth(1).getByText("TooDear").waitFor();
    await rows.nth(1).getByRole("link").click();
    await page.locator(".page-header").getByText("Failed").waitFor();
    await page.locator('[role=treeitem][aria-label^="Refuse,"][aria-label*="Failed"]').waitFor();
    await page.getByText("more than a hundred").first().waitFor();
    const address = page.url();
    await page.getByText("Stored here").waitFor();
    await page.reload();
    await ready(page);
    assert.equal(page.url(), address);
    await page.locator('[role=treeitem][aria-label^="Refuse,"][aria-label*="Failed"]').waitFor();
    await page.getByRole("link", { name: "orders", exact: true }).last().click();
    await page.getByRole("heading", { level: 1, name: "orders", exact: true }).waitFor();
  }));

test("an imported history survives a reload, and can be forgotten", (t) =>
  visit(t, { hash: "#/histories" }, async (page) => {
    await importHistory(page, failedMap);
    await page.getByText("Event 17 of 17").waitFor();
    await page.reload();
    await ready(page);
    await page.getByText("Event 17 of 17").waitFor();
    await page.getByRole("link", { name: "Import a history" }).click();
    const kept = page.getByRole("group", { name: "Histories" });
    await kept.getByRole("link").click();
    await page.getByText("Event 17 of 17").waitFor();
    const address = page.url();
    await page.goBack();
    await kept.getByRole("button", { name: /^Forget / }).click();
    await kept.waitFor({ state: "detached" });
    await page.goto(address);
    await page.getByText("This history is not here any more").waitFor();
  }));

test("an execution that is not there says so", (t) =>
  visit(t, { hash: "#/machines/none/executions/nothing" }, async (page) => {
    await page.getByText("This execution cannot be shown").waitFor();
    await page.goto(page.url().replace(/#.*/, "#/histories/99"));
    await page.getByText("This history is not here any more").waitFor();
  }));
