//! The handler ABI `coldstart:1`: the imports of the module `lambda`.
//!
//! Pointers and lengths are `i32`, read as unsigned. Text is UTF-8, documents are JSON text.
//!
//! | import | type | meaning |
//! |---|---|---|
//! | `next(buf, cap)` | `(i32 i32) -> i32` | Waits for an event and copies it. Loop guests only. |
//! | `meta(key, key_len, buf, cap)` | `(i32 i32 i32 i32) -> i32` | A fact about the current event; -1 when there is none of that name. |
//! | `respond(ptr, len)` | `(i32 i32) -> i32` | Answers the event. |
//! | `fail(ptr, len)` | `(i32 i32) -> i32` | Answers the event with an error `{"errorMessage","errorType","stackTrace"}`; before the first `next`, an init error. |
//! | `remaining_ms()` | `() -> i64` | Virtual milliseconds until the invocation times out, never negative. |
//! | `call(ptr, len, buf, cap)` | `(i32 i32 i32 i32) -> i32` | Calls a service with `{"service","operation","params"}` and waits for its answer. Not in callback guests. |
//! | `call_start(ptr, len)` | `(i32 i32) -> i32` | Starts a service call, returns its token (1, 2, …), or -1. Callback guests only. |
//! | `timer_start(ms)` | `(i64) -> i32` | Starts a timer, returns its token, or -1. Callback guests only. |
//!
//! **Copies.** `next`, `meta` and `call` return the number of bytes of the whole value. When that is more than
//! `cap` nothing was copied and the value is kept: the same `next` or `meta` returns it again without waiting, and
//! `call(0, 0, buf, cap)` reads the last answer again (-1 when there is none).
//!
//! **Answers.** `respond` and `fail` return 0 when the answer was taken; 1 when the event was answered before (the
//! first answer counts); 2 when there is no event to answer, or the guest answers on stdout (command guests, `respond`);
//! 3 when the answer is over the limit (the invocation then fails with `Function.ResponseSizeTooLarge`; it counts as answered).
//!
//! **Keys of `meta`.** `requestId`, `functionArn`, `functionName`, `functionVersion`, `memoryLimitMb`, `logGroup`, `logStream`,
//! `traceId`, `clientContext`, `identity`, `deadlineMs`. Those that an invocation does not have (`clientContext`, `identity`, `traceId`)
//! return -1, as unknown keys do. Before the first event every key returns -1.
//!
//! **Callback guests** export `lambda_handler(ptr, len) -> i32` and `lambda_alloc(len) -> ptr`, optionally `_initialize()` (or `_initialize() ->
//! i32`, which returns 0 when init code is done, 1 when `fail` told why it failed, 2 when it waits for tokens) and
//! `lambda_resume(token, ptr, len) -> i32`. The host calls `lambda_alloc` for each event and each answer that is not empty, writes
//! there, and passes the address on; a timer's answer is empty (`ptr` and `len` 0, no `lambda_alloc`). Handler and resume return
//! 0 (answered with `respond`), 1 (answered with `fail`) or 2 (waits for a token; at least one must be open). Any other number, and a 0 or 1
//! without an answer, ends the guest. Tokens that are still open when the handler returns 0 or 1 are forgotten.
//! `poll_oneoff` does not suspend a callback guest: sleeping burns the virtual time on its meter.
//!
//! **Order of exports:** the module's start function, `_initialize`, then `_start` (loop, command) or the handler (callback).
//!
//! **Pointers.** Each range is checked first. A bad one ends the guest with [`Trap::Abi`](crate::Trap::Abi), which names the import.

use crate::host::{Block, Cx, Halt};
use crate::{Answer, Shape, StartedCall, StartedKind};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Open calls and timers of one callback guest.
const OPEN_TOKENS_MAX: usize = 1024;
/// Bytes of started requests that were not yet taken by the engine.
const STARTED_BYTES_MAX: usize = 16 << 20;
/// A request to a service, longer than any that a service takes.
const REQUEST_BYTES_MAX: u32 = 8 << 20;
const META_KEY_BYTES_MAX: u32 = 256;

const TAKEN: i32 = 0;
const ALREADY_ANSWERED: i32 = 1;
const NO_EVENT: i32 = 2;
const OVER_LIMIT: i32 = 3;
const NONE: i32 = -1;

/// The state behind the imports.
#[derive(Debug, Clone, Default)]
pub(crate) struct Abi {
    /// An event that waits for a large enough buffer.
    undelivered: Option<Arc<[u8]>>,
    meta: BTreeMap<String, String>,
    /// Whether there is an event (or init) to answer.
    phase: AnswerPhase,
    answer: Option<Answer>,
    last_call_answer: Option<Arc<[u8]>>,
    can_resume: bool,
    tokens_made: u32,
    open: BTreeSet<u32>,
    started: Vec<StartedCall>,
    started_bytes: usize,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum AnswerPhase {
    /// `fail` reports an init error.
    #[default]
    Init,
    /// An event was delivered.
    Event,
    /// Between events.
    Idle,
}

impl Abi {
    pub(crate) fn new(can_resume: bool) -> Self {
        Self { can_resume, ..Self::default() }
    }

