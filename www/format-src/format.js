// Lays out code. Bundled by the build, fetched when somebody first formats.
//
// format(text, language) -> Promise of { text } or { line, column, message }, both from 1
//   language  "javascript", "typescript", "assemblyscript", "json" or "wat"

import { format as prettier } from "prettier/standalone";
import * as babel from "prettier/plugins/babel";
import * as estree from "prettier/plugins/estree";
import { indent } from "./wat.js";

const parsers = { javascript: "babel", typescript: "babel-ts", assemblyscript: "babel-ts", json: "json" };

// AssemblyScript has decorators where JavaScript has none, before functions and variables. A line that is one stands aside as a comment.
const DECORATOR = /^([ \t]*)(@[A-Za-z_][\w.]*(?:\([^\n]*\))?)[ \t]*$/gm;
const ASIDE = /^([ \t]*)\/\/ (@[^\n]*) :decorator:$/gm;

export async function format(text, language) {
  if (language === "wat") return indent(text);
  const parser = parsers[language];
  if (!parser) return { text };
  const aside = language === "assemblyscript";
  try {
    const laid = await prettier(aside ? text.replace(DECORATOR, "$1// $2 :decorator:") : text, { parser, plugins: [babel, estree], printWidth: 100 });
    return { text: aside ? laid.replace(ASIDE, "$1$2") : laid };
  } catch (error) {
    const { line = 1, column = 1 } = error.loc?.start ?? {};
    // The place is told apart, and a picture of it follows.
    const message = String(error.message).split("\n")[0].replace(/ \(\d+:\d+\)$/, "");
    return { line, column, message };
  }
}
