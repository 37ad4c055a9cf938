//! Pages of lists.

use super::errors::StatesError;
use crate::world::Params;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// "The default is 100 and the maximum allowed page size is 1000. A value of 0 uses the default."
const PAGE_DEFAULT: usize = 100;

/// What a page's token is for: a token of one list is refused by another.
fn write(list: &str, from: usize) -> String {
    STANDARD.encode(format!("{list} {from}"))
}

fn read(list: &str, token: &str) -> Result<usize, StatesError> {
    let text = STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let position = text.and_then(|text| text.strip_prefix(list)?.trim_start().parse().ok());
    position.ok_or(StatesError::InvalidToken("Invalid token"))
}

/// One page of `all` under `member`; `list` names the list in its tokens.
pub(crate) fn page<T>(
    member: &str,
    all: impl Iterator<Item = T>,
    params: &Params,
    show: impl FnMut(T) -> Value,
) -> Result<Value, StatesError> {
    let limit = match params.get("maxResults").and_then(Value::as_u64) {
        None | Some(0) => PAGE_DEFAULT,
        Some(limit) => usize::try_from(limit).unwrap_or(PAGE_DEFAULT).min(1000),
    };
    let from = match params.get("nextToken").and_then(Value::as_str) {
        None => 0,
        Some(token) => read(member, token)?,
    };
    let mut rest = all.skip(from);
    let shown: Vec<Value> = rest.by_ref().take(limit).map(show).collect();
    let mut output = json!({ member: shown });
    if rest.next().is_some() {
        output["nextToken"] = json!(write(member, from + limit));
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other() {
        let params = |json: Value| json.as_object().cloned().unwrap_or_default();
        let get = |params: Params| page("x", 0..5, &params, |n| json!(n));
        let first = get(params(json!({ "maxResults": 3 }))).unwrap();
        assert_eq!(first["x"], json!([0, 1, 2]));
        let second = get(params(json!({ "nextToken": first["nextToken"] }))).unwrap();
        assert_eq!(second, json!({ "x": [3, 4] }));
        assert_eq!(
            get(params(json!({ "maxResults": 0 }))).unwrap()["x"].as_array().unwrap().len(),
            5
        );
        for token in ["", "zz", "eA=="] {
            assert!(get(params(json!({ "nextToken": token }))).is_err());
        }
        assert!(
            page("y", 0..5, &params(json!({ "nextToken": first["nextToken"] })), |n| json!(n))
                .is_err()
        );
    }
}
