//! Markdown as blocks that can be drawn: nothing in it is markup any more.
//!
//! Invariant: whatever a text says, raw HTML is text, links lead to `https:` or into the page, and nesting has an end.

use super::directives::{Line, lines};
use super::packed::{Block, Inline};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use std::iter::Peekable;

/// Blocks within blocks, and pieces within pieces. What is deeper is its text.
const DEPTH_MAX: usize = 8;
/// Boxes within boxes.
const NOTES_MAX: usize = 4;

/// A text with directives. Boxes that are not ended end with it.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut open: Vec<(String, Vec<Block>)> = vec![(String::new(), Vec::new())];
    let mut plain = String::new();
    let put = |open: &mut Vec<(String, Vec<Block>)>, plain: &mut String, block| {
        if let Some((_, blocks)) = open.last_mut() {
            blocks.extend(parsed(plain));
            blocks.extend(block);
        }
        plain.clear();
    };
    for line in lines(text) {
        match line {
            Line::Question(id, before) => {
                put(&mut open, &mut plain, Some(Block::Question(id.to_owned(), before)));
            }
            Line::Note(kind) if open.len() <= NOTES_MAX => {
                put(&mut open, &mut plain, None);
                open.push((kind.to_owned(), Vec::new()));
            }
            Line::End if open.len() > 1 => {
                put(&mut open, &mut plain, None);
                end_note(&mut open);
            }
            Line::Note(_) | Line::End => {}
            Line::Text(line) | Line::Unknown(line) => {
                plain.push_str(line);
                plain.push('\n');
            }
        }
    }
    put(&mut open, &mut plain, None);
    while open.len() > 1 {
        end_note(&mut open);
    }
    open.pop().map(|(_, blocks)| blocks).unwrap_or_default()
}

fn end_note(open: &mut Vec<(String, Vec<Block>)>) {
    if let Some((kind, blocks)) = open.pop()
        && let Some((_, outer)) = open.last_mut()
    {
        outer.push(Block::Note(kind, blocks));
    }
}

/// A text of a line, such as a question: blocks are put together.
pub(super) fn line(text: &str) -> Vec<Inline> {
    let mut line = Vec::new();
    for block in parsed(text) {
        if !line.is_empty() {
            line.push(Inline::Break);
        }
        match block {
            Block::Paragraph(inlines) | Block::Heading(_, inlines) => line.extend(inlines),
            Block::Code(_, text) => line.push(Inline::Code(text)),
            // What looks like a list is meant as it stands: a question may begin with a number.
            _ => return vec![Inline::Text(text.trim().to_owned())],
        }
    }
    line
}

fn parsed(text: &str) -> Vec<Block> {
    let parser = Parser::new_ext(text, Options::ENABLE_TABLES);
    let mut reader = Reader { events: parser.peekable() };
    let mut blocks = Vec::new();
    // An end without a beginning is stepped over.
    while reader.events.peek().is_some() {
        blocks.extend(reader.blocks(0));
    }
    blocks
}

struct Reader<'a, I: Iterator<Item = Event<'a>>> {
    events: Peekable<I>,
}

