// What visitors do with state machines: list, create, edit beside the graph, save, start, configure.

import assert from "node:assert/strict";
import test, { after } from "node:test";
import { addTag, createMachine, editor, openTab, read, write } from "./app.mjs";
import { close, open, ready, visit } from "./helper.mjs";

after(close);

const definition = /^Definition of /;
const state = (page, name) => page.getByRole("treeitem", { name: new RegExp(`^${name},`) });
const faults = (page) => page.getByRole("list", { name: "Faults of the definition" });

test("create from a template, start, see the execution end, find it in the lists", (t) =>
  visit(t, { hash: "#/machines" }, async (page) => {
    await page.getByText("No state machines").waitFor();
    await createMachine(page, "counter", "Choice and wait");
    await page.getByText("Saved", { exact: true }).waitFor();
    await page.getByText("No faults found").waitFor();

    await page.getByRole("button", { name: "Start execution" }).click();
    const dialog = page.getByRole("dialog", { name: "Start execution of counter" });
    await write(page, "Input JSON", '{"limit": 2');
    await dialog.getByText(/^Not JSON/).waitFor();
    assert.ok(await dialog.getByRole("button", { name: "Start execution" }).isDisabled());
    await write(page, "Input JSON", '{"limit": 2}');
    await dialog.getByLabel("Execution name").fill("first");
    await dialog.getByRole("button", { name: "Start execution" }).click();
    await page.getByRole("heading", { level: 1, name: "first" }).waitFor();
    await page.getByText("Succeeded", { exact: true }).first().waitFor();

    await page.getByRole("link", { name: "counter" }).last().click();
    await page.getByRole("row", { name: /first.*Succeeded/ }).waitFor();
    await page.goto(page.url().replace(/#.*/, "#/machines"));
    await page.getByRole("row", { name: /counter.*Standard.*Succeeded/ }).waitFor();

    // What was saved, and the input that was typed, are there after a reload.
    await page.getByText("Stored here").waitFor();
    await page.reload();
    await ready(page);
    await page.getByRole("row", { name: /counter.*Standard.*Succeeded/ }).waitFor();
    await page.getByRole("link", { name: "counter" }).last().click();
    await page.getByRole("button", { name: "Start execution" }).click();
    assert.equal(await read(page, "Input JSON"), '{"limit": 2}');
  }));

test("a fault is marked where it is, a fix settles it, and the graph follows", (t) =>
  visit(t, { hash: "#/machines" }, async (page) => {
    await createMachine(page, "loop", "Choice and wait");
    const text = await read(page, definition);
    await write(page, definition, text.replace('"Default": "Done"', '"Default": "Dnoe"'));
    await faults(page).waitFor();
    assert.match(await faults(page).innerText(), /Line 22, column 18/);
    assert.match(await faults(page).innerText(), /MISSING_TRANSITION_TARGET .*Dnoe/);
    await page.locator(".cm-lintRange-error").first().waitFor();
    await page.locator(".cm-lint-marker-error").first().waitFor();
    await state(page, "Dnoe").waitFor();
    await page.getByText("Not saved", { exact: true }).waitFor();

    await page.getByRole("button", { name: "Change to “Done”" }).first().click();
    await page.getByText("No faults found").waitFor();
    await state(page, "Dnoe").waitFor({ state: "detached" });
    assert.equal((await read(page, definition)).trim(), text.trim());
    await page.getByText("Saved", { exact: true }).waitFor();

    // A broken text is still drawn, as far as it goes and beyond.
    await write(page, definition, text.replace('"Seconds": 60,', '"Seconds": ,'));
    await faults(page).waitFor();
    assert.match(await faults(page).innerText(), /INVALID_JSON_DESCRIPTION Unexpected character/);
    for (const name of ["Begin", "Wait a little", "Count", "Done"]) await state(page, name).waitFor();

    // AWS's refusal is shown as AWS words it.
    await write(page, definition, text.replace('"StartAt": "Begin",', ""));
    await page.getByRole("button", { name: "Save", exact: true }).click();
    const alert = page.getByRole("alert").filter({ hasText: "InvalidDefinition" });
    await alert.waitFor();
    assert.match(await alert.innerText(), /StartAt/);
  }));

test("the editor completes fields, types and states", (t) =>
  visit(t, { hash: "#/machines" }, async (page) => {
    await createMachine(page, "complete", "Hello");
    const text = await read(page, definition);
    await write(page, definition, text.replace('      "End": true\n    }', '      "Next": \n    },\n    "After": {\n      "Type": "Succeed"\n    }'));
    const box = await editor(page, definition);
    await box.getByText('"Next"').click();
    await page.keyboard.press("End");
    await page.keyboard.type('"A');
    const words = page.locator(".cm-tooltip-autocomplete li");
    await words.filter({ hasText: "After" }).waitFor();
    // Enter takes a word once the list has been there for a moment.
    await page.waitForTimeout(150);
    await page.keyboard.press("Enter");
    assert.match(await read(page, definition), /"Next": "After"\n/);
    await page.getByText("No faults found").waitFor();
    await state(page, "After").waitFor();
  }));

test("cursor and graph select the same state", (t) =>
  visit(t, { hash: "#/machines" }, async (page) => {
    await createMachine(page, "both", "Parallel and map");
    const box = await editor(page, definition);
    await box.getByText('"Late"').first().click();
    await page.locator("[role=treeitem][aria-selected=true]").filter({ hasText: "Slow" }).waitFor();
    await state(page, "Each item").locator("text").first().click();
    await page.locator(".cm-activeLine").filter({ hasText: '"Each item"' }).waitFor();

    await page.getByRole("button", { name: "Zoom out" }).click();
    const [before, zoomed] = [await page.locator(".state-graph-zoom").innerText(), page.locator(".state-graph-zoom")];
    await page.getByRole("button", { name: "Zoom in" }).click();
    assert.notEqual(await zoomed.innerText(), before);
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save the picture as SVG" }).click();
    assert.equal((await download).suggestedFilename(), "both.svg");
  }));

test("by keyboard alone: walk through the graph, leave the editor, save", (t) =>
  visit(t, { hash: "#/machines" }, async (page) => {
    await createMachine(page, "keys", "Parallel and map");
    const focused = () => page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? "");
    const box = await editor(page, definition);
    await box.focus();
    await page.keyboard.press("ControlOrMeta+End");
    await page.keyboard.type(" ");
    await page.keyboard.press("Escape");
    // Out of the editor, over what is wrong or right, to the picture.
    let presses = 0;
    for (; presses < 20 && !(await focused()).startsWith("Side by side,"); presses++) await page.keyboard.press("Tab");
    assert.ok(presses < 20, "the graph is reached with Tab");
    const seen = [];
    for (const key of ["ArrowDown", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "Home", "End"]) {
      await page.keyboard.press(key);
      seen.push((await focused()).split(",")[0]);
    }
    assert.deepEqual(seen, ["Quick", "Slow", "Late", "Each item", "Double", "Each item", "Side by side", "Double"]);
    await page.keyboard.press("+");
    assert.equal(await page.locator("[role=treeitem][tabindex='0']").count(), 1, "the tree is one stop");
    await box.focus();
    await page.keyboard.press("ControlOrMeta+s");
    await page.getByText("Saved", { exact: true }).waitFor();
  }));

test("a state is tested from the graph, mocked or real, and the workspace stays as it is", (t) =>
  visit(t, { hash: "" }, async (page, site) => {
    // The function that the task calls is there once the page is.
    await editor(page, /^Code of /);
    await open(page, site, "#/machines");
    await createMachine(page, "tried", "Choice and wait");
    const commands = () => page.evaluate(() => new Promise((resolve) => {
      const request = indexedDB.open("coldstart");
      request.onsuccess = () => {
        const all = request.result.transaction("documents").objectStore("documents").getAll();
        all.onsuccess = () => resolve(all.result.map((text) => JSON.parse(text)).find((document) => document.machines)?.commands.length);
      };
    }));
    await page.getByText("Stored here").waitFor();
    const test = page.getByRole("button", { name: "Test state", exact: true });
    assert.ok(await test.isDisabled(), "no state is selected");
    await state(page, "Count").locator("text").first().click();
    await test.click();
    const panel = page.getByRole("region", { name: "Test state: Count" });
    const outcome = page.getByRole("region", { name: "Result of the test" });
    await write(page, "State input", '{"limit": 2, "count": ');
    await panel.getByText(/^Not JSON/).waitFor();
    assert.ok(await panel.getByRole("button", { name: "Start test" }).isDisabled());
    await write(page, "State input", '{"limit": 2, "count": 4}');
    await panel.getByRole("button", { name: "Start test" }).click();
    await outcome.getByText("SUCCEEDED", { exact: true }).waitFor();
    assert.match(await outcome.getByRole("group", { name: "Output" }).innerText(), /"count": 5/);
    const headings = await outcome.getByRole("heading", { level: 3 }).allInnerTexts();
    const order = headings.map((text) => text.replace(/\s*\(.*|\s*·.*/, ""));
    assert.deepEqual(order.slice(0, 3), ["Output", "Input and output processing", "State input"]);
    assert.ok(order.indexOf("After Parameters") > 2, order.join());
    await outcome.getByRole("button", { name: "Select Enough?" }).click();
    await page.getByRole("region", { name: "Test state: Enough?" }).waitFor();

    // INFO leaves the values out; AWS's refusals are shown in its words.
    await page.getByLabel("Inspection level").selectOption("INFO");
    await write(page, "State input", '{"limit": 2, "count": 9}');
    await page.getByRole("button", { name: "Start test" }).click();
    await outcome.getByRole("button", { name: "Select Done" }).waitFor();
    assert.equal(await outcome.getByText("Input and output processing").count(), 0);

    // A Task: retried, then caught, then for real, in a copy.
    await write(page, definition, `{"StartAt": "Greet", "States": {"Greet": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
"Parameters": {"FunctionName": "hello", "Payload": {"name": "Bob"}}, "Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 1}],
"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}], "OutputPath": "$.Payload", "End": true}, "Sorry": {"Type": "Pass", "End": true}}}`);
    await state(page, "Greet").locator("text").first().click();
    await page.getByText("Mock an error", { exact: true }).click();
    await page.getByLabel("Error", { exact: true }).fill("Busy");
    await page.getByRole("button", { name: "Start test" }).click();
    await outcome.getByText("RETRIABLE", { exact: true }).waitFor();
    await page.getByLabel("Retries so far").fill("1");
    await page.getByRole("button", { name: "Start test" }).click();
    await outcome.getByText("CAUGHT_ERROR", { exact: true }).waitFor();
    await outcome.getByRole("button", { name: "Select Sorry" }).waitFor();
    await page.getByText("Call it", { exact: true }).click();
    const before = await commands();
    await page.getByRole("button", { name: "Start test" }).click();
    await outcome.getByText("SUCCEEDED", { exact: true }).waitFor();
    assert.match(await outcome.getByRole("group", { name: "Output" }).innerText(), /Bob/);
    await page.getByRole("button", { name: "Close the test" }).click();
    await page.getByText("Stored here").waitFor();
    assert.equal(await commands(), before, "no test is in the log");
    await open(page, site, "#/functions/hello/monitor");
    await page.locator(".numbers").waitFor();
    assert.equal(await page.getByText("START RequestId").count(), 0, "no test is in the function's logs");
  }));

test("versions are published, aliases route to them, executions start through them", (t) =>
  visit(t, { hash: "#/machines" }, async (page) => {
    await createMachine(page, "routed", "Hello");
    await openTab(page, "Versions and aliases");
    assert.ok(await page.getByRole("button", { name: "Create alias" }).isDisabled(), "an alias needs a version");
    for (const description of ["as it began", "the second"]) {
      if (description === "the second") {
        await openTab(page, "Definition");
        const text = await read(page, definition);
        await write(page, definition, text.replace('"StartAt"', '"Comment": "changed",\n  "StartAt"'));
        await page.getByRole("button", { name: "Save", exact: true }).click();
        await page.getByText("Saved", { exact: true }).waitFor();
        await openTab(page, "Versions and aliases");
      }
      await page.getByRole("button", { name: "Publish version" }).click();
      await page.getByLabel("Description (optional)").fill(description);
      await page.getByRole("dialog").getByRole("button", { name: "Publish", exact: true }).click();
      await page.getByRole("row", { name: new RegExp(description) }).waitFor();
    }
    await page.getByRole("button", { name: "Create alias" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Alias name").fill("12");
    await dialog.getByText("Use more than digits: those are versions.").waitFor();
    await dialog.getByLabel("Alias name").fill("live");
    await dialog.getByLabel("Version", { exact: true }).selectOption("1");
    await dialog.getByLabel("Second version (optional)").selectOption("2");
    await dialog.getByLabel("Weight of the second version (%)").fill("10");
    await dialog.getByRole("button", { name: "Create alias" }).click();
    await page.getByRole("row", { name: /live.*Version 1: 90 %, version 2: 10 %/ }).waitFor();
    await page.getByRole("button", { name: "Edit alias live" }).click();
    await dialog.getByLabel("Second version (optional)").selectOption("");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByRole("row", { name: /live.*Version 1: 100 %/ }).waitFor();

    // AWS does not delete what an alias uses, and says so.
    await page.getByRole("button", { name: "Delete version 1" }).click();
    await page.getByRole("alert").getByText(/must not be referenced by an alias.*live/).waitFor();
    await page.getByRole("button", { name: "Delete version 2" }).click();
    await page.getByRole("row", { name: /the second/ }).waitFor({ state: "detached" });

    await page.getByRole("button", { name: "Start execution" }).click();
    await page.getByLabel("Version or alias").selectOption({ label: "Alias live" });
    await page.getByLabel("Execution name").fill("through");
    await page.getByRole("dialog").getByRole("button", { name: "Start execution" }).click();
    await page.getByRole("heading", { level: 1, name: "through" }).waitFor();
    await page.locator(".page-header").getByText("Succeeded").waitFor();
    await openTab(page, "Definition");
    await page.getByRole("group", { name: "As it was run" }).waitFor();
    assert.doesNotMatch(await page.getByRole("group", { name: "As it was run" }).innerText(), /changed/);

    await page.goBack();
    await openTab(page, "Versions and aliases");
    await page.getByRole("button", { name: "Delete alias live" }).click();
    await page.getByText("No aliases").waitFor();
  }));

test("an Express machine answers in the dialog, and its execution opens in every view", (t) =>
  visit(t, { hash: "#/machines" }, async (page) => {
    await page.getByRole("button", { name: "Create state machine" }).first().click();
    const create = page.getByRole("dialog", { name: "Create state machine" });
    await create.getByLabel("State machine name").fill("quick");
    await create.getByText("Express", { exact: true }).click();
    await create.getByRole("button", { name: "Create state machine" }).click();
    await page.getByRole("button", { name: "Start execution" }).click();
    const dialog = page.getByRole("dialog", { name: "Start execution of quick" });
    await editor(page, "Input JSON");
    await dialog.getByRole("button", { name: "Start execution" }).click();
    await dialog.getByText("Succeeded", { exact: true }).waitFor();
    assert.match(await dialog.getByLabel("Output", { exact: true }).innerText(), /Hello, Ada!/);
    await dialog.getByRole("link", { name: "Open the execution" }).click();
    await page.locator(".page-header").getByText("Express").waitFor();
    await page.getByRole("option").filter({ hasText: "ExecutionSucceeded" }).waitFor();
    assert.ok(await page.getByRole("button", { name: "Redrive" }).isDisabled());
    await page.getByText("Stored here").waitFor();
    await page.reload();
    await ready(page);
    await page.getByRole("option").filter({ hasText: "ExecutionSucceeded" }).waitFor();
    await page.getByRole("link", { name: "quick" }).last().click();
    await page.getByRole("row", { name: /Succeeded/ }).waitFor();
  }));

test("logging, tags and mocks are kept by the cloud", (t) =>
  visit(t, { hash: "#/machines" }, async (page) => {
    await createMachine(page, "kept", "Call a function");
    await openTab(page, "Configuration");
    await page.getByLabel("Log level").selectOption("ALL");
    await page.getByRole("button", { name: "Save logging" }).click();
    await page.getByRole("button", { name: "Save logging", disabled: true }).waitFor();
    await addTag(page, "team", "orders");

    await openTab(page, "Mocks");
    await editor(page, "Mocks of kept");
    const mocks = JSON.parse(await read(page, "Mocks of kept"));
    assert.deepEqual(mocks.StateMachines.kept.TestCases.Happy, { "Say hello": "Answer" });
    mocks.MockedResponses.Answer["0"].Return = { Payload: { message: "mocked" } };
    await write(page, "Mocks of kept", JSON.stringify(mocks));
    await page.getByRole("button", { name: "Use these" }).click();
    await page.getByText("In use", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Start execution" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Start execution" }).click();
    await page.getByText("Succeeded", { exact: true }).first().waitFor();
    await page.getByRole("tablist", { name: "Views of the execution" }).getByRole("tab", { name: "Input and output" }).click();
    assert.match(await page.getByRole("group", { name: "Execution output" }).innerText(), /mocked/);
  }));

test("delete asks first, and can be undone", (t) =>
  visit(t, { hash: "#/machines" }, async (page) => {
    await createMachine(page, "gone", "Hello");
    await openTab(page, "Configuration");
    await addTag(page, "team", "orders");
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Delete gone?" });
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await page.getByText("gone was deleted.").first().waitFor();
    await page.getByText("No state machines").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("link", { name: "gone" }).last().click();
    await page.getByText("Saved", { exact: true }).waitFor();
    await openTab(page, "Configuration");
    await page.waitForFunction(() => document.querySelector("[aria-label='Value 1']")?.value === "orders");
  }));

test("a phone gets one column, and a graph to scroll in", (t) =>
  visit(t, { viewport: { width: 320, height: 640 }, hash: "#/machines", isMobile: true, hasTouch: true }, async (page) => {
    await createMachine(page, "small", "Parallel and map");
    await state(page, "Double").waitFor();
    const [text, picture] = [await (await editor(page, definition)).boundingBox(), await page.getByRole("tree").boundingBox()];
    assert.ok(picture.y > text.y, "the graph is below the text");
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0);
    await state(page, "Side by side").locator("text").first().tap();
    await page.locator("[role=treeitem][aria-selected=true]").filter({ hasText: "Side by side" }).waitFor();
  }));

test("two hundred states are laid out at once", (t) =>
  visit(t, { hash: "#/machines" }, async (page) => {
    await createMachine(page, "large", "Hello");
    const states = {};
    for (let at = 0; at < 200; at++) {
      const next = (step) => `State ${Math.min(at + step, 199)}`;
      states[`State ${at}`] =
        at === 199
          ? { Type: "Succeed" }
          : at % 7 === 3
            ? { Type: "Choice", Choices: [1, 2].map((value) => ({ Variable: "$.a", NumericEquals: value, Next: next(value + 1) })), Default: next(1) }
            : { Type: "Task", Resource: "arn:aws:states:::lambda:invoke", Next: next(1), ...(at % 5 === 0 && { Catch: [{ ErrorEquals: ["States.ALL"], Next: "State 198" }] }) };
    }
    await write(page, definition, JSON.stringify({ StartAt: "State 0", States: states }, null, 1));
    await state(page, "State 199").waitFor();
    assert.equal(await page.getByRole("treeitem").count(), 200);
    // What the engine takes for faults, fixes and picture, the way there and back included.
    const took = await page.evaluate(async () => {
      const view = document.querySelector(".cm-content").cmTile?.view ?? document.querySelector(".cm-content").cmView?.view;
      const text = view.state.doc.toString();
      const worker = globalThis.coldstart.startEngine();
      const answer = (type) => new Promise((resolve) => {
        const hear = (event) => {
          const found = JSON.parse(event.data.json).find((message) => message[type]);
          if (found) resolve(found[type]), worker.removeEventListener("message", hear);
        };
        worker.addEventListener("message", hear);
      });
      await answer("ready");
      const times = [];
      for (let id = 1; id <= 5; id++) {
        const begun = performance.now();
        const answered = answer("definitionAnswered");
        worker.postMessage({ json: JSON.stringify([{ definition: { id, ask: { analyse: { text, express: false } } } }]), buffers: [] });
        await answered;
        times.push(performance.now() - begun);
      }
      worker.terminate();
      return { lines: text.split("\n").length, least: Math.min(...times) };
    });
    t.diagnostic(`${took.lines} lines, 200 states: ${took.least.toFixed(1)} ms`);
    // The optimised engine takes a few milliseconds; one that was built for debugging is a hundred times slower.
    if (!process.env.COLDSTART_DEBUG_ENGINE) assert.ok(took.least < 100, `${took.least} ms`);
  }));

test("a Map state is told what failed in it and what its reader reads", (t) =>
  visit(t, { hash: "#/machines" }, async (page) => {
    await createMachine(page, "mapped", "Hello");
    await write(page, definition, `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "ToleratedFailureCount": 1,
"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}, "Parameters": {"Bucket": "b", "Key": "k"}},
"ItemSelector": {"item.$": "$$.Map.Item.Value"}, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Charge", "States": {"Charge": {"Type": "Pass", "End": true}}},
"Catch": [{"ErrorEquals": ["States.ExceedToleratedFailureThreshold"], "Next": "Sorry"}], "End": true}, "Sorry": {"Type": "Pass", "End": true}}}`);
    await state(page, "Each").locator("text").first().click();
    await page.getByRole("button", { name: "Test state", exact: true }).click();
    const outcome = page.getByRole("region", { name: "Result of the test" });
    await write(page, "Mocked result", '["done"]');
    await page.getByLabel("Data of the item reader").fill('[{"order": 17');
    await page.getByText(/^Not JSON/).waitFor();
    await page.getByLabel("Data of the item reader").fill('[{"order": 17}]');
    await page.getByRole("button", { name: "Start test" }).click();
    await outcome.getByText("SUCCEEDED", { exact: true }).waitFor();
    assert.match(await outcome.innerText(), /"order": 17/);
    await page.getByLabel("Failed iterations").fill("2");
    await page.getByRole("button", { name: "Start test" }).click();
    await outcome.getByText("CAUGHT_ERROR", { exact: true }).waitFor();
    await outcome.getByRole("button", { name: "Select Sorry" }).waitFor();
    await page.getByText("Mock an error", { exact: true }).click();
    await page.getByLabel("Error caused by state").fill("Charge");
    await page.getByLabel("Error", { exact: true }).fill("Oops");
    await page.getByLabel("Failed iterations").fill("");
    await page.getByRole("button", { name: "Start test" }).click();
    await outcome.getByText("FAILED", { exact: true }).waitFor();
  }));
