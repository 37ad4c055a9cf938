//! `coldstart asl`: the States Language at the terminal.

mod arguments;
mod run;
mod test_state;
mod validate;
mod world;

pub(crate) use arguments::{AslAction, parse};

use crate::{Refused, Verdict};
use std::io::Read;
use std::path::Path;

pub(crate) fn act(action: &AslAction) -> Result<Verdict, Refused> {
    match action {
        AslAction::Validate(options) => validate::validate(options),
        AslAction::Run(options) => run::run(options),
        AslAction::TestState(options) => test_state::test_state(options),
    }
}

/// A file's text, or stdin's for `-`. `what` names it in the refusal.
pub(crate) fn read_text(path: &Path, what: &str) -> Result<String, Refused> {
    let refused = |error: std::io::Error| Refused(format!("{what}{}: {error}", path.display()));
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map_err(refused)?;
    } else {
        text = std::fs::read_to_string(path).map_err(refused)?;
    }
    // Windows' editors begin a file so; JSON has no such character.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