impl<'a, I: Iterator<Item = Event<'a>>> Reader<'a, I> {
    /// Blocks up to the end of what they stand in, which is taken.
    fn blocks(&mut self, depth: usize) -> Vec<Block> {
        let mut blocks = Vec::new();
        loop {
            match self.events.peek() {
                None => return blocks,
                Some(Event::End(_)) => {
                    self.events.next();
                    return blocks;
                }
                Some(Event::Rule) => {
                    self.events.next();
                    blocks.push(Block::Rule);
                }
                Some(Event::Start(tag)) if is_block(tag) => blocks.extend(self.block(depth)),
                // Items of a list without empty lines have no paragraphs.
                Some(_) => {
                    let inlines = self.inlines(depth);
                    if !inlines.is_empty() {
                        blocks.push(Block::Paragraph(inlines));
                    }
                }
            }
        }
    }

    /// One block, whose beginning comes next.
    fn block(&mut self, depth: usize) -> Option<Block> {
        let Some(Event::Start(tag)) = self.events.next() else { return None };
        if depth >= DEPTH_MAX {
            return Some(Block::Paragraph(vec![Inline::Text(self.text())]));
        }
        match tag {
            Tag::Heading { level, .. } => {
                let level = match level {
                    HeadingLevel::H1 | HeadingLevel::H2 => 2,
                    HeadingLevel::H3 => 3,
                    _ => 4,
                };
                Some(Block::Heading(level, self.rest_of_line(depth)))
            }
            Tag::BlockQuote(_) => Some(Block::Quote(self.blocks(depth + 1))),
            Tag::CodeBlock(kind) => {
                let language = match kind {
                    CodeBlockKind::Fenced(info) => {
                        info.split([' ', ',']).next().unwrap_or_default().to_owned()
                    }
                    CodeBlockKind::Indented => String::new(),
                };
                Some(Block::Code(language, self.text()))
            }
            Tag::List(first) => {
                let mut items = Vec::new();
                while let Some(event) = self.events.next() {
                    match event {
                        Event::Start(Tag::Item) => items.push(self.blocks(depth + 1)),
                        Event::End(_) => break,
                        _ => {}
                    }
                }
                Some(Block::List(first, items))
            }
            Tag::Table(_) => Some(self.table(depth)),
            Tag::HtmlBlock => {
                let text = self.text();
                Some(Block::Paragraph(vec![Inline::Text(text.trim_end().to_owned())]))
            }
            _ => Some(Block::Paragraph(self.rest_of_line(depth))),
        }
    }

    fn table(&mut self, depth: usize) -> Block {
        let (mut head, mut rows) = (Vec::new(), Vec::new());
        while let Some(event) = self.events.next() {
            match event {
                Event::Start(Tag::TableHead) => head = self.cells(depth),
                Event::Start(Tag::TableRow) => rows.push(self.cells(depth)),
                Event::End(_) => break,
                _ => {}
            }
        }
        Block::Table(head, rows)
    }

    fn cells(&mut self, depth: usize) -> Vec<Vec<Inline>> {
        let mut cells = Vec::new();
        while let Some(event) = self.events.next() {
            match event {
                Event::Start(Tag::TableCell) => cells.push(self.rest_of_line(depth)),
                Event::End(_) => break,
                _ => {}
            }
        }
        cells
    }

    /// Pieces up to the end of what they stand in, which is taken.
    fn rest_of_line(&mut self, depth: usize) -> Vec<Inline> {
        let inlines = self.inlines(depth);
        if let Some(Event::End(_)) = self.events.peek() {
            self.events.next();
        }
        inlines
    }

    /// Pieces up to an end or a block, which is left.
    fn inlines(&mut self, depth: usize) -> Vec<Inline> {
        let mut inlines = Vec::new();
        loop {
            match self.events.peek() {
                None | Some(Event::End(_) | Event::Rule) => return inlines,
                Some(Event::Start(tag)) if is_block(tag) => return inlines,
                Some(_) => {}
            }
            match self.events.next() {
                Some(Event::Text(text) | Event::InlineHtml(text) | Event::Html(text)) => {
                    push_text(&mut inlines, &text);
                }
                Some(Event::Code(text)) => inlines.push(Inline::Code(text.into_string())),
                Some(Event::SoftBreak) => push_text(&mut inlines, " "),
                Some(Event::HardBreak) => inlines.push(Inline::Break),
                Some(Event::Start(_)) if depth >= DEPTH_MAX => {
                    let text = self.text();
                    push_text(&mut inlines, &text);
                }
                Some(Event::Start(Tag::Image { .. })) => {
                    let text = self.text();
                    push_text(&mut inlines, &text);
                }
                Some(Event::Start(tag)) => {
                    let inner = self.rest_of_line(depth + 1);
                    match tag {
                        Tag::Strong => inlines.push(Inline::Strong(inner)),
                        Tag::Emphasis => inlines.push(Inline::Emphasis(inner)),
                        Tag::Link { dest_url, .. } if leads(&dest_url) => {
                            inlines.push(Inline::Link(dest_url.into_string(), inner));
                        }
                        _ => {
                            for piece in inner {
                                match piece {
                                    Inline::Text(text) => push_text(&mut inlines, &text),
                                    piece => inlines.push(piece),
                                }
                            }
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// The text of all that is in what has begun, whose end is taken.
    fn text(&mut self) -> String {
        let mut text = String::new();
        let mut depth = 1;
        for event in self.events.by_ref() {
            match event {
                Event::Start(_) => depth += 1,
                Event::End(end) => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                    if matches!(end, TagEnd::Paragraph | TagEnd::Item) {
                        text.push(' ');
                    }
                }
                Event::Text(piece)
                | Event::Code(piece)
                | Event::Html(piece)
                | Event::InlineHtml(piece) => text.push_str(&piece),
                Event::SoftBreak | Event::HardBreak => text.push(' '),
                _ => {}
            }
        }
        text
    }
}

fn is_block(tag: &Tag<'_>) -> bool {
    !matches!(
        tag,
        Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Link { .. }
            | Tag::Image { .. }
            | Tag::Superscript
            | Tag::Subscript
    )
}

/// Where links may lead: elsewhere, safely, or to a route of the page.
fn leads(url: &str) -> bool {
    url.starts_with("https:") || url.starts_with("#/")
}

/// Texts that follow one another are one.
fn push_text(inlines: &mut Vec<Inline>, text: &str) {
    match inlines.last_mut() {
        Some(Inline::Text(last)) => last.push_str(text),
        _ => inlines.push(Inline::Text(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn check(text: &str, expected: Expect) {
        let lines: Vec<String> = blocks(text)
            .iter()
            .map(|block| serde_json::to_string(block).expect("blocks are JSON"))
            .collect();
        expected.assert_eq(&lines.join("\n"));
    }

    #[test]
    fn text_is_blocks() {
        check(
            "# One\n\n### Three\n\n##### Five\n\nPlain, **bold**, *slanted*, `code` and\nthe next line\\\nbroken.\n\n---\n\n> said\n\n```json\n{ \"a\": 1 }\n```\n",
            expect![[r#"
                {"heading":[2,[{"text":"One"}]]}
                {"heading":[3,[{"text":"Three"}]]}
                {"heading":[4,[{"text":"Five"}]]}
                {"paragraph":[{"text":"Plain, "},{"strong":[{"text":"bold"}]},{"text":", "},{"emphasis":[{"text":"slanted"}]},{"text":", "},{"code":"code"},{"text":" and the next line"},"break",{"text":"broken."}]}
                "rule"
                {"quote":[{"paragraph":[{"text":"said"}]}]}
                {"code":["json","{ \"a\": 1 }\n"]}"#]],
        );
        check(
            "3. a\n4. b\n   - c\n\n     d\n\n| h | `i` |\n|---|---|\n| 1 | **2** |\n",
            expect![[r#"
                {"list":[3,[[{"paragraph":[{"text":"a"}]}],[{"paragraph":[{"text":"b"}]},{"list":[null,[[{"paragraph":[{"text":"c"}]},{"paragraph":[{"text":"d"}]}]]]}]]]}
                {"table":[[[{"text":"h"}],[{"code":"i"}]],[[[{"text":"1"}],[{"strong":[{"text":"2"}]}]]]]}"#]],
        );
    }

    #[test]
    fn what_is_not_drawn_is_text() {
        check(
            "<b onclick=x>loud</b> &amp; <script>alert(1)</script>\n\n<div>\nblock\n</div>\n\n![a picture](assets/x.png) [out](https://a.example) [in](#/labs) [bad](javascript:alert) [rel](x.md) <http://a.example>",
            expect![[r##"
                {"paragraph":[{"text":"<b onclick=x>loud</b> & <script>alert(1)</script>"}]}
                {"paragraph":[{"text":"<div>\nblock\n</div>"}]}
                {"paragraph":[{"text":"a picture "},{"link":["https://a.example",[{"text":"out"}]]},{"text":" "},{"link":["#/labs",[{"text":"in"}]]},{"text":" bad rel http://a.example"}]}"##]],
        );
    }

    #[test]
    fn directives_are_boxes_and_questions() {
        check(
            ":::predict first\nBefore.\n:::note\nIn *it*.\n:::quiz inner\n:::\nAfter.\n\n```\n:::quiz no\n```\n\n:::aws\nOpen",
            expect![[r#"
                {"question":["first",true]}
                {"paragraph":[{"text":"Before."}]}
                {"note":["note",[{"paragraph":[{"text":"In "},{"emphasis":[{"text":"it"}]},{"text":"."}]},{"question":["inner",false]}]]}
                {"paragraph":[{"text":"After."}]}
                {"code":["",":::quiz no\n"]}
                {"note":["aws",[{"paragraph":[{"text":"Open"}]}]]}"#]],
        );
        check(
            ":::\n:::quiz one\n~~~~\n:::\n```\n~~~\n:::note\n~~~~\n:::tip",
            expect![[r#"
            {"question":["one",false]}
            {"code":["",":::\n```\n~~~\n:::note\n"]}
            {"note":["tip",[]]}"#]],
        );
    }

    #[test]
    fn questions_are_lines() {
        assert_eq!(
            line("Which `one`?"),
            [Inline::Text("Which ".into()), Inline::Code("one".into()), Inline::Text("?".into())]
        );
        assert_eq!(line("3. is it?"), [Inline::Text("3. is it?".into())]);
        assert_eq!(line(""), []);
    }

    fn depth(block: &Block) -> usize {
        1 + match block {
            Block::Quote(blocks) | Block::Note(_, blocks) => {
                blocks.iter().map(depth).max().unwrap_or(0)
            }
            Block::List(_, items) => items.iter().flatten().map(depth).max().unwrap_or(0),
            _ => 0,
        }
    }

    #[test]
    fn nesting_has_an_end() {
        for text in
            ["> ".repeat(5_000) + "deep", "- ".repeat(5_000) + "deep", "*a **b ".repeat(2_000)]
        {
            let blocks = blocks(&text);
            assert!(blocks.iter().map(depth).all(|depth| depth <= DEPTH_MAX + 1));
            let json = serde_json::to_string(&blocks).expect("blocks are JSON");
            let again: Vec<Block> = serde_json::from_str(&json).expect("it is not too deep");
            assert_eq!(again, blocks);
        }
        let notes = blocks(&":::note\n".repeat(100));
        assert!(notes.iter().map(depth).all(|depth| depth <= NOTES_MAX + 1));
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "(\\PC|[\\n\\t>*_`~\\[\\]()#|:<!&-]|\n:::note\n|\n:::\n|\n```\n|\n:::quiz a\n|https:|\n- |\n> ){0,80}") {
            let blocks = blocks(&text);
            let _ = line(&text);
            let json = serde_json::to_string(&blocks).expect("blocks are JSON");
            let again: Vec<Block> = serde_json::from_str(&json).expect("and are read again");
            prop_assert_eq!(again, blocks);
        }
    }
}
