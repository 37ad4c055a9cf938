// The code editor: CodeMirror 6 behind the few calls that the page needs. Bundled by the build, fetched when an editor is first shown.
//
// createEditor({ parent, doc, keep, language, label, readOnly, onChange, onRun, onSave, onCursor, onComplete }) -> editor
//   parent    element that receives the editor
//   doc       first text
//   keep      name under which what can be undone, and the cursor's place, outlive the editor; the next one of that name and text has them
//   language  "wat", "javascript", "typescript", "assemblyscript", "json" or "text"
//   label     accessible name
//   onChange  called with the whole text after each edit by the user (not after setText)
//   onRun     Ctrl+Enter, Cmd+Enter
//   onSave    Ctrl+S, Cmd+S
//   onCursor  called with the cursor's offset when the user moved it or edited
//   onComplete(text, offset) -> promise of { from, to, start, words: [{ label, insert, cursor, kind, detail }] } or null: what may stand there.
//             Without it there is no completion.
// editor: getText(), setText(text), setDiagnostics([{ line, column, message }]) (from 1, columns in UTF-16 units),
//   setMarks([{ from, to, severity, message, source, fixes: [{ name, changes: [{ from, to, insert }] }] }]), change([{ from, to, insert }]) (as an edit
//   by the user), reveal(offset), format(), setReadOnly(flag), focus(), destroy()
//
// Shift+Alt+F, or format(), lays the text out, as an edit by the user: by a module that is fetched then (www/format-src).
//
// Colours come from custom properties, `--editor-*` below, which a page may set; each has a light and a dark value of its own.

import { autocompletion, closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyField, historyKeymap, indentWithTab } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import { wast } from "@codemirror/lang-wast";
import { bracketMatching, foldGutter, foldKeymap, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting, syntaxTree } from "@codemirror/language";
import { linter, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Annotation, Compartment, EditorState, Prec } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { StyleModule } from "style-mod";
import { watCompletion, watHover } from "./wat.js";

// style-mod writes a <style> element into a document, which the page's content policy refuses. Constructed sheets are allowed, and hold the
// same rules in the same order.
const adopted = new WeakMap();
StyleModule.mount = (root, modules) => {
  let entry = adopted.get(root);
  if (!entry) {
    entry = { sheet: new CSSStyleSheet(), modules: [] };
    adopted.set(root, entry);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, entry.sheet];
  }
  const list = [].concat(modules);
  const kept = entry.modules.filter((module) => !list.includes(module));
  const next = [...kept, ...list];
  if (next.length === entry.modules.length && next.every((module, index) => module === entry.modules[index])) return;
  entry.modules = next;
  entry.sheet.replaceSync(next.map((module) => module.getRules()).join("\n"));
};

const colour = (name, light, dark) => `var(--editor-${name}, light-dark(${light}, ${dark}))`;

