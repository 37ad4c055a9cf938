// What visitors do around functions: settings, events, the clock, undo, several workspaces, files.

import assert from "node:assert/strict";
import test, { after } from "node:test";
import { editor, invoke, openTab, outcomeIs, testButton } from "./app.mjs";
import { close, visit } from "./helper.mjs";

after(close);

const saved = (page) => page.getByRole("button", { name: "Save", exact: true, disabled: true }).waitFor();
const clockShows = (page, pattern) => page.locator(".clock-time").filter({ hasText: pattern }).waitFor();

test("a refused setting shows AWS's own words, an accepted one is kept", (t) =>
  visit(t, { hash: "#/functions/hello/configuration" }, async (page) => {
    await page.getByLabel("Memory (MB)").fill("64");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    const refusal = page.getByRole("alert").filter({ hasText: "HTTP 400" });
    await refusal.waitFor();
    assert.match(await refusal.innerText(), /Value '64' at 'memorySize' failed to satisfy constraint/);
    assert.equal(await page.getByLabel("Memory (MB)").inputValue(), "64", "what was typed is still there");
    await page.getByLabel("Memory (MB)").fill("256");
    await page.keyboard.press("ControlOrMeta+s");
    await saved(page);
    await refusal.waitFor({ state: "detached" });
    await page.getByRole("link", { name: "Environment variables" }).click();
    await page.getByRole("button", { name: "Add variable" }).click();
    await page.getByLabel("Key 1").fill("TABLE");
    await page.getByLabel("Value 1").fill("orders");
    await page.keyboard.press("ControlOrMeta+s");
    await saved(page);
    await page.reload();
    await page.getByRole("region", { name: "Environment variables" }).waitFor();
    await page.waitForFunction(() => document.querySelector("[aria-label='Value 1']")?.value === "orders");
    await page.getByRole("link", { name: "General configuration" }).click();
    assert.equal(await page.getByLabel("Memory (MB)").inputValue(), "256");
  }));

test("events are queued, dry runs are checked, templates are there", (t) =>
  visit(t, { hash: "#/functions/hello/test" }, async (page) => {
    await editor(page, "Event JSON");
    await page.getByLabel("Invocation type").selectOption("Event");
    await testButton(page).click();
    await outcomeIs(page, "Queued");
    await page.getByLabel("Invocation type").selectOption("DryRun");
    await testButton(page).click();
    await outcomeIs(page, "Checked");
    const events = await page.locator("#test-event option").count();
    const template = page.getByLabel("New from template");
    await template.focus();
    await page.locator("#test-template option").nth(3).waitFor({ state: "attached" });
    await template.selectOption({ index: 3 });
    await page.locator("#test-event option").nth(events).waitFor({ state: "attached" });
    await page.getByText("Valid JSON").waitFor();
  }));

test("an hour passes at once; lanes are a chart and a table, logs go by request", (t) =>
  visit(t, {}, async (page) => {
    await editor(page, /^Code of /);
    await invoke(page);
    await page.getByRole("button", { name: /^Virtual clock/ }).click();
    await page.getByRole("button", { name: "Advance by 1 h" }).click();
    await clockShows(page, /^01:/);
    await page.keyboard.press("Escape");
    await openTab(page, "Monitor");
    await page.locator(".lanes-svg .span-init").first().waitFor();
    await page.getByText("Table", { exact: true }).click();
    await page.getByRole("cell", { name: "Init", exact: true }).first().waitFor();
    await page.locator("tbody .text-button").first().click();
    await page.getByRole("button", { name: "Show all requests" }).waitFor();
    await page.locator(".log-time").first().click();
    await page.getByLabel("The whole line").waitFor();
  }));

test("what was deleted or reset can be brought back", (t) =>
  visit(t, {}, async (page, site) => {
    await editor(page, /^Code of /);
    await invoke(page);
    await page.goto(`${site.url}#/functions`);
    const row = page.locator("tbody tr").filter({ hasText: "hello" });
    await row.locator(".number").filter({ hasText: /^1$/ }).first().waitFor();
    await page.getByRole("button", { name: "Reset workspace" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Reset" }).click();
    await page.getByText("its history is empty").waitFor();
    await row.getByText("Active").waitFor();
    assert.match(await row.innerText(), /\b0\b/);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("its history is empty").waitFor({ state: "detached" });
    await row.locator(".number").filter({ hasText: /^1$/ }).first().waitFor();

    await page.getByRole("button", { name: "Delete hello" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByText("No functions", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await row.getByText("Active").waitFor();
  }));

test("workspaces are copied, renamed, deleted, brought back, saved to a file and opened from it", (t) =>
  visit(t, { hash: "#/workspaces", acceptDownloads: true }, async (page, site) => {
    await page.getByRole("button", { name: "Duplicate My workspace" }).click();
    await page.getByRole("button", { name: "Rename My workspace copy" }).click();
    await page.getByLabel("Workspace name").fill("Other");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Delete Other" }).click();
    await page.getByText("Other was deleted.").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("button", { name: "Other", exact: true }).click();
    await page.locator(".top-bar-name").filter({ hasText: "Other" }).waitFor();
    await page.locator("main").getByRole("link", { name: "hello" }).waitFor();

    await page.getByRole("button", { name: "Share", exact: true }).click();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download file" }).click();
    const file = await (await download).path();
    await page.locator("#share-open").setInputFiles(file);
    await page.locator(".top-bar-name").filter({ hasText: "Other 2" }).waitFor();
    await page.locator("main").getByRole("link", { name: "hello" }).click();
    await editor(page, /^Code of /);
    await invoke(page);
    assert.ok(site);
  }));

test("at 1x the clock goes with ours", (t) =>
  visit(t, {}, async (page) => {
    await editor(page, /^Code of /);
    await page.getByRole("button", { name: /^Virtual clock/ }).click();
    await page.getByText("1x", { exact: true }).first().click();
    const before = await page.locator(".clock-time").innerText();
    await page.waitForFunction((before) => document.querySelector(".clock-time").textContent !== before, before);
  }));
