//! Every recorded case as a test: `cargo test -p conformance --test cases`.

use conformance::data::{self, Outcome};
use conformance::kinds;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::sync::Arc;

fn main() {
    let arguments = Arguments::from_args();
    let dir = data::default_dir();
    let mut trials = Vec::new();
    if dir.is_dir() {
        let context = Arc::new(conformance::context(&dir).expect("the recordings can be read"));
        for (name, path) in data::files(&dir) {
            let Some(kind) = name.strip_suffix(".jsonl") else { continue };
            let Some(run) = kinds::runner(kind) else { continue };
            for case in data::read(&path).expect("the recordings can be read") {
                let context = Arc::clone(&context);
                // The id begins with the file's name; shell-unfriendly bytes in it are escaped.
                let id = case["id"].as_str().unwrap_or("?").escape_default().to_string();
                let is_aws = kinds::floor(kind) >= 1.0;
                trials.push(Trial::ignorable_test(id, move || match run(&case, &context) {
                    // How many may differ is the command's affair.
                    Outcome::Failed(why) if !is_aws => Ok(Completion::ignored_with(why)),
                    Outcome::Passed => Ok(Completion::Completed),
                    Outcome::Skipped(rule) => Ok(Completion::ignored_with(rule)),
                    Outcome::Failed(why) => Err(Failed::from(why)),
                }));
            }
        }
    } else {
        let reason = format!("no recorded cases at {}", dir.display());
        trials.push(Trial::ignorable_test("recorded cases", move || {
            Ok(Completion::ignored_with(reason))
        }));
    }
    libtest_mimic::run(&arguments, trials).exit();
}
