// What services' pages share: lists that are read page by page, tags, policies; archives with their replays, and groups of schedules.

import assert from "node:assert/strict";
import test, { after } from "node:test";
import { account, addTag, archive, createMachine, createQueue, prepare, ruleToQueue, shopEvents } from "./app.mjs";
import { close, open, ready, visit } from "./helper.mjs";

after(close);

const dialog = (page, name) => page.getByRole("dialog", { name });
const bodies = async (page) => {
  const buttons = page.getByRole("button", { name: /: show the message$/ });
  const texts = [];
  for (let at = 0; at < (await buttons.count()); at++) {
    await buttons.nth(at).click();
    texts.push(JSON.parse(await page.getByRole("group", { name: "Body" }).innerText()));
    await buttons.nth(at).click();
  }
  return texts;
};

test("a list of more than one page is read on when the visitor asks for it", (t) =>
  visit(t, { hash: "#/topics" }, async (page) => {
    await page.getByText("No topics").waitFor();
    const number = (at) => String(at).padStart(3, "0");
    const topics = Array.from({ length: 205 }, (_, at) => ({ service: "sns", operation: "CreateTopic", params: { Name: `topic-${number(at)}` } }));
    await prepare(page, topics, "#/topics");
    await page.getByRole("heading", { name: "All topics (100+)" }).waitFor();
    await page.getByText("The first 100 are shown.").waitFor();
    await page.getByRole("searchbox", { name: "Find topics" }).fill("topic-204");
    await page.getByText("None of the topics matches").waitFor();
    await page.getByRole("button", { name: "Load more" }).click();
    await page.getByRole("heading", { name: "All topics (200+)" }).waitFor();
    await page.getByRole("button", { name: "Load more" }).click();
    await page.getByRole("heading", { name: "All topics (205)" }).waitFor();
    await page.getByRole("row", { name: "topic-204 Standard 0" }).waitFor();
    assert.equal(await page.getByRole("button", { name: "Load more" }).count(), 0, "that was all");
    await page.getByRole("searchbox", { name: "Find topics" }).fill("");
    assert.equal(await page.locator("tbody tr").count(), 205, "each one once");

    // What changes is seen on every page that was read.
    await page.getByRole("button", { name: "Create topic" }).first().click();
    await dialog(page, "Create topic").getByLabel("Name", { exact: true }).fill("zebra");
    await dialog(page, "Create topic").getByRole("button", { name: "Create topic" }).click();
    await page.getByRole("heading", { level: 1, name: "zebra" }).waitFor();
  }));

test("executions are read on, the newest first", (t) =>
  visit(t, { hash: "#/machines" }, async (page) => {
    await createMachine(page, "many", "Hello");
    const start = { service: "states", operation: "StartExecution", params: { stateMachineArn: account("states", "stateMachine:many") }, times: 130 };
    await prepare(page, [start], "#/machines/many/executions");
    await page.getByRole("heading", { name: "Executions (100+)" }).waitFor();
    await page.getByRole("button", { name: "Load more" }).click();
    await page.getByRole("heading", { name: "Executions (130)" }).waitFor();
    assert.equal(await page.getByRole("group", { name: "Executions" }).locator("tbody tr").count(), 130);
  }));

