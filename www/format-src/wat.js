// Lays out WebAssembly text: what stands on which line stays as it was written, and each line is indented by what it is in.

const STEP = "  ";

/** What a line holds, one after the other: strings, comments, parentheses, other words. */
const PIECES = /"(?:\\.|[^"\\])*"?|;;.*|\(;|;\)|[()]|[^\s()";]+|;/g;
/** Instructions that open a block until `end`, where they stand without parentheses; and the one between. */
const OPENS = new Set(["block", "loop", "if", "try", "try_table"]);

/** The text, or the place of the parenthesis that nothing closes or opens. */
export function indent(text) {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  // What is open: parentheses, and blocks that end with `end`.
  const open = [];
  let comment = 0;
  const out = [];
  for (const [at, raw] of lines.entries()) {
    const line = raw.trim();
    // A block comment's inside is its author's.
    const isInside = comment > 0;
    let isFirst = true;
    let before = open.length;
    let previous = "";
    for (const { 0: piece, index } of line.matchAll(PIECES)) {
      if (piece === "(;") comment += 1;
      else if (piece === ";)") comment = Math.max(0, comment - 1);
      else if (comment === 0 && !piece.startsWith(";;") && !piece.startsWith('"')) {
        if (piece === "(") open.push({ paren: true, line: at + 1, column: raw.indexOf(line) + index + 1 });
        else if (piece === ")") {
          while (open.length && !open.at(-1).paren) open.pop();
          if (!open.pop()) return { line: at + 1, column: raw.indexOf(line) + index + 1, message: "Nothing is open that this would close." };
        } else if (previous !== "(" && OPENS.has(piece)) open.push({ paren: false });
        else if (piece === "end" && open.length && !open.at(-1).paren) open.pop();
        // What begins with closing stands with what it closes; `else` with its `if`.
        if (isFirst || /^[)\s]*$/.test(line.slice(0, index))) before = Math.min(before, open.length);
        if (isFirst && piece === "else" && open.length && !open.at(-1).paren) before -= 1;
      }
      isFirst = false;
      previous = piece;
    }
    out.push(isInside ? raw.trimEnd() : line && STEP.repeat(Math.max(0, before)) + line);
  }
  const left = open.find((one) => one.paren);
  if (left) return { line: left.line, column: left.column, message: "This parenthesis is not closed." };
  return { text: `${out.join("\n").trim()}\n`.replace(/\n{3,}/g, "\n\n") };
}
