// The page as a visitor names its parts. Tests speak through this, so that a renamed button is one change.

import assert from "node:assert/strict";

export const tab = (page, name) => page.getByRole("tab", { name, exact: true });
export const testButton = (page) => page.getByRole("button", { name: "Test", exact: true });
export const deployButton = (page) => page.getByRole("button", { name: "Deploy", exact: true });
export const result = (page) => page.locator(".result-panel");
export const response = (page) => result(page).getByLabel("Response", { exact: true });
export const logOutput = (page) => result(page).getByLabel("Log output", { exact: true });

/** The editor once CodeMirror has taken over from the plain text area. */
export async function editor(page, name) {
  const box = page.locator(".cm-content").and(page.getByRole("textbox", { name }));
  await box.waitFor();
  return box;
}

/** Replaces the whole text of an editor, as a person would. */
export async function write(page, name, text) {
  const box = await editor(page, name);
  await box.click();
  await page.keyboard.press("ControlOrMeta+a");
  // Inserted at once: typed brackets would be closed by the editor.
  await page.keyboard.insertText(text);
}

/** The whole text, including lines that are scrolled away. */
export async function read(page, name) {
  const box = await editor(page, name);
  return box.evaluate((content) => content.cmTile?.view?.state.doc.toString() ?? content.cmView?.view?.state.doc.toString() ?? content.innerText);
}

/** Tests with the selected event and waits for the outcome: "Succeeded", "Failed" … */
export async function invoke(page, outcome = "Succeeded") {
  await testButton(page).click();
  await outcomeIs(page, outcome);
}

export async function outcomeIs(page, outcome) {
  const head = result(page).locator(".result-head");
  // A second of a function's that runs all the time may be many of a busy machine's.
  await head.getByText(/^(Succeeded|Failed|Refused|Queued|Checked)$/).waitFor({ timeout: 90_000 });
  assert.match(await head.innerText(), new RegExp(outcome), await result(page).innerText());
}

export async function openTab(page, name) {
  await tab(page, name).click();
  await page.locator(`[role=tabpanel][aria-labelledby="${await tab(page, name).getAttribute("id")}"]`).waitFor();
}

