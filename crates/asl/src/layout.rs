//! A definition as a picture: boxes, arrows and where they are.
//!
//! In the language no transition leaves a branch of a Parallel state or the processor of a Map state, so each of these is laid out
//! by itself and then takes its place in the machine around it as one box of a known size.
//!
//! Invariant: whatever could be read is drawn; only what is too large for anybody to read is refused, with a reason.
//! Invariant: equal definitions give equal pictures.

mod label;
mod place;

use crate::definition::{Definition, State, StateKind};
use crate::graph::EdgeKind;
use place::{Arrow, LABEL_HEIGHT, Placed, Size, place};
use std::collections::BTreeMap;
use std::ops::Range;

/// States of a picture at most.
pub const STATES_MAX: usize = 1_000;
/// Width of a character in the boxes, in the same units as all lengths: pixels at 100 %.
const COLUMN: i32 = 8;
/// Width of a character of a label.
const LABEL_COLUMN: i32 = 7;
const STATE_HEIGHT: i32 = 46;
const STATE_WIDTH_MIN: i32 = 120;
/// The icon and the room beside the text.
const STATE_FRAME: i32 = 48;
/// The Start and End marks of a whole machine.
const MARK: Size = Size { width: 64, height: 28 };
/// The dot that a branch begins at.
const DOT: Size = Size { width: 12, height: 12 };
/// The line of a Parallel or Map state that says what it is.
const HEAD: i32 = 44;
/// Between a frame and what is in it.
const PADDING: i32 = 16;

/// A picture of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Pixels at 100 %.
    pub width: i32,
    /// Pixels at 100 %.
    pub height: i32,
    /// In document order; a state stands before what is inside it.
    pub boxes: Vec<Block>,
    /// The transitions.
    pub arrows: Vec<Transition>,
}

/// Why there is no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooLarge {
    /// It has so many states.
    States(usize),
    /// Its transitions cross too many layers.
    Transitions,
}

/// What a box stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKind {
    /// Where the machine begins.
    Start,
    /// Where it ends.
    End,
    /// Where a branch or processor begins.
    Entry,
    /// A state.
    State,
    /// A branch of a Parallel state, or the processor of a Map state.
    Frame,
    /// A state that is named but does not exist.
    Missing,
}

/// A box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What it stands for.
    pub kind: BlockKind,
    /// The state's name; a frame's number from 1; empty for marks.
    pub name: String,
    /// The name as far as there is room.
    pub title: String,
    /// What the state does, in a few words.
    pub subtitle: String,
    /// The state's type as written; empty when it is no state.
    pub state_type: &'static str,
    /// The box that this one is inside: a state's frames are inside the state, their states inside the frame.
    pub parent: Option<usize>,
    /// Left edge.
    pub x: i32,
    /// Upper edge.
    pub y: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
    /// Whether an execution can come to it.
    pub reachable: bool,
    /// Where it stands in the text, from its name to the end of its object.
    pub span: Range<usize>,
}

/// A transition, or several of one kind between the same two states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// The box that it leaves.
    pub from: usize,
    /// The box that it leads to.
    pub to: usize,
    /// Why it is taken; the first of several.
    pub kind: EdgeKind,
    /// What it says; empty when there is nothing to say.
    pub label: String,
    /// Middle of the label, and its width and height.
    pub label_box: Option<(i32, i32, i32, i32)>,
    /// The line, as the data of an SVG path.
    pub path: String,
}

/// Lays a machine out.
pub fn layout(definition: &Definition) -> Result<Layout, TooLarge> {
    let states = count(definition);
    if states > STATES_MAX {
        return Err(TooLarge::States(states));
    }
    let mut picture = machine(definition, None)?;
    for part in &mut picture.boxes {
        part.x += PADDING;
        part.y += PADDING;
    }
    let arrows = picture.arrows.iter().map(|arrow| arrow.finish(PADDING, PADDING)).collect();
    Ok(Layout {
        width: picture.width + 2 * PADDING,
        height: picture.height + 2 * PADDING,
        boxes: picture.boxes,
        arrows,
    })
}

fn count(definition: &Definition) -> usize {
    let inner = definition.states.iter().flat_map(State::containers);
    definition.states.len() + inner.map(count).sum::<usize>()
}

/// A machine laid out by itself, with places from its own corner.
struct Picture {
    width: i32,
    height: i32,
    boxes: Vec<Block>,
    arrows: Vec<Line>,
}

/// A transition whose place is not final.
struct Line {
    from: usize,
    to: usize,
    kind: EdgeKind,
    label: String,
    label_at: Option<(i32, i32)>,
    points: Vec<(i32, i32)>,
}

