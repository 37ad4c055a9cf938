//! Loads: profiles of invocations as commands of ours, so that a thousand invocations a second for ten minutes are one line of the log.
//!
//! `StartLoad`, `StopLoad` and `ListLoads` of the service `coldstart`. A load sends requests through the door like anybody else, the next
//! one when its time has come, and keeps counts of what became of them, not the answers.
//!
//! Invariant: a load has at most one entry in the queue, and nothing that grows with its invocations.

mod arrivals;

use super::api::{Answer, respond};
use super::environment::Lambda;
use super::errors::LambdaError;
use super::{api, environment};
use crate::queue::Urgency;
use crate::world::{self, Incoming, Outcome, Params, Waiter, World};
use crate::{ApiError, Blob, Fact, Principal, Request, Response, Timestamp};
use arrivals::{Arrivals, Profile};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Loads that are kept after their end. Chosen.
const ENDED_MAX: usize = 100;
/// Loads at one time. Chosen.
const RUNNING_MAX: usize = 100;
/// Invocations a second. Chosen: ten for each of the account's 1,000.
const RATE_MAX: f64 = 10_000.0;
/// Seconds of a load. Chosen: a week.
const SECONDS_MAX: f64 = 604_800.0;

/// All loads of the session.
#[derive(Debug, Default)]
pub(crate) struct Loads {
    last: u64,
    loads: BTreeMap<u64, Load>,
}

#[derive(Debug)]
struct Load {
    function: String,
    /// What each of its requests says.
    params: Value,
    /// As it was given, to be listed.
    profile: Value,
    arrivals: Arrivals,
    began: Timestamp,
    /// Whether more will come.
    sends: bool,
    stopped: bool,
    counts: Counts,
    /// No fact is told before.
    tell_at: Timestamp,
}

/// What became of its invocations.
#[derive(Debug, Default, Clone)]
struct Counts {
    sent: u64,
    answered: u64,
    succeeded: u64,
    failed: u64,
    throttled: u64,
    refused: u64,
}

impl Load {
    fn status(&self) -> &'static str {
        match (self.sends || self.counts.answered < self.counts.sent, self.stopped) {
            (true, false) => "RUNNING",
            (true, true) => "STOPPING",
            (false, true) => "STOPPED",
            (false, false) => "COMPLETED",
        }
    }

    fn fact(&self, load: u64) -> Fact {
        let Counts { sent, succeeded, failed, throttled, refused, .. } = self.counts;
        Fact::LoadChanged {
            load,
            function: self.function.clone(),
            status: self.status().into(),
            sent,
            succeeded,
            failed,
            throttled,
            refused,
        }
    }
}

/// The operations of loads; none for others.
#[inline(never)]
pub(crate) fn handle(
    lambda: &mut Lambda,
    world: &mut World,
    incoming: &Incoming<'_>,
) -> Option<Result<Outcome, ApiError>> {
    let params = incoming.params;
    let answer = match incoming.caller.operation.as_str() {
        "StartLoad" => start(lambda, world, params),
        "StopLoad" => stop(lambda, world, params),
        "ListLoads" => list(lambda),
        _ => return None,
    };
    Some(answer.map_err(Into::into))
}

/// `FunctionName`, `Qualifier`, `InvocationType` and `Payload` as Invoke has them; `DurationSeconds`; and `Profile` with `Kind`:
/// `Constant` or `Poisson` with `Rate`, `Ramp` with `Rate` and `EndRate`, `Burst` with `Size` and `EverySeconds`.
fn start(lambda: &mut Lambda, world: &mut World, params: &Params) -> Answer {
    let members =
        ["FunctionName", "Qualifier", "InvocationType", "Payload", "Profile", "DurationSeconds"];
    if let Some(other) = params.keys().find(|member| !members.contains(&member.as_str())) {
        return Err(refused(format!("StartLoad has no member {other}")));
    }
    let name = api::text(params, "FunctionName")?.ok_or_else(|| api::missing("functionName"))?;
    let seconds = quantity(params, "DurationSeconds", 0.001, SECONDS_MAX)?;
    let given = api::object(params, "Profile")?.ok_or_else(|| api::missing("profile"))?;
    let profile = profile_of(given)?;
    let given = Value::Object(given.clone());
    let (function, _) = api::named(world, params)?;
    if !lambda.functions.contains_key(&function) {
        return Err(LambdaError::FunctionNotFound { arn: api::function_arn(world, &function) });
    }
    let running = lambda.loads.loads.values().filter(|load| load.status() == "RUNNING").count();
    if running >= RUNNING_MAX {
        return Err(refused(format!("{RUNNING_MAX} loads are running already")));
    }
    let mut request = json!({ "FunctionName": name });
    for member in ["Qualifier", "InvocationType"] {
        if let Some(given) = api::text(params, member)? {
            request[member] = json!(given);
        }
    }
    if let Some(payload) = params.get("Payload").filter(|payload| !payload.is_null()) {
        // Kept once, and named by each request.
        let bytes = api::blob_bytes(world, "Payload", payload)?;
        request["Payload"] = Blob::sha256(world.put_blob(bytes.to_vec()));
    }
    let id = lambda.loads.last + 1;
    lambda.loads.last = id;
    let seed = world.rng.next();
    let load = Load {
        function,
        params: request,
        profile: given,
        arrivals: Arrivals::new(profile, (seconds * 1e6) as u64, seed),
        began: world.now,
        sends: true,
        stopped: false,
        counts: Counts::default(),
        tell_at: world.now.after_ms(1_000),
    };
    world.emit(load.fact(id));
    lambda.loads.loads.insert(id, load);
    forget(&mut lambda.loads);
    schedule_next(lambda, world, id);
    if let Some(load) = lambda.loads.loads.get(&id).filter(|load| !load.sends) {
        // Nothing will come at all.
        world.emit(load.fact(id));
    }
    respond(200, json!({ "LoadId": id }))
}