const theme = EditorView.theme({
  "&": {
    height: "100%",
    color: colour("text", "#0f141a", "#dedee3"),
    backgroundColor: colour("background", "#ffffff", "#161d26"),
    fontSize: "var(--editor-font-size, 0.875rem)",
  },
  "&.cm-focused": { outline: `2px solid ${colour("focus", "#006ce0", "#42b4ff")}`, outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--editor-font, ui-monospace, SFMono-Regular, Menlo, Consolas, monospace)", lineHeight: "1.5" },
  ".cm-content": { caretColor: colour("text", "#0f141a", "#dedee3") },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: colour("text", "#0f141a", "#dedee3") },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: colour("selection", "#c9e4ff", "#12436b"),
  },
  ".cm-selectionMatch, .cm-searchMatch": { backgroundColor: colour("match", "#fdf0c4", "#4a3f12") },
  ".cm-searchMatch.cm-searchMatch-selected": { backgroundColor: colour("match-selected", "#ffd666", "#7a6400") },
  ".cm-activeLine": { backgroundColor: colour("active-line", "#00000008", "#ffffff0a") },
  ".cm-gutters": {
    color: colour("line-number", "#5f6b7a", "#a4abb6"),
    backgroundColor: colour("gutter", "#f6f6f9", "#1b232d"),
    borderRight: `1px solid ${colour("border", "#c6c6cd", "#424650")}`,
  },
  ".cm-activeLineGutter": { color: colour("text", "#0f141a", "#dedee3"), backgroundColor: colour("active-line", "#00000008", "#ffffff0a") },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: colour("bracket", "#d1e7d1", "#1f4f33"), outline: "1px solid currentColor" },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: colour("bracket-error", "#ffd9d9", "#661f1f") },
  ".cm-foldPlaceholder": { color: "inherit", backgroundColor: "transparent", borderColor: "currentColor" },
  ".cm-panels": { color: "inherit", backgroundColor: colour("gutter", "#f6f6f9", "#1b232d") },
  ".cm-panels.cm-panels-bottom": { borderTop: `1px solid ${colour("border", "#c6c6cd", "#424650")}` },
  ".cm-panel.cm-search": { display: "flex", flexWrap: "wrap", gap: "0.375rem", alignItems: "center", padding: "0.5rem 2rem 0.5rem 0.5rem" },
  ".cm-panel.cm-search br": { display: "none" },
  ".cm-panel.cm-search label": { fontSize: "inherit" },
  ".cm-textfield": { color: "inherit", backgroundColor: colour("background", "#ffffff", "#161d26"), border: "1px solid currentColor" },
  ".cm-button": { color: "inherit", backgroundImage: "none", backgroundColor: "transparent", border: "1px solid currentColor", borderRadius: "4px" },
  ".cm-tooltip": {
    color: colour("text", "#0f141a", "#dedee3"),
    backgroundColor: colour("background", "#ffffff", "#161d26"),
    border: `1px solid ${colour("border", "#c6c6cd", "#424650")}`,
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--editor-font, ui-monospace, monospace)", maxHeight: "14em" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "2px 8px", minHeight: "24px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    color: colour("text", "#0f141a", "#dedee3"),
    backgroundColor: colour("selection", "#c9e4ff", "#12436b"),
  },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
  ".cm-completionDetail": { color: colour("comment", "#5f6b7a", "#a4abb6"), fontStyle: "normal" },
  ".cm-tooltip .cm-instruction": { padding: "6px 10px", maxWidth: "26rem" },
  ".cm-tooltip .cm-instruction p": { margin: "4px 0 0" },
  ".cm-tooltip.cm-completionInfo": { padding: "6px 10px" },
  ".cm-diagnostic": { fontFamily: "inherit", whiteSpace: "pre-wrap" },
  ".cm-diagnosticAction": { color: "inherit", backgroundColor: "transparent", border: "1px solid currentColor", borderRadius: "4px", minHeight: "24px" },
  ".cm-diagnostic-warning": { borderLeftColor: colour("warning", "#855900", "#fbd332") },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: `underline wavy ${colour("warning", "#855900", "#fbd332")}` },
  ".cm-diagnostic-error": { borderLeftColor: colour("error", "#db0000", "#ff7a7a") },
  // The library's squiggle is a picture in a data: address; a drawn line takes the theme's colour.
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: `underline wavy ${colour("error", "#db0000", "#ff7a7a")}` },
});

const highlighting = HighlightStyle.define([
  { tag: [tags.keyword, tags.typeName], color: colour("keyword", "#7300b8", "#cfa6ff") },
  { tag: [tags.propertyName, tags.variableName], color: colour("name", "#004a9e", "#7cc4ff") },
  { tag: [tags.string], color: colour("string", "#0f6b2b", "#7fd694") },
  { tag: [tags.number, tags.bool, tags.null], color: colour("number", "#8f3c00", "#ffb573") },
  { tag: [tags.comment], color: colour("comment", "#5f6b7a", "#a4abb6"), fontStyle: "italic" },
  { tag: [tags.invalid], color: colour("error", "#db0000", "#ff7a7a") },
]);

// Where the grammar stumbles: it tells a slip of the finger before anything is deployed. What a program means is for its runtime to say.
const ERRORS_MAX = 20;
const stumbles = linter(({ state }) => {
  const found = [];
  syntaxTree(state).iterate({
    enter(node) {
      if (!node.type.isError || found.length >= ERRORS_MAX) return;
      const unexpected = state.sliceDoc(node.from, Math.min(node.to, node.from + 40)).trim();
      const message = unexpected ? `Unexpected ${unexpected}` : "Something is missing here.";
      found.push({ from: node.from, to: Math.min(Math.max(node.to, node.from + 1), state.doc.length), severity: "error", message });
    },
  });
  return found;
});

