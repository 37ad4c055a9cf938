//! The context object, `$$` of JSONPath and `$states.context` of JSONata.

use super::execution::{Execution, Start};
use super::frames::Frame;
use super::machine::{Kind, State};
use super::time::Time;
use crate::definition::MachineType;
use serde_json::{Map, Value, json};

/// The parts that stay the same during an execution. Members are in the order that AWS has them (recorded); what
/// cannot be redriven has no count of it.
fn fixed(start: &Start, started_at: Time, redrive_count: Option<u64>) -> Map<String, Value> {
    let identity = &start.identity;
    let mut context = Map::new();
    let role = match &*identity.role_arn {
        "" => Value::Null,
        role => Value::from(role),
    };
    let mut execution = json!({
        "Id": &*identity.execution_arn,
        "Input": start.input.value(),
        "StartTime": started_at.to_string(),
        "Name": &*identity.name,
        "RoleArn": role,
    });
    if let Some(count) = redrive_count {
        execution["RedriveCount"] = Value::from(count);
    }
    context.insert("Execution".to_owned(), execution);
    let machine = json!({
        "Id": &*identity.state_machine_arn,
        "Name": &*identity.state_machine_name,
    });
    context.insert("StateMachine".to_owned(), machine);
    context
}

impl Execution {
    /// The context object of a state.
    pub(super) fn context_of(&self, frame: &Frame, state: &State) -> Value {
        let fixed = self.context.get_or_init(|| {
            let can_redrive = self.machine.kind == MachineType::Standard;
            fixed(&self.start, self.started_at, can_redrive.then_some(self.redrive_count))
        });
        let mut context = fixed.clone();
        let mut own = Map::new();
        own.insert("Name".to_owned(), Value::from(&*state.name));
        own.insert("EnteredTime".to_owned(), Value::from(frame.entered_at.to_string()));
        if matches!(state.kind, Kind::Task(_) | Kind::Parallel { .. } | Kind::Map(_)) {
            own.insert("RetryCount".to_owned(), Value::from(frame.retry_count));
        }
        context.insert("State".to_owned(), Value::Object(own));
        if let Some(item) = &frame.item {
            let item = json!({ "Item": { "Index": item.index, "Value": item.value.value() } });
            context.insert("Map".to_owned(), item);
        }
        if let Some(token) = &frame.token {
            context.insert("Task".to_owned(), json!({ "Token": &**token }));
        }
        if let Some(single) = &self.single {
            single.replace_context(&mut context);
        }
        Value::Object(context)
    }
}
