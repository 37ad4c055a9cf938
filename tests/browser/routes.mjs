// Every view of the page. Screenshots and the accessibility scan go through this list, so a new view belongs in it.
//
// name     file name of its pictures
// hash     what to open
// prepare  (page, site) => brings the view into the state that is worth looking at

import { deflateRawSync } from "node:zlib";
import { addTag, archive, canary, createApproval, createFrom, createMachine, createQueue, createRole, createRule, createSchedule, createTopic, editor, fillConfiguration, failedMap, importHistory, invoke, openScenario, openTab, prepare, publishLayer, publishVersion, replay, response, ruleToQueue, runDistributed, shareLink, shopEvents, startExecution, testButton, write, zip } from "./app.mjs";

const code = /^Code of /;
const definition = /^Definition of /;

async function withHistory(page) {
  await editor(page, code);
  await invoke(page);
  await testButton(page).click();
  await page.locator(".result-panel").getByText("Warm", { exact: true }).waitFor();
}

async function withHistoryOf(page) {
  await importHistory(page, failedMap);
  await page.locator(".state-panel").getByRole("heading", { name: "Charge" }).waitFor();
}

const dialog = (name, open) => async (page) => {
  await open(page);
  await page.getByRole("dialog", { name }).waitFor();
};

export const routes = [
  { name: "first", hash: "", prepare: (page) => editor(page, code) },
  { name: "labs", hash: "#/labs", prepare: (page) => page.getByRole("heading", { level: 3, name: "Hello, state machine" }).waitFor() },
  { name: "lab", hash: "#/labs/retries", prepare: (page) => page.getByRole("heading", { level: 1, name: "Retries that help" }).waitFor() },
  {
    name: "lab-step",
    hash: "#/labs/retries/retry",
    async prepare(page) {
      await editor(page, "Definition of order");
      await page.getByRole("button", { name: "Check my work" }).click();
      await page.locator(".lab-hint > summary").first().click();
    },
  },
  {
    name: "lab-done",
    hash: "#/labs/hello/follow",
    async prepare(page) {
      await page.getByRole("radio", { name: "She gets a suite" }).check();
      await page.getByRole("button", { name: "Commit to it" }).click();
      await page.getByRole("button", { name: "Show the answer" }).click();
      await page.getByRole("button", { name: "Open a solution" }).click();
      await page.getByText("This step is done.").waitFor();
    },
  },
  {
    name: "receipts",
    hash: "#/receipts",
    async prepare(page) {
      await page.locator("#receipts-text").fill("https://example.com/#/receipt/r1.AAAB.x");
      await page.getByRole("button", { name: "Verify", exact: true }).click();
      await page.getByText("Not readable").waitFor();
    },
  },
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
    name: "code-files",
    hash: "#/functions",
    async prepare(page) {
      await createFrom(page, "shop", /^An HTTP handler/);
      await page.getByText("Deployed", { exact: true }).waitFor();
      await editor(page, "index.mjs of shop");
      await invoke(page);
    },
  },
  {
    name: "code-files-rename",
    hash: "#/functions",
    async prepare(page) {
      await createFrom(page, "shop", /^An HTTP handler/);
      await page.getByText("Deployed", { exact: true }).waitFor();
      await page.getByRole("button", { name: "lib/catalogue.mjs", exact: true }).click();
      await editor(page, "lib/catalogue.mjs of shop");
      await page.getByRole("button", { name: "Rename lib/catalogue.mjs" }).click();
      await page.getByLabel("New path of lib/catalogue.mjs").fill("index.mjs");
      await page.getByText("There is a file index.mjs already.").waitFor();
    },
  },
  {
    name: "code-assemblyscript",
    hash: "#/functions",
    async prepare(page) {
      await createFrom(page, "receipt", /^Hello in AssemblyScript/);
      await page.getByText("Deployed", { exact: true }).waitFor();
      await write(page, "index.ts of receipt", 'export function handler(event: string): string {\n  const total: i32 = "one";\n  return event;\n}\n');
      await page.getByText("1 error", { exact: true }).waitFor();
      await page.getByText("AssemblyScript is not TypeScript").click();
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
  {
    name: "monitor-load",
    fullPage: true,
    hash: "",
    async prepare(page) {
      await withHistory(page);
      await openTab(page, "Monitor");
      await page.getByLabel("Profile").selectOption("Ramp");
      await page.getByLabel("From (invocations a second)").fill("1");
      await page.getByLabel("To (invocations a second)").fill("30");
      await page.getByLabel("Duration (seconds)").fill("240");
      await page.getByRole("button", { name: "Start load" }).click();
      await page.getByRole("list", { name: "Loads" }).getByText("Completed", { exact: true }).waitFor();
      await page.getByRole("slider", { name: "Share of cold starts" }).waitFor();
    },
  },
  {
    name: "trace",
    fullPage: true,
    hash: "#/examples",
    async prepare(page) {
      await openScenario(page, "Retries, dead letters and destinations");
      const events = page.getByRole("group", { name: "Asynchronous events" });
      await events.getByText("Given up", { exact: true }).waitFor();
      await events.getByRole("row", { name: /Given up/ }).getByRole("link", { name: /^Trace/ }).click();
      await page.getByRole("list", { name: "Spans of the trace" }).waitFor();
    },
  },
  { name: "trace-unknown", hash: "#/trace/nobody", prepare: (page) => page.getByText("Nothing is known of this event").waitFor() },
  { name: "monitor-empty", hash: "#/functions/hello/monitor", prepare: (page) => page.locator(".numbers").waitFor() },
  { name: "configuration", hash: "#/functions/hello/configuration", prepare: (page) => page.getByLabel("Memory (MB)").waitFor() },
  ...["runtime", "triggers", "permissions", "destinations", "url", "variables", "tags", "monitoring", "concurrency", "asynchronous", "layers", "faults"].map((section) => ({
    name: `configuration-${section}`,
    fullPage: true,
    hash: "#/functions/hello/configuration",
    async prepare(page) {
      await page.getByLabel("Memory (MB)").waitFor();
      await fillConfiguration(page, section);
    },
  })),
  {
    name: "versions",
    hash: "#/functions/hello/versions",
    async prepare(page) {
      await publishVersion(page, "the first one");
      await page.getByRole("row", { name: /the first one/ }).waitFor();
    },
  },
  {
    name: "aliases",
    hash: "#/functions/hello/versions",
    async prepare(page) {
      await canary(page);
      await page.getByRole("row", { name: /live.*Version 1: 90 %, version 2: 10 %/ }).waitFor();
      await page.getByRole("button", { name: "Edit alias live" }).click();
    },
  },
  {
    name: "monitor-async",
    fullPage: true,
    hash: "#/examples",
    async prepare(page) {
      await openScenario(page, "Retries, dead letters and destinations");
      await page.getByRole("group", { name: "Asynchronous events" }).getByText("Given up", { exact: true }).waitFor();
    },
  },
  {
    name: "monitor-throttled",
    fullPage: true,
    hash: "#/examples",
    async prepare(page) {
      await openScenario(page, "Throttling by reserved concurrency");
      await page.locator(".lanes-svg .lanes-throttle").first().waitFor();
      await page.getByRole("group", { name: "Asynchronous events" }).getByText("Succeeded").nth(9).waitFor();
    },
  },
  {
    name: "monitor-memory",
    fullPage: true,
    hash: "",
    async prepare(page) {
      await withHistory(page);
      await openTab(page, "Monitor");
      await page.getByRole("button", { name: "Try memory sizes" }).click();
      await page.getByRole("row", { name: /3008 MB/ }).waitFor();
      await page.locator("button:enabled", { hasText: "Try memory sizes" }).waitFor();
    },
  },
  {
    name: "costs",
    hash: "",
    async prepare(page, site) {
      await withHistory(page);
      await page.goto(`${site.url}#/costs`);
      await page.getByRole("row", { name: /hello/ }).waitFor();
    },
  },
  { name: "queues-empty", hash: "#/queues", prepare: (page) => page.getByText("No queues").waitFor() },
  {
    name: "queues",
    hash: "#/queues",
    async prepare(page) {
      await createQueue(page, "dead");
      await page.goto(page.url().replace(/#.*/, "#/queues"));
      await createQueue(page, "orders", "dead");
      await page.goto(page.url().replace(/#.*/, "#/queues"));
      await page.getByRole("row", { name: /orders.*dead/ }).waitFor();
    },
  },
  {
    name: "queue",
    fullPage: true,
    hash: "#/queues",
    async prepare(page) {
      await createQueue(page, "orders");
      await page.getByLabel("Attribute name (optional)").fill("kind");
      await page.getByLabel("Attribute value").fill("urgent");
      await page.getByRole("button", { name: "Send message" }).click();
      await page.getByRole("button", { name: /: show the message$/ }).click();
      await page.getByText("Attribute kind").waitFor();
    },
  },
  {
    name: "create-queue",
    hash: "#/queues",
    prepare: dialog("Create queue", (page) => page.getByRole("button", { name: "Create queue" }).first().click()),
  },
  { name: "services", hash: "#/services", prepare: (page) => page.getByRole("main").getByRole("link", { name: "SNS topics" }).waitFor() },
  { name: "topics-empty", hash: "#/topics", prepare: (page) => page.getByText("No topics").waitFor() },
  {
    name: "topics",
    hash: "#/topics",
    async prepare(page) {
      await createTopic(page, "orders");
      await page.goto(page.url().replace(/#.*/, "#/topics"));
      await page.getByRole("row", { name: /orders Standard 0/ }).waitFor();
    },
  },
  {
    name: "topic",
    fullPage: true,
    hash: "#/examples",
    async prepare(page, site) {
      await openScenario(page, "Fan-out by SNS");
      await page.goto(`${site.url}#/topics/orders`);
      await page.getByRole("row", { name: /express.*urgent/ }).waitFor();
      await page.getByRole("button", { name: "Publish message" }).click();
      await page.getByText("Published as message").waitFor();
    },
  },
  {
    name: "create-subscription",
    hash: "#/topics",
    async prepare(page) {
      await createTopic(page, "orders");
      await page.getByRole("button", { name: "Create subscription" }).click();
      await page.getByRole("dialog", { name: "Create subscription" }).waitFor();
    },
  },
  {
    name: "rules",
    fullPage: true,
    hash: "#/examples",
    async prepare(page, site) {
      await openScenario(page, "Cron by EventBridge");
      await page.goto(`${site.url}#/rules`);
      await page.getByRole("row", { name: /large-orders/ }).waitFor();
      await page.getByRole("button", { name: "Add another event" }).click();
      await page.getByLabel("Event detail").nth(1).fill("no JSON");
      await page.getByRole("button", { name: "Send events" }).click();
      await page.getByText("MalformedDetail").waitFor();
    },
  },
  { name: "rules-empty", hash: "#/rules", prepare: (page) => page.getByText("No rules").waitFor() },
  {
    name: "create-rule",
    hash: "#/rules",
    async prepare(page) {
      await page.getByRole("button", { name: "Create rule on default" }).first().click();
      await page.getByLabel("Rule type").selectOption("schedule");
      await page.getByRole("group", { name: "Next trigger dates" }).getByRole("listitem").nth(9).waitFor();
    },
  },
  {
    name: "rule",
    fullPage: true,
    hash: "#/examples",
    async prepare(page, site) {
      await openScenario(page, "Cron by EventBridge");
      await page.goto(`${site.url}#/rules/default%2Flarge-orders`);
      await editor(page, "Event pattern");
      await page.getByText("Sample event matched the event pattern").waitFor();
      await page.getByRole("row", { name: /Input transformer/ }).waitFor();
    },
  },
  {
    name: "rule-schedule",
    hash: "#/rules",
    async prepare(page) {
      await createRule(page, "nightly", "cron(0 2 * * ? *)");
      await page.getByText("2026-01-01 02:00:00 UTC").waitFor();
    },
  },
  {
    name: "rule-target",
    hash: "#/rules",
    async prepare(page) {
      await createRule(page, "orders");
      await editor(page, "Event pattern");
      await page.getByRole("button", { name: "Add target" }).click();
      await page.getByLabel("Target", { exact: true }).fill("arn:aws:lambda:us-east-1:123456789012:function:hello");
      await page.getByLabel(/^Let EventBridge invoke/).waitFor();
      await page.getByLabel("Configure target input").selectOption("transformer");
    },
  },
  {
    name: "buses",
    hash: "#/buses",
    async prepare(page) {
      await prepare(page, [{ service: "events", operation: "CreateEventBus", params: { Name: "shop", Description: "Orders and returns" } }], "#/buses");
      await page.getByRole("row", { name: /shop.*Orders and returns/ }).waitFor();
    },
  },
  {
    name: "bus",
    fullPage: true,
    hash: "#/buses",
    async prepare(page) {
      const permission = { service: "events", operation: "PutPermission", params: { Action: "events:PutEvents", Principal: "111122223333", StatementId: "partner" } };
      await prepare(page, [...ruleToQueue("orders", "orders"), archive("kept"), ...shopEvents(17, 18), permission], "#/buses/default");
      await page.getByRole("row", { name: /^partner/ }).waitFor();
      await page.getByRole("row", { name: /^kept 2/ }).waitFor();
      await addTag(page, "team", "payments");
    },
  },
  { name: "archives-empty", hash: "#/archives", prepare: (page) => page.getByText("No archives").waitFor() },
  {
    name: "archives",
    hash: "#/archives",
    async prepare(page) {
      await prepare(page, [archive("kept"), ...shopEvents(17, 18)], "#/archives");
      await page.getByRole("row", { name: /^kept default 2/ }).waitFor();
    },
  },
  {
    name: "archive",
    fullPage: true,
    hash: "#/archives",
    async prepare(page) {
      await prepare(page, [archive("kept"), ...shopEvents(17, 18), replay("again", "kept")], "#/archives/kept");
      await page.getByRole("row", { name: /^again Completed/ }).waitFor();
    },
  },
  {
    name: "create-archive",
    hash: "#/archives",
    prepare: dialog("Create archive", (page) => page.getByRole("button", { name: "Create archive" }).first().click()),
  },
  {
    name: "start-replay",
    hash: "#/archives",
    async prepare(page) {
      await prepare(page, [archive("kept"), ...shopEvents(17)], "#/archives/kept");
      await page.getByRole("button", { name: "Start replay" }).click();
      await page.getByRole("dialog", { name: "Start replay" }).waitFor();
    },
  },
  { name: "replays-empty", hash: "#/replays", prepare: (page) => page.getByText("No replays").waitFor() },
  {
    name: "replays",
    hash: "#/replays",
    async prepare(page) {
      await prepare(page, [archive("kept"), ...shopEvents(17, 18), replay("again", "kept")], "#/replays");
      await page.getByRole("row", { name: /^again Completed kept/ }).waitFor();
    },
  },
  {
    name: "replay",
    hash: "#/replays",
    async prepare(page) {
      await prepare(page, [archive("kept"), ...shopEvents(17, 18), replay("again", "kept")], "#/replays/again");
      await page.getByText("Completed", { exact: true }).waitFor();
    },
  },
  { name: "schedule-groups", hash: "#/schedule-groups", prepare: (page) => page.getByRole("row", { name: /^default Active/ }).waitFor() },
  {
    name: "schedule-group",
    fullPage: true,
    hash: "#/schedules",
    async prepare(page) {
      await createSchedule(page, "hourly", "arn:aws:lambda:us-east-1:123456789012:function:hello");
      await page.goto(page.url().replace(/#.*/, "#/schedule-groups/default"));
      await page.getByRole("row", { name: /^hourly Enabled hello/ }).waitFor();
    },
  },
  {
    name: "list-of-pages",
    hash: "#/topics",
    async prepare(page) {
      const topics = Array.from({ length: 101 }, (_, at) => ({ service: "sns", operation: "CreateTopic", params: { Name: `topic-${String(at).padStart(3, "0")}` } }));
      await prepare(page, topics, "#/topics");
      await page.getByRole("button", { name: "Load more" }).scrollIntoViewIfNeeded();
    },
  },
  { name: "schedules-empty", hash: "#/schedules", prepare: (page) => page.getByText("No schedules").waitFor() },
  {
    name: "schedule",
    fullPage: true,
    hash: "#/schedules",
    async prepare(page) {
      await createSchedule(page, "hourly", "arn:aws:lambda:us-east-1:123456789012:function:hello");
      await page.getByRole("group", { name: "Next trigger dates" }).getByRole("listitem").nth(9).waitFor();
    },
  },
  {
    name: "schedules",
    hash: "#/schedules",
    async prepare(page) {
      await createSchedule(page, "hourly", "arn:aws:lambda:us-east-1:123456789012:function:hello");
      await page.goto(page.url().replace(/#.*/, "#/schedules"));
      await page.getByRole("row", { name: /hourly default Enabled hello/ }).waitFor();
    },
  },
  {
    name: "create-schedule",
    hash: "#/schedules",
    prepare: dialog("Create schedule", (page) => page.getByRole("button", { name: "Create schedule" }).first().click()),
  },
  { name: "layers-empty", hash: "#/layers", prepare: (page) => page.getByText("No layers").waitFor() },
  {
    name: "layer",
    hash: "#/layers",
    async prepare(page) {
      await publishLayer(page, "shared", zip({ "data/greeting.txt": "hello" }, deflateRawSync));
      await page.getByRole("row", { name: /^Version 1 .*No function/ }).waitFor();
    },
  },
  {
    name: "create-layer",
    hash: "#/layers",
    prepare: dialog("Create layer", (page) => page.getByRole("button", { name: "Create layer" }).first().click()),
  },
  { name: "roles-empty", hash: "#/roles", prepare: (page) => page.getByText("No roles").waitFor() },
  {
    name: "role",
    fullPage: true,
    hash: "#/roles",
    async prepare(page) {
      await createRole(page, "worker");
      await page.getByText(/^Denied because/).waitFor();
    },
  },
  {
    name: "policy",
    hash: "#/roles",
    async prepare(page) {
      await createRole(page, "worker");
      await page.getByRole("button", { name: "Create inline policy" }).click();
      await page.getByRole("dialog", { name: "Create inline policy" }).waitFor();
    },
  },
  {
    name: "permissions-role",
    fullPage: true,
    hash: "#/functions/hello/configuration/permissions",
    async prepare(page) {
      await page.getByRole("button", { name: "Create the role" }).click();
      await page.getByRole("row", { name: /^AWSLambdaBasicExecutionRole/ }).waitFor();
      await page.getByText(/^Denied because/).waitFor();
    },
  },
  { name: "machines-empty", hash: "#/machines", prepare: (page) => page.getByText("No state machines").waitFor() },
  {
    name: "machines",
    hash: "#/machines",
    async prepare(page) {
      await createMachine(page, "counter", "Choice and wait");
      await page.goto(page.url().replace(/#.*/, "#/machines"));
      await page.getByText("None yet").waitFor();
    },
  },
  {
    name: "machine",
    hash: "#/machines",
    async prepare(page) {
      await createMachine(page, "work", "Parallel and map");
      await editor(page, definition);
      await page.getByRole("treeitem", { name: /^Slow,/ }).locator("text").first().click();
      await page.getByText("No faults found").waitFor();
    },
  },
  {
    name: "machine-test-state",
    fullPage: true,
    hash: "#/machines",
    async prepare(page) {
      await createMachine(page, "work", "Call a function");
      await editor(page, definition);
      await page.getByRole("treeitem", { name: /^Say hello,/ }).locator("text").first().click();
      await page.getByRole("button", { name: "Test state", exact: true }).click();
      await page.getByText("Mock an error", { exact: true }).click();
      await page.getByLabel("Error", { exact: true }).fill("Busy");
      await page.getByLabel("Cause", { exact: true }).fill("come back later");
      await page.getByRole("button", { name: "Start test" }).click();
      await page.getByText("CAUGHT_ERROR", { exact: true }).waitFor();
      await page.getByText("Variables and context").click();
    },
  },
  {
    name: "machine-versions",
    hash: "#/machines",
    async prepare(page) {
      await createMachine(page, "work", "Hello");
      await openTab(page, "Versions and aliases");
      await page.getByRole("button", { name: "Publish version" }).click();
      await page.getByLabel("Description (optional)").fill("the first one");
      await page.getByRole("dialog").getByRole("button", { name: "Publish", exact: true }).click();
      await page.getByRole("row", { name: /the first one/ }).waitFor();
      await page.getByRole("button", { name: "Create alias" }).click();
      await page.getByLabel("Alias name").fill("live");
      await page.getByRole("dialog").getByRole("button", { name: "Create alias" }).click();
      await page.getByRole("row", { name: /live.*Version 1/ }).waitFor();
    },
  },
  {
    name: "create-alias",
    hash: "#/machines",
    async prepare(page) {
      await createMachine(page, "work", "Hello");
      await openTab(page, "Versions and aliases");
      for (const _ of [1, 2]) {
        await page.getByRole("button", { name: "Publish version" }).click();
        await page.getByRole("dialog").getByRole("button", { name: "Publish", exact: true }).click();
        await page.getByRole("dialog").waitFor({ state: "detached" });
      }
      await page.getByRole("button", { name: "Create alias" }).click();
      await page.getByLabel("Alias name").fill("live");
    },
  },
  {
    name: "machine-express",
    hash: "#/machines",
    async prepare(page) {
      await page.getByRole("button", { name: "Create state machine" }).first().click();
      const create = page.getByRole("dialog", { name: "Create state machine" });
      await create.getByLabel("State machine name").fill("quick");
      await create.getByText("Express", { exact: true }).click();
      await create.getByRole("button", { name: "Create state machine" }).click();
      await page.getByRole("button", { name: "Start execution" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Start execution" }).click();
      await page.getByRole("dialog").getByText("Succeeded", { exact: true }).waitFor();
      await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
      await openTab(page, "Executions");
      await page.getByRole("row", { name: /Succeeded/ }).waitFor();
    },
  },
  {
    name: "machine-fault",
    hash: "#/machines",
    async prepare(page) {
      await createMachine(page, "work", "Call a function");
      await write(page, definition, `{"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "B"}], "Default": "Gone"},
"B": {"Type": "Pas", "Next": "B"}, "C": {"Type": "Pass", "End": true}}}`);
      await page.getByRole("list", { name: "Faults of the definition" }).waitFor();
    },
  },
  {
    name: "machine-configuration",
    hash: "#/machines",
    async prepare(page) {
      await createMachine(page, "work", "Hello");
      await openTab(page, "Configuration");
      await page.getByLabel("Log level").waitFor();
    },
  },
  {
    name: "machine-mocks",
    hash: "#/machines",
    async prepare(page) {
      await createMachine(page, "work", "Call a function");
      await openTab(page, "Mocks");
      await editor(page, "Mocks of work");
    },
  },
  {
    name: "machine-executions",
    hash: "#/machines",
    async prepare(page) {
      await createMachine(page, "counter", "Choice and wait");
      await page.getByRole("button", { name: "Start execution" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Start execution" }).click();
      await page.getByText("Succeeded", { exact: true }).first().waitFor();
      await page.getByRole("link", { name: "counter" }).last().click();
      await page.getByRole("row", { name: /Succeeded/ }).waitFor();
    },
  },
  {
    name: "create-machine",
    hash: "#/machines",
    prepare: dialog("Create state machine", (page) => page.getByRole("button", { name: "Create state machine" }).first().click()),
  },
  {
    name: "start-execution",
    hash: "#/machines",
    async prepare(page) {
      await createMachine(page, "counter", "Choice and wait");
      await page.getByRole("button", { name: "Start execution" }).click();
      await editor(page, "Input JSON");
    },
  },
  {
    name: "execution",
    hash: "#/machines",
    async prepare(page) {
      await createMachine(page, "work", "Parallel and map");
      await startExecution(page, "first", '{"items": [1, 2, 3]}');
      await page.getByText("Succeeded", { exact: true }).first().waitFor();
      await page.getByRole("treeitem", { name: /^Slow,/ }).locator("text").first().click();
      await page.locator(".state-panel").getByRole("heading", { name: "Slow" }).waitFor();
    },
  },
  {
    name: "execution-callback",
    fullPage: true,
    hash: "",
    async prepare(page, site) {
      await editor(page, code);
      await page.goto(`${site.url}#/machines`);
      await createApproval(page);
      await startExecution(page, "first", "{}");
      await page.getByRole("treeitem", { name: /^Ask,.*Waiting for callback/ }).locator("text").first().click();
      await editor(page, "Output of the callback");
    },
  },
  {
    name: "execution-flow",
    fullPage: true,
    hash: "#/machines",
    async prepare(page) {
      await createMachine(page, "counter", "Choice and wait");
      await startExecution(page, "first", '{"limit": 2}');
      await page.getByText("Succeeded", { exact: true }).first().waitFor();
      await page.getByRole("treeitem", { name: /^Count,/ }).locator("text").first().click();
      await openTab(page, "Data flow");
      await page.getByRole("heading", { name: /^After Parameters/ }).waitFor();
    },
  },
  { name: "execution-distributed", fullPage: true, hash: "#/machines", prepare: (page) => runDistributed(page, "orders") },
  { name: "import", hash: "#/histories", prepare: (page) => page.getByLabel("History", { exact: true }).waitFor() },
  {
    name: "import-kept",
    hash: "#/histories",
    async prepare(page) {
      await importHistory(page, failedMap);
      await page.getByRole("link", { name: "Import a history" }).click();
      await page.getByRole("group", { name: "Histories" }).waitFor();
    },
  },
  { name: "execution-failed", fullPage: true, hash: "#/histories", prepare: (page) => withHistoryOf(page) },
  ...["Timeline", "Map iterations", "Compare"].map((tab) => ({
    name: `execution-${tab.toLowerCase().replace(" ", "-")}`,
    fullPage: true,
    hash: "#/histories",
    async prepare(page) {
      await withHistoryOf(page);
      await openTab(page, tab);
      if (tab === "Compare") {
        const other = structuredClone(failedMap);
        other.events[2].stateExitedEventDetails.output = "{}";
        await page.locator("#compare-file").setInputFiles({ name: "other.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(other)) });
        await page.locator(".compare-first").waitFor();
      }
    },
  })),
  {
    name: "execution-scrubbed",
    fullPage: true,
    hash: "#/histories",
    async prepare(page) {
      await withHistoryOf(page);
      await page.getByRole("slider").fill("9");
      await page.getByText("Event 9 of 17").waitFor();
    },
  },
  // Examples can be opened once the engine is there; until then their buttons are disabled, and about to change their colour.
  { name: "examples", hash: "#/examples", prepare: (page) => page.locator('button[aria-label="Open Counter"]:enabled').waitFor() },
  { name: "workspaces", hash: "#/workspaces", prepare: (page) => page.getByRole("heading", { name: "Workspaces" }).first().waitFor() },
  { name: "not-found", hash: "#/nowhere" },
  {
    name: "create-function",
    hash: "#/functions",
    prepare: dialog("Create function", (page) => page.getByRole("button", { name: "Create function" }).first().click()),
  },
  {
    name: "create-upload",
    hash: "#/functions",
    async prepare(page) {
      await page.getByRole("button", { name: "Create function" }).first().click();
      await page.getByRole("radio", { name: /^Upload/ }).check();
      // One import that is not here, and no handler.
      const foreign = Buffer.from("0061736d01000000010401600000020d0103656e76057072696e740000", "hex");
      await page.locator("#create-file").setInputFiles({ name: "foreign.wasm", mimeType: "application/wasm", buffer: foreign });
      await page.getByText("This module would be refused.").scrollIntoViewIfNeeded();
    },
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
