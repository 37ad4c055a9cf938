//! A host for tests: virtual time, tasks answered by a closure, children of distributed Map states as executions of their own.

use coldstart_asl::interpret::{
    Data, Effect, Ended, Execution, Failure, Machine, MapRunId, Purpose, Start, Status, Task,
    TaskId, Time,
};
use coldstart_asl::{Pattern, Resource};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// When every test begins: 2026-01-01T00:00:00Z.
pub(crate) const EPOCH: Time = Time(1_767_225_600_000_000);

/// What a resource says, and how long it takes for it.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) after_seconds: u64,
    pub(crate) outcome: Result<Value, Failure>,
}

/// An execution and, for a child, whose it is.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) execution: Execution,
    pub(crate) parent: Option<(usize, MapRunId, u64)>,
    told: bool,
}

/// What is to happen at a time.
#[derive(Debug)]
struct Due {
    slot: usize,
    task: TaskId,
    outcome: Result<Value, Failure>,
}

/// An execution, its children and what they wait for. The first slot is the execution itself.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) slots: Vec<Slot>,
    pub(crate) now: Time,
    due: BTreeMap<(Time, u64), Due>,
    made: u64,
}

impl World {
    pub(crate) fn start(machine: Arc<Machine>, start: Start) -> World {
        let execution = Execution::start(machine, start, EPOCH);
        let slots = vec![Slot { execution, parent: None, told: false }];
        World { slots, now: EPOCH, due: BTreeMap::new(), made: 0 }
    }

    pub(crate) fn root(&self) -> &Execution {
        &self.slots[0].execution
    }

    /// Goes on until nothing is left to do, or for `steps_max` moments. `answer` says what a task is answered; `None` never answers it.
    pub(crate) fn run(
        &mut self,
        steps_max: usize,
        answer: &mut dyn FnMut(&World, usize, &Task) -> Option<Answer>,
    ) {
        for _ in 0..steps_max {
            self.carry_out(answer);
            let next_due = self.due.first_key_value().map(|(key, _)| key.0);
            let deadlines = self.slots.iter().enumerate();
            let deadlines =
                deadlines.filter_map(|(slot, one)| Some((one.execution.deadline()?, slot))).min();
            match (next_due, deadlines) {
                (None, None) => return,
                (due, Some((at, slot))) if due.is_none_or(|due| at <= due) => {
                    self.now = self.now.max(at);
                    self.slots[slot].execution.advance(self.now);
                }
                _ => self.answer_next(),
            }
        }
    }

    fn answer_next(&mut self) {
        let Some(((at, _), due)) = self.due.pop_first() else { return };
        self.now = self.now.max(at);
        let execution = &mut self.slots[due.slot].execution;
        match due.outcome {
            Ok(output) => execution.task_succeeded(self.now, due.task, Data::new(output)),
            Err(failure) => execution.task_failed(self.now, due.task, failure),
        };
    }

    /// Effects of all executions, until there are none: answers and ends bring new ones.
    fn carry_out(&mut self, answer: &mut dyn FnMut(&World, usize, &Task) -> Option<Answer>) {
        let mut again = true;
        while again {
            again = false;
            for slot in 0..self.slots.len() {
                while let Some(effect) = self.slots[slot].execution.poll_effect() {
                    again = true;
                    self.carry_out_one(slot, effect, answer);
                }
                again |= self.tell_parent(slot);
            }
        }
    }

    fn carry_out_one(
        &mut self,
        slot: usize,
        effect: Effect,
        answer: &mut dyn FnMut(&World, usize, &Task) -> Option<Answer>,
    ) {
        match effect {
            Effect::Schedule(task) => {
                let answered = answer(self, slot, &task);
                let (now, execution) = (self.now, &mut self.slots[slot].execution);
                if task.purpose == Purpose::Task {
                    match &*task.resource {
                        Resource::Activity { .. } => {
                            execution.task_scheduled(now, task.id);
                            execution.task_started(now, task.id, Some("worker"));
                        }
                        Resource::Service { pattern, .. }
                            if *pattern != Pattern::RequestResponse =>
                        {
                            let submitted = Data::new(Value::Object(Default::default()));
                            execution.task_submitted(now, task.id, submitted);
                        }
                        _ => {}
                    }
                }
                if let Some(answered) = answered {
                    self.made += 1;
                    let at = now.plus_seconds(answered.after_seconds);
                    let due = Due { slot, task: task.id, outcome: answered.outcome };
                    self.due.insert((at, self.made), due);
                }
            }
            Effect::Cancel(task) => self.due.retain(|_, due| due.slot != slot || due.task != task),
            Effect::StartChild(child) => {
                let execution = Execution::start(child.machine, child.start, self.now);
                let parent = Some((slot, child.map_run, child.index));
                self.slots.push(Slot { execution, parent, told: false });
            }
            Effect::CancelChild { map_run, index } => {
                let who = Some((slot, map_run, index));
                let now = self.now;
                for child in self.slots.iter_mut().filter(|child| child.parent == who) {
                    child.execution.abort(now, Failure::default());
                    child.told = true;
                }
            }
        }
    }

    fn tell_parent(&mut self, slot: usize) -> bool {
        let child = &mut self.slots[slot];
        let Some((parent, map_run, index)) = child.parent else { return false };
        let execution = &child.execution;
        if child.told || execution.status() == Status::Running {
            return false;
        }
        child.told = true;
        let text = |text: Option<&str>| text.map(Arc::from);
        let failure = Failure { error: text(execution.error()), cause: text(execution.cause()) };
        let ended = match execution.status() {
            Status::Succeeded => {
                Ended::Succeeded(execution.output().expect("it succeeded").clone())
            }
            Status::TimedOut => Ended::TimedOut(failure),
            Status::Aborted => Ended::Aborted(failure),
            _ => Ended::Failed(failure),
        };
        let now = self.now;
        self.slots[parent].execution.child_finished(now, map_run, index, ended);
        true
    }

    /// All histories in one text, for comparing.
    pub(crate) fn transcript(&self) -> String {
        let mut text = String::new();
        for slot in &self.slots {
            for event in slot.execution.history() {
                text.push_str(&event.to_json(true).to_string());
                text.push('\n');
            }
        }
        text
    }
}

/// Numbers from a seed: SplitMix64.
#[derive(Debug, Clone)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to, not including, `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end.max(1) as u64).expect("it is below a usize")
    }

    /// Once in so many times.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}
