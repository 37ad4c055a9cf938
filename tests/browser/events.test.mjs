// Topics, event buses with their rules, schedules, layers, and what roles may do.

import assert from "node:assert/strict";
import test, { after } from "node:test";
import { deflateRawSync } from "node:zlib";
import { createQueue, createRole, createRule, createTopic, editor, invoke, openScenario, publishLayer, response, write, zip } from "./app.mjs";
import { close, open, ready, visit } from "./helper.mjs";

after(close);

const dialog = (page, name) => page.getByRole("dialog", { name });
const save = (page, title) => page.getByRole("region", { name: title }).getByRole("button", { name: "Save", exact: true, disabled: false }).click();
const advance = async (page, label) => {
  await page.getByRole("button", { name: /^Virtual clock/ }).click();
  await page.getByRole("button", { name: `Advance by ${label}` }).click();
  await page.keyboard.press("Escape");
};

test("a topic gets subscribers, one with a filter policy, and what is published reaches those whom it concerns", (t) =>
  visit(t, { hash: "#/queues" }, async (page, site) => {
    await createQueue(page, "all");
    await open(page, site, "#/queues");
    await createQueue(page, "urgent");
    await open(page, site, "#/topics");
    await page.getByText("No topics").waitFor();
    await createTopic(page, "orders");
    await page.getByText("No subscriptions").waitFor();
    const subscribe = async (endpoint, policy) => {
      await page.getByRole("button", { name: "Create subscription" }).click();
      const form = dialog(page, "Create subscription");
      await form.getByLabel("Endpoint").fill(endpoint);
      if (policy) await form.getByLabel("Subscription filter policy (optional)").fill(policy);
      await form.getByRole("button", { name: "Create subscription" }).click();
      return form;
    };
    const refused = await subscribe("nowhere");
    await refused.getByRole("alert").filter({ hasText: "Invalid parameter: SQS endpoint ARN" }).waitFor();
    assert.equal(await refused.getByLabel("Endpoint").inputValue(), "nowhere", "nothing typed is lost");
    await refused.getByRole("button", { name: "Cancel" }).click();
    await (await subscribe("arn:aws:sqs:us-east-1:123456789012:all")).waitFor({ state: "detached" });
    await (await subscribe("arn:aws:sqs:us-east-1:123456789012:urgent", '{"kind": ["urgent"]}')).waitFor({ state: "detached" });
    await page.getByRole("row", { name: /^all sqs Confirmed All messages/ }).waitFor();
    await page.getByRole("row", { name: /^urgent sqs Confirmed \{"kind": \["urgent"\]\}/ }).waitFor();

    const publish = async (kind) => {
      await page.getByLabel("Attribute name (optional)").fill("kind");
      await page.getByLabel("Attribute value").fill(kind);
      await page.getByRole("button", { name: "Publish message" }).click();
      await page.getByText("Published as message").waitFor();
    };
    await publish("urgent");
    await publish("usual");
    await page.getByRole("button", { name: "Edit the subscription of urgent" }).click();
    const edit = dialog(page, "Edit subscription");
    await edit.getByLabel("Subscription filter policy (optional)").fill('{"kind": "urgent"}');
    await edit.getByRole("button", { name: "Save" }).click();
    await edit.getByRole("alert").filter({ hasText: /FilterPolicy: "kind" must be an object or an array/ }).waitFor();
    await edit.getByLabel("Subscription filter policy (optional)").fill('{"kind": ["usual"]}');
    await edit.getByRole("button", { name: "Save" }).click();
    await page.getByRole("row", { name: /^urgent .*\{"kind": \["usual"\]\}/ }).waitFor();
    await publish("usual");
    await open(page, site, "#/queues");
    await page.getByRole("row", { name: /^all Standard 3/ }).waitFor();
    await page.getByRole("row", { name: /^urgent Standard 2/ }).waitFor();
    await open(page, site, "#/topics");
    await page.getByRole("row", { name: "orders Standard 2" }).waitFor();
    await page.getByRole("link", { name: "orders" }).click();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await dialog(page, "Delete topic").getByRole("button", { name: "Delete" }).click();
    await page.getByText("No topics").waitFor();
  }));

