// What visitors see of a session at work: metrics as charts, loads that are started, followed and stopped, and the way of one event as a trace.

import assert from "node:assert/strict";
import test, { after } from "node:test";
import { editor, invoke, openScenario, openTab, testButton, createMachine, startExecution } from "./app.mjs";
import { close, visit } from "./helper.mjs";

after(close);

const code = /^Code of /;
const chart = (page, name) => page.getByRole("slider", { name, exact: true });

async function monitor(page) {
  await editor(page, code);
  await invoke(page);
  await testButton(page).click();
  await page.locator(".result-panel").getByText("Warm", { exact: true }).waitFor();
  await openTab(page, "Monitor");
}

async function startLoad(page, { profile, rate, seconds }) {
  if (profile) await page.getByLabel("Profile").selectOption({ label: profile });
  await page.getByLabel("Invocations a second").fill(String(rate));
  await page.getByLabel("Duration (seconds)").fill(String(seconds));
  await page.getByRole("button", { name: "Start load" }).click();
}

test("metrics are read from charts with the keyboard and as tables", (t) =>
  visit(t, {}, async (page) => {
    await monitor(page);
    const invocations = chart(page, "Invocations");
    await invocations.waitFor();
    await page.waitForFunction(() => document.querySelector('[role=slider][aria-label="Invocations"]')?.getAttribute("aria-valuetext")?.endsWith("Invocations 2"));
    await page.getByRole("button", { name: /^Virtual clock/ }).click();
    await page.locator("#clock-panel").getByRole("button", { name: "Advance by 10 min" }).click();
    await page.keyboard.press("Escape");
    await openTab(page, "Monitor");
    await page.waitForFunction(() => Number(document.querySelector('[role=slider][aria-label="Invocations"]')?.getAttribute("aria-valuemax")) >= 5);
    await invocations.focus();
    await page.keyboard.press("Home");
    assert.match(await invocations.getAttribute("aria-valuetext"), /^00:00:00, Invocations 2$/);
    await page.keyboard.press("ArrowRight");
    assert.match(await invocations.getAttribute("aria-valuetext"), /^00:01:00, Invocations 0$/);
    assert.match(await chart(page, "Duration").getAttribute("aria-valuetext"), /Minimum .* ms, Average .* ms, Maximum .* ms/);
    await page.getByText("Tables", { exact: true }).click();
    await page.getByRole("group", { name: "Success rate (%)" }).getByRole("row", { name: "00:00:00 100 %" }).waitFor();
    assert.equal(await page.getByText("Provisioned concurrency invocations").count(), 0, "what has no data is not shown");
  }));

test("a load is started, followed and stopped", (t) =>
  visit(t, {}, async (page) => {
    await monitor(page);
    await page.getByLabel("Invocations a second").fill("fast");
    assert.ok(await page.getByRole("button", { name: "Start load" }).isDisabled());
    await startLoad(page, { rate: 20, seconds: 30 });
    const loads = page.getByRole("list", { name: "Loads" });
    await loads.getByText("Completed", { exact: true }).waitFor();
    assert.match(await loads.innerText(), /20 a second, for 30\.00 s\s+Completed\s+600 sent, 600 succeeded/);
    await page.getByRole("slider", { name: "Environments at a time" }).waitFor();
    // The last second is not whole.
    await chart(page, "Requests a second").press("ArrowLeft");
    assert.match(await chart(page, "Requests a second").getAttribute("aria-valuetext"), /Invocations 20$/);

    await startLoad(page, { profile: "Poisson (at random)", rate: 500, seconds: 600000 });
    await page.getByRole("progressbar", { name: "Load 2" }).waitFor();
    await page.getByRole("button", { name: "Stop load 2" }).click();
    await loads.getByText("Stopped", { exact: true }).waitFor();
    await loads.getByText("Completed", { exact: true }).waitFor();
  }));

test("a refused load says why, beside what was typed", (t) =>
  visit(t, {}, async (page) => {
    await monitor(page);
    await startLoad(page, { rate: 20000, seconds: 30 });
    await page.getByRole("alert").getByText("Rate of a load is a number from 0.001 to 10000").waitFor();
    assert.equal(await page.getByLabel("Invocations a second").inputValue(), "20000");
  }));

/** Draws for so many milliseconds: the longest frame, and how many there were. */
const frames = (page, ms) =>
  page.evaluate(
    (ms) =>
      new Promise((resolve) => {
        let [last, longest, frames] = [performance.now(), 0, 0];
        const end = last + ms;
        const frame = (now) => {
          longest = Math.max(longest, now - last);
          frames += 1;
          last = now;
          if (now < end) requestAnimationFrame(frame);
          else resolve({ longest, frames });
        };
        requestAnimationFrame(frame);
      }),
    ms,
  );