fn profile_of(params: &Params) -> Result<Profile, LambdaError> {
    let rate = |member: &str, min: f64| {
        quantity(params, member, min, RATE_MAX).map(|rate| (rate * 1_000.0) as u64)
    };
    let kind = api::text(params, "Kind")?.unwrap_or_default();
    Ok(match kind {
        "Constant" => Profile::Constant { rate: rate("Rate", 0.001)? },
        "Poisson" => Profile::Poisson { rate: rate("Rate", 0.001)? },
        "Ramp" => Profile::Ramp { from: rate("Rate", 0.0)?, to: rate("EndRate", 0.0)? },
        "Burst" => Profile::Burst {
            size: quantity(params, "Size", 1.0, RATE_MAX)? as u64,
            every_us: (quantity(params, "EverySeconds", 0.001, SECONDS_MAX)? * 1e6) as u64,
        },
        other => {
            return Err(refused(format!(
                "Kind of a load's profile is Constant, Ramp, Burst or Poisson, not {other:?}"
            )));
        }
    })
}

fn quantity(params: &Params, member: &str, min: f64, max: f64) -> Result<f64, LambdaError> {
    let given = params.get(member).and_then(Value::as_f64);
    given
        .filter(|given| (min..=max).contains(given))
        .ok_or_else(|| refused(format!("{member} of a load is a number from {min} to {max}")))
}

fn refused(message: String) -> LambdaError {
    LambdaError::Validation(message)
}

fn stop(lambda: &mut Lambda, world: &mut World, params: &Params) -> Answer {
    let id = api::number(params, "LoadId")?.ok_or_else(|| api::missing("loadId"))?;
    let Some(load) = lambda.loads.loads.get_mut(&id) else {
        return Err(LambdaError::not_found(format!("There is no load {id}.")));
    };
    if load.sends {
        load.sends = false;
        load.stopped = true;
        world.emit(load.fact(id));
    }
    respond(200, json!({}))
}

fn list(lambda: &Lambda) -> Answer {
    let loads = lambda.loads.loads.iter().map(|(id, load)| {
        let Counts { sent, succeeded, failed, throttled, refused, .. } = &load.counts;
        json!({
            "LoadId": id, "FunctionName": load.function, "Status": load.status(), "Sent": sent, "Succeeded": succeeded,
            "Failed": failed, "Throttled": throttled, "Refused": refused, "Profile": load.profile,
            "BeganMicros": load.began.0, "DurationMicros": load.arrivals.duration_us(),
        })
    });
    respond(200, json!({ "Loads": loads.collect::<Vec<_>>() }))
}

/// Keeps the newest of those that have ended.
fn forget(loads: &mut Loads) {
    let ended = |load: &Load| matches!(load.status(), "COMPLETED" | "STOPPED");
    if loads.loads.values().filter(|load| ended(load)).count() > ENDED_MAX
        && let Some(oldest) = loads.loads.iter().find(|(_, load)| ended(load)).map(|(id, _)| *id)
    {
        loads.loads.remove(&oldest);
    }
}

fn schedule_next(lambda: &mut Lambda, world: &mut World, id: u64) {
    let Some(load) = lambda.loads.loads.get_mut(&id) else { return };
    match load.arrivals.next() {
        Some(after_us) => {
            let due = environment::Due::Load { load: id };
            let at = load.began.after_micros(after_us).max(world.now);
            world.schedule(at, Urgency::Work, world::Due::Lambda(due));
        }
        None => load.sends = false,
    }
}

/// An invocation's time has come.
#[inline(never)]
pub(crate) fn arrive(lambda: &mut Lambda, world: &mut World, id: u64) {
    let Some(load) = lambda.loads.loads.get_mut(&id).filter(|load| load.sends) else { return };
    load.counts.sent += 1;
    let request = Request {
        service: "lambda".into(),
        operation: "Invoke".into(),
        params: load.params.clone(),
        principal: Principal::User,
    };
    if world.now >= load.tell_at {
        load.tell_at = world.now.after_ms(1_000);
        world.emit(load.fact(id));
    }
    world.schedule(
        world.now,
        Urgency::Work,
        world::Due::Request { waiter: Waiter::Load(id), request },
    );
    schedule_next(lambda, world, id);
}

/// One of its requests has been answered.
#[inline(never)]
pub(crate) fn answered(
    lambda: &mut Lambda,
    world: &mut World,
    id: u64,
    result: &Result<Response, ApiError>,
) {
    let Some(load) = lambda.loads.loads.get_mut(&id) else { return };
    load.counts.answered += 1;
    let count = match result {
        Ok(response) if response.output.get("FunctionError").is_some() => &mut load.counts.failed,
        Ok(_) => &mut load.counts.succeeded,
        Err(error) if error.status == 429 => &mut load.counts.throttled,
        Err(_) => &mut load.counts.refused,
    };
    *count += 1;
    if matches!(load.status(), "COMPLETED" | "STOPPED") {
        world.emit(load.fact(id));
    }
}