test("what an archive kept comes again, marked as a replay", (t) =>
  visit(t, { hash: "#/archives" }, async (page, site) => {
    await page.getByText("No archives").waitFor();
    await prepare(page, ruleToQueue("orders", "orders"), "#/archives");
    await page.getByRole("button", { name: "Create archive" }).first().click();
    let form = dialog(page, "Create archive");
    await form.getByLabel("Name", { exact: true }).fill("kept");
    await form.getByLabel("Event pattern (optional)").fill('{"source": "my.shop"}');
    await form.getByRole("button", { name: "Create archive" }).click();
    await form.getByRole("alert").filter({ hasText: "InvalidEventPatternException" }).waitFor();
    await form.getByLabel("Event pattern (optional)").fill('{"source": ["my.shop"]}');
    await form.getByLabel("Retention period (days)").fill("30");
    await form.getByRole("button", { name: "Create archive" }).click();
    await page.getByRole("heading", { level: 1, name: "kept" }).waitFor();
    await page.getByText("No replays").waitFor();

    await prepare(page, shopEvents(17, 18), "#/archives");
    await page.getByRole("row", { name: /^kept default 2 .* 30 days/ }).waitFor();
    await page.getByRole("link", { name: "kept" }).click();
    await page.getByRole("button", { name: "Start replay" }).click();
    form = dialog(page, "Start replay");
    await form.getByLabel("Name", { exact: true }).fill("again");
    const to = await form.getByLabel("Replay end time (UTC)").inputValue();
    await form.getByLabel("Replay end time (UTC)").fill("2025-01-01T00:00:00Z");
    await form.getByRole("button", { name: "Start replay" }).click();
    await form.getByRole("alert").filter({ hasText: "EventStartTime must be before EventEndTime" }).waitFor();
    await form.getByLabel("Replay end time (UTC)").fill(to);
    await form.getByLabel("Which rules see them").selectOption({ label: "orders" });
    await form.getByRole("button", { name: "Start replay" }).click();
    await page.getByRole("heading", { level: 1, name: "again" }).waitFor();
    await page.getByText("Completed", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Cancel replay", disabled: true }).waitFor();
    await page.getByRole("link", { name: "kept" }).click();
    await page.getByRole("row", { name: /^again Completed/ }).waitFor();
    await open(page, site, "#/replays");
    await page.getByRole("row", { name: /^again Completed kept/ }).waitFor();

    await open(page, site, "#/queues/orders");
    await page.getByText("Messages (4)").waitFor();
    const events = await bodies(page);
    assert.deepEqual(events.map((event) => event["replay-name"] ?? "").sort(), ["", "", "again", "again"]);
    assert.deepEqual(events.map((event) => event.detail.order).sort(), [17, 17, 18, 18]);

    await open(page, site, "#/archives/kept");
    await page.getByLabel("Retention period (days)").fill("7");
    await page.getByRole("region", { name: "Settings" }).getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("region", { name: "Settings" }).getByRole("button", { name: "Save", exact: true, disabled: true }).waitFor();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await dialog(page, "Delete archive").getByRole("button", { name: "Delete" }).click();
    await page.getByText("No archives").waitFor();
  }));

test("an event bus says who may put events on it", (t) =>
  visit(t, { hash: "#/buses/default" }, async (page) => {
    await page.getByText("No permissions").waitFor();
    assert.equal(await page.getByRole("button", { name: "Delete", exact: true }).count(), 0, "every account keeps this one");
    await page.getByRole("button", { name: "Add permission" }).click();
    const form = dialog(page, "Add permission");
    await form.getByLabel("Statement ID").fill("partner");
    await form.getByLabel("Principal").fill("nobody");
    await form.getByRole("button", { name: "Add", exact: true }).click();
    await form.getByRole("alert").filter({ hasText: "ValidationException" }).waitFor();
    await form.getByLabel("Principal").fill("111122223333");
    await form.getByLabel("Organization ID (optional)").fill("o-1234567890");
    await form.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("row", { name: /^partner arn:aws:iam::111122223333:root events:PutEvents .*o-1234567890/ }).waitFor();

    const policy = page.getByRole("region", { name: "Access policy" });
    assert.equal(JSON.parse(await policy.getByLabel("Policy document").inputValue()).Statement[0].Sid, "partner");
    const save = policy.getByRole("button", { name: "Save", exact: true });
    await policy.getByLabel("Policy document").fill("no JSON");
    await save.click();
    await page.getByRole("alert").filter({ hasText: "This policy contains invalid Json" }).waitFor();
    await policy.getByLabel("Policy document").fill(JSON.stringify({ Version: "2012-10-17", Statement: [{ Sid: "all", Effect: "Allow", Principal: "*", Action: "events:PutEvents", Resource: account("events", "event-bus/default") }] }));
    await save.click();
    await page.getByRole("row", { name: /^all \* events:PutEvents/ }).waitFor();
    await page.getByRole("button", { name: "Remove permission all" }).click();
    await page.getByText("No permissions").waitFor();
  }));

test("a queue's policy is read and changed", (t) =>
  visit(t, { hash: "#/queues" }, async (page) => {
    await createQueue(page, "orders");
    const policy = page.getByRole("region", { name: "Access policy" });
    await policy.getByLabel("Policy document").fill(JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: account("sqs", "orders") }] }));
    await policy.getByRole("button", { name: "Save", exact: true }).click();
    // What is saved comes back laid out.
    await page.waitForFunction(() => document.querySelector("#access-policy-policy").value.includes('\n  "Statement"'));
  }));

