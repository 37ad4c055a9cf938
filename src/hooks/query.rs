//! Keeps the answer to a question that only reads up to date: it is asked again when something happened in the cloud.
//!
//! Lists come page by page. [`use_pages`] reads as many as the visitor asked for, [`use_all`] all that there are; either gives one answer,
//! as if there were one page.

use super::{use_app, use_session};
use crate::actions::{PAGES_MAX, read_pages};
use crate::model::{CallError, EnginePhase, format_count, list_at, next_page};
use coldstart_workspace::ApiRequest;
use gloo_timers::callback::Timeout;
use serde_json::Value;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// Between an event and the next question.
const PAUSE_MS: u32 = 120;
/// The same, of a session that has been at work for long.
const BUSY_PAUSE_MS: u32 = 600;

/// The answer so far: none before the first one.
pub type Answer = Option<Result<Rc<Value>, CallError>>;

/// What is asked, and how many pages of it.
type Question = (ApiRequest, usize);

/// Asks, and asks again after each event of the session. None asks nothing. `request` must be one that only reads.
#[hook]
pub fn use_query(request: Option<ApiRequest>) -> Answer {
    use_asked(request, 1).0
}

/// As [`use_query`], all pages of a list.
#[hook]
pub fn use_all(request: Option<ApiRequest>) -> Answer {
    use_asked(request, PAGES_MAX).0
}

/// A list of which some pages are read.
#[derive(Clone, PartialEq)]
pub struct Pages {
    /// All items that were read so far, as one page would have them.
    pub answer: Answer,
    /// How to read on; none at the end of the list.
    pub more: Option<More>,
}

/// The way to the next page.
#[derive(Clone, PartialEq)]
pub struct More {
    /// Reads it.
    pub on_more: Callback<()>,
    /// Whether it is being read.
    pub busy: bool,
}

impl Pages {
    /// The items under a name; none before they are known.
    pub fn rows(&self, member: &str) -> Option<Vec<Value>> {
        match &self.answer {
            Some(Ok(output)) => Some(list_at(output, member).to_vec()),
            _ => None,
        }
    }
    /// Why there is no list.
    pub fn fault(&self) -> Option<CallError> {
        self.answer.as_ref().and_then(|answer| answer.as_ref().err().cloned())
    }
    /// So many, "or more" while there are pages that nobody read.
    pub fn count(&self, rows: usize) -> String {
        count_text(rows, self.more.is_some())
    }
}

/// `50`, or `50+` when there are more.
pub fn count_text(rows: usize, more: bool) -> String {
    format!("{}{}", format_count(rows as u64), if more { "+" } else { "" })
}

/// As [`use_query`], a list whose next page is read when the visitor asks for it.
#[hook]
pub fn use_pages(request: Option<ApiRequest>) -> Pages {
    // How many pages, and of which list: another one begins at its first page.
    let wanted = use_state(|| (None::<ApiRequest>, 1_usize));
    let pages = if wanted.0 == request { wanted.1 } else { 1 };
    let (answer, read) = use_asked(request.clone(), pages);
    let ends = match (&request, &answer) {
        (Some(request), Some(Ok(output))) => next_page(request, output).is_none(),
        _ => true,
    };
    let on_more = Callback::from(move |()| wanted.set((request.clone(), pages + 1)));
    Pages { answer, more: (!ends).then_some(More { on_more, busy: read < pages }) }
}

/// The answer, and how many pages it was asked for.
#[hook]
fn use_asked(request: Option<ApiRequest>, pages: usize) -> (Answer, usize) {
    let app = use_app();
    let answer = use_state(|| None::<(Question, Result<Rc<Value>, CallError>)>);
    let question = request.clone().map(|request| (request, pages));
    // What was asked last: an answer to anything else came too late.
    let asked = use_mut_ref(|| None::<Question>);
    let (ready, events, at_work) = use_session(|session| {
        let events = session.clock.as_ref().map_or(0, |clock| clock.events);
        (session.phase == EnginePhase::Ready, events, session.is_at_work())
    });
    *asked.borrow_mut() = question.clone();
    // The question that waits for its time. What happens until then it will see: a session at work would put it off for ever.
    let waits = use_mut_ref(|| None::<Question>);
    let timer = use_mut_ref(|| None::<Timeout>);
    // What is being read, and whether something happened meanwhile: a long list is read once at a time.
    let reading = use_mut_ref(|| None::<(Question, bool)>);
    let rounds = use_state(|| 0_u32);
    {
        let answer = answer.clone();
        let known = answer.as_ref().is_some_and(|(of, _)| Some(of) == question.as_ref());
        let round = *rounds;
        use_effect_with((question, ready, events, round), move |(question, ready, ..)| {
            let question = question.clone().filter(|_| *ready);
            if known && question.is_some() && *waits.borrow() == question {
                return;
            }
            *waits.borrow_mut() = question.clone();
            let next = question.map(|question| {
                let waits = waits.clone();
                let ask = move || {
                    *waits.borrow_mut() = None;
                    if let Some((of, stale)) = &mut *reading.borrow_mut()
                        && *of == question
                    {
                        *stale = true;
                        return;
                    }
                    *reading.borrow_mut() = Some((question.clone(), false));
                    spawn_local(async move {
                        let result = read_pages(&app, &question.0, question.1).await.map(Rc::new);
                        let stale = match reading.take() {
                            Some((of, stale)) if of == question => stale,
                            other => {
                                *reading.borrow_mut() = other;
                                false
                            }
                        };
                        if asked.borrow().as_ref() == Some(&question) {
                            let next = Some((question, result));
                            if *answer != next {
                                answer.set(next);
                            }
                            if stale {
                                rounds.set(round.wrapping_add(1));
                            }
                        }
                    });
                };
                let pause_ms = match (known, at_work) {
                    (false, _) => 0,
                    (true, false) => PAUSE_MS,
                    (true, true) => BUSY_PAUSE_MS,
                };
                Timeout::new(pause_ms, ask)
            });
            // The one before is dropped here, never while it runs.
            *timer.borrow_mut() = next;
        });
    }
    match &*answer {
        Some(((of, pages), answer)) if Some(of) == request.as_ref() => {
            (Some(answer.clone()), *pages)
        }
        _ => (None, pages),
    }
}
