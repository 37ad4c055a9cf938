// `process`.

import { host } from "../host.js";
import { nextTick } from "../loop.js";
import { writeRaw } from "../console.js";
import { node } from "../modules.js";
import { EventEmitter } from "./events.js";

/** The environment's variables; filled when it begins. As on Node, values become texts. */
const variables = Object.create(null);
export const env = new Proxy(variables, {
  set: (target, key, value) => Reflect.set(target, key, typeof key === "symbol" ? value : String(value)),
  defineProperty: (target, key, descriptor) => Reflect.defineProperty(target, key, "value" in descriptor ? { ...descriptor, value: String(descriptor.value), configurable: true, enumerable: true, writable: true } : descriptor),
});
Object.setPrototypeOf(variables, Object.prototype);

export const processEvents = new EventEmitter();
let began = 0;
let folder = "/var/task";

/** An execution environment begins. */
export function beginProcess() {
  began = host.now();
  for (const line of host.environ()) {
    const at = line.indexOf("=");
    variables[line.slice(0, at)] = line.slice(at + 1);
  }
  process.version = `v${node.major}.0.0`;
  const major = /nodejs(\d+)/.exec(variables.AWS_EXECUTION_ENV ?? "")?.[1];
  if (major) process.version = `v${major}.0.0`;
  process.versions = { node: process.version.slice(1), quickjs: host.engine };
}

export const startedAt = () => began;

function hrtime(since) {
  const ns = host.nowNs() - BigInt(Math.trunc(began)) * 1000000n;
  let [seconds, nanos] = [Number(ns / 1000000000n), Number(ns % 1000000000n)];
  if (since !== undefined) {
    seconds -= since[0];
    nanos -= since[1];
    if (nanos < 0) {
      seconds -= 1;
      nanos += 1000000000;
    }
  }
  return [seconds, nanos];
}
hrtime.bigint = () => host.nowNs() - BigInt(Math.trunc(began)) * 1000000n;

function memoryUsage() {
  const [total, used] = host.memory();
  return { rss: total + 12 * 1048576, heapTotal: total, heapUsed: used, external: 0, arrayBuffers: 0 };
}
memoryUsage.rss = () => memoryUsage().rss;

const stream = (fd) => ({
  fd,
  isTTY: false,
  writable: true,
  columns: 80,
  write: (text, encoding, callback) => {
    writeRaw(fd, typeof text === "string" ? text : host.text(text));
    const then = typeof encoding === "function" ? encoding : callback;
    if (then) nextTick(then);
    return true;
  },
  end: () => {},
  on() {
    return this;
  },
  once() {
    return this;
  },
  emit: () => false,
});

const warned = new Set();

export const process = {
  title: "node",
  version: "v22.0.0",
  versions: {},
  release: { name: "node" },
  arch: "x64",
  platform: "linux",
  pid: 8,
  ppid: 1,
  argv: ["/var/lang/bin/node", "/var/runtime/index.mjs"],
  argv0: "/var/lang/bin/node",
  execArgv: [],
  execPath: "/var/lang/bin/node",
  exitCode: undefined,
  env,
  features: {},
  config: {},
  stdout: stream(1),
  stderr: stream(2),
  stdin: { fd: 0, isTTY: false },
  cwd: () => folder,
  chdir: (to) => {
    folder = String(to);
  },
  exit: (code) => {
    const number = Number(code ?? process.exitCode ?? 0);
    processEvents.emit("exit", number);
    host.exit(number);
  },
  abort: () => host.exit(134),
  nextTick,
  hrtime,
  memoryUsage,
  uptime: () => (host.now() - began) / 1000,
  cpuUsage: () => ({ user: Math.trunc((host.now() - began) * 1000), system: 0 }),
  umask: () => 0o22,
  getuid: () => 993,
  geteuid: () => 993,
  getgid: () => 990,
  emitWarning: (warning, type) => {
    const [name, message] = warning instanceof Error ? [warning.name, warning.message] : [typeof type === "string" ? type : (type?.type ?? "Warning"), String(warning)];
    if (warned.has(message)) return;
    warned.add(message);
    writeRaw(2, `(node:8) ${name}: ${message}\n`);
  },
};
for (const name of ["on", "once", "off", "addListener", "removeListener", "removeAllListeners", "emit", "listenerCount", "listeners", "prependListener", "eventNames", "setMaxListeners"]) {
  process[name] = (...args) => {
    const result = processEvents[name](...args);
    return result === processEvents ? process : result;
  };
}
