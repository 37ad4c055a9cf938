//! Answers about definitions that are being written. Bytes become UTF-16 units here, which is how the page's editor counts.

use coldstart_asl::layout::{BlockKind, Layout, TooLarge, layout};
use coldstart_asl::{
    EdgeKind, MachineType, Severity, complete, fix, parse_for, recover, sketch, svg,
};
use coldstart_protocol::{
    Analysis, Completion, CompletionWord, DefinitionAnswer, DefinitionAsk, DefinitionDiagnostic,
    Graph, GraphEdge, GraphEdgeKind, GraphNode, GraphNodeKind, QuickFix, TextEdit,
};
use std::ops::Range;

/// Longer texts are not read; AWS takes 1 MB.
const TEXT_BYTES_MAX: usize = 2 << 20;
/// Diagnostics that are shown. More say nothing, and each costs the page an element.
const SHOWN_MAX: usize = 200;

/// Answers a question.
#[inline(never)] // The boundary of a part that the page fetches later (docs/adr/0005).
pub(crate) fn answer(ask: DefinitionAsk) -> DefinitionAnswer {
    match ask {
        DefinitionAsk::Analyse { text, express } => {
            DefinitionAnswer::Analysis(Box::new(analyse(&text, express)))
        }
        DefinitionAsk::Complete { text, offset } => {
            DefinitionAnswer::Completion(words(&text, offset))
        }
        DefinitionAsk::Draw { text, title } => {
            DefinitionAnswer::Drawing(picture(&text).map(|layout| svg::write(&layout, &title)))
        }
    }
}

/// Byte offsets of a text as UTF-16 units and lines, without counting from the start for each.
struct Offsets<'t> {
    text: &'t str,
    /// Every so many bytes: the first character's start from there on, and its UTF-16 offset.
    marks: Vec<(usize, usize)>,
    /// Where lines begin, in bytes.
    lines: Vec<usize>,
}

impl<'t> Offsets<'t> {
    const STEP: usize = 256;

    fn new(text: &'t str) -> Self {
        let mut marks = vec![(0, 0)];
        let mut units = 0;
        for (at, c) in text.char_indices() {
            if at >= marks.len() * Self::STEP {
                marks.push((at, units));
            }
            units += c.len_utf16();
        }
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        Self { text, marks, lines }
    }

    /// An offset inside a character is its start.
    fn utf16(&self, byte: usize) -> usize {
        let mut byte = byte.min(self.text.len());
        while !self.text.is_char_boundary(byte) {
            byte -= 1;
        }
        let mark = self.marks.partition_point(|(at, _)| *at <= byte).saturating_sub(1);
        let (at, units) = self.marks[mark];
        units + self.text[at..byte].chars().map(char::len_utf16).sum::<usize>()
    }

    fn byte(&self, utf16: usize) -> usize {
        let mark = self.marks.partition_point(|(_, units)| *units <= utf16).saturating_sub(1);
        let (mut at, mut units) = self.marks[mark];
        for c in self.text[at..].chars() {
            if units >= utf16 {
                break;
            }
            units += c.len_utf16();
            at += c.len_utf8();
        }
        at
    }

    /// Line and column from 1.
    fn place(&self, byte: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|at| *at <= byte).max(1);
        (line, self.utf16(byte) - self.utf16(self.lines[line - 1]) + 1)
    }

    fn edit(&self, range: &Range<usize>, insert: &str) -> TextEdit {
        TextEdit {
            from: self.utf16(range.start),
            to: self.utf16(range.end),
            insert: insert.to_owned(),
        }
    }
}

fn too_long(text: &str) -> Option<String> {
    (text.len() > TEXT_BYTES_MAX)
        .then(|| format!("The definition has {} bytes; AWS takes at most 1,048,576.", text.len()))
}

fn picture(text: &str) -> Result<Layout, String> {
    if let Some(fault) = too_long(text) {
        return Err(fault);
    }
    let definition =
        sketch(text).ok_or("There is nothing to draw yet: the definition is no JSON object.")?;
    layout(&definition).map_err(|fault| match fault {
        TooLarge::States(states) => {
            format!("The machine has {states} states, which is too many for a picture.")
        }
        TooLarge::Transitions => "The machine has too many transitions for a picture.".to_owned(),
    })
}

fn analyse(text: &str, express: bool) -> Analysis {
    if let Some(fault) = too_long(text) {
        return Analysis { diagnostics: Vec::new(), graph: Err(fault) };
    }
    let machine = if express { MachineType::Express } else { MachineType::Standard };
    let (_, found) = parse_for(text, machine);
    let root = recover::parse(text);
    let offsets = Offsets::new(text);
    let mut diagnostics: Vec<DefinitionDiagnostic> = found
        .iter()
        .take(SHOWN_MAX)
        .map(|diagnostic| {
            let (line, column) = offsets.place(diagnostic.span.start);
            let fixes = fix::fixes(text, &root, diagnostic).into_iter().map(|fix| QuickFix {
                title: fix.title,
                edits: fix.edits.iter().map(|edit| offsets.edit(&edit.range, &edit.text)).collect(),
            });
            // A syntax error's words quote the text, which stands beside them in an editor.
            let message = match diagnostic.code {
                "INVALID_JSON_DESCRIPTION" => diagnostic.message.split("\n at [Source").next(),
                _ => None,
            };
            DefinitionDiagnostic {
                code: diagnostic.code.to_owned(),
                error: diagnostic.severity == Severity::Error,
                pointer: if diagnostic.code == "INVALID_JSON_DESCRIPTION" {
                    "/".to_owned()
                } else {
                    diagnostic.pointer.clone()
                },
                from: offsets.utf16(diagnostic.span.start),
                to: offsets.utf16(diagnostic.span.end),
                line,
                column,
                message: message.unwrap_or(&diagnostic.message).to_owned(),
                fixes: fixes.collect(),
            }
        })
        .collect();
    diagnostics.sort_by_key(|diagnostic| (diagnostic.from, diagnostic.to));
    Analysis { diagnostics, graph: picture(text).map(|layout| graph(layout, &offsets)) }
}

