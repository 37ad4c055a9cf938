// What visitors do around a function: versions and aliases, what it is connected with, queues and their messages.

import assert from "node:assert/strict";
import test, { after } from "node:test";
import { addFault, canary, createQueue, editor, fillConfiguration, invoke, logOutput, openScenario, openTab, response, result, shareLink } from "./app.mjs";
import { close, open, ready, visit } from "./helper.mjs";

after(close);

const saved = (page) => page.getByRole("button", { name: "Save", exact: true, disabled: true }).first().waitFor();
const part = (page, name) => page.getByRole("navigation", { name: "Parts of the configuration" }).getByRole("link", { name }).click();

test("versions are published, an alias divides invocations between two of them", (t) =>
  visit(t, { hash: "#/functions/hello/versions" }, async (page) => {
    await page.getByText("No versions").waitFor();
    await canary(page);
    await page.getByRole("row", { name: /live.*Version 1: 90 %, version 2: 10 %/ }).waitFor();
    await page.getByRole("button", { name: "Edit alias live" }).click();
    const dialog = page.getByRole("dialog", { name: "Edit alias live" });
    await dialog.getByLabel("Weight of the additional version (%)").fill("101");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByRole("alert").filter({ hasText: /additionalVersionWeights/ }).waitFor();
    await dialog.getByLabel("Weight of the additional version (%)").fill("100");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByRole("row", { name: /live.*Version 1: 0 %, version 2: 100 %/ }).waitFor();
    await openTab(page, "Test");
    await page.getByLabel("Version or alias").selectOption("live");
    await invoke(page);
    await result(page).getByText("Executed version").waitFor();
    assert.equal(await result(page).locator("dt", { hasText: "Executed version" }).locator("xpath=..").locator("dd").innerText(), "2");
    await openTab(page, "Monitor");
    await page.getByRole("group", { name: "Invocations" }).getByRole("cell", { name: "2", exact: true }).waitFor();
    await openTab(page, "Versions");
    await page.getByRole("button", { name: "Delete version 2" }).click();
    await page.getByRole("alert").filter({ hasText: "ResourceConflictException" }).waitFor();
  }));

test("each part of the configuration is kept, refusals are AWS's and lose nothing", (t) =>
  visit(t, { hash: "#/queues" }, async (page, site) => {
    await createQueue(page, "dead");
    await createQueueAt(page, site, "done");
    await open(page, site, "#/functions/hello/configuration");
    await page.getByLabel("Memory (MB)").waitFor();
    for (const section of ["tags", "permissions", "concurrency"]) await fillConfiguration(page, section);

    await part(page, "Concurrency");
    await page.getByLabel("Environments at a time").fill("950");
    await page.getByRole("button", { name: "Save", exact: true, disabled: false }).click();
    await page.getByRole("alert").filter({ hasText: /UnreservedConcurrentExecution below its minimum value of \[100\]/ }).waitFor();
    assert.equal(await page.getByLabel("Environments at a time").inputValue(), "950");

    await part(page, "Destinations");
    await page.getByLabel("On success").fill("arn:aws:dynamodb:us-east-1:123456789012:table/t");
    await page.getByRole("button", { name: "Save", exact: true, disabled: false }).click();
    await page.getByRole("alert").filter({ hasText: "InvalidParameterValueException" }).waitFor();
    await page.getByLabel("On success").fill("arn:aws:sqs:us-east-1:123456789012:done");
    await page.getByRole("button", { name: "Save", exact: true, disabled: false }).click();
    await saved(page);

    await part(page, "Asynchronous invocation");
    await page.getByLabel("Retry attempts").fill("0");
    await page.getByLabel("Dead-letter queue").fill("arn:aws:sqs:us-east-1:123456789012:dead");
    await page.getByRole("button", { name: "Save", exact: true, disabled: false }).click();
    await saved(page);

    await part(page, "Triggers");
    await page.getByRole("button", { name: "Add trigger" }).click();
    const dialog = page.getByRole("dialog", { name: "Add trigger" });
    await dialog.getByLabel("SQS queue").selectOption({ label: "done" });
    await dialog.getByLabel("Batch size").fill("100");
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    await dialog.getByRole("alert").filter({ hasText: "Maximum batch window in seconds must be greater than 0" }).waitFor();
    await dialog.getByLabel("Batch size").fill("5");
    await dialog.getByLabel("Enable trigger").uncheck();
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("row", { name: /SQS: done.*Disabled/ }).waitFor();

    await page.getByText("Stored here").waitFor();
    await page.reload();
    await ready(page);
    await page.getByRole("row", { name: /SQS: done.*Disabled/ }).waitFor();
    await part(page, "Asynchronous invocation");
    await page.waitForFunction(() => document.querySelector("#async-retries")?.value === "0");
    assert.match(await page.getByLabel("Dead-letter queue").inputValue(), /:dead$/);
    await part(page, "Destinations");
    await page.waitForFunction(() => document.querySelector("#destinations-success")?.value.endsWith(":done"));
    await part(page, "Tags");
    await page.waitForFunction(() => document.querySelector("[aria-label='Value 1']")?.value === "payments");
  }));