/** Creates a function from an example of the dialog, by the example's title. */
export async function createFrom(page, name, title) {
  await page.getByRole("button", { name: "Create function" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Create function" });
  await dialog.getByLabel("Function name").fill(name);
  await dialog.getByRole("radio", { name: title }).check();
  await dialog.getByRole("button", { name: "Create function" }).click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
}

/** Creates a state machine from a template of the dialog, by the template's title. */
export async function createMachine(page, name, title) {
  await page.getByRole("button", { name: "Create state machine" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Create state machine" });
  await dialog.getByLabel("State machine name").fill(name);
  await dialog.getByRole("radio", { name: new RegExp(`^${title}`) }).check();
  await dialog.getByRole("button", { name: "Create state machine" }).click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
  await page.getByRole("tree").waitFor();
}

/** The text of the share dialog's link. */
export async function shareLink(page) {
  await page.getByRole("button", { name: "Share", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Share" });
  const field = dialog.getByLabel("Link", { exact: true });
  await field.waitFor();
  const link = await field.inputValue();
  await dialog.getByRole("button", { name: "Close" }).click();
  return link;
}

/** Starts an execution of the machine whose page is shown. */
export async function startExecution(page, name, input) {
  await page.getByRole("button", { name: "Start execution" }).click();
  const dialog = page.getByRole("dialog", { name: /^Start execution/ });
  await write(page, "Input JSON", input);
  await dialog.getByLabel("Execution name").fill(name);
  await dialog.getByRole("button", { name: "Start execution" }).click();
  await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
}

const event = (id, previousEventId, seconds, type, details) => ({
  timestamp: `2024-05-01T10:17:${seconds.toFixed(3).padStart(6, "0")}000+00:00`,
  type,
  id,
  previousEventId,
  ...(details && { [`${type.replace(/^[A-Z][a-z]+(?=State(Entered|Exited))/, "").replace(/^./, (c) => c.toLowerCase())}EventDetails`]: details }),
});

/** A history as the AWS command line prints it: a Map state of three items, of which the second fails. */
export const failedMap = {
  events: [
    event(1, 0, 0, "ExecutionStarted", { input: '{"order": 17}', roleArn: "arn:aws:iam::123456789012:role/r" }),
    event(2, 0, 0.01, "PassStateEntered", { name: "Prepare", input: '{"order": 17}' }),
    event(3, 2, 0.01, "PassStateExited", { name: "Prepare", output: '{"items":[1,2,3]}' }),
    event(4, 3, 0.02, "MapStateEntered", { name: "Items", input: '{"items":[1,2,3]}' }),
    event(5, 4, 0.02, "MapStateStarted", { length: 3 }),
    event(6, 5, 0.03, "MapIterationStarted", { name: "Items", index: 0 }),
    event(7, 5, 0.03, "MapIterationStarted", { name: "Items", index: 1 }),
    event(8, 5, 0.03, "MapIterationStarted", { name: "Items", index: 2 }),
    event(9, 6, 0.04, "TaskStateEntered", { name: "Charge", input: "1" }),
    event(10, 7, 0.04, "TaskStateEntered", { name: "Charge", input: "2" }),
    event(11, 8, 0.04, "TaskStateEntered", { name: "Charge", input: "3" }),
    event(12, 10, 0.05, "LambdaFunctionScheduled", { resource: "arn:aws:lambda:eu-west-1:123456789012:function:charge", input: "2" }),
    event(13, 12, 1.2, "LambdaFunctionFailed", { error: "Oops", cause: "the card was refused" }),
    event(14, 13, 1.2, "MapIterationFailed", { name: "Items", index: 1 }),
    event(15, 14, 1.2, "MapIterationAborted", { name: "Items", index: 2 }),
    event(16, 13, 1.21, "MapStateFailed"),
    event(17, 16, 1.21, "ExecutionFailed", { error: "Oops", cause: "the card was refused" }),
  ],
};

/** Takes a history in on the import page, and waits until it is shown. */
export async function importHistory(page, history, definition = "") {
  await page.getByLabel("History", { exact: true }).fill(JSON.stringify(history));
  if (definition) await page.getByLabel("Definition (optional)").fill(definition);
  await page.getByRole("button", { name: "Show the history" }).click();
  await page.locator(".execution-view").waitFor();
  await page.getByRole("tree").waitFor();
}

const callback = `{"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
"Parameters": {"FunctionName": "hello", "Payload": {"token.$": "$$.Task.Token"}}, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}], "Next": "Fine"},
"Fine": {"Type": "Succeed"}, "Sorry": {"Type": "Fail", "Error": "No", "Cause": "somebody said so"}}}`;

/** A machine that asks somebody, through the function "hello", and waits for the callback. */
export async function createApproval(page) {
  await createMachine(page, "approval", "Hello");
  await write(page, /^Definition of /, callback);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Saved", { exact: true }).waitFor();
}

const distributed = JSON.stringify({
  StartAt: "Each order",
  States: {
    "Each order": {
      Type: "Map",
      ToleratedFailureCount: 1,
      Label: "Orders",
      ItemProcessor: {
        ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
        StartAt: "Is it dear?",
        States: {
          "Is it dear?": { Type: "Choice", Choices: [{ Variable: "$", NumericGreaterThan: 100, Next: "Refuse" }], Default: "Take" },
          Refuse: { Type: "Fail", Error: "TooDear", Cause: "more than a hundred" },
          Take: { Type: "Pass", Result: "taken", End: true },
        },
      },
      End: true,
    },
  },
}, null, 1);

/** Runs a distributed Map state over three items, of which the last one fails. */
export async function runDistributed(page, name) {
  await createMachine(page, name, "Hello");
  await write(page, /^Definition of /, distributed);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Saved", { exact: true }).waitFor();
  await startExecution(page, "first", "[1, 2, 300]");
  await page.locator(".page-header").getByText("Succeeded").waitFor();
  await page.getByRole("treeitem", { name: /^Each order,/ }).locator("text").first().click();
  await openTab(page, "Map iterations");
  await page.getByRole("group", { name: "Child executions" }).waitFor();
}

/** Creates a queue on the page of all queues, and goes to its page. */
export async function createQueue(page, name, dead) {
  await page.getByRole("button", { name: "Create queue" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Create queue" });
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  if (dead) await dialog.getByLabel("Dead-letter queue").selectOption({ label: dead });
  await dialog.getByRole("button", { name: "Create queue" }).click();
  await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
}

/** Publishes a version on the Versions tab. */
export async function publishVersion(page, description = "") {
  await page.getByRole("button", { name: "Publish new version" }).click();
  const dialog = page.getByRole("dialog", { name: "Publish new version" });
  await dialog.getByLabel("Version description (optional)").fill(description);
  await dialog.getByRole("button", { name: "Publish", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
}

/** Two versions of "hello" and an alias that sends a tenth to the second one; ends on the Aliases tab. */
export async function canary(page) {
  await publishVersion(page, "stable");
  await page.getByRole("row", { name: /stable/ }).waitFor();
  await openTab(page, "Configuration");
  await page.getByLabel("Memory (MB)").fill("256");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("button", { name: "Save", exact: true, disabled: true }).waitFor();
  await openTab(page, "Versions");
  await publishVersion(page, "candidate");
  await page.getByRole("row", { name: /candidate/ }).waitFor();
  await openTab(page, "Aliases");
  await page.getByRole("button", { name: "Create alias" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Create alias" });
  await dialog.getByLabel("Alias name").fill("live");
  await dialog.getByLabel("Version", { exact: true }).selectOption("1");
  await dialog.getByLabel("Additional version (optional)").selectOption("2");
  await dialog.getByRole("button", { name: "Create alias" }).click();
  await dialog.waitFor({ state: "detached" });
}

const save = async (page) => {
  await page.getByRole("button", { name: "Save", exact: true, disabled: false }).click();
  await page.getByRole("button", { name: "Save", exact: true, disabled: true }).first().waitFor();
};

/** Shows a part of the configuration, and fills in what makes it worth looking at. */
export async function fillConfiguration(page, section) {
  await page.locator(`.configuration-list a[href$="/${section}"]`).click();
  const add = { variables: ["Add variable", "TABLE", "orders"], tags: ["Add tag", "team", "payments"] }[section];
  if (add) {
    await page.getByRole("button", { name: add[0] }).click();
    await page.getByLabel("Key 1").fill(add[1]);
    await page.getByLabel("Value 1").fill(add[2]);
    await save(page);
  } else if (section === "permissions") {
    await page.getByRole("button", { name: "Add permissions" }).click();
    const dialog = page.getByRole("dialog", { name: "Add permissions" });
    await dialog.getByLabel("Statement ID").fill("from-sns");
    await dialog.getByLabel("Principal").fill("sns.amazonaws.com");
    await dialog.getByLabel("Source ARN (optional)").fill("arn:aws:sns:us-east-1:123456789012:orders");
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("row", { name: /from-sns/ }).waitFor();
    await page.getByText("View policy").click();
    // Scrolled half below the bar, a button would be too small to touch.
    await page.evaluate(() => scrollTo(0, 0));
  } else if (section === "concurrency") {
    await page.getByLabel("Reserved concurrency").selectOption("reserved");
    await page.getByLabel("Environments at a time").fill("5");
    await page.getByRole("button", { name: "Save", exact: true, disabled: false }).click();
    await page.getByText("995", { exact: true }).waitFor();
  } else if (section === "asynchronous") {
    await page.getByLabel("Retry attempts").fill("1");
    await save(page);
  } else if (section === "faults") {
    await addFault(page, "busy", { "Error type": "Payments.Unavailable", "At most so many times": "2" });
  } else if (section === "triggers") {
    await page.getByRole("button", { name: "Add trigger" }).click();
    await page.getByRole("dialog", { name: "Add trigger" }).waitFor();
  } else {
    await page.locator(".configuration-content h2").first().waitFor();
  }
}

/** Adds a fault in the Faults part of a function's configuration. */
export async function addFault(page, name, fields) {
  await page.getByRole("button", { name: "Add fault" }).click();
  const dialog = page.getByRole("dialog", { name: "Add fault" });
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  for (const [label, value] of Object.entries(fields)) await dialog.getByLabel(label).fill(value);
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("row", { name: new RegExp(`^${name}`) }).waitFor();
}

/** Opens a scenario of the gallery, by its title; it ends where the scenario leads. */
export async function openScenario(page, title) {
  await page.locator(`button[aria-label="Open ${title}"]:enabled`).click();
  await page.getByRole("heading", { level: 1 }).filter({ hasNotText: "Examples" }).waitFor();
}

/** Makes requests as a scenario of the gallery does, and ends at `hash`. What takes a hundred clicks is no test of clicking. */
export async function prepare(page, requests, hash, functions = []) {
  await page.route("**/examples/index.json", async (route) => {
    const index = await (await route.fetch()).json();
    index.scenarios = [{ name: "set-up", title: "Set-up", summary: "Requests of a test.", functions, open: hash, requests }];
    await route.fulfill({ json: index });
  });
  await page.goto(page.url().replace(/(#.*)?$/, "#/examples"));
  await page.locator('button[aria-label="Open Set-up"]:enabled').click();
  await page.waitForFunction((hash) => location.hash === hash, hash);
  await page.unroute("**/examples/index.json");
}

export const account = (service, rest) => `arn:aws:${service}:us-east-1:123456789012:${rest}`;

/** Requests that make a queue, and a rule of the default event bus that sends what comes from my.shop there. */
export function ruleToQueue(rule, queue) {
  const policy = { Version: "2012-10-17", Statement: [{ Sid: "rule", Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sqs:SendMessage", Resource: account("sqs", queue) }] };
  return [
    { service: "sqs", operation: "CreateQueue", params: { QueueName: queue, Attributes: { Policy: JSON.stringify(policy) } } },
    { service: "events", operation: "PutRule", params: { Name: rule, EventPattern: '{"source": ["my.shop"]}' } },
    { service: "events", operation: "PutTargets", params: { Rule: rule, Targets: [{ Id: "queue", Arn: account("sqs", queue) }] } },
  ];
}

/** Requests that put events of my.shop on the default event bus. */
export const shopEvents = (...orders) => [
  { service: "events", operation: "PutEvents", params: { Entries: orders.map((order) => ({ Source: "my.shop", DetailType: "Order placed", Detail: JSON.stringify({ order }) })) } },
];

/** An archive of the default event bus. */
export const archive = (name) => ({ service: "events", operation: "CreateArchive", params: { ArchiveName: name, EventSourceArn: account("events", "event-bus/default"), RetentionDays: 30 } });

/** A replay of all that an archive of the default event bus has. */
export const replay = (name, of) => ({
  service: "events",
  operation: "StartReplay",
  params: { ReplayName: name, EventSourceArn: account("events", `archive/${of}`), EventStartTime: 1767225600, EventEndTime: 1767312000, Destination: { Arn: account("events", "event-bus/default") } },
});

/** Adds a tag in the panel of a resource's tags. */
export async function addTag(page, key, value) {
  const tags = page.getByRole("region", { name: "Tags" });
  await tags.getByRole("button", { name: "Add tag" }).click();
  await tags.getByLabel("Key 1").fill(key);
  await tags.getByLabel("Value 1").fill(value);
  await tags.getByRole("button", { name: "Save", exact: true }).click();
  await tags.getByRole("button", { name: "Save", exact: true, disabled: true }).waitFor();
}

/** Creates a topic on the page of all topics, and goes to its page. */
export async function createTopic(page, name) {
  await page.getByRole("button", { name: "Create topic" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Create topic" });
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  await dialog.getByRole("button", { name: "Create topic" }).click();
  await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
}

/** Creates a rule with the pattern that the dialog begins with, or with a schedule, and goes to its page. */
export async function createRule(page, name, expression) {
  await page.getByRole("button", { name: "Create rule on default" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Create rule" });
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  if (expression) {
    await dialog.getByLabel("Rule type").selectOption("schedule");
    await dialog.getByLabel("Schedule expression").fill(expression);
  }
  await dialog.getByRole("button", { name: "Create rule" }).click();
  await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
}

/** Creates a schedule for a function, and goes to its page. */
export async function createSchedule(page, name, target) {
  await page.getByRole("button", { name: "Create schedule" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Create schedule" });
  await dialog.getByLabel("Schedule name").fill(name);
  await dialog.getByLabel("Target", { exact: true }).fill(target);
  await dialog.getByRole("button", { name: "Create schedule" }).click();
  await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
}

/** Creates a role on the page of all roles, and goes to its page. */
export async function createRole(page, name) {
  await page.getByRole("button", { name: "Create role" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Create role" });
  await dialog.getByLabel("Role name").fill(name);
  await dialog.getByRole("button", { name: "Create role" }).click();
  await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
  await page.getByRole("row", { name: /^AWSLambdaBasicExecutionRole/ }).waitFor();
}

/** Publishes a layer's first version on the page of all layers, and goes to its page. */
export async function publishLayer(page, name, buffer) {
  await page.getByRole("button", { name: "Create layer" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Create layer" });
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  await dialog.locator("input[type=file]").setInputFiles({ name: `${name}.zip`, mimeType: "application/zip", buffer });
  await dialog.getByText(new RegExp(`^${name}\\.zip`)).waitFor();
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
}

/** Presses Tab until something is focused that `wanted` accepts; that it can be reached at all is the point. */
export async function tabTo(page, description, wanted, key = "Tab") {
  for (let presses = 0; presses < 120; presses++) {
    await page.keyboard.press(key);
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      const name = element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.textContent;
      return { role: element.getAttribute("role") ?? element.tagName.toLowerCase(), name: name.trim() };
    });
    if (wanted(focused)) return focused;
    // The way out of an editor, as it announces.
    if (focused.role === "textbox") await page.keyboard.press("Escape");
  }
  assert.fail(`${description} cannot be reached with ${key}`);
}

/** A zip of texts by their paths. */
export function zip(files, deflate) {
  const [local, central] = [[], []];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const [path, content] = [Buffer.from(name), Buffer.from(text)];
    const packed = deflate(content);
    const sums = Buffer.alloc(12);
    sums.writeUInt32LE(crc32(content), 0);
    sums.writeUInt32LE(packed.length, 4);
    sums.writeUInt32LE(content.length, 8);
    const names = Buffer.from([path.length & 255, path.length >> 8, 0, 0]);
    // Version 2.0, no flags, deflated, no time.
    const head = Buffer.from([20, 0, 0, 0, 8, 0, 0, 0, 33, 0]);
    const at = Buffer.alloc(4);
    at.writeUInt32LE(offset);
    local.push(Buffer.from("PK\x03\x04"), head, sums, names, path, packed);
    central.push(Buffer.from("PK\x01\x02"), Buffer.from([20, 0]), head, sums, names, Buffer.alloc(10), at, path);
    offset += 30 + path.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(Object.keys(files).length, 4);
  end.writeUInt16LE(Object.keys(files).length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...local, directory, Buffer.from("PK\x05\x06"), end]);
}

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
