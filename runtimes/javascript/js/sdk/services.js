// The packages of the SDK that are there without being in a package, as they are in Lambda's runtimes for Node.

import { clientOf, Command } from "./client.js";
import { SERVICES } from "./operations.js";

const words = (text) => text.trim().split(/\s+/);
const lowered = (name) => name[0].toLowerCase() + name.slice(1);

function packageOf({ client, service, operations, errors }) {
  const base = `${client}ServiceException`;
  const { Client, Base, kinds } = clientOf({ name: base, service, errors: words(errors) });
  const exports = { [base]: Base };
  const name = `${client}Client`;
  exports[name] = { [name]: class extends Client {} }[name];
  // The client with a method for each operation.
  const Whole = { [client]: class extends exports[name] {} }[client];
  exports[client] = Whole;
  for (const operation of words(operations)) {
    const command = `${operation}Command`;
    const Made = { [command]: class extends Command {} }[command];
    Made.operation = operation;
    Made.service = service;
    exports[command] = Made;
    Object.defineProperty(Whole.prototype, lowered(operation), {
      value(input, ...rest) {
        return this.send(new Made(input), ...rest);
      },
      writable: true,
      configurable: true,
    });
  }
  for (const [error, Kind] of kinds) exports[error] = Kind;
  return exports;
}

/** By package: what makes it, when it is first asked for. */
export const services = Object.fromEntries(Object.entries(SERVICES).map(([name, given]) => [name, () => packageOf(given)]));