// AssemblyScript's own compiler says what is wrong with it.
const assemblyscript = () => [javascript({ typescript: true })];
const languages = { assemblyscript, wat: () => [wast(), watHover, autocompletion({ override: [watCompletion], icons: false })], javascript: () => [javascript(), stumbles], typescript: () => [javascript({ typescript: true }), stumbles], json: () => [json()], text: () => [] };

// The words of a place come from the page. They are asked for anew at each keystroke: what may stand there depends on what is typed.
const completionOf = (ask) => async (context) => {
  const { doc } = context.state;
  const found = await ask(doc.toString(), context.pos);
  if (!found || context.aborted) return null;
  const typed = context.pos > found.start;
  if (!typed && !context.explicit && !/["\s:[{,]/.test(doc.sliceString(context.pos - 1, context.pos))) return null;
  return {
    from: Math.min(found.start, context.pos),
    options: found.words.map(({ label, insert, cursor, kind, detail }, index) => ({
      label,
      detail: detail || undefined,
      type: kind,
      boost: -index / 100,
      apply(view) {
        const to = Math.max(found.to, view.state.selection.main.head);
        view.dispatch({
          changes: { from: found.from, to, insert },
          selection: { anchor: found.from + cursor },
          userEvent: "input.complete",
          scrollIntoView: true,
        });
      },
    })),
  };
};

// Marks a transaction of setText, so that it does not count as an edit.
const fromPage = Annotation.define();

// States of editors that are gone, by name: the newest of them.
const kept = new Map();
const KEPT_MAX = 50;
const keptFields = { history: historyField };

/** Lays a text out, if it is still the same when that is done. */
async function layOut(view, language) {
  const { state } = view;
  const before = state.doc.toString();
  if (state.readOnly || language === "text") return;
  let made;
  try {
    const { format } = await globalThis.coldstart.load("format");
    made = await format(before, language);
  } catch (error) {
    made = { line: 1, column: 1, message: `The formatter could not be fetched: ${error?.message ?? error}` };
  }
  if (!view.dom.isConnected || view.state.doc.toString() !== before) return;
  const { text: after, line, column, message } = made;
  if (after === undefined) {
    const row = view.state.doc.line(Math.min(line, view.state.doc.lines));
    const at = Math.min(row.from + column - 1, row.to);
    view.dispatch(setDiagnostics(view.state, [{ from: at, to: Math.min(at + 1, view.state.doc.length), severity: "error", message }]));
    view.dispatch({ selection: { anchor: at }, scrollIntoView: true, effects: EditorView.announce.of(`Not formatted. Line ${line}: ${message}`) });
    return;
  }
  // Only what changed, so that the cursor stays where it was.
  const length = Math.min(before.length, after.length);
  let from = 0;
  while (from < length && before[from] === after[from]) from += 1;
  let end = 0;
  while (end < length - from && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  const effects = EditorView.announce.of(before === after ? "The text is formatted already." : "The text was formatted.");
  if (before === after) view.dispatch({ effects });
  else view.dispatch({ changes: { from, to: before.length - end, insert: after.slice(from, after.length - end) }, effects, userEvent: "input.format" });
}

export function createEditor({ parent, doc = "", keep = "", language = "text", label = "Code", readOnly = false, onChange, onRun, onSave, onCursor, onComplete }) {
  const editing = new Compartment();
  // A read-only text has nothing to indent, so Tab just moves on.
  const editable = (flag) =>
    flag
      ? [EditorState.readOnly.of(true), EditorView.contentAttributes.of({ "aria-readonly": "true" })]
      : [
          keymap.of([indentWithTab]),
          EditorView.contentAttributes.of({ "aria-description": "Tab indents. Press Escape, then Tab, to leave the editor." }),
        ];
  const command = (handler) => () => {
    handler?.();
    return true;
  };

  const extensions = [
    Prec.highest(
      keymap.of([
        { key: "Mod-Enter", run: command(onRun), preventDefault: true },
        { key: "Mod-s", run: command(onSave), preventDefault: true },
        { key: "Shift-Alt-f", run: (view) => (layOut(view, language), true), preventDefault: true },
      ]),
    ),
    // CodeMirror lets Tab through for two seconds after Escape. Say so, and let Escape do its other work as well. Before all key bindings:
    // Escape may only close a list of words, or one that is still being asked for, and nobody who wants to leave can tell.
    Prec.highest(
      EditorView.domEventHandlers({
        keydown(event, view) {
          if (event.key === "Escape" && !view.state.readOnly) {
            view.setTabFocusMode(2000);
            view.dispatch({ effects: EditorView.announce.of("Tab now leaves the editor.") });
          }
          return false;
        },
      }),
    ),
    EditorView.domEventHandlers({
      // Left to itself, Chromium types over a selection in the selection's colours, by an inline style that the content policy refuses.
      beforeinput(event, view) {
        const { main } = view.state.selection;
        if (event.inputType !== "insertText" || !event.data || event.isComposing || main.empty || view.state.readOnly) return false;
        const insert = () => view.state.update(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
        const handlers = view.state.facet(EditorView.inputHandler);
        if (!handlers.some((handler) => handler(view, main.from, main.to, event.data, insert))) view.dispatch(insert());
        event.preventDefault();
        return true;
      },
    }),
    editing.of(editable(readOnly)),
    EditorView.contentAttributes.of({ tabindex: "0", "aria-label": label, spellcheck: "false", autocorrect: "off", autocapitalize: "off" }),
    lineNumbers(),
    foldGutter(),
    lintGutter(),
    highlightSpecialChars(),
    history(),
    drawSelection(),
    indentUnit.of("  "),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    onComplete ? autocompletion({ override: [completionOf(onComplete)], icons: false }) : [],
    search(),
    syntaxHighlighting(highlighting),
    theme,
    EditorView.lineWrapping,
    keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...lintKeymap]),
    (languages[language] ?? languages.text)(),
    EditorView.updateListener.of((update) => {
      if (update.docChanged && !update.transactions.some((transaction) => transaction.annotation(fromPage))) {
        onChange?.(update.state.doc.toString());
      }
      if ((update.docChanged || update.selectionSet) && !update.transactions.some((transaction) => transaction.annotation(fromPage))) {
        onCursor?.(update.state.selection.main.head);
      }
    }),
  ];
  const before = kept.get(keep);
  const state = before?.doc === doc ? EditorState.fromJSON(before, { extensions }, keptFields) : EditorState.create({ doc, extensions });
  const view = new EditorView({ parent, state });
  // Scrolled by keyboard too: the region is reachable because its content is.
  view.scrollDOM.tabIndex = -1;

  return {
    getText: () => view.state.doc.toString(),
    setText(text) {
      if (text === view.state.doc.toString()) return;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, annotations: fromPage.of(true) });
    },
    setDiagnostics(diagnostics) {
      const { doc } = view.state;
      const marks = diagnostics.map(({ line, column, message }) => {
        const row = doc.line(Math.max(1, Math.min(line, doc.lines)));
        const from = Math.min(row.from + Math.max(column - 1, 0), row.to);
        const word = /^[^\s()"]+/.exec(doc.sliceString(from, row.to));
        const to = Math.min(from + (word ? word[0].length : 1), row.to);
        return { from, to, severity: "error", message };
      });
      view.dispatch(setDiagnostics(view.state, marks.sort((a, b) => a.from - b.from)));
    },
    setMarks(marks) {
      const length = view.state.doc.length;
      const within = (offset) => Math.max(0, Math.min(offset, length));
      const diagnostics = marks.map(({ from, to, severity, message, source, fixes }) => ({
        from: within(from),
        to: within(Math.max(from, to)),
        severity,
        message,
        source,
        actions: fixes.map(({ name, changes }) => ({ name, apply: (view) => view.dispatch({ changes, userEvent: "input.fix" }) })),
      }));
      view.dispatch(setDiagnostics(view.state, diagnostics.sort((a, b) => a.from - b.from)));
    },
    change(changes) {
      view.dispatch({ changes, userEvent: "input.fix", scrollIntoView: true });
    },
    reveal(offset) {
      const at = Math.max(0, Math.min(offset, view.state.doc.length));
      view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }), annotations: fromPage.of(true) });
    },
    format: () => layOut(view, language),
    setReadOnly: (flag) => view.dispatch({ effects: editing.reconfigure(editable(flag)) }),
    focus: () => view.focus(),
    destroy() {
      if (keep) {
        kept.delete(keep);
        kept.set(keep, view.state.toJSON(keptFields));
        if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value);
      }
      view.destroy();
    },
  };
}