test("a topic's subscription lets SNS invoke the function", (t) =>
  visit(t, { hash: "#/topics" }, async (page, site) => {
    await createTopic(page, "news");
    await page.getByRole("button", { name: "Create subscription" }).click();
    const form = dialog(page, "Create subscription");
    await form.getByLabel("Protocol").selectOption("lambda");
    await form.getByLabel("Endpoint").fill("arn:aws:lambda:us-east-1:123456789012:function:hello");
    await form.getByLabel(/^Let SNS invoke the function/).waitFor();
    await form.getByRole("button", { name: "Create subscription" }).click();
    await page.getByRole("row", { name: /^hello lambda/ }).waitFor();
    await page.getByRole("button", { name: "Publish message" }).click();
    await page.getByText("Published as message").waitFor();
    await open(page, site, "#/functions/hello/configuration/permissions");
    await page.getByRole("row", { name: /^sns-news sns\.amazonaws\.com/ }).waitFor();
    await open(page, site, "#/functions/hello/monitor");
    await page.getByRole("group", { name: "Invocations" }).locator("tbody tr").first().waitFor();
  }));

test("a rule's pattern is tried while it is written, its target is given a part of the event, each entry of PutEvents is answered", (t) =>
  visit(t, { hash: "#/queues" }, async (page, site) => {
    await createQueue(page, "large");
    await open(page, site, "#/rules");
    await page.getByText("No rules").waitFor();
    await createRule(page, "large-orders");
    await page.getByText("Sample event matched the event pattern").waitFor();
    await write(page, "Sample event", '{"source": "my.shop", "detail": {"amount": 7}}');
    await page.getByText("Sample event did not match the event pattern").waitFor();
    await write(page, "Event pattern", '{"source": ["my.shop"], "detail": {"amount": [{"numeric": [">", "x"]}]}}');
    await page.getByText("InvalidEventPatternException").waitFor();
    await write(page, "Event pattern", '{"source": ["my.shop"], "detail": {"amount": [{"numeric": [">", 5]}]}}');
    await page.getByText("Sample event matched the event pattern").waitFor();
    await save(page, "Event pattern");
    await page.getByRole("region", { name: "Event pattern" }).getByRole("button", { name: "Save", exact: true, disabled: true }).waitFor();

    await page.getByRole("button", { name: "Add target" }).click();
    const form = dialog(page, "Add target");
    await form.getByLabel("Target", { exact: true }).fill("arn:aws:sqs:us-east-1:123456789012:large");
    await form.getByLabel("Configure target input").selectOption("transformer");
    await form.getByLabel("Input path").fill('{"amount": "$.detail.amount"}');
    await form.getByLabel("Template").fill('{"worth": <price>}');
    await form.getByRole("button", { name: "Add", exact: true }).click();
    await form.getByRole("alert").filter({ hasText: /placeholder price/ }).waitFor();
    await form.getByLabel("Template").fill('{"worth": <amount>}');
    await form.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("row", { name: /^target-1 SQS queue large Input transformer/ }).waitFor();

    await page.getByRole("link", { name: "EventBridge rules" }).last().click();
    await page.getByRole("row", { name: /^large-orders Enabled Event pattern/ }).waitFor();
    await page.getByLabel("Event detail").fill('{"amount": 250}');
    await page.getByRole("button", { name: "Add another event" }).click();
    await page.getByLabel("Event detail").nth(1).fill("no JSON");
    await page.getByRole("button", { name: "Send events" }).click();
    const results = page.getByRole("status", { name: "Results" });
    await results.getByRole("row", { name: /^Event 1 Sent/ }).waitFor();
    await results.getByRole("row", { name: /^Event 2 MalformedDetail Detail is malformed\./ }).waitFor();
    await page.getByRole("link", { name: "large-orders" }).click();
    await page.getByRole("button", { name: "Disable" }).click();
    await page.getByRole("button", { name: "Enable" }).waitFor();
    await open(page, site, "#/queues/large");
    await page.getByText("Messages (1)").waitFor();
    await page.getByRole("button", { name: /: show the message$/ }).click();
    assert.match(await page.getByRole("group", { name: "Body" }).innerText(), /"worth": 250/);
    await open(page, site, "#/rules/default%2Flarge-orders");
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await dialog(page, "Delete rule").getByRole("button", { name: "Delete" }).click();
    await page.getByText("No rules").waitFor();
  }));

