// Labs: whole ones by keyboard, hints, predictions, resets, without a network, receipts, and labs that visitors bring.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import test, { after } from "node:test";
import { fileURLToPath } from "node:url";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { tabTo, write, zip } from "./app.mjs";
import { close, open, ready, visit } from "./helper.mjs";

after(close);

const labs = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../labs");
const file = (name) => fs.readFile(path.join(labs, name), "utf8");
const lab = (page) => page.getByRole("complementary", { name: "Lab" });
const check = (page, title) => lab(page).locator(".lab-check").filter({ hasText: title });
const done = (page) => lab(page).getByText(/^(This step|The lab) is done\.$/).waitFor();
const stepIs = (page, title) => lab(page).getByRole("heading", { level: 2, name: title }).waitFor();
const ask = (page) => lab(page).getByRole("button", { name: "Check my work" }).click();

const button = (name) => ({ role, name: found }) => role === "button" && found === name;
const link = (name) => ({ role, name: found }) => role === "a" && name.test(found);

/** Presses the link to a lab in the catalogue, by keyboard. */
async function openByKeys(page, title, first) {
  await page.getByRole("heading", { level: 3, name: title }).waitFor();
  await tabTo(page, title, link(new RegExp(`^Open ${title}`)));
  await page.keyboard.press("Enter");
  await stepIs(page, first);
}

/** Starts an execution with the input that is selected, by keyboard. */
async function startByKeys(page) {
  await page.getByRole("tree").waitFor();
  await tabTo(page, "Start execution", button("Start execution"));
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: /^Start execution/ });
  await dialog.waitFor();
  // Backwards: Escape, which lets go of the editor, would close the dialog.
  await tabTo(page, "Start execution in the dialog", button("Start execution"), "Shift+Tab");
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
}

/** Writes a definition and saves it, by keyboard. */
async function defineByKeys(page, name, text) {
  await page.locator(".cm-content").and(page.getByRole("textbox", { name: `Definition of ${name}` })).waitFor();
  await tabTo(page, "the definition", ({ role, name: found }) => role === "textbox" && found.startsWith(`Definition of ${name}`));
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(text);
  await page.keyboard.press("ControlOrMeta+s");
}

async function onByKeys(page, title) {
  await done(page);
  await page.keyboard.press("Escape");
  await tabTo(page, "the next step", link(/^Next: /));
  await page.keyboard.press("Enter");
  await stepIs(page, title);
}

async function endByKeys(page, title) {
  await done(page);
  await page.keyboard.press("Escape");
  await tabTo(page, "the receipt", link(/^Get your receipt$/));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: title }).waitFor();
  await page.getByText("Make the receipt").waitFor();
}

test("a whole lab by keyboard: hello", (t) =>
  visit(t, { hash: "#/labs" }, async (page) => {
    await openByKeys(page, "Hello, state machine", "Follow the data");
    // A prediction is told once something was tried.
    await tabTo(page, "an answer", ({ role, name }) => role === "input" && name === "She gets a room");
    await page.keyboard.press("Space");
    await tabTo(page, "Commit to it", button("Commit to it"));
    await page.keyboard.press("Enter");
    await lab(page).getByText("Now try it, and see.").waitFor();
    await startByKeys(page);
    await lab(page).getByText("The execution fails").last().waitFor();
    await onByKeys(page, "Keep what you had");
    await defineByKeys(page, "welcome", await file("hello/20-keep/solution/machines/welcome.asl.json"));
    await onByKeys(page, "The same in JSONata");
    await defineByKeys(page, "welcome", await file("hello/30-jsonata/solution/machines/welcome.asl.json"));
    await endByKeys(page, "Hello, state machine");
  }));

test("a whole lab by keyboard: retries", (t) =>
  visit(t, { hash: "#/labs" }, async (page) => {
    await openByKeys(page, "Retries that help", "Watch it fail");
    await startByKeys(page);
    await onByKeys(page, "Try again");
    await defineByKeys(page, "order", await file("retries/20-retry/solution/machines/order.asl.json"));
    await onByKeys(page, "Be patient");
    await defineByKeys(page, "order", await file("retries/30-patience/solution/machines/order.asl.json"));
    await endByKeys(page, "Retries that help");
  }));

