//! The door: every request is asked about, checked and given to its service here, whoever sends it, and answers leave here.

use super::{CommandId, Engine};
use crate::lambda::{self, Lambda};
use crate::states::States;
use crate::world::{Answered, Caller, Incoming, Outcome, Params, Waiter};
use crate::{
    ApiError, Fact, Principal, Request, Response, cloudwatch, ecr, eventbridge, faults, iam, links,
    logs, model, scheduler, sns, sqs, states,
};
use serde_json::{Map, Value, json};

impl Engine {
    /// The door: every request comes through here, whoever sends it.
    pub(super) fn enter(&mut self, waiter: Waiter, request: Request) {
        let Request { service, operation, params, principal } = request;
        let reads = Self::only_reads(&service, &operation, &params);
        let caller = Caller { waiter, service, operation, reads };
        let has_roles = !self.iam.is_empty();
        let refusal = match has_roles || matches!(caller.waiter, Waiter::Target(_)) {
            true => iam::refuses(&self.account(), &caller, &principal, &params),
            false => None,
        };
        let handled = match refusal {
            Some(refusal) => Err(refusal),
            None => self.dispatch(&caller, params),
        };
        if (has_roles || !self.iam.is_empty())
            && !reads
            && let Some(muted) = iam::muted(&self.account(), &caller)
        {
            self.lambda.muted = muted;
        }
        match handled {
            Ok(Outcome::Answered(response)) => self.world.answer(caller, Ok(response)),
            Ok(Outcome::Deferred) => {}
            Err(refusal) => self.world.answer(caller, Err(refusal)),
        }
        self.hand_over_answers();
    }

    /// Who is asked whether a request may go on: roles that the session has made, and the policies of what services call.
    fn account(&self) -> iam::Account<'_> {
        let Self { world, iam, lambda, sqs, sns, logs, events, states, .. } = self;
        iam::Account { config: &world.config, iam, lambda, sqs, sns, logs, events, states }
    }

    fn dispatch(&mut self, caller: &Caller, params: Value) -> Result<Outcome, ApiError> {
        let (service, operation) = (caller.service.as_str(), caller.operation.as_str());
        let params: Params = match params {
            Value::Object(params) => params,
            Value::Null => Map::new(),
            _ => {
                return Err(plain_error(
                    "SerializationException",
                    400,
                    "The parameters must be a JSON object.",
                ));
            }
        };
        // A few operations are emulated whose members no model has yet; they check for themselves.
        if model::is_known(service, operation) && !self.skips_model() {
            model::validate(service, operation, &params)?;
        }
        let incoming = Incoming { caller, params: &params };
        let handled = match service {
            "lambda" => {
                let (lambda, mut cx) = self.split();
                lambda::handle(lambda, &mut cx, &incoming)
            }
            "logs" => logs::handle(&mut self.logs, &mut self.world, &self.lambda, &incoming),
            "iam" => iam::handle(&mut self.iam, &mut self.world, &incoming),
            "monitoring" => cloudwatch::handle(&mut self.world, &incoming),
            "states" => {
                let (states, mut cx) = self.split_states();
                states::handle(states, &mut cx, &incoming)
            }
            "sqs" => sqs::handle(&mut self.sqs, &mut self.world, &incoming),
            "sns" => sns::handle(&mut self.sns, &mut self.world, &incoming),
            "events" => eventbridge::handle(&mut self.events, &mut self.world, &incoming),
            "scheduler" => scheduler::handle(&mut self.scheduler, &mut self.world, &incoming),
            "ecr" => ecr::handle(&mut self.ecr, &mut self.world, &incoming),
            "coldstart" if operation == "PushImage" => {
                ecr::handle(&mut self.ecr, &mut self.world, &incoming)
            }
            "coldstart" if operation == "ListOccurrences" => scheduler::handle_upcoming(
                &self.scheduler,
                &mut self.events,
                &self.world,
                &incoming,
            ),
            "coldstart" => states::handle_mocks(&mut self.states, &incoming)
                .or_else(|| lambda::load::handle(&mut self.lambda, &mut self.world, &incoming))
                .or_else(|| faults::handle(&mut self.world, &incoming)),
            _ => None,
        };
        handled.unwrap_or_else(|| Err(unknown(service, operation)))
    }

    /// Answers go to those who wait for them.
    pub(super) fn hand_over_answers(&mut self) {
        while let Some(Answered { caller, result }) = self.world.answered.pop_front() {
            // What a mapping asks for is told by facts of its own, unless it is refused.
            let is_told = matches!(caller.waiter, Waiter::Poll(_)) && result.is_ok();
            if !caller.reads && !is_told {
                let (status, error) = match &result {
                    Ok(response) => (response.status, None),
                    Err(error) => (error.status, Some(error.code.clone())),
                };
                let (command, asker) = (caller.logged_command(), caller.asker());
                let Caller { service, operation, .. } = caller;
                let made = match (&result, service.as_str()) {
                    (Ok(response), "sqs" | "sns" | "events" | "states") => {
                        links::made(&response.output)
                    }
                    _ => Vec::new(),
                };
                self.world.emit(Fact::RequestAnswered {
                    command,
                    service,
                    operation,
                    status,
                    error,
                    asker,
                    made,
                });
            }
            match caller.waiter {
                Waiter::Command { id, .. } => self.answers.push_back((CommandId(id), result)),
                Waiter::Guest(call) => {
                    Lambda::queue_call_answer(&mut self.world, call, guest_answer(&result));
                }
                Waiter::Task { call, .. } => States::queue_answer(&mut self.world, call, result),
                Waiter::Poll(poll) => {
                    let (lambda, mut cx) = self.split();
                    lambda::answered(lambda, &mut cx, poll, result);
                }
                Waiter::Nobody => {}
                Waiter::Target(delivery) => delivery.answered(&mut self.world, result),
                Waiter::Load(load) => {
                    lambda::load::answered(&mut self.lambda, &mut self.world, load, &result);
                }
                Waiter::Delivery(delivery) => {
                    let error = result.err().map(|error| error.code);
                    lambda::delivered(&mut self.world, delivery, error);
                }
            }
        }
    }
}