test("an event bus of one's own has rules, and refuses a schedule with AWS's words", (t) =>
  visit(t, { hash: "#/buses" }, async (page) => {
    await page.getByRole("row", { name: /^default/ }).waitFor();
    await page.getByRole("button", { name: "Create event bus" }).first().click();
    await dialog(page, "Create event bus").getByLabel("Name", { exact: true }).fill("shop");
    await dialog(page, "Create event bus").getByRole("button", { name: "Create event bus" }).click();
    await page.getByRole("heading", { level: 1, name: "shop" }).waitFor();
    await page.getByRole("heading", { name: /^Rules on shop/ }).waitFor();
    await page.getByRole("button", { name: "Create rule on shop" }).first().click();
    const form = dialog(page, "Create rule");
    await form.getByLabel("Name", { exact: true }).fill("often");
    await form.getByLabel("Rule type").selectOption("schedule");
    await form.getByRole("group", { name: "Next trigger dates" }).getByText(/^2026-01-01 00:05:\d\d UTC$/).waitFor();
    await form.getByLabel("Schedule expression").fill("rate(5 minute)");
    await form.getByText("Parameter ScheduleExpression is not valid.").waitFor();
    await form.getByLabel("Schedule expression").fill("rate(5 minutes)");
    await form.getByRole("button", { name: "Create rule" }).click();
    await form.getByRole("alert").filter({ hasText: "ScheduleExpression is supported only on the default event bus." }).waitFor();
    await form.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await dialog(page, "Delete event bus").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { level: 1, name: "Event buses" }).waitFor();
    await page.getByRole("row", { name: /^shop/ }).waitFor({ state: "detached" });
  }));

test("a schedule shows its next dates, occurs when the clock gets there, and is paused", (t) =>
  visit(t, { hash: "#/queues" }, async (page, site) => {
    await createQueue(page, "nights");
    await open(page, site, "#/schedules");
    await page.getByText("No schedules").waitFor();
    await page.getByRole("button", { name: "Create schedule" }).first().click();
    const form = dialog(page, "Create schedule");
    await form.getByLabel("Schedule name").fill("nightly");
    await form.getByLabel("Schedule expression").fill("cron(30 8 * * ? *)");
    await form.getByLabel("Time zone").fill("Asia/Kolkata");
    await form.getByRole("group", { name: "Next trigger dates" }).getByText("2026-01-01 03:00:00 UTC").waitFor();
    await form.getByLabel("Target", { exact: true }).fill("arn:aws:sqs:us-east-1:123456789012:nights");
    await form.getByLabel("Input (optional)").fill("at <aws.scheduler.scheduled-time>");
    await form.getByRole("button", { name: "Create schedule" }).click();
    await page.getByRole("heading", { level: 1, name: "nightly" }).waitFor();
    await advance(page, "1 day");
    await page.getByRole("group", { name: "Next trigger dates" }).getByText("2026-01-02 03:00:00 UTC").waitFor();
    await page.getByRole("button", { name: "Disable" }).click();
    await page.getByText("It does not occur again.").waitFor();
    await advance(page, "1 day");
    await page.getByRole("button", { name: "Enable" }).click();
    await page.getByRole("group", { name: "Next trigger dates" }).getByText("2026-01-03 03:00:00 UTC").waitFor();
    await open(page, site, "#/queues/nights");
    await page.getByText("Messages (1)").waitFor();
    await page.getByText("at 2026-01-01T03:00:00Z").first().waitFor();
    await open(page, site, "#/schedules");
    await page.getByRole("row", { name: /^nightly default Enabled nights/ }).waitFor();
  }));