async function createQueueAt(page, site, name, dead) {
  await open(page, site, "#/queues");
  await createQueue(page, name, dead);
}

test("messages are sent, looked at without being received, purged", (t) =>
  visit(t, { hash: "#/queues" }, async (page, site) => {
    await createQueue(page, "dead");
    await createQueueAt(page, site, "orders", "dead");
    await page.getByText("dead, after 3 receives").or(page.getByText(", after 3 receives")).first().waitFor();
    await page.getByLabel("Message body").fill('{"order": 17}');
    await page.getByRole("button", { name: "Send message" }).click();
    await page.getByRole("row", { name: /Available.*order/ }).waitFor();
    await page.getByLabel("Delay of this message (seconds)").fill("900");
    await page.getByLabel("Message body").fill("later");
    await page.getByRole("button", { name: /^Virtual clock/ }).click();
    await page.getByText("Paused", { exact: true }).first().click();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Send message" }).click();
    await page.getByRole("row", { name: /Delayed, 15 min.*later/ }).waitFor();
    await page.getByRole("button", { name: /: show the message$/ }).first().click();
    assert.match(await page.getByRole("group", { name: "Body" }).innerText(), /"order": 17/);
    assert.equal(await page.getByRole("row", { name: /Available.*order/ }).locator("td").nth(2).innerText(), "0", "it was never received");
    await page.getByRole("button", { name: "Purge" }).click();
    await page.getByRole("dialog", { name: "Purge queue" }).getByRole("button", { name: "Purge" }).click();
    await page.getByText("No messages").waitFor();
    await page.getByRole("button", { name: "Purge" }).click();
    await page.getByRole("dialog", { name: "Purge queue" }).getByRole("button", { name: "Purge" }).click();
    await page.getByRole("alert").filter({ hasText: "Only one PurgeQueue operation on orders is allowed every 60 seconds." }).waitFor();
  }));

test("a FIFO queue asks for a message group, and says what AWS says without a deduplication id", (t) =>
  visit(t, { hash: "#/queues" }, async (page) => {
    await page.getByRole("button", { name: "Create queue" }).first().click();
    const dialog = page.getByRole("dialog", { name: "Create queue" });
    await dialog.getByLabel("Name", { exact: true }).fill("steps");
    await dialog.getByLabel("Type").selectOption("FIFO");
    await dialog.getByRole("button", { name: "Create queue" }).click();
    await page.getByRole("heading", { level: 1, name: "steps.fifo" }).waitFor();
    await page.getByRole("button", { name: "Send message" }).click();
    await page.getByRole("alert").filter({ hasText: /InvalidParameterValue/ }).waitFor();
    await page.getByLabel("Deduplication ID").fill("one");
    await page.getByRole("button", { name: "Send message" }).click();
    await page.getByRole("row", { name: /Available.*group-1/ }).waitFor();
  }));

