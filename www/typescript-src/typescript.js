// TypeScript to JavaScript. Types are taken out and nothing else is done, so that what remains stands on the lines on which it was written.
// Bundled by the build, fetched when TypeScript is first deployed.
//
// stripTypes(text, path, compiled) -> { code } or { line, column, message }, both from 1. What the types mean is not checked.
//   compiled  { path: its JavaScript's path } of all TypeScript files of the package: imports of those lead to their JavaScript

import { transform } from "sucrase";

/** What stands between quotes in `from "./x"`, `import "./x"` and `import("./x")`. */
const IMPORTED = /(\bfrom\s*|\bimport\s*\(?\s*)(["'])(\.{1,2}\/[^"'\n]+)\2/g;
/** Endings under which a TypeScript file is imported: its own, its JavaScript's, or none. */
const SOURCES = { "": [".ts", ".mts"], js: [".ts"], mjs: [".mts", ".ts"], cjs: [".cts"], ts: [".ts"], mts: [".mts"], cts: [".cts"] };

/** `specifier` as seen from the file at `path`, as a path in the package. */
const resolved = (path, specifier) => new URL(specifier, `file:///${path}`).pathname.slice(1);

function lead(path, specifier, compiled) {
  const ending = /\.([cm]?[jt]s)$/.exec(specifier);
  const stem = ending ? specifier.slice(0, -ending[0].length) : specifier;
  for (const candidate of SOURCES[ending?.[1] ?? ""]) {
    const target = compiled[decodeURI(resolved(path, stem + candidate))];
    if (target) return stem + target.slice(target.lastIndexOf("."));
  }
  return specifier;
}

export function stripTypes(text, path, compiled) {
  try {
    const { code } = transform(text, { transforms: ["typescript"], disableESTransforms: true, preserveDynamicImport: true, filePath: path });
    return { code: code.replace(IMPORTED, (_, before, quote, specifier) => before + quote + lead(path, specifier, compiled) + quote) };
  } catch (error) {
    const message = String(error.message)
      .replace(/^Error transforming .*?: /, "")
      .replace(/ \(\d+:\d+\)$/, "");
    return { line: error.loc?.line ?? 1, column: error.loc?.column ?? 1, message };
  }
}
