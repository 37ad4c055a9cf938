//! `coldstart lab verify`: a receipt whose workspaces pass is told from one that was forged, edited, or is of something else.

mod common;

use coldstart_sandbox::{METER_VERSION, Sandbox, WasmiSandbox};
use coldstart_worker::labs::{Subject, examine};
use coldstart_workspace::lab::{
    Files, PackedLab, Receipt, ReceiptStep, encode_receipt, encode_receipt_file, pack, read,
};
use common::{Ran, coldstart, file, of_project};
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

/// The lab `retries` as the page has it.
fn lab() -> PackedLab {
    fn add(folder: &Path, prefix: &str, files: &mut Files) {
        for entry in fs::read_dir(folder).expect("it is there") {
            let path = entry.expect("it is there").path();
            let name = path.file_name().expect("a name").to_str().expect("text").to_owned();
            if path.is_dir() {
                add(&path, &format!("{prefix}{name}/"), files);
            } else {
                files.insert(format!("{prefix}{name}"), fs::read_to_string(path).expect("text"));
            }
        }
    }
    let mut files = Files::new();
    add(&of_project("labs/retries"), "", &mut files);
    pack(&read("retries", &files).expect("a lab"), METER_VERSION).expect("it is packed")
}

/// What the page makes of the solutions: their sessions, and the digests of what the checks see.
fn receipt(name: &str) -> Receipt {
    let sandbox: Arc<dyn Sandbox> = Arc::new(WasmiSandbox::with_runtimes(|_| {
        fs::read(of_project("www/generated/runtimes/javascript.wasm")).ok()
    }));
    let lab = lab();
    let steps = lab.parts.iter().map(|step| {
        let none = Files::new();
        let subject = Subject {
            workspace: &step.solution,
            modules: Vec::new(),
            files: &none,
            faults: step.faults.as_ref(),
        };
        let verdicts = step.checks.iter().map(|check| {
            let verdict = examine(&subject, check, &sandbox).expect("it opens");
            (verdict.check, verdict.digests)
        });
        ReceiptStep {
            step: step.id.clone(),
            workspace: (*step.solution).clone(),
            digests: verdicts.collect(),
        }
    });
    let (id, version) = (lab.entry.id.clone(), lab.entry.version);
    Receipt { lab: id, version, name: name.into(), steps: steps.collect() }
}

fn has_javascript() -> bool {
    let is_built = of_project("www/generated/runtimes/javascript.wasm").is_file();
    assert!(
        is_built || std::env::var_os("COLDSTART_RUNTIMES_REQUIRED").is_none(),
        "the JavaScript runtime is not built: cargo xtask runtimes"
    );
    is_built
}

fn verify(arguments: &[&str], input: &str) -> Ran {
    let labs = of_project("labs");
    let before = ["lab", "verify", "--labs", labs.to_str().expect("text")];
    coldstart(&[&before, arguments].concat(), input)
}

/// One receipt, in a mail, comes to this line of a table for machines.
#[track_caller]
fn check(receipt: &Receipt, code: i32, line: &str) {
    let link = encode_receipt(receipt).expect("it fits");
    let ran = verify(&["-", "--csv"], &format!("> my receipt: https://x.example/{link}.\n> Ada\n"));
    assert_eq!(ran.code, code, "{}{}", ran.out, ran.err);
    assert_eq!(ran.out, format!("name,lab,version,steps,result,reason\n{line}\n"));
}

#[test]
fn receipts_are_tried_again() {
    if !has_javascript() {
        return;
    }
    let fine = receipt("Ada");
    check(&fine, 0, "Ada,retries,1,3 of 3,verified,");
    // It proves workspaces, not people.
    check(
        &Receipt { name: "=A1".into(), ..fine.clone() },
        0,
        "\"'=A1\",retries,1,3 of 3,verified,",
    );

    let mut forged = fine.clone();
    forged.steps[1].workspace = *lab().parts[1].starter.clone();
    check(
        &forged,
        1,
        "Ada,retries,1,2 of 3,not verified,\"retry/survives fails: The execution ended as FAILED after 1 attempt(s); the last error was Payments.Unavailable.\"",
    );

    let mut edited = fine.clone();
    edited.steps[2].digests.insert("gentle".into(), vec!["ab".repeat(16)]);
    let reason = "its digests are not those of its workspace: one of both was edited, or another build of Coldstart made it";
    check(&edited, 1, &format!("Ada,retries,1,3 of 3,not verified,\"patience: {reason}\""));
    // Somebody else's time of deployment is another history.
    let mut edited = fine.clone();
    let commands = &mut edited.steps[2].workspace.commands;
    let mut last = commands.pop().expect("it has some").as_ref().clone();
    last.at_us += 1;
    commands.push(Rc::new(last));
    edited.steps[2].workspace.until_us += 1;
    check(&edited, 1, &format!("Ada,retries,1,3 of 3,not verified,\"patience: {reason}\""));

    let mut less = fine.clone();
    less.steps.pop();
    check(&less, 1, "Ada,retries,1,2 of 3,not verified,the step patience is missing");
    let mut other = fine.clone();
    other.steps[0].step = "dance".into();
    check(&other, 1, "Ada,retries,1,0 of 3,not verified,the lab has no step dance");
    check(
        &Receipt { version: 7, ..fine.clone() },
        1,
        "Ada,retries,7,0 of 3,not verified,\"it is of version 7 of the lab, and version 1 is here\"",
    );
    check(
        &Receipt { lab: "ballet".into(), ..fine.clone() },
        1,
        "Ada,ballet,1,0 of 0,not verified,there is no lab ballet here",
    );

    // A file, a folder of them, and what arrived damaged.
    let link = encode_receipt(&fine).expect("it fits");
    let whole = file("receipt-fine.txt", &encode_receipt_file(&fine).expect("it fits"));
    let cut = file("receipt-cut.txt", &link[..link.len() - 3]);
    let none = file("receipt-none.txt", "I did it, believe me.");
    let ran = verify(&[&whole, &cut, &none], "");
    assert_eq!(ran.code, 1, "{}", ran.err);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), 4, "{}", ran.out);
    assert!(
        lines[0].starts_with("name  lab      version  steps   result    reason"),
        "{}",
        ran.out
    );
    assert_eq!(lines[1], "Ada   retries  1        3 of 3  verified");
    assert!(lines[2].contains("not read") && lines[2].contains("lost its last 3 characters"));
    assert!(lines[3].ends_with("receipt-none.txt: there is no receipt in it"), "{}", ran.out);
}

#[test]
fn what_is_asked_wrongly_is_refused() {
    let none = file("verify-none.txt", "");
    for arguments in [
        &["lab", "verify"] as &[&str],
        &["lab", "verify", "/no/such/file", "--labs", "."],
        &["lab", "verify", &none, "--labs", "/no/such/folder"],
        &["lab", "verify", &none, "--csv=yes"],
    ] {
        let ran = coldstart(arguments, "");
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}: {}", ran.err);
    }
}