test("an event that fails is followed through its retries to its dead-letter queue", (t) =>
  visit(t, { hash: "#/examples" }, async (page) => {
    await openScenario(page, "Retries, dead letters and destinations");
    const events = page.getByRole("group", { name: "Asynchronous events" });
    const row = events.getByRole("row", { name: /Given up.*3.*outcomes/ });
    await row.waitFor();
    const steps = await events.getByRole("list", { name: "Steps of the event" }).getByRole("listitem").allInnerTexts();
    assert.match(steps[0], /Accepted and queued/);
    assert.equal(steps.filter((step) => /Attempt \d on environment/.test(step)).length, 3, steps.join("\n"));
    assert.equal(steps.filter((step) => /Back into the queue for a retry/.test(step)).length, 2);
    assert.match(steps.join("\n"), /RetriesExhausted/);
    await row.getByRole("link", { name: "dead-letters" }).click();
    await page.getByRole("heading", { level: 1, name: "dead-letters" }).waitFor();
    await page.getByRole("button", { name: /: show the message$/ }).click();
    await page.getByText("Attribute ErrorCode").waitFor();
    assert.match(await page.getByRole("group", { name: "Body" }).innerText(), /"mode": "error"/);
    await page.goto(page.url().replace(/#.*/, "#/queues/outcomes"));
    await page.getByText("Messages (2)").waitFor();
  }));

test("requests beyond the reserved concurrency are throttled, and marked over the lanes", (t) =>
  visit(t, { hash: "#/examples" }, async (page) => {
    await openScenario(page, "Throttling by reserved concurrency");
    await page.getByRole("group", { name: "Asynchronous events" }).getByText("Succeeded").nth(9).waitFor();
    const number = async (label) => Number((await page.locator(".numbers div", { hasText: label }).locator("dd").innerText()).replace(/\D.*/, ""));
    assert.equal(await number("Invocations"), 12, "two of ten at once, and ten events");
    assert.ok((await number("Throttles")) >= 8);
    await page.locator(".lanes-svg .lanes-throttle").first().waitFor();
    assert.equal(await page.locator(".lanes-svg .lanes-label", { hasText: "#" }).count(), 2, "never more than two environments");
  }));

test("a canary's invocations are told apart by version", (t) =>
  visit(t, { hash: "#/examples" }, async (page) => {
    await openScenario(page, "Canary with a weighted alias");
    await page.getByRole("row", { name: /live.*Version 1: 90 %, version 2: 10 %/ }).waitFor();
    await openTab(page, "Monitor");
    await page.getByRole("group", { name: "Invocations" }).locator("tbody tr").nth(39).waitFor();
    const versions = await page.getByRole("group", { name: "Invocations" }).locator("tbody tr td:nth-child(9)").allInnerTexts();
    const second = versions.filter((version) => version === "2").length;
    assert.ok(second > 0 && second < 15, versions.join());
    assert.equal(versions.filter((version) => version === "1").length, 40 - second);
  }));

test("memory sizes are tried in copies: the history stays as it is, and cost is told by function", (t) =>
  visit(t, { hash: "#/functions/hello/code" }, async (page) => {
    await editor(page, /^Code of /);
    await invoke(page);
    await openTab(page, "Monitor");
    await page.getByRole("button", { name: "Try memory sizes" }).click();
    const sizes = page.getByRole("group", { name: "Memory sizes" });
    await sizes.getByRole("row", { name: /3008 MB/ }).waitFor();
    await page.locator("button:enabled", { hasText: "Try memory sizes" }).waitFor();
    await sizes.getByText(/cheapest/).first().waitFor();
    const colds = await sizes.locator("tbody tr td:nth-child(2)").allInnerTexts();
    assert.ok(colds.every((cold) => parseFloat(cold) > 0), `each has a cold start: ${colds}`);
    assert.match(await page.locator(".numbers div", { hasText: "Invocations" }).locator("dd").innerText(), /^1$/);
    await page.getByRole("link", { name: "Cost", exact: true }).first().click();
    await page.getByRole("row", { name: /^hello 1 .*100\.0 %/ }).waitFor();
    await page.getByText(/\$0\.20 per million requests.*as of November 2026/).waitFor();
  }));

test("what an example costs depends on its memory", (t) =>
  visit(t, { hash: "#/examples" }, async (page) => {
    await openScenario(page, "Cost by memory");
    await page.getByRole("button", { name: "Try memory sizes" }).click();
    const sizes = page.getByRole("group", { name: "Memory sizes" });
    // Real work, twelve times over.
    await sizes.getByRole("row", { name: /3008 MB/ }).waitFor({ timeout: 180_000 });
    await page.locator("button:enabled", { hasText: "Try memory sizes" }).waitFor();
    const warm = (await sizes.locator("tbody tr td:nth-child(4)").allInnerTexts()).map(parseFloat);
    assert.ok(warm[0] > warm.at(-1), `more memory is faster: ${warm}`);
    await sizes.getByText(/cheapest/).first().waitFor();
  }));

test("a topic fans out to a function and two queues, one of which is choosy", (t) =>
  visit(t, { hash: "#/examples" }, async (page, site) => {
    await openScenario(page, "Fan-out by SNS");
    await page.getByRole("row", { name: /^shipping Standard 3/ }).waitFor();
    await page.getByRole("row", { name: /^express Standard 1/ }).waitFor();
    await page.getByRole("link", { name: "express" }).click();
    await page.getByRole("button", { name: /: show the message$/ }).click();
    assert.match(await page.getByRole("group", { name: "Body" }).innerText(), /"order": 17/);
    await page.goto(`${site.url}#/functions/counter/monitor`);
    await page.getByRole("group", { name: "Invocations" }).locator("tbody tr").nth(2).waitFor();
  }));

test("messages that cannot be handled end in a dead-letter queue and are redriven, those that match no filter are gone", (t) =>
  visit(t, { hash: "#/examples" }, async (page, site) => {
    await openScenario(page, "SQS triggers, filters and poison messages");
    await page.getByRole("row", { name: /^orders-dead Standard 3/ }).waitFor();
    await page.getByRole("row", { name: /^jobs Standard 0 0 0/ }).waitFor();
    await page.goto(`${site.url}#/functions/failures/configuration/triggers`);
    await page.getByRole("row", { name: /SQS: orders.*Enabled/ }).waitFor();
    await page.goto(`${site.url}#/functions/counter/monitor`);
    await page.getByRole("group", { name: "Invocations" }).getByText("Succeeded").first().waitFor();
    await page.goto(`${site.url}#/queues/orders-dead`);
    await page.getByText("Messages (3)").waitFor();
    await page.getByRole("button", { name: "Start DLQ redrive" }).click();
    await page.getByRole("row", { name: /COMPLETED 3 3/ }).waitFor();
  }));

test("faults strike invocations as often as they say, and travel in a link", (t) =>
  visit(t, { hash: "#/functions/hello/configuration/faults" }, async (page, site) => {
    await page.getByText("No faults", { exact: true }).waitFor();
    await addFault(page, "busy", { "Error type": "Payments.Unavailable", "At most so many times": "1" });
    await openTab(page, "Test");
    await invoke(page, "Failed");
    assert.match(await response(page).innerText(), /Payments\.Unavailable/);
    assert.match(await logOutput(page).innerText(), /\[coldstart\] fault busy/);
    await invoke(page);
    const link = new URL(await shareLink(page)).hash;
    await openTab(page, "Configuration");
    await part(page, "Faults");
    await page.getByRole("row", { name: /^busy.*Payments\.Unavailable.*the first 1/ }).getByRole("cell", { name: "1", exact: true }).waitFor();
    await page.getByRole("button", { name: "Remove busy" }).click();
    await page.getByText("No faults", { exact: true }).waitFor();

    const other = await (await site.context.browser().newContext()).newPage();
    try {
      await open(other, site, link);
      await other.getByRole("button", { name: /^Replay/ }).click();
      await other.getByText(/identical to the sender's history/i).first().waitFor();
    } finally {
      await other.context().close();
    }
  }));
