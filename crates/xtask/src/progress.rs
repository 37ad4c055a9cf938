//! Steps with their times, and the commands that they run.
//!
//! A step's output goes to a log under `target/xtask/logs`; people see it only when the step fails, and its last line while it works, if they
//! look at a terminal.

use crate::paths::Paths;
use std::fmt::{self, Display};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, IsTerminal, Read, Write, stdout};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// What a step came to.
pub(crate) type Outcome<T> = Result<T, Failure>;

/// Why a command cannot go on, for a person.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    message: String,
    /// What the command that failed printed, if one did.
    output: String,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), output: String::new() }
    }

    pub(crate) fn usage(error: impl Display) -> Self {
        Self::new(format!("{error}\nTry `cargo xtask help`."))
    }

    /// An input or output error, with what was being done.
    pub(crate) fn io(doing: impl Display) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Self::new(format!("{doing}: {error}"))
    }

    pub(crate) fn output(&self) -> &str {
        &self.output
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        let lines: Vec<_> = self.output.lines().collect();
        let shown = &lines[lines.len().saturating_sub(OUTPUT_LINES_MAX)..];
        for line in shown {
            write!(f, "\n  | {line}")?;
        }
        Ok(())
    }
}

/// How much of a failed command's output is shown; the log has all of it.
const OUTPUT_LINES_MAX: usize = 80;

/// A numbered list of steps.
pub(crate) struct Plan {
    total: usize,
    number: usize,
    started: Instant,
    logs: PathBuf,
    // Two commands at once would write the same files.
    _lock: File,
}

impl Plan {
    /// A plan of so many steps. Waits while another one is under way in this project.
    pub(crate) fn new(paths: &Paths, total: usize) -> Outcome<Self> {
        let state = paths.state();
        let logs = state.join("logs");
        fs::create_dir_all(&logs).map_err(Failure::io(logs.display()))?;
        let lock_path = state.join("lock");
        let lock = File::create(&lock_path).map_err(Failure::io(lock_path.display()))?;
        if lock.try_lock().is_err() {
            println!("Waiting for another `cargo xtask` to finish building …");
            lock.lock().map_err(Failure::io(lock_path.display()))?;
        }
        Ok(Self { total, number: 0, started: Instant::now(), logs, _lock: lock })
    }

    /// Runs a step and prints its line. The text that the step returns beside its value is printed after its time.
    pub(crate) fn step<T>(
        &mut self,
        title: &str,
        work: impl FnOnce(&mut Step) -> Outcome<(T, String)>,
    ) -> Outcome<T> {
        self.number += 1;
        let head = format!("[{}/{}] {title} … ", self.number, self.total);
        let slug: String = title
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
            .collect();
        let log_path = self.logs.join(format!("{slug}.log"));
        let log = File::create(&log_path).map_err(Failure::io(log_path.display()))?;
        let mut step = Step {
            head,
            started: Instant::now(),
            terminal: stdout().is_terminal(),
            log,
            said: Duration::ZERO,
        };
        print!("{}", step.head);
        flush();
        let done = work(&mut step);
        step.clear();
        let time = seconds(step.started.elapsed());
        match done {
            Ok((value, note)) if note.is_empty() => {
                println!("{time}");
                Ok(value)
            }
            Ok((value, note)) => {
                println!("{time}  ({note})");
                Ok(value)
            }
            Err(mut failure) => {
                println!("failed after {time}");
                if !failure.output.is_empty() {
                    failure.message =
                        format!("{}\n  All of its output: {}", failure.message, log_path.display());
                }
                Err(failure)
            }
        }
    }

    /// Counts a step that cannot be done, and says why.
    pub(crate) fn skip(&mut self, title: &str, why: &str) {
        self.number += 1;
        println!("[{}/{}] {title} … skipped: {why}", self.number, self.total);
    }