impl Line {
    fn finish(&self, x: i32, y: i32) -> Transition {
        let points: Vec<(i32, i32)> =
            self.points.iter().map(|(left, top)| (left + x, top + y)).collect();
        Transition {
            from: self.from,
            to: self.to,
            kind: self.kind,
            label: self.label.clone(),
            label_box: self
                .label_at
                .map(|(left, top)| (left + x, top + y, label_width(&self.label), LABEL_HEIGHT)),
            path: place::path(&points),
        }
    }
}

fn label_width(label: &str) -> i32 {
    match i32::try_from(label::columns(label)) {
        Ok(0) | Err(_) => 0,
        Ok(columns) => columns * LABEL_COLUMN + 10,
    }
}

impl StateKind {
    /// The name of the type; empty when there is none.
    pub fn name(&self) -> &'static str {
        match self {
            StateKind::Task { .. } => "Task",
            StateKind::Pass { .. } => "Pass",
            StateKind::Wait { .. } => "Wait",
            StateKind::Choice { .. } => "Choice",
            StateKind::Succeed => "Succeed",
            StateKind::Fail { .. } => "Fail",
            StateKind::Parallel { .. } => "Parallel",
            StateKind::Map(_) => "Map",
            StateKind::Unknown(_) => "",
        }
    }
}

fn blank(kind: BlockKind, size: Size) -> Block {
    Block {
        kind,
        name: String::new(),
        title: String::new(),
        subtitle: String::new(),
        state_type: "",
        parent: None,
        x: 0,
        y: 0,
        width: size.width,
        height: size.height,
        reachable: true,
        span: 0..0,
    }
}

/// `frame` is the number of the branch, from 0, when this is the inside of a state.
fn machine(definition: &Definition, frame: Option<usize>) -> Result<Picture, TooLarge> {
    let reachable = definition.reachable();
    let mut tops: Vec<Block> = Vec::new();
    let mut insides: Vec<Vec<Picture>> = Vec::new();
    tops.push(match frame {
        None => blank(BlockKind::Start, MARK),
        Some(_) => blank(BlockKind::Entry, DOT),
    });
    insides.push(Vec::new());
    let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
    for state in &definition.states {
        let inside = state
            .containers()
            .iter()
            .enumerate()
            .map(|(at, inner)| machine(inner, Some(at)))
            .collect::<Result<Vec<_>, _>>()?;
        by_name.entry(&state.name).or_insert(tops.len());
        let mut own = state_box(state, &inside);
        own.reachable = reachable.contains(state.name.as_str());
        tops.push(own);
        insides.push(inside);
    }
    let mut lines: Vec<Line> = Vec::new();
    let mut join =
        |tops: &mut Vec<Block>, insides: &mut Vec<Vec<Picture>>, from, to, kind, label| {
            let target = *by_name.entry(to).or_insert_with(|| {
                let mut missing = blank(BlockKind::Missing, state_size(to, "Missing state"));
                missing.name = to.to_owned();
                missing.title = label::cut(to, label::BOX_COLUMNS_MAX);
                missing.subtitle = "Missing state".to_owned();
                tops.push(missing);
                insides.push(Vec::new());
                tops.len() - 1
            });
            add(&mut lines, from, target, kind, label);
        };
    if let Some(start) = &definition.start_at {
        join(&mut tops, &mut insides, 0, &start.value, EdgeKind::Next, String::new());
    }
    for (at, state) in definition.states.iter().enumerate() {
        for edge in state.edges() {
            let label = edge_label(state, edge.kind);
            join(&mut tops, &mut insides, at + 1, edge.to, edge.kind, label);
        }
    }
    if frame.is_none() && definition.states.iter().any(State::is_terminal) {
        let end = tops.len();
        tops.push(blank(BlockKind::End, MARK));
        insides.push(Vec::new());
        for (at, _) in definition.states.iter().enumerate().filter(|(_, state)| state.is_terminal())
        {
            add(&mut lines, at + 1, end, EdgeKind::Next, String::new());
        }
    }
    let sizes: Vec<Size> =
        tops.iter().map(|top| Size { width: top.width, height: top.height }).collect();
    let arrows: Vec<Arrow> = lines
        .iter()
        .map(|line| Arrow {
            from: line.from,
            to: line.to,
            label: label_width(&line.label),
            dashed: matches!(line.kind, EdgeKind::Catch(_)),
        })
        .collect();
    let placed = place(&sizes, &arrows).ok_or(TooLarge::Transitions)?;
    Ok(assemble(tops, insides, lines, placed))
}

/// Several transitions of one kind to the same state are one arrow.
fn add(lines: &mut Vec<Line>, from: usize, to: usize, kind: EdgeKind, label: String) {
    let is_catch = |kind| matches!(kind, EdgeKind::Catch(_));
    let same = lines
        .iter_mut()
        .find(|line| line.from == from && line.to == to && is_catch(line.kind) == is_catch(kind));
    match same {
        Some(line) if !label.is_empty() && !line.label.is_empty() => {
            let (first, more) = match line.label.rsplit_once(" or ") {
                Some((first, count)) => {
                    (first.to_owned(), count.trim_end_matches(" more").parse().unwrap_or(0))
                }
                None => (line.label.clone(), 0),
            };
            line.label = format!("{first} or {} more", more + 1);
        }
        Some(_) => {}
        None => {
            lines.push(Line { from, to, kind, label, label_at: None, points: Vec::new() });
        }
    }
}

