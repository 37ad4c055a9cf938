//! TestState.

use super::functions::deploy;
use super::normalise::{Normaliser, compact};
use super::{call, cloud_of, definition_text, error_json, refused};
use crate::cloud::is_absent;
use crate::compare::{Bindings, compare};
use crate::data::Outcome;
use crate::kinds::Context;
use serde_json::{Value, json};

pub(crate) fn test_state(case: &Value, context: &Context) -> Outcome {
    let mut cloud = cloud_of(case, context);
    if let Err(error) = deploy(&mut cloud, case) {
        return refused("CreateFunction", &error);
    }
    let mut params = case["request"].clone();
    params["definition"] = json!(definition_text(case));
    let answer = call(&mut cloud, "TestState", params);
    let expected = &case["expect"];
    let refusal_expected = expected["error"].is_object();
    let ours = match &answer {
        Err(error) if is_absent(error) => return refused("TestState", error),
        Err(error) => error_json(error),
        Ok(output) => output.clone(),
    };
    if refusal_expected != answer.is_err() {
        return Outcome::Failed(format!("answered {ours}"));
    }
    let ours = Normaliser::new(case).ours(expected, &ours);
    match compare(&compact(expected), &ours, &mut Bindings::default()) {
        Ok(()) => match cloud.check_replay() {
            Ok(()) => Outcome::Passed,
            Err(why) => Outcome::Failed(why),
        },
        Err(why) => Outcome::Failed(why),
    }
}