    /// Ends the plan.
    pub(crate) fn finish(self) {
        println!("Done in {}.", seconds(self.started.elapsed()));
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

/// A step under way.
pub(crate) struct Step {
    head: String,
    started: Instant,
    terminal: bool,
    log: File,
    said: Duration,
}

impl Step {
    /// Runs a command to its end and returns what it printed, both streams together.
    pub(crate) fn run(&mut self, command: &mut Command) -> Outcome<String> {
        let mut outputs = self.run_all(std::slice::from_mut(command))?;
        Ok(outputs.pop().unwrap_or_default())
    }

    /// Runs commands side by side.
    pub(crate) fn run_all(&mut self, commands: &mut [Command]) -> Outcome<Vec<String>> {
        let (sender, receiver) = mpsc::channel::<(usize, String)>();
        let mut children = Vec::new();
        for (index, command) in commands.iter_mut().enumerate() {
            let _ = writeln!(self.log, "$ {command:?}");
            let child =
                command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
            let mut child = child.map_err(|error| cannot_start(command, &error))?;
            forward(index, child.stdout.take(), sender.clone());
            forward(index, child.stderr.take(), sender.clone());
            children.push(child);
        }
        drop(sender);
        let mut outputs = vec![String::new(); children.len()];
        loop {
            match receiver.recv_timeout(Duration::from_millis(500)) {
                Ok((index, line)) => {
                    let _ = writeln!(self.log, "{line}");
                    self.tell(&line);
                    outputs[index].push_str(&line);
                    outputs[index].push('\n');
                }
                Err(RecvTimeoutError::Timeout) => self.tell(""),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        for (index, mut child) in children.into_iter().enumerate() {
            let status = child.wait().map_err(Failure::io("waiting for a command"))?;
            if !status.success() {
                let program = commands[index].get_program().to_string_lossy().into_owned();
                return Err(Failure {
                    message: format!("`{program}` failed ({status})"),
                    output: std::mem::take(&mut outputs[index]),
                });
            }
        }
        Ok(outputs)
    }

    /// Shows that something goes on: the last line on a terminal, the time every half minute in a log.
    fn tell(&mut self, line: &str) {
        let elapsed = self.started.elapsed();
        if self.terminal {
            if elapsed - self.said >= Duration::from_millis(150) {
                self.said = elapsed;
                let line: String =
                    line.trim().chars().filter(|c| !c.is_control()).take(60).collect();
                print!("\r\x1b[K{}{} {line}", self.head, seconds(elapsed));
                flush();
            }
        } else if elapsed - self.said >= Duration::from_secs(30) {
            self.said = elapsed;
            print!("{} … ", seconds(elapsed));
            flush();
        }
    }

    fn clear(&self) {
        if self.terminal {
            print!("\r\x1b[K{}", self.head);
        }
    }
}

fn forward(
    index: usize,
    stream: Option<impl Read + Send + 'static>,
    sender: Sender<(usize, String)>,
) {
    let Some(stream) = stream else { return };
    thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned();
            if sender.send((index, text)).is_err() {
                break;
            }
            line.clear();
        }
    });
}

/// Runs a command that talks to the person itself.
pub(crate) fn pass_through(command: &mut Command) -> Outcome<()> {
    let status = command.status().map_err(|error| cannot_start(command, &error))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("{} failed ({status})", command.get_program().display())))
    }
}

fn cannot_start(command: &Command, error: &std::io::Error) -> Failure {
    let program = command.get_program().to_string_lossy();
    let hint = match program.as_ref() {
        "node" | "npm" => "\n  Install Node 20 or newer (Debian: apt-get install nodejs npm).",
        "rustup" => "\n  Install Rust from https://rustup.rs.",
        _ => "",
    };
    Failure::new(format!("cannot start `{program}`: {error}{hint}"))
}

fn flush() {
    // Nothing is lost but a progress line.
    let _ = stdout().flush();
}

/// `0.4 s`, `12.3 s`, `3 min 20 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    let tenths = duration.as_millis() / 100;
    if tenths < 1000 {
        format!("{}.{} s", tenths / 10, tenths % 10)
    } else {
        format!("{} min {} s", tenths / 600, tenths / 10 % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short_and_readable() {
        let texts = [0, 449, 12_345, 99_999, 100_000, 3_725_000]
            .map(|ms| seconds(Duration::from_millis(ms)));
        assert_eq!(texts, ["0.0 s", "0.4 s", "12.3 s", "99.9 s", "1 min 40 s", "62 min 5 s"]);
    }

    #[test]
    fn a_failure_shows_the_end_of_the_output() {
        let output = (0..200).map(|line| format!("{line}\n")).collect();
        let text = Failure { message: "`x` failed".to_owned(), output }.to_string();
        assert!(text.starts_with("`x` failed\n  | 120\n") && text.ends_with("\n  | 199"), "{text}");
    }
}