test("a function's role bites once it is made, and every decision has its reason", (t) =>
  visit(t, { hash: "#/functions/hello/configuration/permissions" }, async (page) => {
    await page.getByText("This workspace has not made the role").waitFor();
    await page.getByRole("button", { name: "Create the role" }).click();
    await page.getByRole("row", { name: /^AWSLambdaBasicExecutionRole AWS managed/ }).waitFor();
    const decision = page.getByRole("region", { name: "Policy evaluation" });
    await decision.getByText("Denied because no statement of role lambda-role allows sqs:SendMessage on *.").waitFor();
    await page.getByRole("button", { name: "Create inline policy" }).click();
    let form = dialog(page, "Create inline policy");
    await form.getByLabel("Policy name").fill("send");
    await form.getByLabel("Policy document").fill('{"Version": "2012-10-17"}');
    await form.getByRole("button", { name: "Save" }).click();
    await form.getByRole("alert").filter({ hasText: "The policy must contain a statement." }).waitFor();
    await form.getByLabel("Policy document").fill('{"Version": "2012-10-17", "Statement": {"Sid": "Send", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:*:*:orders"}}');
    await form.getByRole("button", { name: "Save" }).click();
    await page.getByRole("row", { name: /^send Customer inline/ }).waitFor();
    await decision.getByLabel("Resource").fill("arn:aws:sqs:us-east-1:123456789012:orders");
    await decision.getByText("Allowed by statement Send of policy send.").waitFor();

    // A boundary takes away what it does not give.
    await page.getByLabel("Policy", { exact: true }).selectOption({ label: "AWSLambdaBasicExecutionRole (AWS managed)" });
    await save(page, "Permissions boundary");
    await decision.getByText(/^Denied because no statement of the permissions boundary allows sqs:SendMessage/).waitFor();
    await page.getByLabel("Policy", { exact: true }).selectOption({ label: "None" });
    await save(page, "Permissions boundary");
    await decision.getByText("Allowed by statement Send of policy send.").waitFor();

    // A managed policy that is changed has a new version, which counts.
    await page.getByRole("button", { name: "Create policy", exact: true }).click();
    form = dialog(page, "Create policy");
    await form.getByLabel("Policy name").fill("no-orders");
    await form.getByLabel("Policy document").fill('{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}}');
    await form.getByRole("button", { name: "Create and attach" }).click();
    await page.getByRole("button", { name: "no-orders", exact: true }).click();
    form = dialog(page, "Policy no-orders");
    await form.getByText("Version v1 counts.").waitFor();
    await form.getByLabel("Policy document").fill('{"Version": "2012-10-17", "Statement": {"Sid": "Never", "Effect": "Deny", "Action": "sqs:*", "Resource": "*"}}');
    await form.getByRole("button", { name: "Save as default version" }).click();
    await decision.getByText("Explicitly denied by statement Never of policy no-orders.").waitFor();
    await page.getByRole("button", { name: "Detach policy no-orders" }).click();
    await decision.getByText("Allowed by statement Send of policy send.").waitFor();
    await page.getByRole("link", { name: "Role lambda-role" }).click();
    await page.getByRole("heading", { level: 1, name: "lambda-role" }).waitFor();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await dialog(page, "Delete role").getByRole("button", { name: "Delete" }).click();
    await dialog(page, "Delete role").getByRole("alert").filter({ hasText: "must detach all policies first" }).waitFor();
  }));

test("a role is made by itself, trusted by a service and listed", (t) =>
  visit(t, { hash: "#/roles" }, async (page, site) => {
    await page.getByText("No roles").waitFor();
    await createRole(page, "worker");
    await page.getByLabel("Trust policy").fill("{}");
    await save(page, "Trust relationships");
    await page.getByRole("alert").filter({ hasText: "MalformedPolicyDocument" }).waitFor();
    await open(page, site, "#/roles");
    await page.getByRole("row", { name: /^worker lambda\.amazonaws\.com –/ }).waitFor();
  }));

test("what is typed before a form knows what stood there is not lost: until then it takes nothing", (t) =>
  visit(t, { hash: null }, async (page, site) => {
    // How the text is when it appears, before the engine can have said anything.
    await page.addInitScript(() => {
      globalThis.seen = [];
      new MutationObserver(() => {
        const text = document.querySelector("#trust-document");
        if (text && !globalThis.seen.length) globalThis.seen.push({ value: text.value, readOnly: text.readOnly });
      }).observe(document, { childList: true, subtree: true });
    });
    await open(page, site, "#/roles");
    await createRole(page, "worker");
    const trust = page.getByLabel("Trust policy");
    await page.waitForFunction(() => document.querySelector("#trust-document").value.includes("lambda.amazonaws.com"));
    assert.ok(await trust.isEditable());
    assert.deepEqual(await page.evaluate(() => globalThis.seen), [{ value: "", readOnly: true }]);
  }));

