//! Roles and their policies: requests in AWS's words, and what is read from their answers.

use super::{arn_name, list_at, request, text_at};
use crate::route::decode;
use coldstart_workspace::ApiRequest;
use serde_json::{Map, Value, json};

/// A request about a role: `params` beside its name.
pub fn of_role(operation: &str, role: &str, params: Value) -> ApiRequest {
    let mut all = Map::new();
    all.insert("RoleName".into(), json!(role));
    if let Value::Object(params) = params {
        all.extend(params);
    }
    request("iam", operation, Value::Object(all))
}

/// Who may assume the role of a function.
pub const LAMBDA_TRUST: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": { "Service": "lambda.amazonaws.com" },
      "Action": "sts:AssumeRole"
    }
  ]
}"#;

/// What the console attaches to a new function's role.
pub const BASIC_EXECUTION: &str =
    "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

/// A policy to begin with.
pub const SAMPLE_POLICY: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "SendMessages",
      "Effect": "Allow",
      "Action": "sqs:SendMessage",
      "Resource": "*"
    }
  ]
}"#;

/// Actions to ask about: what handlers do most.
pub const ACTIONS: [&str; 12] = [
    "sqs:SendMessage",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sns:Publish",
    "lambda:InvokeFunction",
    "states:StartExecution",
    "states:SendTaskSuccess",
    "events:PutEvents",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "cloudwatch:PutMetricData",
    "iam:PassRole",
];

/// The name and the path of a role's ARN: `/service-role/` and `worker`.
pub fn role_place(arn: &str) -> (String, String) {
    let name = arn_name(arn).to_owned();
    let path = arn.split(":role").nth(1).unwrap_or("/");
    (path.strip_suffix(&name).unwrap_or("/").to_owned(), name)
}

/// A document of an answer, without its escapes and laid out.
pub fn document_at(value: &Value, pointer: &str) -> String {
    super::pretty_json(&decode(&text_at(value, pointer)))
}

/// What came of asking whether something is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVerdict {
    /// Whether it is.
    pub allowed: bool,
    /// Why, in a sentence.
    pub why: String,
}

/// The first answer of SimulatePrincipalPolicy.
pub fn policy_verdict(output: &Value) -> Option<PolicyVerdict> {
    let first = list_at(output, "EvaluationResults").first()?;
    let why = text_at(first, "/Explanation");
    let mut letters = why.chars();
    let head = letters.next().map(|letter| letter.to_ascii_uppercase());
    Some(PolicyVerdict {
        allowed: text_at(first, "/EvalDecision") == "allowed",
        why: head.into_iter().chain(letters).chain(['.']).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_lose_their_escapes() {
        let output = json!({ "PolicyDocument": "%7B%22a%22%3A%5B1%5D%7D" });
        assert_eq!(document_at(&output, "/PolicyDocument"), "{\n  \"a\": [\n    1\n  ]\n}");
        assert_eq!(document_at(&json!({}), "/PolicyDocument"), "");
    }

    #[test]
    fn a_role_has_a_place() {
        let place = |arn: &str| role_place(arn);
        assert_eq!(place("arn:aws:iam::1:role/coldstart"), ("/".into(), "coldstart".into()));
        assert_eq!(
            place("arn:aws:iam::1:role/service-role/w"),
            ("/service-role/".into(), "w".into())
        );
        assert_eq!(place(""), ("/".into(), String::new()));
    }

    #[test]
    fn a_verdict_is_a_sentence() {
        let output = json!({ "EvaluationResults": [{ "EvalDecision": "implicitDeny", "Explanation": "denied because x" }] });
        let verdict = policy_verdict(&output).expect("there is one");
        assert_eq!((verdict.allowed, verdict.why.as_str()), (false, "Denied because x."));
        assert_eq!(policy_verdict(&json!({})), None);
    }
}