test("schedules of a group are listed with it, and go with it", (t) =>
  visit(t, { hash: "#/schedule-groups" }, async (page, site) => {
    await page.getByRole("row", { name: /^default Active/ }).waitFor();
    await page.getByRole("button", { name: "Create schedule group" }).first().click();
    await dialog(page, "Create schedule group").getByLabel("Name").fill("default");
    await dialog(page, "Create schedule group").getByRole("button", { name: "Create schedule group" }).click();
    await dialog(page, "Create schedule group").getByRole("alert").filter({ hasText: "ConflictException" }).waitFor();
    await dialog(page, "Create schedule group").getByLabel("Name").fill("nightly");
    await dialog(page, "Create schedule group").getByRole("button", { name: "Create schedule group" }).click();
    await page.getByRole("heading", { level: 1, name: "nightly" }).waitFor();
    await page.getByText("None belongs to this group yet.").waitFor();
    await page.getByRole("button", { name: "Create schedule", exact: true }).click();
    const form = dialog(page, "Create schedule");
    await form.getByLabel("Schedule name").fill("report");
    await form.getByLabel("Target", { exact: true }).fill(account("lambda", "function:hello"));
    assert.equal(await form.getByLabel("Schedule group").inputValue(), "nightly");
    await form.getByRole("button", { name: "Create schedule" }).click();
    await page.getByRole("heading", { level: 1, name: "report" }).waitFor();
    await page.getByRole("link", { name: "nightly" }).click();
    await page.getByRole("row", { name: /^report Enabled hello/ }).waitFor();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await dialog(page, "Delete schedule group").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { level: 1, name: "Schedule groups" }).waitFor();
    await open(page, site, "#/schedules");
    await page.getByText("No schedules").waitFor();
  }));

test("resources of every service have tags, which stay", (t) =>
  visit(t, { hash: "#/topics" }, async (page, site) => {
    await page.getByText("No topics").waitFor();
    await prepare(
      page,
      [...ruleToQueue("orders", "orders"), { service: "sns", operation: "CreateTopic", params: { Name: "orders" } }, { service: "scheduler", operation: "CreateScheduleGroup", params: { Name: "nightly" } }],
      "#/topics/orders",
    );
    const pages = ["#/topics/orders", "#/queues/orders", "#/rules/default%2Forders", "#/buses/default", "#/schedule-groups/nightly", "#/functions/hello/configuration/tags"];
    for (const [at, hash] of pages.entries()) {
      await page.goto(site.url + hash);
      await addTag(page, "team", `number ${at}`);
    }
    await page.getByText("Stored here").waitFor();
    for (const [at, hash] of pages.entries()) {
      await page.goto(site.url + hash);
      if (at === 0) {
        await page.reload();
        await ready(page);
      }
      await page.waitForFunction((value) => document.querySelector("[aria-label='Value 1']")?.value === value, `number ${at}`);
    }
    await page.getByRole("button", { name: "Remove tag 1" }).click();
    await page.getByRole("region", { name: "Tags" }).getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("No tags.").waitFor();
  }));

test("what is not there says so, and leads to what is", (t) =>
  visit(t, { hash: "#/archives/nobody" }, async (page, site) => {
    for (const [hash, words, list] of [["#/archives/nobody", "There is no archive of this name in this workspace", "Archives"], ["#/replays/nobody", "There is no replay of this name", "Replays"], ["#/buses/nobody", "There is no event bus of this name", "Event buses"], ["#/schedule-groups/nobody", "There is no schedule group of this name", "Schedule groups"]]) {
      await page.goto(site.url + hash);
      await page.getByText(words).waitFor();
      await page.getByRole("link", { name: `See all: ${list}` }).click();
      await page.getByRole("heading", { level: 1, name: list }).waitFor();
    }
    // The navigation shows where one is.
    const current = page.locator(".side-navigation [aria-current=page]");
    assert.deepEqual(await current.allInnerTexts(), ["Schedule groups"]);
  }));
