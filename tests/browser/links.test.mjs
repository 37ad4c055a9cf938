// Every published link opens in the page, and one whose author saw a digest is replayed to the same one.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test, { after } from "node:test";
import { fileURLToPath } from "node:url";
import { close, visit } from "./helper.mjs";

after(close);

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), "../links");
const links = fs.readdirSync(folder).filter((name) => name.endsWith(".txt"));

for (const name of links) {
  const { digest } = JSON.parse(fs.readFileSync(path.join(folder, name.replace(/txt$/, "json")), "utf8"));
  test(`a published link opens and replays: ${name}`, (t) =>
    visit(t, { hash: fs.readFileSync(path.join(folder, name), "utf8").trim() }, async (page) => {
      await page.getByRole("button", { name: "Replay" }).click();
      await page.getByText(digest ? "Replayed: identical" : "The replay ended.").first().waitFor({ state: "attached" });
    }));
}

test("at least one published link carries a digest", () => {
  assert.ok(links.some((name) => JSON.parse(fs.readFileSync(path.join(folder, name.replace(/txt$/, "json")), "utf8")).digest));
});
