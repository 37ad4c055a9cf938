//! The JavaScript runtime: QuickJS as a guest module of the callback shape (docs/ABI.md, docs/adr/0008).
//!
//! `prepare` makes the engine and evaluates what is the same for all functions (`js/`). The build calls it once and keeps the memory that
//! it leaves (`prepare.mjs`), so each execution environment begins after it: `_initialize` reads the environment's variables and runs
//! the function's own code. What happens then is `js/lambda.js`; here are its doors to the host, and the host's to it.
//!
//! Invariant: the clock, random numbers, files and everything else from outside come from the imports of the handler ABI.

mod host;
mod loader;
mod wasi;

use rquickjs::{
    CatchResultExt, CaughtError, Context, Ctx, Function, Module, Object, Persistent, Runtime, Value,
};
use std::cell::UnsafeCell;

/// Bytes of stack that JavaScript may use: about nine hundred calls. The linker gives the module 1 MiB, but the meter's limit on the depth of calls
/// (docs/ABI.md) comes before that, and a guest that reaches it is gone, while this limit is a RangeError.
const STACK_BYTES_MAX: usize = 256 * 1024;

/// What is in use when garbage is first collected; later it is half as much again as was left.
const GARBAGE_BYTES: usize = 6 << 20;

/// The files of `js/`, as they are named in stacks.
const SOURCES: &[(&str, &str)] = &[
    ("check.js", include_str!("../js/check.js")),
    ("console.js", include_str!("../js/console.js")),
    ("errors.js", include_str!("../js/errors.js")),
    ("files.js", include_str!("../js/files.js")),
    ("host.js", include_str!("../js/host.js")),
    ("inspect.js", include_str!("../js/inspect.js")),
    ("lambda.js", include_str!("../js/lambda.js")),
    ("loop.js", include_str!("../js/loop.js")),
    ("main.js", include_str!("../js/main.js")),
    ("modules.js", include_str!("../js/modules.js")),
    ("node/assert.js", include_str!("../js/node/assert.js")),
    ("node/buffer.js", include_str!("../js/node/buffer.js")),
    ("node/crypto.js", include_str!("../js/node/crypto.js")),
    ("node/events.js", include_str!("../js/node/events.js")),
    ("node/fs.js", include_str!("../js/node/fs.js")),
    ("node/path.js", include_str!("../js/node/path.js")),
    ("node/process.js", include_str!("../js/node/process.js")),
    ("node/small.js", include_str!("../js/node/small.js")),
    ("node/util.js", include_str!("../js/node/util.js")),
    ("sdk/client.js", include_str!("../js/sdk/client.js")),
    ("sdk/operations.js", include_str!("../js/sdk/operations.js")),
    ("sdk/services.js", include_str!("../js/sdk/services.js")),
    ("web/absent.js", include_str!("../js/web/absent.js")),
    ("web/blob.js", include_str!("../js/web/blob.js")),
    ("web/clone.js", include_str!("../js/web/clone.js")),
    ("web/encodings.js", include_str!("../js/web/encodings.js")),
    ("web/events.js", include_str!("../js/web/events.js")),
    ("web/hosts.js", include_str!("../js/web/hosts.js")),
    ("web/locale.js", include_str!("../js/web/locale.js")),
    ("web/text.js", include_str!("../js/web/text.js")),
    ("web/url.js", include_str!("../js/web/url.js")),
];

/// What lives as long as the module.
struct State {
    context: Context,
    /// `globalThis.__runtime` of js/main.js.
    runtime: Persistent<Object<'static>>,
    host: Persistent<Object<'static>>,
}

struct Global(UnsafeCell<Option<State>>);

// SAFETY: a guest has one thread.
unsafe impl Sync for Global {}

static STATE: Global = Global(UnsafeCell::new(None));

fn state() -> Option<&'static State> {
    // SAFETY: it is written once, by `prepare`, before anything reads it.
    unsafe { (*STATE.0.get()).as_ref() }
}

/// `globalThis.__runtime` of js/main.js, which is there by that name only while it is made.
pub(crate) fn runtime_object<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    match state() {
        Some(state) => state.runtime.clone().restore(ctx),
        None => ctx.globals().get("__runtime"),
    }
}

/// The source of a file of `js/`.
pub(crate) fn source(name: &str) -> Option<&'static str> {
    SOURCES.iter().find(|(path, _)| *path == name).map(|(_, source)| *source)
}

/// Makes the engine and evaluates `js/`. Called by the build, never by a host.
#[unsafe(no_mangle)]
pub extern "C" fn prepare() -> i32 {
    match prepared() {
        Ok(state) => {
            // SAFETY: nothing else runs.
            unsafe { *STATE.0.get() = Some(state) };
            0
        }
        Err(what) => {
            wasi::write(2, what.as_bytes());
            1
        }
    }
}