test("a whole lab by keyboard: saga", (t) =>
  visit(t, { hash: "#/labs" }, async (page) => {
    await openByKeys(page, "Undo in reverse", "Half a trip");
    await startByKeys(page);
    for (const [step, title] of [["20-give-back", "Give it back"], ["30-nobody-answered", "Nobody answered"], ["40-until-done", "Until it is done"]]) {
      await onByKeys(page, title);
      await defineByKeys(page, "trip", await file(`saga/${step}/solution/machines/trip.asl.json`));
    }
    await endByKeys(page, "Undo in reverse");
  }));

test("a wrong answer is told what was seen, and gets the hint for it", (t) =>
  visit(t, { hash: "#/labs/retries/retry" }, async (page) => {
    await stepIs(page, "Try again");
    await page.waitForFunction(() => location.hash.startsWith("#/machines/order"));
    const paid = check(page, "The order is paid although the service is busy twice");
    await paid.getByText("Not checked").waitFor();
    await ask(page);
    await paid.getByText(/^The execution ended as FAILED after 1 attempt/).waitFor();
    const hint = (number) => paid.locator("details").filter({ hasText: new RegExp(`^Hint ${number}`) });
    await hint(1).locator("summary").click();
    await hint(1).getByText(/is a list of rules in the task/).waitFor();
    assert.equal(await paid.locator("details").count(), 1, "one failure, one hint");
    await paid.getByText("There is another hint after the next try.").waitFor();
    // It retries everything: one check passes, and the other one tells why that is wrong.
    await write(page, "Definition of order", await file("retries/20-retry/mutants/everything/machines/order.asl.json"));
    await lab(page).getByText(/^order is changed and not deployed yet/).waitFor();
    await page.keyboard.press("ControlOrMeta+s");
    const declined = check(page, "An order that is declined is not tried again");
    await declined.getByText("Not yet").waitFor();
    await declined.locator("summary").click();
    await declined.getByText(/also matches errors that never go away/).waitFor();
    await check(page, "The order is paid although").getByText("Passed").waitFor();
    assert.equal(await lab(page).getByText("This step is done.").count(), 0);
    await write(page, "Definition of order", await file("retries/20-retry/solution/machines/order.asl.json"));
    await page.keyboard.press("ControlOrMeta+s");
    await done(page);
  }));

test("a step and a lab begin anew, and undo brings back what was there", (t) =>
  visit(t, { hash: "#/labs/retries/retry" }, async (page) => {
    await stepIs(page, "Try again");
    const text = await file("retries/20-retry/solution/machines/order.asl.json");
    await write(page, "Definition of order", text);
    await page.keyboard.press("ControlOrMeta+s");
    await done(page);
    const undo = () => page.getByRole("region", { name: "Messages" }).getByRole("button", { name: "Undo" }).click();
    const passes = (count) => page.waitForFunction((count) => document.querySelectorAll(".lab-check-passed").length === count, count);
    await lab(page).getByRole("button", { name: "Reset step" }).click();
    await passes(0);
    assert.equal(await lab(page).getByText("This step is done.").count(), 0);
    await undo();
    await done(page);
    await ask(page);
    await passes(2);
    // The whole lab, from its own page.
    await lab(page).getByRole("link", { name: "Retries that help" }).click();
    await page.getByText("1 of 3").waitFor();
    await page.getByRole("button", { name: "Reset lab" }).click();
    await page.getByText("0 of 3").waitFor();
    await undo();
    await page.getByText("1 of 3").waitFor();
    // A solution can be looked at, and given back.
    await page.getByRole("link", { name: "Try again", exact: true }).click();
    await stepIs(page, "Try again");
    await lab(page).getByRole("button", { name: "Open a solution" }).click();
    await passes(2);
    // The visitor's own workspace is where it was.
    await lab(page).getByRole("button", { name: "Leave the lab" }).click();
    await lab(page).waitFor({ state: "detached" });
  }));

