//! Invoke: what is checked before an event is taken, and how it enters.

use super::names::{NotFound, find};
use super::params::{blob_bytes, refuse_other_members, text};
use super::{Answer, respond};
use crate::lambda::asynchronous::Queued;
use crate::lambda::environment::{Cx, Due, Lambda};
use crate::lambda::errors::LambdaError;
use crate::lambda::invocation::{Attempt, Invocation};
use crate::lambda::model::State;
use crate::lambda::{control, costs, event_sources, payload};
use crate::queue::Urgency;
use crate::world::{Incoming, Outcome, World};
use crate::{Fact, world};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) fn invoke(lambda: &mut Lambda, cx: &mut Cx<'_>, incoming: &Incoming<'_>) -> Answer {
    let params = incoming.params;
    refuse_other_members(
        "Invoke",
        params,
        &["FunctionName", "InvocationType", "LogType", "ClientContext", "Payload", "Qualifier"],
    )?;
    let invocation_type = text(params, "InvocationType")?.unwrap_or("RequestResponse").to_owned();
    let asynchronous = invocation_type == "Event";
    let payload = match params.get("Payload") {
        None | Some(Value::Null) => Arc::from(&b""[..]),
        Some(blob) => blob_bytes(cx.world, "Payload", blob)?,
    };
    let bytes_max =
        if asynchronous { costs::ASYNC_PAYLOAD_BYTES_MAX } else { costs::SYNC_PAYLOAD_BYTES_MAX };
    if payload.len() > bytes_max {
        return Err(LambdaError::RequestTooLarge { bytes_max });
    }
    let (function, qualifier) = find(lambda, cx.world, params, NotFound::Latest)?;
    // No payload is an empty object, as in the recorded answers of an echo function.
    let payload = if payload.is_empty() { Arc::from(&b"{}"[..]) } else { payload };
    if let Some(fault) = payload::fault(&payload) {
        return Err(LambdaError::InvalidPayload(fault));
    }
    let version = match qualifier.as_deref() {
        None | Some("$LATEST") => 0,
        Some(qualifier) => control::versions::route(cx.world, function, qualifier),
    };
    let state = match function.control.versions.get(&version) {
        Some(version) => version.state,
        None => function.state,
    };
    if state != State::Active {
        return Err(match function.deployment(version) {
            Some(deployment) if deployment.is_snap_start() => control::versions::no_snapshot(state),
            _ => LambdaError::NotActive { state: state.name() },
        });
    }
    if invocation_type == "DryRun" {
        return respond(204, json!({ "StatusCode": 204, "Payload": crate::Blob::text("") }));
    }
    let invoked_arn = match qualifier {
        Some(qualifier) => format!("{}:{qualifier}", function.arn),
        None => function.arn.clone(),
    };
    let name = function.name.clone();
    if !asynchronous {
        lambda.check_concurrency(cx.world, &name, version, true)?;
    }
    let client_context = text(params, "ClientContext")?.filter(|_| !asynchronous).map(|encoded| {
        let decoded = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        decoded.unwrap_or_else(|| encoded.to_owned())
    });
    let world = &mut *cx.world;
    let invocation = Invocation {
        request_id: world.rng.uuid(),
        function: name.clone(),
        version,
        invoked_arn,
        payload,
        client_context,
        trace_id: trace_id(world),
        caller: (!asynchronous).then(|| incoming.caller.clone()),
        queued: asynchronous.then(|| Queued::new(world.now)),
        wants_tail: !asynchronous && text(params, "LogType")? == Some("Tail"),
        attempt: Attempt::default(),
    };
    world.emit(Fact::InvocationAccepted {
        request_id: invocation.request_id.clone(),
        function: name,
        invocation_type,
        payload_bytes: invocation.payload.len() as u64,
        command: incoming.caller.logged_command(),
        execution: incoming.caller.task().map(|(execution, _)| execution),
        state: incoming.caller.task().map(|(_, state)| state.to_owned()),
        source: incoming.caller.source().map(|(source, _)| source.to_owned()),
        event_id: incoming.caller.source().map(|(_, event_id)| event_id.to_owned()),
        mapping: incoming.caller.batch().map(|(mapping, _)| mapping.to_owned()),
        batch: incoming.caller.batch().map(|(_, batch)| batch),
        asker: incoming.caller.asker(),
        alias: alias_of(&invocation.invoked_arn),
    });
    if let Some((_, batch)) = incoming.caller.batch() {
        event_sources::accepted(lambda, batch, &invocation.request_id);
    }
    if asynchronous {
        let at = world.now.after_micros(costs::ASYNC_DELIVERY_US);
        world.schedule(
            at,
            Urgency::Work,
            world::Due::Lambda(Due::Deliver { invocation: Box::new(invocation) }),
        );
        return respond(202, json!({ "StatusCode": 202, "Payload": crate::Blob::text("") }));
    }
    lambda.place(cx, invocation);
    Ok(Outcome::Deferred)
}

fn trace_id(world: &mut World) -> String {
    let seconds = world.unix_ms() / 1_000;
    let rng = &mut world.rng;
    let [root, parent, lineage] = [rng.hex(24), rng.hex(16), rng.hex(8)];
    format!("Root=1-{seconds:08x}-{root};Parent={parent};Sampled=0;Lineage=1:{lineage}:0")
}

/// The alias in the ARN that a caller named.
fn alias_of(invoked_arn: &str) -> Option<String> {
    let qualifier = invoked_arn.split(':').nth(7)?;
    let is_version = qualifier == "$LATEST" || qualifier.bytes().all(|byte| byte.is_ascii_digit());
    (!is_version).then(|| qualifier.to_owned())
}