    /// An event arrives. For a loop guest it is kept until `next` copies it.
    pub(crate) fn begin_event(
        &mut self,
        payload: Option<Arc<[u8]>>,
        meta: BTreeMap<String, String>,
    ) {
        self.undelivered = payload;
        self.meta = meta;
        self.answer = None;
        self.phase = AnswerPhase::Event;
        self.last_call_answer = None;
        self.open.clear();
    }

    /// The guest stopped between events. Returns what it said.
    pub(crate) fn end_event(&mut self) -> Option<Answer> {
        self.phase = AnswerPhase::Idle;
        self.open.clear();
        self.answer.take()
    }

    pub(crate) fn is_initialising(&self) -> bool {
        self.phase == AnswerPhase::Init
    }

    pub(crate) fn is_answered(&self) -> bool {
        self.answer.is_some()
    }

    pub(crate) fn set_call_answer(&mut self, answer: Arc<[u8]>) {
        self.last_call_answer = Some(answer);
    }

    /// Whether `token` was open; it no longer is.
    pub(crate) fn close_token(&mut self, token: u32) -> bool {
        self.open.remove(&token)
    }

    pub(crate) fn has_open_tokens(&self) -> bool {
        !self.open.is_empty()
    }

    pub(crate) fn take_started(&mut self) -> Vec<StartedCall> {
        self.started_bytes = 0;
        std::mem::take(&mut self.started)
    }