fn graph(layout: Layout, offsets: &Offsets<'_>) -> Graph {
    let nodes = layout.boxes.into_iter().map(|block| GraphNode {
        kind: match block.kind {
            BlockKind::Start => GraphNodeKind::Start,
            BlockKind::End => GraphNodeKind::End,
            BlockKind::Entry => GraphNodeKind::Entry,
            BlockKind::State => GraphNodeKind::State,
            BlockKind::Frame => GraphNodeKind::Frame,
            BlockKind::Missing => GraphNodeKind::Missing,
        },
        name: block.name,
        title: block.title,
        subtitle: block.subtitle,
        state_type: block.state_type.to_owned(),
        parent: block.parent,
        frame: (block.x, block.y, block.width, block.height),
        reachable: block.reachable,
        from: offsets.utf16(block.span.start),
        to: offsets.utf16(block.span.end),
    });
    let edges = layout.arrows.into_iter().map(|arrow| GraphEdge {
        from: arrow.from,
        to: arrow.to,
        kind: match arrow.kind {
            EdgeKind::Next => GraphEdgeKind::Next,
            EdgeKind::Choice(_) => GraphEdgeKind::Choice,
            EdgeKind::Default => GraphEdgeKind::Default,
            EdgeKind::Catch(_) => GraphEdgeKind::Catch,
        },
        label: arrow.label,
        label_frame: arrow.label_box,
        path: arrow.path,
    });
    Graph {
        width: layout.width,
        height: layout.height,
        nodes: nodes.collect(),
        edges: edges.collect(),
    }
}

fn words(text: &str, offset: usize) -> Option<Completion> {
    if too_long(text).is_some() {
        return None;
    }
    let offsets = Offsets::new(text);
    let found = complete::complete(text, offsets.byte(offset))?;
    let words = found.words.into_iter().map(|word| {
        let cursor = word.insert[..word.cursor].encode_utf16().count();
        let kind = match word.kind {
            complete::WordKind::Field => "field",
            complete::WordKind::State => "state",
            complete::WordKind::Value => "value",
        };
        CompletionWord {
            label: word.label,
            insert: word.insert,
            cursor,
            kind: kind.to_owned(),
            detail: word.detail.to_owned(),
        }
    });
    Some(Completion {
        from: offsets.utf16(found.from),
        replace: (offsets.utf16(found.replace.start), offsets.utf16(found.replace.end)),
        words: words.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_those_of_the_editor() {
        let text = "é𝔸\n".repeat(300);
        let offsets = Offsets::new(&text);
        for (units, byte) in [(0, 0), (1, 2), (3, 6), (4, 7), (400, 700), (1200, 2100)] {
            assert_eq!(offsets.utf16(byte), units);
            assert_eq!(offsets.byte(units), byte);
        }
        assert_eq!(offsets.place(9), (2, 2));
        assert_eq!(offsets.place(0), (1, 1));
    }

    #[test]
    fn a_text_gets_its_faults_with_fixes_and_its_picture() {
        let text = "{\"Comment\": \"𝔸\", \"StartAt\": \"A\",\n \"States\": {\"A\": {\"Type\": \"Pass\", \"Next\": \"Gone\"}}}";
        let analysis = analyse(text, false);
        let missing = analysis
            .diagnostics
            .iter()
            .find(|found| found.message.contains("Gone"))
            .expect("a fault");
        let units: Vec<u16> = text.encode_utf16().collect();
        assert_eq!(String::from_utf16_lossy(&units[missing.from..missing.to]), "\"Gone\"");
        assert_eq!(missing.line, 2);
        assert!(missing.fixes.iter().any(|fix| fix.title.contains("Gone")));
        let graph = analysis.graph.expect("a picture");
        let state = graph.nodes.iter().find(|node| node.name == "A").expect("the state");
        assert!(String::from_utf16_lossy(&units[state.from..state.to]).starts_with("\"A\": {"));
    }

    #[test]
    fn half_a_text_is_drawn_as_far_as_it_goes() {
        let text = "{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Pass\", \"Next\": }, \"B\": {\"Type\": \"Succeed\"}}}";
        let analysis = analyse(text, false);
        assert_eq!(analysis.diagnostics.len(), 1);
        assert!(
            analysis.diagnostics[0].message.starts_with("Unexpected character ('}'"),
            "{analysis:?}"
        );
        let graph = analysis.graph.expect("a picture");
        assert!(graph.nodes.iter().any(|node| node.name == "B"));
        assert!(analyse("", true).graph.is_err());
    }

    #[test]
    fn a_word_is_found_by_the_editors_offset() {
        let text = "{\"Comment\": \"𝔸\", \"StartAt\": \"\", \"States\": {\"A\": {}}}";
        let offset = text[..text.find("\"\",").expect("a place") + 1].encode_utf16().count();
        let found = words(text, offset).expect("words");
        assert_eq!((found.words[0].label.as_str(), found.words[0].kind.as_str()), ("A", "state"));
        assert_eq!(found.replace, (offset - 1, offset + 1));
    }
}
