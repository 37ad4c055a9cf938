//! WebAssembly stand-ins for the functions that the recordings were made with.
//!
//! A recording names a function's code by its file or does not name it at all; what matters is how it behaves. A [`Stub`]
//! is such a behaviour, assembled from WAT in the callback shape of the handler ABI, so that it runs like any other module.

use std::fmt::Write as _;

/// A part of a text that a stub puts together for every event.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// As it stands.
    Text(String),
    /// The event itself.
    Event,
    /// An answer of `lambda.meta`.
    Meta(&'static str),
    /// An environment variable, unescaped.
    Env(String),
    /// How many events this environment has had before.
    Counter,
    /// `{"NAME":"value",…}`, all of the environment variables.
    AllEnv,
    /// What follows the last dot of `_HANDLER`: the name of the handler's function.
    HandlerName,
    /// The text of the first member of the event that is a string, without its escapes.
    FirstText,
    /// As many letters `a` as the first number in the event says.
    Letters,
}

/// What a stub does with an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Responds.
    Respond(Vec<Piece>),
    /// Fails with an error object.
    Fail(Vec<Piece>),
    /// Ends its process.
    Exit(i32),
    /// Never ends.
    Spin,
}

/// A function's behaviour.
#[derive(Debug, Clone, PartialEq)]
pub struct Stub {
    /// What its init code does, when it does not just return: `Fail`, `Exit` or `Spin`.
    pub init: Option<Act>,
    /// What it writes to its log for an event, a line.
    pub log: Vec<Piece>,
    /// Whether it first sleeps as many seconds as the first number in the event says.
    pub sleeps: bool,
    /// One for each event of an environment; the last one stays.
    pub acts: Vec<Act>,
}

impl Stub {
    /// Always the same.
    pub fn always(act: Act) -> Self {
        Self { init: None, log: Vec::new(), sleeps: false, acts: vec![act] }
    }
    /// Responds with what is put together from these pieces.
    pub fn respond(pieces: impl IntoIterator<Item = Piece>) -> Self {
        Self::always(Act::Respond(pieces.into_iter().collect()))
    }
    /// Responds with this JSON text.
    pub fn constant(text: impl Into<String>) -> Self {
        Self::respond([Piece::Text(text.into())])
    }
    /// Responds with its event.
    pub fn echo() -> Self {
        Self::respond([Piece::Event])
    }
    /// Also writes a line to the log for every event.
    #[must_use]
    pub fn logging(mut self, pieces: impl IntoIterator<Item = Piece>) -> Self {
        self.log = pieces.into_iter().collect();
        self
    }

    /// The module.
    ///
    /// # Errors
    /// What the assembler says; a bug here.
    pub fn module(&self) -> Result<Vec<u8>, String> {
        wat::parse_str(self.wat()).map_err(|error| error.to_string())
    }

    fn wat(&self) -> String {
        let mut data = Data { at: 4096, text: String::new() };
        let mut body = String::new();
        if !self.log.is_empty() {
            body += "(global.set $out (i32.const 0))\n";
            self.log.iter().for_each(|piece| data.put(&mut body, piece));
            data.put(&mut body, &Piece::Text("\n".into()));
            body += "(call $print)\n";
        }
        if self.sleeps {
            body += "(call $sleep (call $number))\n";
        }
        let last = self.acts.len().saturating_sub(1);
        for (index, act) in self.acts.iter().enumerate() {
            let mut code = String::new();
            data.act(&mut code, act);
            if index < last {
                let _ = writeln!(
                    body,
                    "(if (i32.eq (global.get $events) (i32.const {index})) (then {code}))"
                );
            } else {
                body += &code;
            }
        }
        let init = self.init.as_ref().map_or(String::new(), |act| {
            let mut code = String::new();
            data.act(&mut code, act);
            // The same code as for an event, without its result.
            let code = code
                .replace("(return (global.get $failed))", "(return)")
                .replace("(return (i32.const 0))", "(return)");
            format!("(func (export \"_initialize\") {code})")
        });
        RUNTIME.replace(";;DATA", &data.text).replace(";;BODY", &body).replace(";;INIT", &init)
    }
}

/// Constant text, laid out in the module's memory.
struct Data {
    at: usize,
    text: String,
}

