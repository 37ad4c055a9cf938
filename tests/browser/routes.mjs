// Every view of the page. Screenshots and the accessibility scan go through this list, so a new view belongs in it.
//
// name     file name of its pictures
// hash     what to open
// prepare  (page, site) => brings the view into the state that is worth looking at

import { editor, invoke, openTab, response, shareLink, testButton, write } from "./app.mjs";

const code = /^Code of /;

async function withHistory(page) {
  await editor(page, code);
  await invoke(page);
  await testButton(page).click();
  await page.locator(".result-panel").getByText("Warm", { exact: true }).waitFor();
}

const dialog = (name, open) => async (page) => {
  await open(page);
  await page.getByRole("dialog", { name }).waitFor();
};

export const routes = [
  { name: "first", hash: "", prepare: (page) => editor(page, code) },
  { name: "functions", hash: "#/functions", prepare: (page) => page.getByRole("link", { name: "hello" }).first().waitFor() },
  { name: "code-result", hash: "", prepare: withHistory },
  {
    name: "code-error",
    hash: "",
    async prepare(page) {
      await write(page, code, "(module\n  (func $f (result i32)\n    local.get $nowhere))\n");
      await page.getByRole("list", { name: "Errors in the text" }).waitFor();
    },
  },
  {
    name: "test",
    hash: "#/functions/hello/test",
    async prepare(page) {
      await editor(page, "Event JSON");
      await invoke(page);
      await response(page).waitFor();
    },
  },
  {
    name: "monitor",
    hash: "",
    async prepare(page) {
      await withHistory(page);
      await openTab(page, "Monitor");
      await page.getByText("REPORT RequestId").first().waitFor();
    },
  },
  { name: "monitor-empty", hash: "#/functions/hello/monitor", prepare: (page) => page.locator(".numbers").waitFor() },
  { name: "configuration", hash: "#/functions/hello/configuration", prepare: (page) => page.getByLabel("Memory (MB)").waitFor() },
  { name: "examples", hash: "#/examples", prepare: (page) => page.getByRole("heading", { name: "Counter" }).first().waitFor() },
  { name: "workspaces", hash: "#/workspaces", prepare: (page) => page.getByRole("heading", { name: "Workspaces" }).first().waitFor() },
  { name: "not-found", hash: "#/nowhere" },
  {
    name: "create-function",
    hash: "#/functions",
    prepare: dialog("Create function", (page) => page.getByRole("button", { name: "Create function" }).first().click()),
  },
  { name: "share", hash: "", prepare: dialog("Share", (page) => page.getByRole("button", { name: "Share", exact: true }).click()) },
  { name: "help", hash: "", prepare: dialog(/./, (page) => page.getByRole("button", { name: "Help and keys" }).click()) },
  {
    name: "clock",
    hash: "",
    async prepare(page) {
      await page.getByRole("button", { name: /^Virtual clock/ }).click();
      await page.locator("#clock-panel").waitFor();
    },
  },
  {
    name: "shared",
    hash: "",
    async prepare(page) {
      await withHistory(page);
      await page.goto(await shareLink(page));
      await page.getByRole("button", { name: "Replay" }).click();
      await page.getByText("Replayed: identical").first().waitFor();
    },
  },
  {
    name: "shared-cut",
    hash: "",
    async prepare(page) {
      await withHistory(page);
      await page.goto((await shareLink(page)).slice(0, -20));
      await page.getByText("This link cannot be opened.").waitFor();
    },
  },
];
