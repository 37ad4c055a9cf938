//! Task tokens, and the operations that answer a task with one.

use super::api::{Answer, done, optional, text};
use super::errors::StatesError;
use super::runs::{Cx, States, TaskCall, Told};
use crate::world::Params;
use coldstart_asl::interpret::{Data, Failure};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Tokens that are remembered, the newest; chosen. A forgotten token is refused as one that never was.
const TOKENS_MAX: usize = 100_000;

/// What a token answers.
#[derive(Debug, Clone, Copy)]
struct Token {
    call: TaskCall,
    /// It was answered with; its execution hears of it when the queue gets there.
    used: bool,
}

/// All tokens that were given out.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    known: BTreeMap<String, Token>,
    order: VecDeque<String>,
}

impl States {
    /// From now on the token answers the task.
    pub(crate) fn remember_token(&mut self, token: &str, call: TaskCall) {
        let tokens = &mut self.tokens;
        tokens.known.insert(token.to_owned(), Token { call, used: false });
        tokens.order.push_back(token.to_owned());
        if tokens.order.len() > TOKENS_MAX
            && let Some(oldest) = tokens.order.pop_front()
        {
            tokens.known.remove(&oldest);
        }
    }

    /// The task that a token answers, if somebody still waits for it.
    fn token(&self, token: &str) -> Result<TaskCall, StatesError> {
        let known = self.tokens.known.get(token);
        let known = known.ok_or(StatesError::InvalidToken("Invalid token"))?;
        if known.used || !self.is_waiting_for(known.call) {
            return Err(StatesError::TaskTimedOut("Provided task does not exist anymore"));
        }
        Ok(known.call)
    }

    fn use_token(&mut self, token: &str) {
        if let Some(known) = self.tokens.known.get_mut(token) {
            known.used = true;
        }
    }
}

pub(crate) fn success(states: &mut States, cx: &mut Cx<'_>, params: &Params) -> Answer {
    let token = text(params, "taskToken");
    let call = states.token(token)?;
    // The parser's words are AWS's for nothing but the beginning.
    let output = Data::from_text(text(params, "output"))
        .map_err(|fault| StatesError::InvalidOutput(format!("Invalid JSON: {fault}")))?;
    states.use_token(token);
    States::queue_told(cx.world, call, Told::Succeeded(output), 0);
    done()
}

pub(crate) fn failure(states: &mut States, cx: &mut Cx<'_>, params: &Params) -> Answer {
    let token = text(params, "taskToken");
    let call = states.token(token)?;
    states.use_token(token);
    let failure = Failure {
        error: optional(params, "error").map(Arc::from),
        cause: optional(params, "cause").map(Arc::from),
    };
    States::queue_told(cx.world, call, Told::Failed(failure), 0);
    done()
}

pub(crate) fn heartbeat(states: &mut States, cx: &mut Cx<'_>, params: &Params) -> Answer {
    let call = states.token(text(params, "taskToken"))?;
    States::queue_told(cx.world, call, Told::Heartbeat, 0);
    done()
}