test("without a network nothing changes, and a reload goes on where it was", (t) =>
  visit(t, { hash: "#/labs/retries/retry", serviceWorkers: "allow", expected: [/ERR_INTERNET_DISCONNECTED/] }, async (page, site) => {
    await stepIs(page, "Try again");
    await ask(page);
    await check(page, "The order is paid").getByText("Not yet").waitFor();
    await lab(page).getByText(/works without a network/).waitFor({ timeout: 60_000 });
    await site.context.setOffline(true);
    await page.reload();
    await ready(page);
    await stepIs(page, "Try again");
    await page.getByText("Saved", { exact: true }).waitFor();
    await write(page, "Definition of order", await file("retries/20-retry/solution/machines/order.asl.json"));
    await page.keyboard.press("ControlOrMeta+s");
    await done(page);
    await page.reload();
    await ready(page);
    await done(page);
    await lab(page).getByRole("link", { name: /^Next: / }).click();
    await page.waitForFunction(() => document.querySelector("#lab-step-title")?.textContent !== "Try again");
    await ask(page);
    await lab(page).locator(".lab-check-failed").first().waitFor();
    await site.context.setOffline(false);
  }));

// Receipts

const checkOf = (bytes) => createHash("sha256").update(bytes).digest().subarray(0, 4).toString("base64url");
const sealed = (json) => {
  const deflated = deflateRawSync(Buffer.from(json));
  const bytes = Buffer.concat([Buffer.from([deflated.length >> 16, (deflated.length >> 8) & 255, deflated.length & 255]), deflated]);
  return `r1.${bytes.toString("base64url")}.${checkOf(bytes)}`;
};
const opened = (receipt) => JSON.parse(inflateRawSync(Buffer.from(receipt.split("#/receipt/r1.")[1].split(".")[0], "base64url").subarray(3)));

