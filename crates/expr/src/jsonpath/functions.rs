//! The functions a path may end with: `$.items.length()`, `$.sum($..price)`.

use super::eval::Evaluation;
use super::{Parameter, SelectError};
use serde_json::{Number, Value};

/// Calls `name` on `model`. Numbers of aggregates are Java doubles, so a sum of integers is `15.0`.
pub(super) fn call(
    name: &str,
    parameters: &[Parameter],
    model: &Value,
    evaluation: &Evaluation<'_>,
) -> Result<Value, SelectError> {
    let arguments = || -> Result<Vec<Value>, SelectError> {
        parameters
            .iter()
            .map(|parameter| match parameter {
                Parameter::Json(value) => Ok(value.clone()),
                Parameter::Path(path) => evaluation.lenient().select(path, evaluation.document),
            })
            .collect()
    };
    match name {
        "avg" | "stddev" | "sum" | "min" | "max" => aggregate(name, model, &arguments()?),
        "concat" => {
            let mut text = String::new();
            for value in model.as_array().into_iter().flatten().filter_map(Value::as_str) {
                text.push_str(value);
            }
            for argument in arguments()? {
                match argument {
                    Value::Array(items) => {
                        items.iter().filter(|item| !item.is_null()).for_each(|item| match item {
                            Value::String(value) => text.push_str(value),
                            other => text.push_str(&other.to_string()),
                        })
                    }
                    Value::String(value) => text.push_str(&value),
                    _ => {}
                }
            }
            Ok(Value::String(text))
        }
        "length" | "size" => {
            if let Some(Parameter::Path(path)) = parameters.first() {
                let inner = evaluation.lenient().select(path, model)?;
                if let Value::Array(items) = inner {
                    return Ok(Value::from(items.len()));
                }
            }
            Ok(match model {
                Value::Array(items) => Value::from(items.len()),
                Value::Object(members) => Value::from(members.len()),
                _ => Value::Null,
            })
        }
        "append" => {
            let mut model = model.clone();
            if let Value::Array(items) = &mut model {
                items.extend(arguments()?);
            }
            Ok(model)
        }
        "keys" => Ok(match model {
            Value::Object(members) => members.keys().cloned().collect(),
            _ => Value::Null,
        }),
        "first" => element(model, 0),
        "last" => element(model, -1),
        "index" => match numbers(&arguments()?).next() {
            Some(index) => element(model, index as i64),
            None => Err(SelectError::Function("index() needs a number".to_owned())),
        },
        _ => Err(SelectError::Invalid(format!("Function with name: {name} does not exist."))),
    }
}

fn element(model: &Value, index: i64) -> Result<Value, SelectError> {
    let Value::Array(items) = model else { return Err(empty()) };
    let at = if index < 0 { index.saturating_add(items.len() as i64) } else { index };
    let item = usize::try_from(at).ok().and_then(|at| items.get(at));
    item.cloned().ok_or_else(|| {
        SelectError::Function(format!(
            "Target index:{index} larger than object count:{}",
            items.len()
        ))
    })
}

fn empty() -> SelectError {
    SelectError::Function(
        "Aggregation function attempted to calculate value using empty array".to_owned(),
    )
}

fn numbers(values: &[Value]) -> impl Iterator<Item = f64> {
    let inner = values.iter().flat_map(|value| match value {
        Value::Array(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    });
    inner.filter_map(Value::as_f64)
}

fn aggregate(name: &str, model: &Value, arguments: &[Value]) -> Result<Value, SelectError> {
    let own = model.as_array().into_iter().flatten().filter_map(Value::as_f64);
    let values: Vec<f64> = own.chain(numbers(arguments)).collect();
    if values.is_empty() {
        return Err(empty());
    }
    let count = values.len() as f64;
    let sum = values.iter().fold(0.0, |sum, value| sum + value);
    let result = match name {
        "sum" => sum,
        "avg" => sum / count,
        "min" => values.iter().copied().fold(f64::MAX, f64::min),
        "max" => values.iter().copied().fold(f64::MIN, f64::max),
        _ => {
            let squares = values.iter().fold(0.0, |sum, value| sum + value * value);
            (squares / count - sum * sum / count / count).sqrt()
        }
    };
    Ok(Number::from_f64(result).map_or(Value::Null, Value::Number))
}
