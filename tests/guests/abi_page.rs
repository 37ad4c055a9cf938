//! The programs in `docs/ABI.md` are the guests that the tests run. `UPDATE_EXPECT=1` copies them into the page.

use std::fs;
use std::path::Path;

const MARK: &str = "<!-- tests/guests/";

#[test]
fn the_programs_of_the_abi_page_are_the_guests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join("docs/ABI.md");
    let page = fs::read_to_string(&path).unwrap();
    let (written, programs) = with_programs(&page, &root);
    assert_eq!(programs, 7, "a program for each guest");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, written).unwrap();
        return;
    }
    let differs = page.lines().zip(written.lines()).position(|(page, guest)| page != guest);
    assert_eq!(
        differs.map(|line| line + 1),
        None,
        "docs/ABI.md differs from a guest from this line on"
    );
    assert_eq!(page.len(), written.len(), "docs/ABI.md lacks the end of a guest");
}

/// The page with the code block behind each mark replaced by the file that the mark names, and how many there were.
fn with_programs(page: &str, root: &Path) -> (String, usize) {
    let mut written = String::new();
    let mut programs = 0;
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        written.push_str(line);
        written.push('\n');
        let Some(file) = line
            .strip_prefix("<!-- ")
            .filter(|_| line.starts_with(MARK))
            .and_then(|rest| rest.strip_suffix(" -->"))
        else {
            continue;
        };
        let fence = lines
            .next()
            .filter(|fence| fence.starts_with("```"))
            .expect("a code block behind the mark");
        let source = fs::read_to_string(root.join(file)).expect("the file that the mark names");
        written.push_str(&format!("{fence}\n{}\n```\n", source.trim_end()));
        lines.by_ref().find(|line| *line == "```").expect("the end of the code block");
        programs += 1;
    }
    (written, programs)
}
