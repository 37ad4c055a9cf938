//! Names of functions as requests give them: a name, a partial ARN or a full one, with or without a qualifier.

/// What a `FunctionName` says. Parts that it leaves out are those of the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FunctionReference {
    pub(crate) region: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) name: String,
    pub(crate) qualifier: Option<String>,
}

/// Reads `(arn:aws:lambda:)?(region:)?(account:)?(function:)?name(:qualifier)?` from the left, as AWS's pattern does.
/// A prefix counts only if something is left for the name, so that `arn:…:123456789012:function` names `function`.
///
/// None when the text is of no such form; the model's pattern has refused those before, so this is a second line only.
pub(crate) fn parse_function(text: &str) -> Option<FunctionReference> {
    let mut parts: Vec<&str> = text.split(':').collect();
    let full =
        parts.len() > 3 && parts[0] == "arn" && parts[1].starts_with("aws") && parts[2] == "lambda";
    if full {
        parts.drain(..3);
    }
    let mut take = |matches: &dyn Fn(&str) -> bool| {
        (parts.len() > 1 && matches(parts[0])).then(|| parts.remove(0).to_owned())
    };
    let region = take(&is_region);
    let account = take(&is_account);
    take(&|part| part == "function");
    let (name, qualifier) = match parts[..] {
        [name] => (name, None),
        [name, qualifier] => (name, Some(qualifier.to_owned())),
        _ => return None,
    };
    let named =
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    named.then(|| FunctionReference { region, account, name: name.to_owned(), qualifier })
}

/// `us-east-1`, `us-gov-west-1` and the like: letters, then one digit.
fn is_region(part: &str) -> bool {
    let mut words = part.split('-').rev();
    let digit = words
        .next()
        .is_some_and(|word| word.len() == 1 && word.chars().all(|c| c.is_ascii_digit()));
    let mut words_before = 0;
    let letters = words.all(|word| {
        words_before += 1;
        !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase())
    });
    digit && letters && words_before >= 2
}

fn is_account(part: &str) -> bool {
    part.len() == 12 && part.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let shown = match parse_function(text) {
            Some(FunctionReference { region, account, name, qualifier }) => {
                format!("{region:?} {account:?} {name} {qualifier:?}")
            }
            None => "none".into(),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn every_form_of_a_name() {
        check("f", expect!["None None f None"]);
        check("f:$LATEST", expect![[r#"None None f Some("$LATEST")"#]]);
        check("123456789012:function:f", expect![[r#"None Some("123456789012") f None"#]]);
        check("function:f:1", expect![[r#"None None f Some("1")"#]]);
        check(
            "arn:aws:lambda:us-east-1:123456789012:function:f:alias",
            expect![[r#"Some("us-east-1") Some("123456789012") f Some("alias")"#]],
        );
        check(
            "us-gov-west-1:123456789012:f",
            expect![[r#"Some("us-gov-west-1") Some("123456789012") f None"#]],
        );
    }

    #[test]
    fn an_incomplete_arn_names_a_function_called_function() {
        check(
            "arn:aws:lambda:us-east-1:111111111111:function",
            expect![[r#"Some("us-east-1") Some("111111111111") function None"#]],
        );
    }

    #[test]
    fn other_texts_name_nothing() {
        check("", expect!["none"]);
        check("a:b:c:d", expect!["none"]);
        check("f!", expect!["none"]);
    }
}