    fn start(&mut self, at_ns: u64, kind: StartedKind) -> i32 {
        let bytes = match &kind {
            StartedKind::Call(request) => request.len(),
            StartedKind::Timer { .. } => 0,
        };
        if self.open.len() >= OPEN_TOKENS_MAX || self.started_bytes + bytes > STARTED_BYTES_MAX {
            return NONE;
        }
        let Some(token) = self.tokens_made.checked_add(1).filter(|token| *token <= i32::MAX as u32)
        else {
            return NONE;
        };
        self.tokens_made = token;
        self.started_bytes += bytes;
        self.open.insert(token);
        self.started.push(StartedCall { token, at_ns, kind });
        token as i32
    }
}

/// Copies a value out, all or nothing, and returns its length.
fn give(cx: &mut Cx<'_>, value: &[u8], buf: u32, cap: u32) -> Result<i32, Halt> {
    cx.check(buf, u64::from(cap))?;
    if value.len() <= cap as usize {
        cx.write(buf, value)?;
    }
    i32::try_from(value.len()).map_err(|_| cx.broken("a value of more than 2 GiB"))
}

pub(crate) fn next(cx: &mut Cx<'_>, buf: i32, cap: i32) -> Result<i32, Halt> {
    let (buf, cap) = (buf as u32, cap as u32);
    cx.check(buf, u64::from(cap))?;
    if cx.host.shape != Shape::Loop {
        return Err(cx.broken("only a loop guest may wait for events"));
    }
    if cx.host.abi.undelivered.is_some() {
        return finish_next(cx, buf, cap);
    }
    Err(Halt::Block(Block::Next { buf, cap }))
}

/// The event is there: copies it, or keeps it when the buffer is too small.
pub(crate) fn finish_next(cx: &mut Cx<'_>, buf: u32, cap: u32) -> Result<i32, Halt> {
    let event = cx.host.abi.undelivered.take().unwrap_or_default();
    let len = give(cx, &event, buf, cap)?;
    if event.len() > cap as usize {
        cx.host.abi.undelivered = Some(event);
    }
    Ok(len)
}

pub(crate) fn meta(
    cx: &mut Cx<'_>,
    key: i32,
    key_len: i32,
    buf: i32,
    cap: i32,
) -> Result<i32, Halt> {
    cx.check(key as u32, u64::from(key_len as u32))?;
    cx.check(buf as u32, u64::from(cap as u32))?;
    if key_len as u32 > META_KEY_BYTES_MAX {
        return Ok(NONE);
    }
    let key = cx.text(key as u32, key_len as u32)?;
    match cx.host.abi.meta.get(&key).cloned() {
        Some(value) => give(cx, value.as_bytes(), buf as u32, cap as u32),
        None => Ok(NONE),
    }
}

pub(crate) fn respond(cx: &mut Cx<'_>, at: i32, len: i32) -> Result<i32, Halt> {
    cx.check(at as u32, u64::from(len as u32))?;
    if cx.host.abi.phase != AnswerPhase::Event || cx.host.shape == Shape::Command {
        return Ok(NO_EVENT);
    }
    answer(cx, at as u32, len as u32, Answer::Response)
}

pub(crate) fn fail(cx: &mut Cx<'_>, at: i32, len: i32) -> Result<i32, Halt> {
    cx.check(at as u32, u64::from(len as u32))?;
    if cx.host.abi.phase == AnswerPhase::Idle {
        return Ok(NO_EVENT);
    }
    answer(cx, at as u32, len as u32, Answer::Error)
}

fn answer(cx: &mut Cx<'_>, at: u32, len: u32, kind: fn(Vec<u8>) -> Answer) -> Result<i32, Halt> {
    if cx.host.abi.is_answered() {
        return Ok(ALREADY_ANSWERED);
    }
    if len as usize > cx.host.limits.response_bytes_max {
        cx.host.abi.answer = Some(Answer::TooLarge { bytes: len as usize });
        return Ok(OVER_LIMIT);
    }
    let bytes = cx.bytes(at, len)?;
    cx.host.abi.answer = Some(kind(bytes));
    Ok(TAKEN)
}

pub(crate) fn remaining_ms(cx: &mut Cx<'_>) -> Result<i64, Halt> {
    let ms = cx.host.time.remaining_ns(cx.left) / 1_000_000;
    Ok(i64::try_from(ms).unwrap_or(i64::MAX))
}

pub(crate) fn call(cx: &mut Cx<'_>, at: i32, len: i32, buf: i32, cap: i32) -> Result<i32, Halt> {
    let (len, buf, cap) = (len as u32, buf as u32, cap as u32);
    cx.check(at as u32, u64::from(len))?;
    cx.check(buf, u64::from(cap))?;
    if len == 0 {
        return finish_call(cx, buf, cap);
    }
    if cx.host.shape == Shape::Callback {
        return Err(cx.broken("a callback guest cannot wait; it starts calls with call_start"));
    }
    if len > REQUEST_BYTES_MAX {
        return Err(
            cx.broken(format_args!("a request of {len} bytes, more than {REQUEST_BYTES_MAX}"))
        );
    }
    let request = cx.bytes(at as u32, len)?;
    cx.host.abi.last_call_answer = None;
    Err(Halt::Block(Block::Call { request, buf, cap }))
}

/// Copies the last answer.
pub(crate) fn finish_call(cx: &mut Cx<'_>, buf: u32, cap: u32) -> Result<i32, Halt> {
    match cx.host.abi.last_call_answer.clone() {
        Some(answer) => give(cx, &answer, buf, cap),
        None => Ok(NONE),
    }
}

pub(crate) fn call_start(cx: &mut Cx<'_>, at: i32, len: i32) -> Result<i32, Halt> {
    cx.check(at as u32, u64::from(len as u32))?;
    may_start(cx)?;
    if len as u32 > REQUEST_BYTES_MAX {
        return Ok(NONE);
    }
    let request = cx.bytes(at as u32, len as u32)?;
    let now = cx.now_ns();
    Ok(cx.host.abi.start(now, StartedKind::Call(request)))
}

pub(crate) fn timer_start(cx: &mut Cx<'_>, ms: i64) -> Result<i32, Halt> {
    may_start(cx)?;
    let now = cx.now_ns();
    Ok(cx.host.abi.start(now, StartedKind::Timer { ms: ms.max(0) as u64 }))
}

fn may_start(cx: &Cx<'_>) -> Result<(), Halt> {
    if cx.host.shape != Shape::Callback || !cx.host.abi.can_resume {
        return Err(cx.broken(
            "only a callback guest that exports lambda_resume may start calls and timers",
        ));
    }
    if cx.host.abi.phase == AnswerPhase::Idle {
        return Err(cx.broken("there is no event to wait for"));
    }
    Ok(())
}

/// AssemblyScript's `abort`: its message goes to the log, then the guest traps.
pub(crate) fn abort(
    cx: &mut Cx<'_>,
    message: i32,
    file: i32,
    line: i32,
    column: i32,
) -> Result<(), Halt> {
    let message = utf16(cx, message as u32)?;
    let file = utf16(cx, file as u32)?;
    let text = format!("abort: {message} in {file}({line}:{column})\n");
    let now = cx.now_ns();
    let limit = cx.host.limits.log_bytes_max;
    let kept = cx.host.log.admit(text.len() as u64, limit);
    cx.host.log.write(crate::LogStream::Stderr, now, text.into_bytes()[..kept].to_vec());
    Err(Halt::Trap(crate::Trap::Unreachable))
}

/// AssemblyScript's `seed` for `Math.random`.
pub(crate) fn seed(cx: &mut Cx<'_>) -> Result<f64, Halt> {
    // 53 bits: each is a different double, and none is a NaN.
    Ok((cx.host.wasi.random() >> 11) as f64)
}

/// A string of AssemblyScript: UTF-16 with its length in bytes in the four bytes before it; 0 is null.
fn utf16(cx: &mut Cx<'_>, at: u32) -> Result<String, Halt> {
    const TEXT_BYTES_MAX: u32 = 16 << 10;
    if at == 0 {
        return Ok("~".to_owned());
    }
    let Some(header) = at.checked_sub(4) else {
        return Err(cx.broken(format_args!("{at} is not the address of a string")));
    };
    let len = cx.read_u32(header)?;
    cx.check(at, u64::from(len))?;
    let bytes = cx.bytes(at, len.min(TEXT_BYTES_MAX))?;
    let units: Vec<u16> =
        bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    Ok(String::from_utf16_lossy(&units))
}
