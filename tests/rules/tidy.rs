//! What a tracked source may hold.

use super::root;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

/// Tracked files, without those that are only stored here. A folder that is no work tree of git has none.
fn tracked() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root())
        .output()
        .expect("git runs");
    let all = String::from_utf8_lossy(&output.stdout).into_owned();
    let files = all.split('\0').filter(|name| !name.is_empty() && root().join(name).is_file());
    files.map(str::to_owned).collect()
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_default()
}

fn is_source(name: &str) -> bool {
    let endings = [".rs", ".css", ".html", ".mjs", ".js", ".ts", ".c", ".zig", ".wat"];
    endings.iter().any(|ending| name.ends_with(ending))
        && !name.contains("node_modules/")
        && !name.ends_with(".min.js")
}

#[test]
fn every_module_says_what_it_is() {
    let files = tracked();
    let silent: Vec<&String> = files
        .iter()
        .filter(|name| {
            name.ends_with(".rs") && (name.starts_with("crates/") || name.starts_with("src/"))
        })
        // A file of tests is named by what it tests.
        .filter(|name| {
            !name.ends_with("tests.rs") && !read(name).starts_with("//!") && !read(name).is_empty()
        })
        .collect();
    assert!(silent.is_empty(), "the first line is not a `//!` doc: {silent:#?}");
}

#[test]
fn nothing_is_left_for_later_in_a_source() {
    // Put together here so that this file does not find itself.
    let marks = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["to", "do!("].concat(),
        ["unimpl", "emented!("].concat(),
    ];
    let mut found = Vec::new();
    for name in tracked().iter().filter(|name| is_source(name)) {
        let text = read(name);
        for (number, line) in text.lines().enumerate() {
            let marked = marks.iter().any(|mark| {
                line.match_indices(mark.as_str())
                    .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric()))
            });
            if marked {
                found.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// Our style sheets, apart from the one that defines the tokens.
fn style_sheets() -> Vec<String> {
    let own = |name: &String| {
        name.ends_with(".css") && (name.starts_with("src/") || name.starts_with("www/"))
    };
    tracked().into_iter().filter(own).filter(|name| name != "www/tokens.css").collect()
}

/// A colour that is written out: `#abc`, `rgb(…)`, `oklch(…)` and the like.
fn raw_colour(declarations: &str) -> Option<String> {
    let lower = declarations.to_ascii_lowercase();
    for function in ["rgb(", "rgba(", "hsl(", "hsla(", "hwb(", "lab(", "lch(", "oklab(", "oklch("] {
        let starts = lower.match_indices(function).map(|(at, _)| at);
        let found = starts
            .into_iter()
            .find(|at| !lower[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '-'));
        if found.is_some() {
            return Some(function.to_owned());
        }
    }
    for (at, _) in lower.match_indices('#') {
        let digits =
            lower[at + 1..].chars().take_while(char::is_ascii_alphanumeric).collect::<String>();
        let hex = digits.chars().all(|c| c.is_ascii_hexdigit());
        if hex && matches!(digits.len(), 3 | 4 | 6 | 8) {
            return Some(format!("#{digits}"));
        }
    }
    None
}

fn without_comments(css: &str) -> String {
    let mut out = String::new();
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        out += before;
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    out + rest
}

#[test]
fn colours_come_from_the_tokens() {
    let mut found = Vec::new();
    for name in style_sheets() {
        // A selector may hold `#id`; only what follows a colon is a value.
        for declaration in without_comments(&read(&name)).split([';', '{', '}']) {
            let Some((property, value)) = declaration.split_once(':') else { continue };
            if let Some(colour) = raw_colour(value).filter(|_| !property.contains('#')) {
                found.push(format!("{name}: {colour} in `{}`", declaration.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(raw_colour(" 1px solid #AB0 "), Some("#ab0".into()));
    assert_eq!(raw_colour(" rgb(0 0 0 / 50%)"), Some("rgb(".into()));
    assert_eq!(raw_colour(" var(--colour-border)"), None);
}

#[test]
fn the_page_links_every_style_sheet() {
    let page = read("index.html");
    if page.is_empty() {
        return;
    }
    let linked: BTreeSet<PathBuf> = page
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|href| href.ends_with(".css"))
        .map(|href| PathBuf::from(href.trim_start_matches("./")))
        .collect();
    let mut sheets = style_sheets();
    sheets.extend(root().join("www/tokens.css").is_file().then(|| "www/tokens.css".to_owned()));
    let bundled = |name: &String| name.contains("/editor") || name.starts_with("www/vendor/");
    let missing: Vec<&String> = sheets
        .iter()
        .filter(|name| !bundled(name) && !linked.contains(&PathBuf::from(name)))
        .collect();
    assert!(missing.is_empty(), "index.html does not link {missing:#?}");
}