fn prepared() -> Result<State, String> {
    let words = |error: rquickjs::Error| error.to_string();
    let runtime = Runtime::new().map_err(words)?;
    runtime.set_max_stack_size(STACK_BYTES_MAX);
    runtime.set_loader(loader::Files, loader::Files);
    runtime.set_host_promise_rejection_tracker(Some(Box::new(|ctx, promise, reason, handled| {
        let Some(state) = state() else { return };
        let Ok(host) = state.host.clone().restore(&ctx) else { return };
        if let Ok(told) = host.get::<_, Function<'_>>("onRejection") {
            // What it throws, it would throw at every rejection: it only notes them.
            drop(told.call::<_, Value<'_>>((promise, reason, handled)));
        }
    })));
    let context = Context::full(&runtime).map_err(words)?;
    let (host, object) = context.with(|ctx| {
        let evaluated = || {
            let host = host::object(&ctx)?;
            ctx.globals().set("__host", host.clone())?;
            let promise = Module::import(&ctx, "/var/runtime/main.js")?;
            promise.finish::<()>()?;
            let object: Object<'_> = ctx.globals().get("__runtime")?;
            ctx.globals().remove("__runtime")?;
            Ok((Persistent::save(&ctx, host), Persistent::save(&ctx, object)))
        };
        evaluated().catch(&ctx).map_err(|error| format!("{error}\n"))
    })?;
    runtime.run_gc();
    // Only circles of garbage wait for a collection, and one looks at everything that is alive: it costs more than most handlers do.
    runtime.set_gc_threshold(GARBAGE_BYTES);
    // It is never dropped: the module has no end.
    std::mem::forget(runtime);
    Ok(State { context, runtime: object, host })
}

/// What a call of the runtime's functions came to: what the handler ABI wants to know.
fn enter<'a>(
    name: &str,
    call: impl for<'js> FnOnce(Ctx<'js>, Function<'js>) -> rquickjs::Result<i32> + 'a,
) -> i32 {
    let Some(state) = state() else { return -1 };
    state.context.with(|ctx| {
        let outcome = runtime_object(&ctx).and_then(|object| object.get::<_, Function<'_>>(name));
        match outcome.and_then(|function| call(ctx.clone(), function)).catch(&ctx) {
            Ok(code) => code,
            Err(error) => broken(&error),
        }
    })
}

/// An error of the runtime itself, or memory that is used up where nobody could catch it: the process ends.
fn broken(error: &CaughtError<'_>) -> i32 {
    wasi::write(2, format!("Runtime error: {error}\n").as_bytes());
    wasi::exit(134)
}

/// Init code of an execution environment: 0 when it is done (whether it failed, `lambda.fail` has told), 2 when it waits.
#[unsafe(no_mangle)]
pub extern "C" fn _initialize() -> i32 {
    enter("initialise", |_, function| function.call(()))
}

/// Room for an event or an answer.
#[unsafe(no_mangle)]
pub extern "C" fn lambda_alloc(length: usize) -> *mut u8 {
    let mut bytes = Vec::<u8>::new();
    if bytes.try_reserve_exact(length.max(1)).is_err() {
        wasi::write(2, b"Runtime error: no memory for the event\n");
        wasi::exit(134);
    }
    std::mem::ManuallyDrop::new(bytes).as_mut_ptr()
}

/// Takes back what `lambda_alloc` gave, as text.
fn taken(at: *mut u8, length: usize) -> String {
    if length == 0 {
        return String::new();
    }
    // SAFETY: the host passes what it was given by `lambda_alloc` with the length that it asked for, and has written all of it.
    let bytes = unsafe { Vec::from_raw_parts(at, length, length) };
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}

/// An event.
#[unsafe(no_mangle)]
pub extern "C" fn lambda_handler(at: *mut u8, length: usize) -> i32 {
    let text = taken(at, length);
    enter("handle", |_, function| function.call((text,)))
}

/// The answer to a call, or a timer that is due.
#[unsafe(no_mangle)]
pub extern "C" fn lambda_resume(token: i32, at: *mut u8, length: usize) -> i32 {
    let text = taken(at, length);
    enter("resume", |_, function| function.call((token, text)))
}

/// The clock of QuickJS: microseconds since the Unix epoch. In place of the import that `rquickjs` would have.
#[unsafe(no_mangle)]
pub extern "C" fn __rquickjs_host_now_us() -> f64 {
    // While the module is built there is no time.
    if state().is_none() { 0.0 } else { (wasi::now_ns() / 1_000) as f64 }
}