fn edge_label(state: &State, kind: EdgeKind) -> String {
    match (kind, &state.kind) {
        (EdgeKind::Choice(at), StateKind::Choice { rules, .. }) => rules
            .get(at)
            .map(|rule| label::rule(rule.comment.as_deref(), rule.condition.as_ref(), at))
            .unwrap_or_default(),
        (EdgeKind::Default, _) => "Default".to_owned(),
        (EdgeKind::Catch(at), _) => state
            .catch
            .get(at)
            .map(|catcher| label::catcher(&catcher.error_equals))
            .unwrap_or_default(),
        _ => String::new(),
    }
}

fn state_size(title: &str, subtitle: &str) -> Size {
    let columns = label::columns(title).max(label::columns(subtitle)).min(label::BOX_COLUMNS_MAX);
    let text = i32::try_from(columns).unwrap_or(0) * COLUMN;
    Size { width: (text + STATE_FRAME).max(STATE_WIDTH_MIN), height: STATE_HEIGHT }
}

fn state_box(state: &State, inside: &[Picture]) -> Block {
    let mut own = blank(BlockKind::State, Size { width: 0, height: 0 });
    own.subtitle = label::subtitle(state);
    let size = state_size(&state.name, &own.subtitle);
    (own.width, own.height) = (size.width, size.height);
    if !inside.is_empty() {
        let gaps = i32::try_from(inside.len() + 1).unwrap_or(i32::MAX / PADDING) * PADDING;
        let frames: i32 = inside.iter().map(|inner| inner.width + 2 * PADDING).sum();
        own.width = own.width.max(frames + gaps);
        let tallest = inside.iter().map(|inner| inner.height).max().unwrap_or(0);
        own.height = HEAD + tallest + 3 * PADDING;
    }
    own.name.clone_from(&state.name);
    own.title = label::cut(&state.name, label::BOX_COLUMNS_MAX);
    own.state_type = state.kind.name();
    own.span = state.name_span.start..state.span.end.max(state.name_span.end);
    own
}

/// Puts the insides into their states, and everything at its place.
fn assemble(
    tops: Vec<Block>,
    insides: Vec<Vec<Picture>>,
    lines: Vec<Line>,
    placed: Placed,
) -> Picture {
    let mut picture = Picture {
        width: placed.width,
        height: placed.height,
        boxes: Vec::new(),
        arrows: Vec::new(),
    };
    let mut index = Vec::with_capacity(tops.len());
    for ((mut top, inside), (x, y)) in tops.into_iter().zip(insides).zip(placed.boxes) {
        (top.x, top.y) = (x, y);
        let own = picture.boxes.len();
        index.push(own);
        let height = top.height - HEAD - PADDING;
        // Frames narrower than the head are put in its middle.
        let gaps = i32::try_from(inside.len() + 1).unwrap_or(0) * PADDING;
        let frames: i32 = inside.iter().map(|inner| inner.width + 2 * PADDING).sum();
        let mut left = x + PADDING + (top.width - frames - gaps) / 2;
        let reachable = top.reachable;
        picture.boxes.push(top);
        for (number, inner) in inside.into_iter().enumerate() {
            let width = inner.width + 2 * PADDING;
            let mut frame = blank(BlockKind::Frame, Size { width, height });
            frame.name = (number + 1).to_string();
            (frame.x, frame.y, frame.parent) = (left, y + HEAD, Some(own));
            frame.reachable = reachable;
            let frame_at = picture.boxes.len();
            picture.boxes.push(frame);
            let base = picture.boxes.len();
            let (dx, dy) = (left + PADDING, y + HEAD + PADDING);
            for mut part in inner.boxes {
                part.x += dx;
                part.y += dy;
                part.parent = Some(part.parent.map_or(frame_at, |parent| parent + base));
                part.reachable &= reachable;
                picture.boxes.push(part);
            }
            for mut line in inner.arrows {
                line.from += base;
                line.to += base;
                line.label_at = line.label_at.map(|(x, y)| (x + dx, y + dy));
                line.points.iter_mut().for_each(|(x, y)| (*x, *y) = (*x + dx, *y + dy));
                picture.arrows.push(line);
            }
            left += width + PADDING;
        }
    }
    for (mut line, way) in lines.into_iter().zip(placed.ways) {
        (line.from, line.to) = (index[line.from], index[line.to]);
        (line.points, line.label_at) = (way.points, way.label);
        picture.arrows.push(line);
    }
    picture
}
