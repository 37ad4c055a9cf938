//! What EventBridge is told of executions: "Step Functions Execution Status Change".
//!
//! Source: "Automating Step Functions event delivery with EventBridge". Standard executions only, as AWS says, and of those no
//! children of map runs. The order of the members that its examples show is kept.

use super::described;
use super::runs::Run;
use crate::world::World;
use crate::{eventbridge, world};
use coldstart_asl::MachineType;
use serde_json::{Value, json};

/// Bytes of input and output together from which on they are left out: "If the combined escaped input and escaped output sent in the
/// event exceeds 248 KiB, the input will be excluded. Similarly, if the escaped output exceeds 248 KiB, the output will be excluded."
const BYTES_MAX: usize = 248 << 10;

/// Tells the account's bus how an execution stands now, if somebody listens.
pub(super) fn announce(world: &mut World, run: &Run) {
    if world.hears_services && run.kind == MachineType::Standard && run.child_of.is_none() {
        let told = world::Due::Events(eventbridge::Due::Service {
            source: "aws.states",
            detail_type: "Step Functions Execution Status Change",
            resource: run.arn.to_string(),
            detail: Box::new(detail(run)),
        });
        eventbridge::soon(world, told);
    }
}

fn detail(run: &Run) -> Value {
    let mut described = described::description(run);
    let mut take = |name: &str| described.get_mut(name).map(Value::take).unwrap_or_default();
    let bytes = |text: &Value| text.as_str().map_or(0, |_| text.to_string().len());
    let (mut input, mut output) = (take("input"), take("output"));
    let included = |text: &mut Value, total: usize| match text.is_null() {
        true => Value::Null,
        false if total > BYTES_MAX => {
            text.take();
            json!({ "included": false })
        }
        false => json!({ "included": true }),
    };
    let total = bytes(&input) + bytes(&output);
    let input_details = included(&mut input, total);
    let output_bytes = bytes(&output);
    let output_details = included(&mut output, output_bytes);
    let execution = run.execution.as_ref();
    json!({
        "executionArn": take("executionArn"),
        "stateMachineArn": take("stateMachineArn"),
        "name": take("name"),
        "status": take("status"),
        "startDate": run.started_at.millis(),
        "stopDate": execution.and_then(|execution| execution.stopped_at()).map(|time| time.millis()),
        "input": input,
        "output": output,
        "stateMachineVersionArn": take("stateMachineVersionArn"),
        "stateMachineAliasArn": take("stateMachineAliasArn"),
        "redriveCount": take("redriveCount"),
        "redriveDate": run.redriven_at.map(|time| time.millis()),
        "redriveStatus": take("redriveStatus"),
        "redriveStatusReason": take("redriveStatusReason"),
        "inputDetails": input_details,
        "outputDetails": output_details,
        "error": take("error"),
        "cause": take("cause"),
    })
}
