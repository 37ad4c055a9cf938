// Screenshots of every view: desktop and phone, light and dark, into target/shots. `node tests/browser/shots.mjs [NAME…]`

import fs from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { close, launch, open, serve, watch } from "./helper.mjs";
import { routes } from "./routes.mjs";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "../..");
const folder = path.join(root, "target/shots");
const sizes = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

const wanted = process.argv.slice(2);
const chosen = routes.filter((route) => wanted.length === 0 || wanted.includes(route.name));
await fs.mkdir(folder, { recursive: true });
const site = await serve();
const rows = [];
let failed = 0;
try {
  for (const [device, viewport] of Object.entries(sizes)) {
    for (const colorScheme of ["light", "dark"]) {
      for (const route of chosen) {
        const context = await (await launch()).newContext({ viewport, colorScheme, reducedMotion: "reduce", isMobile: device === "phone", hasTouch: device === "phone" });
        const { faults } = watch(context, site.origin);
        const page = await context.newPage();
        const name = `${route.name}-${device}-${colorScheme}.png`;
        const started = performance.now();
        try {
          await open(page, site, route.hash);
          await route.prepare?.(page, site);
          // The whole page is taken from its top; scrolled, the header would lie across the middle of it.
          if (route.fullPage) await page.evaluate(() => scrollTo(0, 0));
          await page.screenshot({ path: path.join(folder, name), fullPage: route.fullPage ?? false });
          // A page that scrolls sideways on a phone is broken; the picture alone would hide it.
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          if (wide > 0) faults.push(`${wide} px wider than the screen`);
        } catch (error) {
          faults.push(String(error.message).split("\n")[0]);
        }
        failed += faults.length > 0;
        rows.push({ name, ms: Math.round(performance.now() - started), faults });
        await context.close();
      }
    }
  }
} finally {
  await close();
  await site.close();
}
const width = Math.max(...rows.map((row) => row.name.length));
for (const row of rows) console.log(`${row.name.padEnd(width)} ${String(row.ms).padStart(6)} ms  ${row.faults.join("; ") || "ok"}`);
await fs.writeFile(path.join(folder, "index.json"), JSON.stringify(rows, null, 2) + "\n");
console.log(`${rows.length} pictures in target/shots, ${failed} with faults`);
process.exitCode = failed ? 1 : 0;
