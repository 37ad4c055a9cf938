//! Blocks of a lab's text as elements. What the text says is text: no block has markup of its own.

use super::question::QuestionBox;
use crate::components::{CopyButton, Glyph, Icon};
use crate::model::StepKey;
use coldstart_workspace::lab::{Block, Inline, PackedQuestion};
use yew::prelude::*;

/// The text of a step; without a key, questions are left out.
pub fn blocks(blocks: &[Block], of: Option<&StepKey>, quiz: &[PackedQuestion]) -> Html {
    blocks.iter().map(|one| block(one, of, quiz)).collect()
}

fn block(block: &Block, of: Option<&StepKey>, quiz: &[PackedQuestion]) -> Html {
    match block {
        Block::Heading(_, text) => html! { <h3>{ inlines(text) }</h3> },
        Block::Paragraph(text) => html! { <p>{ inlines(text) }</p> },
        Block::List(start, items) => {
            let items: Html =
                items.iter().map(|item| html! { <li>{ blocks(item, of, quiz) }</li> }).collect();
            match start {
                Some(start) => {
                    html! { <ol class="lab-list" start={start.to_string()}>{ items }</ol> }
                }
                None => html! { <ul class="lab-list">{ items }</ul> },
            }
        }
        Block::Code(_, text) => code(text),
        Block::Quote(inner) => html! { <blockquote>{ blocks(inner, of, quiz) }</blockquote> },
        Block::Table(head, rows) => html! {
            <div class="table-scroll" tabindex="0" role="group" aria-label="Table"><table class="table">
                <thead><tr>for cell in head { <th scope="col">{ inlines(cell) }</th> }</tr></thead>
                <tbody>for row in rows { <tr>for cell in row { <td>{ inlines(cell) }</td> }</tr> }</tbody>
            </table></div>
        },
        Block::Note(kind, inner) => note(kind, blocks(inner, of, quiz)),
        Block::Question(id, predicts) => match (of, quiz.iter().find(|one| one.id == *id)) {
            (Some(of), Some(question)) => {
                html! { <QuestionBox key={id.clone()} of={of.clone()} question={question.clone()} predicts={*predicts} /> }
            }
            _ => html! {},
        },
        Block::Rule => html! { <hr /> },
    }
}

/// Code with a way to copy it.
pub(super) fn code(text: &str) -> Html {
    html! {
        <div class="lab-code">
            <pre tabindex="0"><code>{ text.trim_end() }</code></pre>
            <CopyButton kind={crate::components::ButtonKind::Icon} label="Copy this code" text={text.to_owned()} />
        </div>
    }
}

fn note(kind: &str, inner: Html) -> Html {
    let (class, glyph, word) = match kind {
        "tip" => ("lab-note-tip", Glyph::Success, "Tip"),
        "warning" => ("lab-note-warning", Glyph::Warning, "Careful"),
        "aws" => ("lab-note-aws", Glyph::Workspaces, "On real AWS"),
        _ => ("lab-note-info", Glyph::Info, "Note"),
    };
    html! {
        <section class={classes!("lab-note", class)} aria-label={word}>
            <p class="lab-note-title"><Icon {glyph} />{ word }</p>
            { inner }
        </section>
    }
}

/// Pieces of a line.
pub fn inlines(inlines: &[Inline]) -> Html {
    inlines.iter().map(inline).collect()
}

fn inline(one: &Inline) -> Html {
    match one {
        Inline::Text(text) => html! { { text } },
        Inline::Code(text) => html! { <code>{ text }</code> },
        Inline::Strong(inner) => html! { <strong>{ inlines(inner) }</strong> },
        Inline::Emphasis(inner) => html! { <em>{ inlines(inner) }</em> },
        Inline::Link(to, inner) if to.starts_with('#') => {
            html! { <a href={to.clone()}>{ inlines(inner) }</a> }
        }
        Inline::Link(to, inner) => {
            html! { <a href={to.clone()} target="_blank" rel="noopener">{ inlines(inner) }</a> }
        }
        Inline::Break => html! { <br /> },
    }
}