test("a receipt verifies in another profile; forged, edited and cut ones are refused with the reason", (t) =>
  visit(t, { hash: "#/labs/hello" }, async (page, site) => {
    await page.getByText("0 of 3").waitFor();
    for (const step of ["follow", "keep", "jsonata"]) {
      await page.goto(`${site.url}#/labs/hello/${step}`);
      await page.waitForFunction(() => document.querySelector("#lab-step-title"));
      await lab(page).getByRole("button", { name: "Open a solution" }).click();
      await done(page);
      await page.goto(`${site.url}#/labs/hello`);
    }
    await page.getByText("3 of 3").waitFor();
    await page.getByLabel("Your name (optional)").fill("Ada");
    await page.getByRole("button", { name: "Make the receipt" }).click();
    const receipt = await page.locator("#receipt-link").inputValue();
    assert.match(receipt, /#\/receipt\/r1\./);

    const content = opened(receipt);
    const [, payload, check] = receipt.split("#/receipt/")[1].split(".");
    assert.equal(checkOf(Buffer.from(payload, "base64url")), check, "the test seals as the page does");
    const edited = structuredClone(content);
    const [first] = Object.keys(edited.steps[1].digests);
    edited.steps[1].digests[first][0] = edited.steps[1].digests[first][0].replace(/^./, (digit) => (digit === "0" ? "1" : "0"));
    const forged = structuredClone(content);
    forged.name = "Mallory";
    forged.steps[1].workspace = { ...forged.steps[0].workspace, name: forged.steps[1].workspace.name };
    const short = structuredClone(content);
    short.steps.pop();
    const pile = [edited, forged, short].map((one) => `https://example.com/#/receipt/${sealed(JSON.stringify(one))}`);

    // Another profile, with nothing stored.
    const other = await (await site.context.browser()).newContext({ viewport: { width: 1280, height: 800 }, serviceWorkers: "block" });
    try {
      const table = await other.newPage();
      await table.goto(receipt);
      await ready(table);
      const row = (name) => table.getByRole("row").filter({ hasText: name });
      await row("Ada").getByText("Verified").waitFor();
      await row("Ada").getByText("3 of 3").waitFor();
      const text = `From: Ada\n${receipt}\n\n> ${pile[0]}\n${pile[1]}, ${pile[2]}\n${receipt.slice(0, -40)}\n`;
      await table.locator("#receipts-text").fill(text);
      await table.getByRole("button", { name: "Verify", exact: true }).click();
      await table.waitForFunction(() => document.querySelectorAll("tbody tr").length === 5);
      const rows = await table.locator("tbody tr").allInnerTexts();
      assert.equal(rows.length, 5);
      assert.match(rows[0], /Ada[\s\S]*3 of 3[\s\S]*Verified/);
      assert.match(rows[1], /Ada[\s\S]*Refused[\s\S]*digests/);
      assert.match(rows[2], /Mallory[\s\S]*2 of 3[\s\S]*Refused[\s\S]*keep/i);
      assert.match(rows[3], /2 of 3[\s\S]*Refused[\s\S]*jsonata/);
      assert.match(rows[4], /Not readable[\s\S]*lost its last/);
      const [csv] = await Promise.all([table.waitForEvent("download"), table.getByRole("button", { name: "Download CSV" }).click()]);
      const lines = (await fs.readFile(await csv.path(), "utf8")).split("\r\n");
      assert.equal(lines[0], "name,lab,version,passed,steps,result,reason");
      assert.match(lines[1], /^"Ada","Hello, state machine",\d+,3,3,"Verified",""$/);
    } finally {
      await other.close();
    }
  }));

// Labs of visitors

async function folder(name, into = "") {
  const files = {};
  for (const entry of await fs.readdir(path.join(labs, name), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const whole = path.join(entry.parentPath, entry.name);
    files[into + path.relative(path.join(labs, name), whole)] = await fs.readFile(whole, "utf8");
  }
  return files;
}

const bring = (page, name, files) => page.locator("#lab-file").setInputFiles({ name, mimeType: "application/zip", buffer: zip(files, deflateRawSync) });

test("a lab of one's own opens from a zip; what is wrong with one is told with file and line", (t) =>
  visit(t, { hash: "#/labs" }, async (page) => {
    await page.getByRole("heading", { level: 1, name: "Labs" }).waitFor();
    await page.getByRole("heading", { level: 3, name: "Hello, state machine" }).waitFor();
    const files = await folder("retries", "tries/");
    const broken = { ...files, "tries/lab.toml": files["tries/lab.toml"].replace(/^level = .*$/m, 'level = "wizard"') };
    await bring(page, "tries.zip", broken);
    await page.getByText(/lab\.toml:\d+: .*wizard/).waitFor();
    await bring(page, "tries.zip", { ...files, "tries/lab.toml": files["tries/lab.toml"].replace(/^title = .*$/m, 'title = "My retries"') });
    await page.getByRole("heading", { level: 1, name: "My retries" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "My retries" }).waitFor();
    await page.getByRole("link", { name: "Begin" }).click();
    await lab(page).getByText("Step 1 of 3").waitFor();
    await page.reload();
    await ready(page);
    await lab(page).getByText("Step 1 of 3").waitFor();
    await page.goto(`${page.url().split("#")[0]}#/labs`);
    await page.getByRole("heading", { level: 2, name: "Your labs" }).waitFor();
    await page.getByRole("button", { name: "Remove My retries" }).click();
    await page.getByRole("heading", { level: 2, name: "Your labs" }).waitFor({ state: "detached" });
  }));

test("a lab that is not there says so, and nothing is lost", (t) =>
  visit(t, { hash: "#/labs/nothing/here", expected: [/404/, /labs\/nothing\.json/] }, async (page, site) => {
    await page.getByText("There is no lab nothing.").waitFor();
    await open(page, site, "#/functions");
    await page.getByRole("link", { name: "hello" }).first().waitFor();
  }));