impl Data {
    fn keep(&mut self, text: &str) -> (usize, usize) {
        let at = self.at;
        let escaped: String = text.bytes().map(|byte| format!("\\{byte:02x}")).collect();
        let _ = writeln!(self.text, "(data (i32.const {at}) \"{escaped}\")");
        self.at += text.len() + 1;
        (at, text.len())
    }
    fn put(&mut self, code: &mut String, piece: &Piece) {
        let _ = match piece {
            Piece::Text(text) => {
                let (at, len) = self.keep(text);
                writeln!(code, "(call $put (i32.const {at}) (i32.const {len}))")
            }
            Piece::Event => {
                writeln!(code, "(call $put (global.get $event) (global.get $event_len))")
            }
            Piece::Meta(key) => {
                let (at, len) = self.keep(key);
                writeln!(code, "(call $put_meta (i32.const {at}) (i32.const {len}))")
            }
            Piece::Env(name) => {
                let (at, len) = self.keep(&format!("{name}="));
                writeln!(code, "(call $put_env (i32.const {at}) (i32.const {len}))")
            }
            Piece::Counter => writeln!(code, "(call $put_number (global.get $events))"),
            Piece::AllEnv => writeln!(code, "(call $put_all_env)"),
            Piece::HandlerName => {
                let (at, len) = self.keep("_HANDLER=");
                writeln!(code, "(call $put_after_dot (i32.const {at}) (i32.const {len}))")
            }
            Piece::FirstText => writeln!(code, "(call $put_first_text)"),
            Piece::Letters => writeln!(code, "(call $put_letters (call $number))"),
        };
    }
    fn act(&mut self, code: &mut String, act: &Act) {
        match act {
            Act::Respond(pieces) | Act::Fail(pieces) => {
                *code += "(global.set $out (i32.const 0))\n";
                pieces.iter().for_each(|piece| self.put(code, piece));
                *code += "(global.set $events (i32.add (global.get $events) (i32.const 1)))\n";
                *code += match act {
                    Act::Fail(_) => {
                        "(drop (call $fail (global.get $buffer) (global.get $out))) (return (global.get $failed))\n"
                    }
                    _ => {
                        "(drop (call $respond (global.get $buffer) (global.get $out))) (return (i32.const 0))\n"
                    }
                };
            }
            Act::Exit(status) => {
                let _ = writeln!(code, "(call $exit (i32.const {status})) (unreachable)");
            }
            Act::Spin => *code += "(loop $for_ever (br $for_ever)) (unreachable)\n",
        }
    }
}

