//! Keeps the answer to a question that only reads up to date: it is asked again when something happened in the cloud.

use super::{use_app, use_session};
use crate::model::{CallError, EnginePhase};
use coldstart_workspace::ApiRequest;
use gloo_timers::callback::Timeout;
use serde_json::Value;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// Between an event and the next question.
const PAUSE_MS: u32 = 120;

/// The answer so far: none before the first one.
pub type Answer = Option<Result<Rc<Value>, CallError>>;

/// Asks, and asks again after each event of the session. None asks nothing. `request` must be one that only reads.
#[hook]
pub fn use_query(request: Option<ApiRequest>) -> Answer {
    let app = use_app();
    let answer = use_state(|| None::<(ApiRequest, Result<Rc<Value>, CallError>)>);
    // What was asked last: an answer to anything else came too late.
    let asked = use_mut_ref(|| None::<ApiRequest>);
    let (ready, events) = use_session(|session| {
        let events = session.clock.as_ref().map_or(0, |clock| clock.events);
        (session.phase == EnginePhase::Ready, events)
    });
    *asked.borrow_mut() = request.clone();
    // The question that waits for its time. What happens until then it will see: a session at work would put it off for ever.
    let waits = use_mut_ref(|| None::<ApiRequest>);
    let timer = use_mut_ref(|| None::<Timeout>);
    {
        let answer = answer.clone();
        let known = answer.as_ref().is_some_and(|(of, _)| Some(of) == request.as_ref());
        use_effect_with((request.clone(), ready, events), move |(request, ready, _)| {
            let request = request.clone().filter(|_| *ready);
            if known && request.is_some() && *waits.borrow() == request {
                return;
            }
            *waits.borrow_mut() = request.clone();
            let next = request.map(|request| {
                let waits = waits.clone();
                let ask = move || {
                    *waits.borrow_mut() = None;
                    spawn_local(async move {
                        let result = app.engine.request(request.clone(), &[]).await;
                        let result = result.map(|response| Rc::new(response.output));
                        if asked.borrow().as_ref() == Some(&request) {
                            let next = Some((request, result));
                            if *answer != next {
                                answer.set(next);
                            }
                        }
                    });
                };
                Timeout::new(if known { PAUSE_MS } else { 0 }, ask)
            });
            // The one before is dropped here, never while it runs.
            *timer.borrow_mut() = next;
        });
    }
    answer.as_ref().filter(|(of, _)| Some(of) == request.as_ref()).map(|(_, answer)| answer.clone())
}