test("a layer is published from a zip, used by a function, and outlives a reload", (t) =>
  visit(t, { hash: "#/layers" }, async (page, site) => {
    await page.getByText("No layers").waitFor();
    await publishLayer(page, "shared", zip({ "data/greeting.txt": "hello from the layer" }, deflateRawSync));
    await page.getByRole("row", { name: /^Version 1 .*No function/ }).waitFor();
    await page.getByRole("button", { name: "Create version" }).click();
    const form = dialog(page, "Create version of shared");
    await form.locator("input[type=file]").setInputFiles({ name: "bad.zip", mimeType: "application/zip", buffer: Buffer.from("no zip") });
    await form.getByText("bad.zip, 6 B").waitFor();
    await form.getByRole("button", { name: "Create", exact: true }).click();
    await form.getByRole("alert").filter({ hasText: "InvalidParameterValueException" }).waitFor();
    await form.locator("input[type=file]").setInputFiles({ name: "two.zip", mimeType: "application/zip", buffer: zip({ "data/greeting.txt": "second" }, deflateRawSync) });
    await form.getByText(/^two\.zip/).waitFor();
    await form.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByRole("row", { name: /^Version 2/ }).waitFor();

    await open(page, site, "#/functions/hello/configuration/layers");
    await page.getByLabel("Add a layer").fill("arn:aws:lambda:us-east-1:123456789012:layer:shared:2");
    await page.getByRole("button", { name: "Save", exact: true, disabled: false }).click();
    await page.getByRole("button", { name: "Save", exact: true, disabled: true }).waitFor();
    await page.getByText("Stored here").waitFor();
    await open(page, site, "#/layers/shared");
    await page.reload();
    await ready(page);
    await page.getByRole("row", { name: /^Version 2 .*hello/ }).waitFor();
    await page.getByRole("button", { name: "Delete version 1" }).click();
    await page.getByRole("row", { name: /^Version 1/ }).waitFor({ state: "detached" });
    await open(page, site, "#/functions/hello/code");
    await editor(page, /^Code of /);
    await invoke(page);
    assert.match(await response(page).innerText(), /Hello/);
  }));

test("of a batch only the messages that failed come again, and one of them ends in the dead-letter queue", (t) =>
  visit(t, { hash: "#/examples" }, async (page, site) => {
    await openScenario(page, "SQS with partial batch failure");
    await page.getByText("Messages (1)").waitFor();
    await page.getByRole("button", { name: /: show the message$/ }).click();
    assert.match(await page.getByRole("group", { name: "Body" }).innerText(), /"shipment": 5/);
    await page.goto(`${site.url}#/queues`);
    await page.getByRole("row", { name: /^shipments Standard 0 0 0/ }).waitFor();
    await page.goto(`${site.url}#/functions/batch-worker/monitor`);
    await page.getByText("a batch of 6").first().waitFor();
    await page.getByText("a batch of 2").first().waitFor();
    await page.getByText("a batch of 1").first().waitFor();
    for (const shipment of [1, 2, 4, 6]) assert.equal(await page.getByText(`shipment ${shipment} is on its way`).count(), 1, `shipment ${shipment} went once`);
    await page.getByText("shipment 3 is on its way").waitFor();
    assert.equal(await page.getByRole("group", { name: "Invocations" }).locator("tbody tr").count(), 3);
  }));

test("a rule invokes a function every night that the clock is moved past, another one sees what it was made for", (t) =>
  visit(t, { hash: "#/examples" }, async (page, site) => {
    await openScenario(page, "Cron by EventBridge");
    const next = page.getByRole("group", { name: "Next trigger dates" });
    await next.getByText("2026-01-01 02:00:00 UTC").waitFor();
    await page.getByRole("row", { name: /^target-1 Lambda function counter Constant/ }).waitFor();
    await advance(page, "1 day");
    await next.getByText("2026-01-02 02:00:00 UTC").waitFor();
    await advance(page, "1 day");
    await next.getByText("2026-01-03 02:00:00 UTC").waitFor();
    await page.goto(`${site.url}#/functions/counter/monitor`);
    await page.getByRole("group", { name: "Invocations" }).locator("tbody tr").nth(1).waitFor();
    await page.goto(`${site.url}#/queues/large-orders`);
    await page.getByText("Messages (1)").waitFor();
    await page.getByText("order 17 is worth 250").first().waitFor();
  }));

test("on a phone all services are one tap away", (t) =>
  visit(t, { viewport: { width: 390, height: 844 }, hash: "#/functions" }, async (page) => {
    await page.getByRole("navigation", { name: "Coldstart, at the bottom" }).getByRole("link", { name: "Services" }).click();
    for (const [link, title] of [["SNS topics", "SNS topics"], ["IAM roles", "IAM roles"], ["Layers", "Layers"], ["Schedules", "Schedules"], ["EventBridge rules", "EventBridge rules"], ["Archives", "Archives"], ["SQS queues", "SQS queues"]]) {
      await page.getByRole("main").getByRole("link", { name: link, exact: true }).click();
      await page.getByRole("heading", { level: 1, name: title }).waitFor();
      assert.equal(await page.locator(".bottom-navigation [aria-current]").innerText(), "Services");
      await page.getByRole("navigation", { name: "Coldstart, at the bottom" }).getByRole("link", { name: "Services" }).click();
    }
  }));
