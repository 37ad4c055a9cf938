// What the compiler and its JSON transform import of Node: paths. There are no files.
import * as path from "../../node_modules/assemblyscript/util/browser/path.js";
export * from "../../node_modules/assemblyscript/util/browser/path.js";
export { path as posix };
export const promises = {};
export const writeFileSync = () => {};
// Only the transform asks: where it is, from which it says where its library is.
export const fileURLToPath = () => "/node_modules/json-as/transform/lib/index.js";
export const pathToFileURL = (path) => new URL(`file:///${path}`);
export const createRequire = () => () => {
  throw new Error("there are no modules to require");
};
