//! Runs: the instructions that are executed together.

use super::*;

pub(super) fn is_control(op: &O<'_>) -> bool {
    matches!(
        op,
        O::Block { .. }
            | O::Loop { .. }
            | O::If { .. }
            | O::Else
            | O::End
            | O::Br { .. }
            | O::BrIf { .. }
            | O::BrTable { .. }
            | O::Return
            | O::Unreachable
    )
}

/// One open block while the runs are found.
pub(super) struct Frame {
    kind: FrameKind,
    /// A branch leads to its end.
    targeted: bool,
}

#[derive(PartialEq, Eq, Clone, Copy)]
pub(super) enum FrameKind {
    Block,
    Loop,
    If,
}

/// Finds the runs: the instructions that are executed together, all or (save for traps) none.
pub(super) struct Runs {
    /// Index of the operator before the run, [`ENTRY`] for the first; cost in quarters; whether it is the header of a loop.
    pub(super) runs: Vec<(u32, u32, bool)>,
    frames: Vec<Frame>,
    /// After an unconditional branch nothing runs until a block ends.
    dead: bool,
}

pub(super) const ENTRY: u32 = u32::MAX;

impl Runs {
    pub(super) fn new() -> Self {
        // Entering costs two units.
        Self { runs: vec![(ENTRY, 2 * QUARTERS, false)], frames: Vec::new(), dead: false }
    }

    pub(super) fn begin(&mut self, index: u32, is_loop: bool) {
        self.dead = false;
        // A loop's header costs something even when its body does not.
        self.runs.push((index, if is_loop { QUARTERS } else { 0 }, is_loop));
    }

    pub(super) fn target(&mut self, depth: u32) {
        let index = self.frames.len().checked_sub(1 + depth as usize);
        if let Some(frame) = index.and_then(|index| self.frames.get_mut(index)) {
            frame.targeted = true;
        }
    }

    pub(super) fn step(&mut self, index: u32, op: &O<'_>, imported_functions: u32) {
        if let (false, Some(run)) = (self.dead, self.runs.last_mut()) {
            run.1 = run.1.saturating_add(cost(op, imported_functions));
        }
        match op {
            O::Block { .. } => self.frames.push(Frame { kind: FrameKind::Block, targeted: false }),
            O::Loop { .. } => {
                self.frames.push(Frame { kind: FrameKind::Loop, targeted: false });
                self.begin(index, true);
            }
            O::If { .. } => {
                self.frames.push(Frame { kind: FrameKind::If, targeted: false });
                self.begin(index, false);
            }
            O::Else => self.begin(index, false),
            O::End => match self.frames.pop() {
                Some(Frame { kind: FrameKind::If, .. }) => self.begin(index, false),
                // A branch to a loop leads to its header, never to its end.
                Some(Frame { kind: FrameKind::Block, targeted: true }) => self.begin(index, false),
                Some(_) if self.dead => self.begin(index, false),
                _ => {}
            },
            O::BrIf { relative_depth } => {
                self.target(*relative_depth);
                self.begin(index, false);
            }
            O::Br { relative_depth } => {
                self.target(*relative_depth);
                self.dead = true;
            }
            O::BrTable { targets } => {
                for depth in targets.targets().flatten() {
                    self.target(depth);
                }
                self.target(targets.default());
                self.dead = true;
            }
            O::Return | O::Unreachable => self.dead = true,
            _ => {}
        }
    }
}
