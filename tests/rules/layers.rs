//! Who may import whom: the table of DESIGN.md, read from `cargo metadata`. Test dependencies are free.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Our packages and the ones of ours that each may depend on.
const EDGES: [(&str, &[&str]); 20] = [
    ("coldstart-app", &["coldstart-protocol", "coldstart-workspace"]),
    ("coldstart-expr", &[]),
    ("coldstart-asl", &["coldstart-expr"]),
    ("coldstart-sandbox", &[]),
    ("coldstart-engine", &["coldstart-asl", "coldstart-expr", "coldstart-sandbox"]),
    ("coldstart-wire", &["coldstart-engine"]),
    ("coldstart-workspace", &[]),
    ("coldstart-protocol", &["coldstart-workspace"]),
    ("coldstart-webassembly", &["coldstart-sandbox"]),
    ("coldstart-worker", &ALL_BUT_THE_APP),
    ("coldstart-cli", &ALL_BUT_THE_APP),
    ("coldstart-handler", &[]),
    ("conformance", &ALL_BUT_THE_APP),
    ("guests", &ALL_BUT_THE_APP_AND_TESTS),
    ("bench", &ALL_BUT_THE_APP),
    ("bench-asl", &ALL_BUT_THE_APP),
    ("bench-million", &ALL_BUT_THE_APP),
    ("tiers", &ALL_BUT_THE_APP),
    ("xtask", &["coldstart-workspace"]),
    ("coldstart-sandbox-fuzz", &["coldstart-sandbox"]),
];

const ALL_BUT_THE_APP: [&str; 9] = [
    "coldstart-asl",
    "coldstart-engine",
    "coldstart-expr",
    "coldstart-protocol",
    "coldstart-sandbox",
    "coldstart-wire",
    "coldstart-workspace",
    // The command embeds the host loop that the Worker runs.
    "coldstart-worker",
    // The tier of the browser.
    "coldstart-webassembly",
];

/// As above, with what the recorded cases share.
const ALL_BUT_THE_APP_AND_TESTS: [&str; 9] = [
    "coldstart-asl",
    "coldstart-engine",
    "coldstart-expr",
    "coldstart-protocol",
    "coldstart-sandbox",
    "coldstart-wire",
    "coldstart-workspace",
    "coldstart-worker",
    "conformance",
];

/// Packages that hosts own: the engine's crates take time, randomness and IO as arguments.
const BELOW_HOSTS: [&str; 7] = [
    "coldstart-asl",
    "coldstart-engine",
    "coldstart-expr",
    "coldstart-protocol",
    "coldstart-sandbox",
    "coldstart-wire",
    "coldstart-workspace",
];

fn belongs_to_hosts(package: &str) -> bool {
    matches!(package, "web-sys" | "js-sys" | "wasm-bindgen" | "tokio" | "rand")
        || package.starts_with("gloo")
}

fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["metadata", "--format-version", "1", "--offline", "--no-deps"])
        .current_dir(super::root());
    let output = command.output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo writes JSON")
}

/// Normal dependencies of our packages, by name.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("a list");
    let named = packages.iter().map(|package| {
        let all = package["dependencies"].as_array().expect("a list");
        let normal = all.iter().filter(|dependency| dependency["kind"].is_null());
        let names = normal.filter_map(|dependency| dependency["name"].as_str().map(str::to_owned));
        (package["name"].as_str().expect("a name").to_owned(), names.collect())
    });
    named.collect()
}

/// The edges that are not in the table.
fn forbidden(dependencies: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut found = Vec::new();
    for (package, names) in dependencies {
        let Some((_, allowed)) = EDGES.iter().find(|(name, _)| name == package) else {
            found.push(format!("{package} is not in the table of layers"));
            continue;
        };
        let ours = names.iter().filter(|name| dependencies.contains_key(*name));
        found.extend(
            ours.filter(|name| !allowed.contains(&name.as_str()))
                .map(|name| format!("{package} -> {name}")),
        );
        if BELOW_HOSTS.contains(&package.as_str()) {
            let hosts = names.iter().filter(|name| belongs_to_hosts(name));
            found.extend(hosts.map(|name| format!("{package} -> {name}, which belongs to hosts")));
        }
    }
    found
}

#[test]
fn no_package_imports_what_is_not_below_it() {
    let dependencies = dependencies();
    assert!(dependencies.len() > 8, "cargo metadata shows the workspace: {dependencies:?}");
    assert_eq!(forbidden(&dependencies), Vec::<String>::new());
}

#[test]
fn a_forbidden_edge_is_noticed() {
    let edges = |pairs: &[(&str, &[&str])]| -> BTreeMap<String, BTreeSet<String>> {
        pairs
            .iter()
            .map(|(name, names)| ((*name).into(), names.iter().map(|n| (*n).to_owned()).collect()))
            .collect()
    };
    let bad = edges(&[
        ("coldstart-expr", &["coldstart-asl", "gloo-timers", "serde"]),
        ("coldstart-asl", &[]),
        ("stray", &[]),
    ]);
    let expected = [
        "coldstart-expr -> coldstart-asl",
        "coldstart-expr -> gloo-timers, which belongs to hosts",
    ];
    let mut found = forbidden(&bad);
    assert_eq!(found.pop().as_deref(), Some("stray is not in the table of layers"));
    assert_eq!(found, expected);
}

/// The crates that a history depends on.
const ENGINE_SIDE: [&str; 5] =
    ["coldstart-asl", "coldstart-engine", "coldstart-expr", "coldstart-sandbox", "coldstart-wire"];

/// What they pull in by way of others counts, too: neither natively nor in the page may a browser or a runtime come with them.
/// (The document's zip library brings a source of random numbers to the page, and with it a binding to the browser; the
/// document is not part of what a history depends on.)
#[test]
fn nothing_that_a_history_depends_on_pulls_in_a_browser_or_a_runtime() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    for (package, target) in
        ENGINE_SIDE.iter().flat_map(|p| [(p, None), (p, Some("wasm32-unknown-unknown"))])
    {
        let mut command = Command::new(&cargo);
        command.args(["tree", "--offline", "-p", package, "-e", "normal", "--prefix", "none"]);
        command.args(target.iter().flat_map(|target| ["--target", target]));
        let output = command.current_dir(super::root()).output().expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let tree = String::from_utf8_lossy(&output.stdout).into_owned();
        let names = tree.lines().filter_map(|line| line.split(' ').next());
        let bad: Vec<&str> = names.filter(|name| belongs_to_hosts(name)).collect();
        assert!(bad.is_empty(), "{package} pulls in {bad:?}");
    }
}
