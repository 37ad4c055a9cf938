//! Modules that mean harm. None may panic, hang or exhaust the host; each ends as its second line says.

mod common;

use coldstart_sandbox::{Trap, accept};
use common::{Script, accepted, last_trap, limits, trace, wat};
use std::fmt::Write as _;
use std::path::Path;

fn outcome(text: &str) -> String {
    let artifact = accepted(text);
    let script = Script { slice: 100_000, units_max: 20_000_000, ..Script::default() };
    match last_trap(&artifact, script) {
        Ok(Trap::ExitCode(code)) => format!("exit {code}"),
        Ok(Trap::Other(_)) => "Other".to_owned(),
        Ok(Trap::Abi(_)) => "Abi".to_owned(),
        Ok(trap) => format!("{trap:?}"),
        Err(text) => text.split([':', ' ']).take(2).collect::<Vec<_>>().join(" "),
    }
}

#[test]
fn every_hostile_module_ends_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let mut wrong = String::new();
    for file in &files {
        let text = std::fs::read_to_string(file).expect("text");
        let expected =
            text.lines().find_map(|line| line.strip_prefix(";; expect: ")).expect("an expectation");
        let actual = outcome(&text);
        if !actual.starts_with(expected) {
            writeln!(wrong, "{}: expected {expected}, was {actual}", file.display())
                .expect("a string");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(files.len() >= 40, "only {} files", files.len());
}

#[test]
fn ordinary_recursion_of_several_thousand_frames_works() {
    let artifact = accepted(
        r#"(module (memory 1)
          (func $sum (param $n i32) (result i32)
            (if (result i32) (i32.eqz (local.get $n))
              (then (i32.const 0))
              (else (i32.add (local.get $n) (call $sum (i32.sub (local.get $n) (i32.const 1)))))))
          (func (export "_start")
            (if (i32.ne (call $sum (i32.const 6000)) (i32.const 18003000)) (then (unreachable)))
            (if (i32.ne (call $sum (i32.const 6000)) (i32.const 18003000)) (then (unreachable)))))"#,
    );
    assert_eq!(last_trap(&artifact, Script::default()), Ok(Trap::ExitCode(0)));
}

/// Imports with their parameters, so that each pointer can be made a bad one.
fn imports_list() -> Vec<(&'static str, &'static str, &'static str, &'static str)> {
    // name, parameters (p: pointer, n: length, i: other i32, l: i64), result, module
    let wasi = "wasi_snapshot_preview1";
    let mut list: Vec<_> = [
        ("args_get", "pp"),
        ("args_sizes_get", "pp"),
        ("environ_get", "pp"),
        ("environ_sizes_get", "pp"),
        ("clock_res_get", "ip"),
        ("clock_time_get", "ilp"),
        ("fd_fdstat_get", "ip"),
        ("fd_filestat_get", "ip"),
        ("fd_pread", "ipilp"),
        ("fd_prestat_get", "3p"),
        ("fd_prestat_dir_name", "3pn"),
        ("fd_pwrite", "ipilp"),
        ("fd_read", "ipip"),
        ("fd_readdir", "3pnlp"),
        ("fd_seek", "ilip"),
        ("fd_tell", "ip"),
        ("fd_write", "ipip"),
        ("path_create_directory", "3pn"),
        ("path_filestat_get", "3ipnp"),
        ("path_filestat_set_times", "3ipnlli"),
        ("path_link", "3ipn3pn"),
        ("path_open", "3ipnillip"),
        ("path_readlink", "3pnpnp"),
        ("path_remove_directory", "3pn"),
        ("path_rename", "3pn3pn"),
        ("path_symlink", "pn3pn"),
        ("path_unlink_file", "3pn"),
        ("poll_oneoff", "ppip"),
        ("random_get", "pn"),
        ("sock_accept", "iip"),
        ("sock_recv", "ipiipp"),
        ("sock_send", "ipiip"),
    ]
    .into_iter()
    .map(|(name, params)| (name, params, "i32", wasi))
    .collect();
    list.extend([
        ("next", "pn", "i32", "lambda"),
        ("meta", "pnpn", "i32", "lambda"),
        ("respond", "pn", "i32", "lambda"),
        ("fail", "pn", "i32", "lambda"),
        ("call", "pnpn", "i32", "lambda"),
        ("call_start", "pn", "i32", "lambda"),
        ("abort", "ppii", "", "env"),
    ]);
    list
}

