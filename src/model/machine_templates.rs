//! What a new state machine begins with.

use coldstart_workspace::{MachineDraft, MachineType, TestEvent};

/// What a new machine begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// Names it among the others.
    pub key: &'static str,
    /// As it is offered.
    pub title: &'static str,
    /// What it shows.
    pub summary: &'static str,
    /// Its definition.
    pub definition: &'static str,
    /// An input to start it with.
    pub input: &'static str,
}

/// The templates, the simplest first.
pub const TEMPLATES: [Template; 4] = [
    Template {
        key: "hello",
        title: "Hello",
        summary: "One Pass state that greets, in JSONata.",
        definition: r#"{
  "Comment": "Greets whoever the input names.",
  "QueryLanguage": "JSONata",
  "StartAt": "Greet",
  "States": {
    "Greet": {
      "Type": "Pass",
      "Output": {
        "message": "{% 'Hello, ' & $states.input.name & '!' %}"
      },
      "End": true
    }
  }
}
"#,
        input: "{\n  \"name\": \"Ada\"\n}",
    },
    Template {
        key: "choice",
        title: "Choice and wait",
        summary: "Asks again until it is done: a Choice, a Wait and a loop, in JSONPath.",
        definition: r#"{
  "Comment": "Counts up to a limit, waiting a little in between.",
  "StartAt": "Begin",
  "States": {
    "Begin": {
      "Type": "Pass",
      "Parameters": {
        "count": 0,
        "limit.$": "$.limit"
      },
      "Next": "Enough?"
    },
    "Enough?": {
      "Type": "Choice",
      "Choices": [
        {
          "Variable": "$.count",
          "NumericLessThanPath": "$.limit",
          "Next": "Wait a little"
        }
      ],
      "Default": "Done"
    },
    "Wait a little": {
      "Type": "Wait",
      "Seconds": 60,
      "Next": "Count"
    },
    "Count": {
      "Type": "Pass",
      "Parameters": {
        "count.$": "States.MathAdd($.count, 1)",
        "limit.$": "$.limit"
      },
      "Next": "Enough?"
    },
    "Done": {
      "Type": "Succeed"
    }
  }
}
"#,
        input: "{\n  \"limit\": 3\n}",
    },
    Template {
        key: "lambda",
        title: "Call a function",
        summary: "Invokes the function “hello”, with a retry and a catch.",
        definition: r#"{
  "Comment": "Calls a Lambda function and deals with its errors.",
  "QueryLanguage": "JSONata",
  "StartAt": "Say hello",
  "States": {
    "Say hello": {
      "Type": "Task",
      "Resource": "arn:aws:states:::lambda:invoke",
      "Arguments": {
        "FunctionName": "hello",
        "Payload": "{% $states.input %}"
      },
      "Output": "{% $states.result.Payload %}",
      "Retry": [
        {
          "ErrorEquals": ["Lambda.ServiceException", "Lambda.TooManyRequestsException"],
          "IntervalSeconds": 1,
          "MaxAttempts": 3,
          "BackoffRate": 2
        }
      ],
      "Catch": [
        {
          "ErrorEquals": ["States.ALL"],
          "Output": "{% $states.errorOutput %}",
          "Next": "It failed"
        }
      ],
      "End": true
    },
    "It failed": {
      "Type": "Fail",
      "Error": "{% $states.input.Error %}",
      "Cause": "{% $states.input.Cause %}"
    }
  }
}
"#,
        input: "{\n  \"name\": \"Ada\"\n}",
    },
    Template {
        key: "parallel",
        title: "Parallel and map",
        summary: "Two branches side by side, then one step for each item.",
        definition: r#"{
  "Comment": "Works side by side, then on each item of a list.",
  "StartAt": "Side by side",
  "States": {
    "Side by side": {
      "Type": "Parallel",
      "Branches": [
        {
          "StartAt": "Quick",
          "States": {
            "Quick": {
              "Type": "Pass",
              "Result": "quick",
              "End": true
            }
          }
        },
        {
          "StartAt": "Slow",
          "States": {
            "Slow": {
              "Type": "Wait",
              "Seconds": 5,
              "Next": "Late"
            },
            "Late": {
              "Type": "Pass",
              "Result": "late",
              "End": true
            }
          }
        }
      ],
      "ResultPath": "$.branches",
      "Next": "Each item"
    },
    "Each item": {
      "Type": "Map",
      "ItemsPath": "$.items",
      "ItemProcessor": {
        "ProcessorConfig": {
          "Mode": "INLINE"
        },
        "StartAt": "Double",
        "States": {
          "Double": {
            "Type": "Pass",
            "Parameters": {
              "item.$": "$",
              "double.$": "States.MathAdd($, $)"
            },
            "End": true
          }
        }
      },
      "End": true
    }
  }
}
"#,
        input: "{\n  \"items\": [1, 2, 3]\n}",
    },
];

/// A draft made from a template.
pub fn draft_of(template: &Template, machine_type: MachineType) -> MachineDraft {
    let input = TestEvent { name: "input".into(), payload: template.input.into() };
    MachineDraft {
        machine_type,
        definition: template.definition.into(),
        inputs: vec![input],
        selected_input: 0,
        mocks: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{input_fault, json_fault};

    #[test]
    fn templates_and_their_inputs_are_json() {
        for template in TEMPLATES {
            assert_eq!(json_fault(template.definition), None, "{}", template.key);
            assert_eq!(input_fault(template.input), None, "{}", template.key);
        }
    }
}
