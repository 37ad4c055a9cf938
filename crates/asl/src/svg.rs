//! A picture as an SVG file that stands alone: for documents, reviews and the command line.
//!
//! Colours are those of the page in its light theme. What a box means is also said by its second line and by its outline,
//! so that the file can be printed in black.

use crate::graph::EdgeKind;
use crate::layout::{Block, BlockKind, Layout, Transition};
use std::fmt::Write as _;

const STYLE: &str = "text{font:14px system-ui,sans-serif;fill:#0f141a}.s{font-size:12px;fill:#424650}\
    .l{font-size:12px;fill:#424650;text-anchor:middle}.m{text-anchor:middle}\
    .b{fill:#fff;stroke:#8c8c94}.f{fill:none;stroke:#8c8c94;stroke-dasharray:4 3}.g{fill:#f6f6f9;stroke:#8c8c94}\
    .x{fill:#fff5f5;stroke:#db0000;stroke-dasharray:4 3}.u{opacity:.6}.p{fill:#0f141a}\
    .a{fill:none;stroke:#656871;stroke-width:1.5;marker-end:url(#h)}.c{stroke-dasharray:6 4}.t{fill:#fff}";

/// Writes a picture. `title` names it for those who cannot see it.
pub fn write(layout: &Layout, title: &str) -> String {
    let mut svg = String::new();
    let (width, height) = (layout.width, layout.height);
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n\
         <defs><marker id=\"h\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">\
         <path d=\"M0 0 8 4 0 8Z\" fill=\"#656871\"/></marker></defs>\n",
        escaped(title)
    );
    for block in &layout.boxes {
        self::block(&mut svg, block, layout);
    }
    for arrow in &layout.arrows {
        self::arrow(&mut svg, arrow);
    }
    for arrow in &layout.arrows {
        label(&mut svg, arrow);
    }
    svg += "</svg>\n";
    svg
}

fn block(svg: &mut String, block: &Block, layout: &Layout) {
    let Block { x, y, width, height, .. } = *block;
    let (middle, centre) = (x + width / 2, y + height / 2);
    let faint = if block.reachable { "" } else { " u" };
    let _ = match block.kind {
        BlockKind::Start | BlockKind::End => {
            let word = if block.kind == BlockKind::Start { "Start" } else { "End" };
            writeln!(
                svg,
                "<rect class=\"b\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{}\"/><text class=\"m\" x=\"{middle}\" y=\"{}\">{word}</text>",
                height / 2,
                centre + 5
            )
        }
        BlockKind::Entry => {
            writeln!(
                svg,
                "<circle class=\"p\" cx=\"{middle}\" cy=\"{centre}\" r=\"{}\"/>",
                width / 2
            )
        }
        BlockKind::Frame => {
            writeln!(
                svg,
                "<rect class=\"f\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>"
            )
        }
        BlockKind::State | BlockKind::Missing => {
            let holds = layout.boxes.iter().any(|inner| {
                inner.kind == BlockKind::Frame
                    && inner.parent.is_some_and(|parent| std::ptr::eq(&layout.boxes[parent], block))
            });
            let class = match block.kind {
                BlockKind::Missing => "x",
                _ if holds => "g",
                _ => "b",
            };
            writeln!(
                svg,
                "<g class=\"n{faint}\"><title>{}</title><rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>\
                 <text x=\"{left}\" y=\"{}\">{}</text><text class=\"s\" x=\"{left}\" y=\"{}\">{}</text></g>",
                escaped(&block.name),
                y + 20,
                escaped(&block.title),
                y + 37,
                escaped(&block.subtitle),
                left = x + 14,
            )
        }
    };
}

fn arrow(svg: &mut String, arrow: &Transition) {
    let class = if matches!(arrow.kind, EdgeKind::Catch(_)) { "a c" } else { "a" };
    let _ = writeln!(svg, "<path class=\"{class}\" d=\"{}\"/>", arrow.path);
}

fn label(svg: &mut String, arrow: &Transition) {
    let Some((x, y, width, height)) = arrow.label_box else { return };
    let _ = writeln!(
        svg,
        "<rect class=\"t\" x=\"{}\" y=\"{}\" width=\"{width}\" height=\"{height}\"/><text class=\"l\" x=\"{x}\" y=\"{}\">{}</text>",
        x - width / 2,
        y - height / 2,
        y + 4,
        escaped(&arrow.label)
    );
}

/// A text for XML 1.0, which has no place for most control characters.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\t' | '\n' | '\r' => escaped.push(' '),
            c if (c as u32) < 0x20 || c == '\u{fffe}' || c == '\u{ffff}' => {
                escaped.push('\u{fffd}')
            }
            c => escaped.push(c),
        }
    }
    escaped
}