#[test]
fn a_bad_pointer_to_any_import_is_a_trap_that_names_it() {
    let mut tried = 0;
    for (name, params, result, module) in imports_list() {
        let types: String =
            params.chars().map(|kind| if kind == 'l' { " i64" } else { " i32" }).collect();
        let result_type =
            if result.is_empty() { String::new() } else { format!("(result {result})") };
        for bad in params.char_indices().filter(|(_, kind)| *kind == 'p').map(|(at, _)| at) {
            for address in ["-1", "65535", "0x7fffffff"] {
                // The last byte of memory is a fine address of an empty string.
                if module == "env" && address == "65535" {
                    continue;
                }
                // Every other pointer is good; list lengths are 1, byte lengths 8.
                let args: Vec<String> = params
                    .char_indices()
                    .map(|(at, kind)| match kind {
                        'p' if at == bad => format!("(i32.const {address})"),
                        'p' => "(i32.const 256)".to_owned(),
                        'n' => "(i32.const 8)".to_owned(),
                        'l' => "(i64.const 0)".to_owned(),
                        '3' => "(i32.const 3)".to_owned(),
                        _ => "(i32.const 1)".to_owned(),
                    })
                    .collect();
                let call = format!("(call $f {})", args.join(" "));
                let call = if result.is_empty() { call } else { format!("(drop {call})") };
                let is_loop = if name == "next" {
                    ""
                } else {
                    "(import \"lambda\" \"next\" (func (param i32 i32) (result i32)))"
                };
                let text = format!(
                    r#"(module (import "{module}" "{name}" (func $f (param{types}) {result_type})) {is_loop}
                      (memory 1) (func (export "_start") {call}))"#
                );
                match last_trap(&accepted(&text), Script::default()) {
                    Ok(Trap::Abi(words)) => {
                        assert!(words.starts_with(&format!("{module}.{name}: ")), "{words}");
                    }
                    other => panic!("{module}.{name} argument {bad} = {address}: {other:?}"),
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 150, "only {tried} calls");
}

#[test]
fn a_log_flood_is_bounded_and_counted() {
    let text = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile/log_flood_small.wat"),
    )
    .expect("the module");
    let log = trace(&accepted(&text), Script { units_max: 5_000_000, ..Script::default() });
    let kept: usize = log
        .lines()
        .filter_map(|line| line.rsplit_once('(')?.1.strip_suffix(" bytes)")?.parse::<usize>().ok())
        .sum();
    assert!(kept > 0 && kept <= limits().log_bytes_max, "{kept} bytes kept");
    assert!(log.contains("bytes of log dropped"), "{log}");
}

/// Numbers of our own, so that a failure can be found again.
struct Random(u64);

impl Random {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize
    }
}

#[test]
fn broken_modules_are_refused_or_run_but_never_panic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    for name in [
        "tmp_files",
        "recursion_indirect",
        "recursion_results",
        "timer_flood",
        "response_twice",
        "elements_out_of_bounds",
    ] {
        seeds
            .push(wat(&std::fs::read_to_string(folder.join(name).with_extension("wat"))
                .expect("the module")));
    }
    let mut random = Random(0x5eed);
    let (mut refused, mut ran) = (0, 0);
    for seed in &seeds {
        // Cut behind a section a module can still be whole.
        let whole = (0..seed.len()).filter(|cut| accept(&seed[..*cut]).is_ok()).count();
        assert!(whole <= 2, "{whole} cut modules were accepted");
    }
    for round in 0..6_000 {
        let mut bytes = seeds[round % seeds.len()].clone();
        for _ in 0..1 + random.next() % 3 {
            let at = random.next() % bytes.len();
            match random.next() % 4 {
                0 => bytes[at] ^= 1 << (random.next() % 8),
                1 => bytes[at] = random.next() as u8,
                2 => drop(bytes.remove(at)),
                _ => bytes.insert(at, random.next() as u8),
            }
        }
        match accept(&bytes) {
            Err(_) => refused += 1,
            Ok(artifact) => {
                ran += 1;
                let mut script = Script { slice: 20_000, units_max: 200_000, ..Script::default() };
                script.config.limits.memory_bytes_max = 4 << 20;
                drop(last_trap(&artifact, script));
            }
        }
    }
    assert!(refused > 1_000 && ran > 300, "{refused} refused, {ran} ran");
}