/// Memory: 0..64 scratch, 64..4096 WASI results, 4096.. constants, then environment, event and output each in their own area
/// of a memory that grows as needed.
const RUNTIME: &str = r#"(module
  (import "lambda" "meta" (func $meta (param i32 i32 i32 i32) (result i32)))
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (import "lambda" "fail" (func $fail (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $env_get (param i32 i32) (result i32)))
  (memory (export "memory") 16)
  (global $buffer i32 (i32.const 0x60000))
  (global $failed i32 (i32.const 1))
  (global $out (mut i32) (i32.const 0))
  (global $event (mut i32) (i32.const 0x40000))
  (global $event_len (mut i32) (i32.const 0))
  (global $events (mut i32) (i32.const 0))
  ;;DATA
  ;; Makes sure that memory reaches up to this address.
  (func $reach (param $to i32) (local $pages i32)
    (local.set $pages (i32.add (i32.shr_u (local.get $to) (i32.const 16)) (i32.const 1)))
    (if (i32.gt_u (local.get $pages) (memory.size))
      (then (if (i32.eq (memory.grow (i32.sub (local.get $pages) (memory.size))) (i32.const -1)) (then unreachable)))))
  ;; The event is put where the output is far away from it: its own pages at the end of memory.
  (func (export "lambda_alloc") (param $len i32) (result i32)
    (if (i32.gt_u (local.get $len) (i32.const 0x20000))
      (then
        (global.set $event (i32.const 0x1000000))
        (call $reach (i32.add (global.get $event) (local.get $len))))
      (else (global.set $event (i32.const 0x40000))))
    (global.get $event))
  (func $put (param $at i32) (param $len i32)
    (call $reach (i32.add (i32.add (global.get $buffer) (global.get $out)) (local.get $len)))
    (memory.copy (i32.add (global.get $buffer) (global.get $out)) (local.get $at) (local.get $len))
    (global.set $out (i32.add (global.get $out) (local.get $len))))
  (func $put_byte (param $byte i32)
    (i32.store8 (i32.const 0) (local.get $byte))
    (call $put (i32.const 0) (i32.const 1)))
  (func $put_letters (param $count i32)
    (call $reach (i32.add (i32.add (global.get $buffer) (global.get $out)) (local.get $count)))
    (memory.fill (i32.add (global.get $buffer) (global.get $out)) (i32.const 97) (local.get $count))
    (global.set $out (i32.add (global.get $out) (local.get $count))))
  (func $put_number (param $n i32)
    (if (i32.ge_u (local.get $n) (i32.const 10)) (then (call $put_number (i32.div_u (local.get $n) (i32.const 10)))))
    (call $put_byte (i32.add (i32.const 48) (i32.rem_u (local.get $n) (i32.const 10)))))
  (func $put_meta (param $key i32) (param $key_len i32) (local $len i32)
    (local.set $len (call $meta (local.get $key) (local.get $key_len) (i32.const 0x20000) (i32.const 0x10000)))
    (if (i32.gt_s (local.get $len) (i32.const 0)) (then (call $put (i32.const 0x20000) (local.get $len)))))
  ;; Reads the environment to 0x30000 (pointers) and 0x32000 (text); the count.
  (func $env (result i32)
    (drop (call $env_sizes (i32.const 64) (i32.const 68)))
    (drop (call $env_get (i32.const 0x30000) (i32.const 0x32000)))
    (i32.load (i32.const 64)))
  (func $length (param $at i32) (result i32) (local $end i32)
    (local.set $end (local.get $at))
    (block $done (loop $next
      (br_if $done (i32.eqz (i32.load8_u (local.get $end))))
      (local.set $end (i32.add (local.get $end) (i32.const 1)))
      (br $next)))
    (i32.sub (local.get $end) (local.get $at)))
  (func $starts (param $at i32) (param $with i32) (param $len i32) (result i32) (local $i i32)
    (loop $next
      (if (i32.lt_u (local.get $i) (local.get $len)) (then
        (if (i32.ne (i32.load8_u (i32.add (local.get $at) (local.get $i))) (i32.load8_u (i32.add (local.get $with) (local.get $i))))
          (then (return (i32.const 0))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next))))
    (i32.const 1))
  (func $put_env (param $name i32) (param $len i32) (local $i i32) (local $count i32) (local $at i32)
    (local.set $count (call $env))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $i) (local.get $count)))
      (local.set $at (i32.load (i32.add (i32.const 0x30000) (i32.shl (local.get $i) (i32.const 2)))))
      (if (call $starts (local.get $at) (local.get $name) (local.get $len)) (then
        (call $put (i32.add (local.get $at) (local.get $len)) (i32.sub (call $length (local.get $at)) (local.get $len)))
        (return)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next))))
  (func $put_all_env (local $i i32) (local $count i32) (local $at i32) (local $byte i32) (local $named i32)
    (local.set $count (call $env))
    (call $put_byte (i32.const 123))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $i) (local.get $count)))
      (if (local.get $i) (then (call $put_byte (i32.const 44))))
      (call $put_byte (i32.const 34))
      (local.set $named (i32.const 0))
      (local.set $at (i32.load (i32.add (i32.const 0x30000) (i32.shl (local.get $i) (i32.const 2)))))
      (block $end (loop $byte
        (local.set $byte (i32.load8_u (local.get $at)))
        (br_if $end (i32.eqz (local.get $byte)))
        (if (i32.and (i32.eq (local.get $byte) (i32.const 61)) (i32.eqz (local.get $named)))
          (then
            (local.set $named (i32.const 1))
            (call $put_byte (i32.const 34)) (call $put_byte (i32.const 58)) (call $put_byte (i32.const 34)))
          (else
            (if (i32.or (i32.eq (local.get $byte) (i32.const 34)) (i32.eq (local.get $byte) (i32.const 92)))
              (then (call $put_byte (i32.const 92))))
            (call $put_byte (local.get $byte))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $byte)))
      (call $put_byte (i32.const 34))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (call $put_byte (i32.const 125)))
  ;; Of the variable's value only what follows its last dot.
  (func $put_after_dot (param $name i32) (param $len i32) (local $start i32) (local $i i32) (local $from i32)
    (local.set $start (global.get $out))
    (call $put_env (local.get $name) (local.get $len))
    (local.set $i (local.get $start))
    (local.set $from (local.get $start))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $i) (global.get $out)))
      (if (i32.eq (i32.load8_u (i32.add (global.get $buffer) (local.get $i))) (i32.const 46))
        (then (local.set $from (i32.add (local.get $i) (i32.const 1)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (global.set $out (local.get $start))
    (call $put (i32.add (global.get $buffer) (local.get $from)) (i32.sub (local.get $i) (local.get $from))))
  (func $event_byte (param $i i32) (result i32)
    (if (i32.ge_u (local.get $i) (global.get $event_len)) (then (return (i32.const 0))))
    (i32.load8_u (i32.add (global.get $event) (local.get $i))))
  ;; What stands between the first colon's next quote and the quote that ends it; \n, \r and \t are undone, other escapes
  ;; stand for the character itself.
  (func $put_first_text (local $i i32) (local $byte i32)
    (block $colon (loop $next
      (local.set $byte (call $event_byte (local.get $i)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $colon (i32.or (i32.eq (local.get $byte) (i32.const 58)) (i32.eqz (local.get $byte))))
      (br $next)))
    (block $quote (loop $next
      (local.set $byte (call $event_byte (local.get $i)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $quote (i32.or (i32.eq (local.get $byte) (i32.const 34)) (i32.eqz (local.get $byte))))
      (br $next)))
    (block $end (loop $next
      (local.set $byte (call $event_byte (local.get $i)))
      (br_if $end (i32.or (i32.eq (local.get $byte) (i32.const 34)) (i32.eqz (local.get $byte))))
      (if (i32.eq (local.get $byte) (i32.const 92)) (then
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (local.set $byte (call $event_byte (local.get $i)))
        (if (i32.eq (local.get $byte) (i32.const 110)) (then (local.set $byte (i32.const 10))))
        (if (i32.eq (local.get $byte) (i32.const 114)) (then (local.set $byte (i32.const 13))))
        (if (i32.eq (local.get $byte) (i32.const 116)) (then (local.set $byte (i32.const 9))))))
      (call $put_byte (local.get $byte))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next))))
  ;; The first whole number in the event.
  (func $number (result i32) (local $i i32) (local $n i32) (local $digit i32) (local $seen i32)
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $i) (global.get $event_len)))
      (local.set $digit (i32.sub (i32.load8_u (i32.add (global.get $event) (local.get $i))) (i32.const 48)))
      (if (i32.lt_u (local.get $digit) (i32.const 10))
        (then
          (local.set $seen (i32.const 1))
          (local.set $n (i32.add (i32.mul (local.get $n) (i32.const 10)) (local.get $digit))))
        (else (br_if $done (local.get $seen))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (local.get $n))
  ;; One subscription: the monotonic clock, relative.
  (func $sleep (param $seconds i32)
    (memory.fill (i32.const 128) (i32.const 0) (i32.const 128))
    (i32.store (i32.add (i32.const 128) (i32.const 16)) (i32.const 1))
    (i64.store (i32.add (i32.const 128) (i32.const 24)) (i64.mul (i64.extend_i32_u (local.get $seconds)) (i64.const 1000000000)))
    (drop (call $poll (i32.const 128) (i32.const 192) (i32.const 1) (i32.const 240))))
  (func $print
    (i32.store (i32.const 16) (global.get $buffer))
    (i32.store (i32.const 20) (global.get $out))
    (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24))))
  ;;INIT
  (func (export "lambda_handler") (param $at i32) (param $len i32) (result i32)
    (global.set $event (local.get $at))
    (global.set $event_len (local.get $len))
    ;;BODY
    (i32.const 0))
)
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_assembles() {
        let all = [
            Piece::Text("{\"é\": \"\\\\\"}".into()),
            Piece::Event,
            Piece::Meta("requestId"),
            Piece::Env("A".into()),
            Piece::Counter,
            Piece::AllEnv,
            Piece::HandlerName,
            Piece::FirstText,
            Piece::Letters,
        ];
        let stub = Stub {
            init: Some(Act::Fail(all.to_vec())),
            log: all.to_vec(),
            sleeps: true,
            acts: vec![
                Act::Respond(all.to_vec()),
                Act::Fail(all.to_vec()),
                Act::Exit(3),
                Act::Spin,
            ],
        };
        let module = stub.module().expect("assembles");
        assert!(module.starts_with(b"\0asm"));
    }
}
