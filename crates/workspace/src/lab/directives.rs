//! The lines of a step's text, and which of them are directives.

/// A line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Line<'a> {
    /// Markdown.
    Text(&'a str),
    /// A box of this kind begins.
    Note(&'a str),
    /// A box ends.
    End,
    /// A question, by its id; whether it comes before something is tried.
    Question(&'a str, bool),
    /// It looks like a directive and is none.
    Unknown(&'a str),
}

/// The lines of a text. In code there are no directives.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut fence = None;
    text.lines().map(move |line| {
        let found = if fence.is_none() { directive(line) } else { None };
        found.unwrap_or_else(|| {
            fence = fence_after(fence, line);
            Line::Text(line)
        })
    })
}

fn directive(line: &str) -> Option<Line<'_>> {
    let rest = line.trim().strip_prefix(":::")?;
    let (word, argument) = rest.split_once(' ').unwrap_or((rest, ""));
    Some(match word {
        "" => Line::End,
        "note" | "tip" | "warning" | "aws" => Line::Note(word),
        "quiz" | "predict" => Line::Question(argument.trim(), word == "predict"),
        _ => Line::Unknown(line),
    })
}

/// The fence of code that is open after a line: its run of backticks or tildes.
fn fence_after<'a>(fence: Option<&'a str>, line: &'a str) -> Option<&'a str> {
    let line = line.trim();
    let run = |c: char| &line[..line.len() - line.trim_start_matches(c).len()];
    let marks = [run('`'), run('~')].into_iter().find(|run| run.len() >= 3);
    match (fence, marks) {
        (Some(open), Some(marks)) if marks == line && marks.starts_with(open) => None,
        (Some(open), _) => Some(open),
        // Backticks behind it: it is code within a line.
        (None, Some(marks)) => (!line[marks.len()..].contains('`')).then_some(marks),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_code_there_are_none() {
        let text = ":::quiz one\n```\n:::quiz two\n:::other\n```\n:::other\n:::";
        let found: Vec<_> = lines(text).filter(|line| !matches!(line, Line::Text(_))).collect();
        assert_eq!(found, [Line::Question("one", false), Line::Unknown(":::other"), Line::End]);
    }
}
