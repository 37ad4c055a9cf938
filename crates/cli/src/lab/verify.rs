//! `coldstart lab verify`: tries receipts again, on the labs that are here.

use super::check::{faults, sandbox};
use super::files::files;
use crate::{Refused, Verdict, print};
use coldstart_sandbox::Sandbox;
use coldstart_worker::labs::{Subject, examine};
use coldstart_workspace::lab::{
    Asked, Judgement, Lab, Receipt, ReceiptStep, Retried, admits, decode_receipt, find_receipts,
    judge, read,
};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A class's mails.
const TEXT_BYTES_MAX: u64 = 64 << 20;
/// Characters of a reason in a table.
const REASON_MAX: usize = 300;
const COLUMNS: [&str; 6] = ["name", "lab", "version", "steps", "result", "reason"];

/// Labs by their ids, as far as receipts named them.
struct Labs<'a> {
    folder: &'a Path,
    known: BTreeMap<String, Option<(Lab, Asked)>>,
}

impl Labs<'_> {
    fn get(&mut self, id: &str) -> Result<Option<&(Lab, Asked)>, Refused> {
        if !self.known.contains_key(id) {
            // A receipt's id is letters, digits and hyphens: it does not lead out of the folder.
            let folder = self.folder.join(id);
            let lab = match folder.join("lab.toml").is_file() {
                false => None,
                true => {
                    let lab = read(id, &files(&folder)?).map_err(|faults| {
                        let first = faults.first().map(ToString::to_string).unwrap_or_default();
                        Refused(format!("the lab {id}: {first}"))
                    })?;
                    let asked = Asked::from(&lab);
                    Some((lab, asked))
                }
            };
            self.known.insert(id.to_owned(), lab);
        }
        Ok(self.known.get(id).and_then(Option::as_ref))
    }
}

pub(super) fn verify(paths: &[PathBuf], labs: &Path, is_csv: bool) -> Result<Verdict, Refused> {
    if !labs.is_dir() {
        return Err(Refused(format!(
            "{}: there is no such folder; --labs says where the labs are",
            labs.display()
        )));
    }
    let texts: Vec<(String, String)> = paths
        .iter()
        .map(|path| Ok((path.display().to_string(), text(path)?)))
        .collect::<Result<_, Refused>>()?;
    let sandbox = sandbox();
    let mut labs = Labs { folder: labs, known: BTreeMap::new() };
    let (mut rows, mut is_all_verified) = (Vec::new(), true);
    for (file, text) in &texts {
        let found = find_receipts(text);
        if found.is_empty() {
            rows.push(unread(format!("{file}: there is no receipt in it")));
            is_all_verified = false;
        }
        for text in found {
            let row = match decode_receipt(text) {
                Err(error) => {
                    is_all_verified = false;
                    unread(format!("{file}: {error}"))
                }
                Ok(receipt) => {
                    let judgement = tried(&receipt, &mut labs, &sandbox)?;
                    is_all_verified &= judgement.fault.is_none();
                    row(&receipt, &judgement)
                }
            };
            rows.push(row);
        }
    }
    print(if is_csv { csv(&rows) } else { table(&rows) }.as_bytes())?;
    Ok(if is_all_verified { Verdict::Success } else { Verdict::Failure })
}

fn text(path: &Path) -> Result<String, Refused> {
    let refused = |why: String| Refused(format!("{}: {why}", path.display()));
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(TEXT_BYTES_MAX + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path)
            .and_then(|file| file.take(TEXT_BYTES_MAX + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| refused(error.to_string()))?;
    if bytes.len() as u64 > TEXT_BYTES_MAX {
        return Err(refused(format!("it has more than {TEXT_BYTES_MAX} bytes")));
    }
    // Receipts are ASCII; what else stands in a mail may be in any encoding.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Asks the checks of every step that the receipt has.
fn tried(
    receipt: &Receipt,
    labs: &mut Labs<'_>,
    sandbox: &Arc<dyn Sandbox>,
) -> Result<Judgement, Refused> {
    let lab = labs.get(&receipt.lab)?;
    let asked = lab.map(|(_, asked)| asked);
    let mut retried = BTreeMap::new();
    if let Some((lab, asked)) = lab
        && admits(Some(asked), receipt).is_ok()
    {
        for step in &receipt.steps {
            retried.insert(step.step.clone(), tried_step(lab, step, sandbox));
        }
    }
    Ok(judge(asked, receipt, &retried))
}

fn tried_step(lab: &Lab, of: &ReceiptStep, sandbox: &Arc<dyn Sandbox>) -> Retried {
    let step = lab.steps.iter().find(|step| step.id == of.step);
    let step = step.ok_or("the lab has no such step")?;
    let faults = faults(step);
    let subject = Subject {
        workspace: &of.workspace,
        modules: Vec::new(),
        files: &step.starter,
        faults: faults.as_ref(),
    };
    let verdicts = step.checks.iter().map(|check| examine(&subject, check, sandbox));
    verdicts.collect::<Result<_, _>>().map_err(|fault| fault.to_string())
}

type Row = [String; COLUMNS.len()];

fn row(receipt: &Receipt, judgement: &Judgement) -> Row {
    let result = if judgement.fault.is_none() { "verified" } else { "not verified" };
    let reason = judgement.fault.as_ref().map(ToString::to_string).unwrap_or_default();
    [
        shown(&receipt.name),
        receipt.lab.clone(),
        receipt.version.to_string(),
        format!("{} of {}", judgement.passed, judgement.of),
        result.into(),
        shown(&reason),
    ]
}

/// What is no receipt that can be read.
fn unread(reason: String) -> Row {
    let none = String::new;
    [none(), none(), none(), none(), "not read".into(), shown(&reason)]
}

/// Text of strangers, in one line: without what moves a terminal's cursor or turns its direction round.
fn shown(text: &str) -> String {
    let plain = |c: char| match c {
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c if c.is_control() => ' ',
        c => c,
    };
    text.chars().take(REASON_MAX).map(plain).collect()
}

fn table(rows: &[Row]) -> String {
    let head = COLUMNS.map(str::to_owned);
    let all = || std::iter::once(&head).chain(rows);
    let width = |column: usize| all().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..COLUMNS.len()).map(width).collect();
    let mut text = String::new();
    for row in all() {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn csv(rows: &[Row]) -> String {
    let mut text = format!("{}\n", COLUMNS.join(","));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| csv_cell(cell)).collect();
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

/// A cell, quoted where it has to be. A spreadsheet computes what begins like a formula, so that does not.
fn csv_cell(cell: &str) -> String {
    let guard = if cell.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    if guard.is_empty() && !cell.contains([',', '"', ';']) {
        return cell.to_owned();
    }
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strangers_wrote_is_text_in_every_table() {
        assert_eq!(shown("Ada\u{202e}\u{1b}[2J\nLovelace"), "Ada\u{fffd} [2J Lovelace");
        assert_eq!(shown(&"x".repeat(1_000)).len(), REASON_MAX);
        assert_eq!(csv_cell("Ada"), "Ada");
        assert_eq!(csv_cell("Lovelace, \"Ada\""), "\"Lovelace, \"\"Ada\"\"\"");
        assert_eq!(csv_cell("=1+1"), "\"'=1+1\"");
        let rows = [unread("mail.txt: this is not a receipt".into())];
        assert_eq!(
            table(&rows),
            "name  lab  version  steps  result    reason\n                           not read  mail.txt: this is not a receipt\n"
        );
        assert_eq!(
            csv(&rows),
            "name,lab,version,steps,result,reason\n,,,,not read,mail.txt: this is not a receipt\n"
        );
    }
}