test("the page stays responsive under a thousand invocations a second", (t) =>
  visit(t, {}, async (page) => {
    await monitor(page);
    await startLoad(page, { rate: 1000, seconds: 600 });
    await page.getByRole("progressbar", { name: "Load 1" }).waitFor();
    const { longest, frames: count } = await frames(page, 5000);
    t.diagnostic(`longest frame ${longest.toFixed(0)} ms, ${count} frames in 5 s`);
    assert.ok(longest < 1000, `a frame took ${longest} ms`);
    const before = Number(await page.getByRole("progressbar", { name: "Load 1" }).getAttribute("value"));
    assert.ok(before >= 0);
    assert.ok((await page.locator(".lanes-svg rect").count()) < 1_500, "few marks, however many invocations");
    await page.getByRole("button", { name: "Stop load 1" }).click();
    await page.getByRole("list", { name: "Loads" }).getByText("Stopped", { exact: true }).waitFor();
  }));

// Minutes of real time, and only of an optimised build: `COLDSTART_LONG=1 node --test --test-name-pattern "to the end" tests/browser/observe.test.mjs`.
test("ten virtual minutes of a thousand invocations a second, to the end", { skip: !process.env.COLDSTART_LONG }, (t) =>
  visit(t, {}, async (page) => {
    await monitor(page);
    const began = performance.now();
    await startLoad(page, { rate: 1000, seconds: 600 });
    const loads = page.getByRole("list", { name: "Loads" });
    await loads.getByText("Running", { exact: true }).waitFor();
    const longest = [];
    while ((await loads.getByText("Running", { exact: true }).count()) > 0) {
      const seen = await frames(page, 5000);
      longest.push(Math.round(seen.longest));
      assert.ok(seen.longest < 1000, `a frame took ${seen.longest} ms`);
      assert.ok((await page.locator("main *").count()) < 8_000, "as many elements at the end as at the beginning");
    }
    await loads.getByText("600,000 sent, 600,000 succeeded").waitFor();
    t.diagnostic(`${((performance.now() - began) / 1000).toFixed(0)} s; longest frames of each five seconds: ${longest.join(", ")} ms`);
  }));

test("an event is followed from its invocation to its dead-letter queue", (t) =>
  visit(t, { hash: "#/examples" }, async (page) => {
    await openScenario(page, "Retries, dead letters and destinations");
    const events = page.getByRole("group", { name: "Asynchronous events" });
    await events.getByText("Given up", { exact: true }).waitFor();
    await events.getByRole("row", { name: /Given up/ }).getByRole("link", { name: /^Trace/ }).click();
    await page.getByRole("heading", { level: 1, name: "Trace" }).waitFor();
    const spans = page.getByRole("list", { name: "Spans of the trace" }).getByRole("listitem");
    await spans.first().waitFor();
    const text = (await spans.allInnerTexts()).join("\n").replace(/\s+/g, " ");
    assert.match(text, /Attempt 1 .*Failed.*Wait for a retry.*Attempt 2.*given up|given up.*Attempt 1.*Wait for a retry.*Attempt 2/i);
    assert.match(text, /Message .*In the queue/);
    await page.getByRole("list", { name: "Spans of the trace" }).getByRole("link").last().click();
    await page.getByRole("heading", { level: 1 }).filter({ hasNotText: "Trace" }).waitFor();
    // And back, from the message.
    await page.getByRole("group", { name: "Messages" }).getByRole("link", { name: /^Trace/ }).first().click();
    await page.locator(".trace-span[aria-current=true]").getByText("Message", { exact: true }).waitFor();
  }));

test("an execution is followed to its functions", (t) =>
  visit(t, { hash: "#/machines" }, async (page) => {
    await createMachine(page, "work", "Call a function");
    await startExecution(page, "first", "{}");
    await page.locator(".page-header").getByText(/Succeeded|Failed/).waitFor();
    await page.goto(page.url().replace(/#.*/, "#/machines/work/executions"));
    await page.getByRole("link", { name: "Trace of execution first" }).click();
    await page.getByRole("list", { name: "Spans of the trace" }).getByText("Execution", { exact: true }).waitFor();
    await page.getByRole("list", { name: "Spans of the trace" }).getByText("Invoke", { exact: true }).first().waitFor();
  }));

test("what is not known says so", (t) =>
  visit(t, { hash: "#/trace/nobody" }, (page) => page.getByText("Nothing is known of this event").waitFor()));
