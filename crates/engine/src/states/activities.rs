//! Activities, the workers that ask for their tasks, and tags of activities and state machines.

use super::api::{Answer, done, optional, respond, text};
use super::arn::{self, Named};
use super::errors::StatesError;
use super::model::{Activity, Tags, date, encryption, now};
use super::paging;
use super::runs::{Cx, Due, States, TaskCall};
use crate::Response;
use crate::queue::{QueueKey, Urgency};
use crate::world::{self, Caller, Incoming, Outcome, Params, World};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Arc;

/// "The service waits up to 60 seconds" (GetActivityTask).
const POLL_US: u64 = 60_000_000;

/// Tasks of one activity that no worker has taken, and workers that no task was there for.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    pub(crate) tasks: VecDeque<(TaskCall, Arc<str>)>,
    pub(crate) workers: VecDeque<Worker>,
}

/// A worker that waits.
#[derive(Debug)]
pub(crate) struct Worker {
    number: u64,
    caller: Caller,
    name: Option<String>,
    gives_up: QueueKey,
}

pub(crate) fn create(states: &mut States, world: &World, params: &Params) -> Answer {
    let name = text(params, "name");
    arn::check_name(name)?;
    let now = now(world);
    if !states.activities.contains_key(name) {
        let activity = Activity {
            name: name.to_owned(),
            created_at: now,
            tags: Tags::read(params.get("tags"))?,
            encryption: encryption(params.get("encryptionConfiguration")),
            number: states.next_number(),
        };
        states.activities.insert(name.to_owned(), activity);
    }
    let activity = &states.activities[name];
    respond(
        json!({ "activityArn": activity.arn(world), "creationDate": date(activity.created_at) }),
    )
}

/// An activity that is not there was deleted before (recorded). Tasks that wait for its workers wait on.
pub(crate) fn delete(states: &mut States, params: &Params) -> Answer {
    states.activities.remove(arn::activity_name(text(params, "activityArn"))?);
    done()
}

impl States {
    pub(crate) fn activity(&self, given: &str) -> Result<&Activity, StatesError> {
        let name = arn::activity_name(given)?;
        self.activities.get(name).ok_or_else(|| StatesError::ActivityDoesNotExist(given.to_owned()))
    }
}

pub(crate) fn describe(states: &States, world: &World, params: &Params) -> Answer {
    let activity = states.activity(text(params, "activityArn"))?;
    respond(json!({
        "activityArn": activity.arn(world),
        "name": activity.name,
        "creationDate": date(activity.created_at),
        "encryptionConfiguration": activity.encryption,
    }))
}

pub(crate) fn list(states: &States, world: &World, params: &Params) -> Answer {
    let mut all: Vec<&Activity> = states.activities.values().collect();
    all.sort_by_key(|activity| activity.number);
    let page = paging::page("activities", all.into_iter(), params, |activity| {
        json!({
            "activityArn": activity.arn(world),
            "name": activity.name,
            "creationDate": date(activity.created_at),
        })
    })?;
    respond(page)
}

/// `GetActivityTask`: the oldest task at once, else the answer comes when there is one, or empty after a minute.
pub(crate) fn poll(states: &mut States, cx: &mut Cx<'_>, incoming: &Incoming<'_>) -> Answer {
    let name = states.activity(text(incoming.params, "activityArn"))?.name.clone();
    let number = states.next_number();
    let due = world::Due::States(Due::PollOver { activity: name.clone(), worker: number });
    let at = cx.world.now.after_micros(POLL_US);
    let worker = Worker {
        number,
        caller: incoming.caller.clone(),
        name: optional(incoming.params, "workerName").map(str::to_owned),
        gives_up: cx.world.schedule(at, Urgency::Work, due),
    };
    states.queues.entry(name.clone()).or_default().workers.push_back(worker);
    states.match_workers(cx, &name);
    Ok(Outcome::Deferred)
}

impl States {
    /// Gives waiting tasks of an activity to waiting workers, in the order in which both came.
    pub(crate) fn match_workers(&mut self, cx: &mut Cx<'_>, activity: &str) {
        loop {
            let Some(queue) = self.queues.get_mut(activity) else { return };
            if queue.workers.is_empty() {
                return;
            }
            let Some((call, input)) = queue.tasks.pop_front() else { return };
            // Its execution may have given up on it meanwhile.
            if !self.is_waiting_for(call) {
                continue;
            }
            let queue = self.queues.get_mut(activity).expect("found above");
            let worker = queue.workers.pop_front().expect("looked at above");
            cx.world.queue.cancel(worker.gives_up);
            let token = cx.world.rng.base64(TOKEN_CHARS);
            self.remember_token(&token, call);
            let output = json!({ "taskToken": token, "input": &*input });
            cx.world.answer(worker.caller, Ok(Response { status: 200, output }));
            self.started_by_worker(cx, call, worker.name.as_deref());
        }
    }

    /// A minute is over: the worker gets an empty answer.
    pub(crate) fn poll_over(&mut self, world: &mut World, activity: &str, number: u64) {
        let Some(queue) = self.queues.get_mut(activity) else { return };
        if let Some(place) = queue.workers.iter().position(|worker| worker.number == number)
            && let Some(worker) = queue.workers.remove(place)
        {
            world.answer(worker.caller, Ok(Response { status: 200, output: json!({}) }));
        }
    }
}

/// Characters of a task token. AWS's have several hundred.
const TOKEN_CHARS: usize = 120;

// Tags

impl States {
    fn tags(&mut self, resource_arn: &str) -> Result<&mut Tags, StatesError> {
        let missing = || StatesError::ResourceNotFound(resource_arn.to_owned());
        match arn::parse(resource_arn)? {
            Named::Activity { name } => {
                self.activities.get_mut(name).map(|activity| &mut activity.tags).ok_or_else(missing)
            }
            Named::StateMachine { name, qualifier: None } => {
                self.machines.get_mut(name).map(|machine| &mut machine.tags).ok_or_else(missing)
            }
            other => Err(arn::wrong_kind(&other)),
        }
    }
}

pub(crate) fn tag(states: &mut States, params: &Params) -> Answer {
    states.tags(text(params, "resourceArn"))?.add(params.get("tags"))?;
    done()
}

pub(crate) fn untag(states: &mut States, params: &Params) -> Answer {
    states.tags(text(params, "resourceArn"))?.remove(params.get("tagKeys"));
    done()
}

pub(crate) fn list_tags(states: &mut States, params: &Params) -> Answer {
    let tags: Value = states.tags(text(params, "resourceArn"))?.describe();
    respond(json!({ "tags": tags }))
}
