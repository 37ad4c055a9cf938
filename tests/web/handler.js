// Runs one file of web-platform-tests with its own harness, as a function: the event names the file, the answer says what became of its tests.

const fs = require("fs");
const path = require("path");

const root = process.env.WPT ?? "/var/task/wpt";
const read = (file) => fs.readFileSync(path.join(root, file), "utf8");
// Scripts of tests are scripts: what they declare is global. All that belong together are one text, so that they share `const` too.
const evaluate = (text) => (0, eval)(text);

exports.handler = async ({ file, search = "" }) => {
  globalThis.self = globalThis;
  // A test that goes wrong after it has ended is its own affair.
  process.on("unhandledRejection", () => {});
  globalThis.location = { search };
  globalThis.GLOBAL = { isWindow: () => false, isWorker: () => false, isShadowRealm: () => false };
  const folder = path.dirname(file);
  const place = (name) => (name.startsWith("/") ? name.slice(1) : `${folder}/${name}`);
  // Tests fetch their data.
  globalThis.fetch = async (name) => ({ json: async () => JSON.parse(read(place(name))) });
  evaluate(read("resources/testharness.js"));
  // Without a report of its own, which takes longer than the tests.
  setup({ explicit_done: true, explicit_timeout: true, output: false });
  const ended = new Promise((resolve) => add_completion_callback((tests, status) => resolve({ tests, status })));
  const text = read(file);
  const scripts = [...text.matchAll(/^\/\/ META: script=(.*)$/gm)].map(([, name]) => read(place(name)));
  evaluate([...scripts, text].join("\n;\n"));
  done();
  const { tests, status } = await ended;
  const failed = tests.filter((test) => test.status !== 0).map((test) => [test.name, String(test.message).slice(0, 300)]);
  if (status.status !== 0) failed.push(["the file itself", String(status.message)]);
  return { passed: tests.length - tests.filter((test) => test.status !== 0).length, failed };
};