/// A guest's call: JSON `{"service","operation","params"}`.
pub(super) fn guest_request(body: &[u8], principal: Principal) -> Result<Request, ApiError> {
    #[derive(serde::Deserialize)]
    struct Call {
        service: String,
        operation: String,
        #[serde(default)]
        params: Value,
    }
    let Call { service, operation, params } = serde_json::from_slice(body).map_err(|fault| {
        plain_error(
            "SerializationException",
            400,
            &format!("A call is JSON with service, operation and params: {fault}"),
        )
    })?;
    Ok(Request { service, operation, params, principal })
}

/// What a guest's call gets: `{"status", "output"}`, or `{"error": {"code", "status", "message", …}}`.
pub(super) fn guest_answer(result: &Result<Response, ApiError>) -> Vec<u8> {
    let answer = match result {
        Ok(response) => json!(response),
        Err(error) => json!({ "error": error }),
    };
    answer.to_string().into_bytes()
}

/// The models of Lambda and Step Functions have all of their operations, so what they lack is not AWS's. Of other services
/// little is known.
fn unknown(service: &str, operation: &str) -> ApiError {
    if matches!(service, "lambda" | "states") && !model::is_known(service, operation) {
        let text = format!("Unknown operation {service}:{operation}");
        return plain_error("UnknownOperationException", 404, &text);
    }
    let text = format!("Coldstart does not emulate {service}:{operation} yet.");
    plain_error("NotImplementedException", 501, &text)
}

fn plain_error(code: &str, status: u16, message: &str) -> ApiError {
    ApiError { code: code.into(), status, message: Some(message.into()), extra: Map::new() }
}
