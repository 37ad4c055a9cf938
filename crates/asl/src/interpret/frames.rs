//! The threads of control of an execution: the machine itself, and each branch and iteration that runs.

use super::data::Data;
use super::effect::{MapRunId, TaskId};
use super::execution::MapItem;
use super::machine::StateId;
use super::map::MapWork;
use super::parallel::ParallelWork;
use super::time::Time;
use serde_json::{Map, Value};
use std::sync::Arc;

/// The index of a frame. Numbers of frames that ended are used again.
pub(crate) type FrameId = usize;

/// A thread of control: the state that it is in and what it sees there.
#[derive(Debug)]
pub(crate) struct Frame {
    /// The frame of the Parallel or Map state it belongs to, and its number there.
    pub(crate) parent: Option<(FrameId, usize)>,
    /// What inner frames get a copy of when they begin.
    pub(crate) variables: Arc<Map<String, Value>>,
    /// `$$.Map.Item`.
    pub(crate) item: Option<MapItem>,
    pub(crate) state: StateId,
    /// The input of the state.
    pub(crate) input: Data,
    /// The event that the next one follows.
    pub(crate) previous: u64,
    /// The event that the last one followed.
    pub(crate) before: u64,
    pub(crate) entered_at: Time,
    /// The id of the event that the state was entered with.
    pub(crate) entered_event: u64,
    /// How often each retrier of the state was used.
    pub(crate) retries: Vec<u64>,
    /// How often the state was tried again.
    pub(crate) retry_count: u64,
    /// `$$.Task.Token`.
    pub(crate) token: Option<Arc<str>>,
    /// Its end is written: a failure around it does not end it again.
    pub(crate) is_stopped: bool,
    pub(crate) phase: Phase,
}

/// What a frame does in its state.
#[derive(Debug)]
pub(crate) enum Phase {
    /// It is about to enter it.
    Ready,
    /// It sleeps until a timer: a Wait state with its output's source, or a retry.
    Asleep {
        timer: TimerKey,
    },
    Task(Box<TaskWork>),
    Parallel(Box<ParallelWork>),
    Map(Box<MapWork>),
    Distributed(MapRunId),
    /// The state failed or was aborted: a redrive tries it again. What a Parallel or Map state had running stays
    /// with it for that reason.
    Failed,
}

/// A task that is under way.
#[derive(Debug)]
pub(crate) struct TaskWork {
    pub(crate) id: TaskId,
    /// The event that says so was written. An activity's waits for the host to find it.
    pub(crate) scheduled: Option<Box<super::history::Scheduled>>,
    pub(crate) is_started: bool,
    pub(crate) timeout: Option<TimerKey>,
    pub(crate) heartbeat: Option<TimerKey>,
    pub(crate) heartbeat_seconds: Option<u64>,
}

/// When a timer fires. Those of one moment fire in the order they were set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TimerKey {
    pub(crate) at: Time,
    pub(crate) number: u64,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Timer {
    pub(crate) frame: FrameId,
    pub(crate) kind: TimerKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimerKind {
    /// The end of a Wait state.
    Wait,
    /// Another attempt.
    Retry,
    TaskTimeout,
    TaskHeartbeat,
    /// The end of the time that the execution may take.
    Execution,
    /// An express execution goes on that made many transitions at once.
    Resume,
}

impl Frame {
    pub(crate) fn new(state: StateId, input: Data, previous: u64) -> Frame {
        Frame {
            parent: None,
            variables: Arc::default(),
            item: None,
            state,
            input,
            previous,
            before: previous,
            entered_at: Time(0),
            entered_event: 0,
            retries: Vec::new(),
            retry_count: 0,
            token: None,
            is_stopped: false,
            phase: Phase::Ready,
        }
    }

    /// The frame goes on after this event.
    pub(crate) fn chain(&mut self, event: u64) {
        self.before = self.previous;
        self.previous = event;
    }
}

/// All frames of an execution.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    slots: Vec<Option<Frame>>,
    free: Vec<FrameId>,
}

impl Frames {
    pub(crate) fn add(&mut self, frame: Frame) -> FrameId {
        match self.free.pop() {
            Some(id) => {
                self.slots[id] = Some(frame);
                id
            }
            None => {
                self.slots.push(Some(frame));
                self.slots.len() - 1
            }
        }
    }

    pub(crate) fn remove(&mut self, id: FrameId) -> Option<Frame> {
        let frame = self.slots.get_mut(id).and_then(Option::take);
        if frame.is_some() {
            self.free.push(id);
        }
        frame
    }

    /// The frames that belong to no other.
    pub(crate) fn roots(&self) -> Vec<FrameId> {
        let frames = self.slots.iter().enumerate();
        let roots =
            frames.filter(|(_, frame)| frame.as_ref().is_some_and(|frame| frame.parent.is_none()));
        roots.map(|(id, _)| id).collect()
    }

    pub(crate) fn get(&self, id: FrameId) -> Option<&Frame> {
        self.slots.get(id).and_then(Option::as_ref)
    }
}

impl std::ops::Index<FrameId> for Frames {
    type Output = Frame;

    fn index(&self, id: FrameId) -> &Frame {
        self.slots[id].as_ref().expect("frames are asked for only while they are there")
    }
}

impl std::ops::IndexMut<FrameId> for Frames {
    fn index_mut(&mut self, id: FrameId) -> &mut Frame {
        self.slots[id].as_mut().expect("frames are asked for only while they are there")
    }
}
