//! The object `host` of js/host.js: what JavaScript cannot do by itself.

use crate::wasi;
use md5::Digest;
use rquickjs::context::EvalOptions;
use rquickjs::{
    Array, ArrayBuffer, BigInt, Ctx, Exception, Function, IntoJs, Module, Object, Promise, Result,
    TypedArray, Value, promise::PromiseState,
};

/// The version of QuickJS that `rquickjs` brings.
const ENGINE: &str = "0.16.2";

type Bytes<'js> = TypedArray<'js, u8>;

/// A result, or the number of what is wrong.
fn outcome<'js, T: IntoJs<'js>>(
    ctx: &Ctx<'js>,
    result: std::result::Result<T, wasi::Errno>,
) -> Result<Value<'js>> {
    match result {
        Ok(value) => value.into_js(ctx),
        Err(number) => number.into_js(ctx),
    }
}

/// The same for what gives nothing: 0 or the number.
fn number(result: std::result::Result<(), wasi::Errno>) -> i32 {
    result.err().unwrap_or(0)
}

/// The bytes of an array, which nothing changes meanwhile.
fn bytes<'a>(ctx: &Ctx<'_>, array: &'a Bytes<'_>) -> Result<&'a [u8]> {
    if array.is_empty() {
        return Ok(&[]);
    }
    // SAFETY: no JavaScript runs while a function of this file looks at them.
    unsafe { array.as_bytes() }.ok_or_else(|| Exception::throw_type(ctx, "the array is detached"))
}

fn buffer<'js>(ctx: &Ctx<'js>, bytes: Vec<u8>) -> Result<ArrayBuffer<'js>> {
    ArrayBuffer::new(ctx.clone(), bytes)
}

pub(crate) fn object<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let host = Object::new(ctx.clone())?;
    host.set("engine", ENGINE)?;
    event(ctx, &host)?;
    process(ctx, &host)?;
    text(ctx, &host)?;
    files(ctx, &host)?;
    engine(ctx, &host)?;
    Ok(host)
}

/// Functions by their names.
macro_rules! functions {
    ($ctx:ident, $host:ident, $($name:literal => $function:expr),* $(,)?) => {
        $($host.set($name, Function::new($ctx.clone(), $function)?.with_name($name)?)?;)*
    };
}

fn event<'js>(ctx: &Ctx<'js>, host: &Object<'js>) -> Result<()> {
    functions!(ctx, host,
        "meta" => |key: String| wasi::meta(&key),
        "respond" => |text: String| wasi::respond(&text),
        "fail" => |text: String| wasi::fail(&text),
        "remainingMs" => || wasi::remaining_ms() as f64,
        "startCall" => |request: String| wasi::start_call(&request),
        "startTimer" => |ms: f64| wasi::start_timer(ms as i64),
    );
    Ok(())
}

fn process<'js>(ctx: &Ctx<'js>, host: &Object<'js>) -> Result<()> {
    functions!(ctx, host,
        "now" => || wasi::now_ns() as f64 / 1e6,
        "nowNs" => |ctx: Ctx<'js>| BigInt::from_u64(ctx, wasi::now_ns()),
        "environ" => wasi::environ,
        "exit" => |code: i32| -> () { wasi::exit(code) },
        "log" => |stream: i32, text: String| wasi::write(stream, text.as_bytes()),
        "random" => || {
            let mut bytes = [0; 8];
            wasi::random(&mut bytes);
            // 53 bits: each is a different double below 1.
            (u64::from_le_bytes(bytes) >> 11) as f64 / (1_u64 << 53) as f64
        },
        "randomBytes" => |ctx: Ctx<'js>, count: usize| {
            let mut bytes = vec![0; count];
            wasi::random(&mut bytes);
            buffer(&ctx, bytes)
        },
        "memory" => |ctx: Ctx<'js>| {
            let total = core::arch::wasm32::memory_size::<0>() * 65_536;
            let mut usage = std::mem::MaybeUninit::uninit();
            // SAFETY: the runtime is that of the context, and the place is ours.
            let used = unsafe {
                let runtime = rquickjs::qjs::JS_GetRuntime(ctx.as_raw().as_ptr());
                rquickjs::qjs::JS_ComputeMemoryUsage(runtime, usage.as_mut_ptr());
                usage.assume_init().malloc_size
            };
            vec![total as f64, used as f64]
        },
    );
    Ok(())
}

fn text<'js>(ctx: &Ctx<'js>, host: &Object<'js>) -> Result<()> {
    functions!(ctx, host,
        "utf8" => |ctx: Ctx<'js>, text: String| buffer(&ctx, text.into_bytes()),
        "text" => |ctx: Ctx<'js>, array: Bytes<'js>| {
            Ok::<_, rquickjs::Error>(String::from_utf8_lossy(bytes(&ctx, &array)?).into_owned())
        },
        "strictText" => |ctx: Ctx<'js>, array: Bytes<'js>| {
            Ok::<_, rquickjs::Error>(std::str::from_utf8(bytes(&ctx, &array)?).ok().map(str::to_owned))
        },
        "hash" => |ctx: Ctx<'js>, name: String, array: Bytes<'js>| {
            let given = bytes(&ctx, &array)?;
            let digest = match name.as_str() {
                "md5" => md5::Md5::digest(given).to_vec(),
                "sha1" => sha1::Sha1::digest(given).to_vec(),
                "sha512" => sha2::Sha512::digest(given).to_vec(),
                _ => sha2::Sha256::digest(given).to_vec(),
            };
            buffer(&ctx, digest)
        },
    );
    Ok(())
}

fn files<'js>(ctx: &Ctx<'js>, host: &Object<'js>) -> Result<()> {
    functions!(ctx, host,
        "readFile" => |ctx: Ctx<'js>, path: String| match wasi::read_file(&path) {
            Ok(bytes) => buffer(&ctx, bytes)?.into_js(&ctx),
            Err(number) => number.into_js(&ctx),
        },
        "writeFile" => |ctx: Ctx<'js>, path: String, array: Bytes<'js>, how: i32| {
            Ok::<_, rquickjs::Error>(number(wasi::write_file(&path, bytes(&ctx, &array)?, how)))
        },
        "stat" => |ctx: Ctx<'js>, path: String| {
            let found = wasi::stat(&path);
            outcome(&ctx, found.map(|(kind, size, ms)| vec![f64::from(kind), size as f64, ms]))
        },
        "readDirectory" => |ctx: Ctx<'js>, path: String| match wasi::read_directory(&path) {
            Ok(entries) => {
                let flat = Array::new(ctx.clone())?;
                for (at, (name, kind)) in entries.into_iter().enumerate() {
                    flat.set(at * 2, name)?;
                    flat.set(at * 2 + 1, kind)?;
                }
                flat.into_js(&ctx)
            }
            Err(number) => number.into_js(&ctx),
        },
        "makeDirectory" => |path: String| number(wasi::make_directory(&path)),
        "removeDirectory" => |path: String| number(wasi::remove_directory(&path)),
        "unlink" => |path: String| number(wasi::unlink(&path)),
        "rename" => |from: String, to: String| number(wasi::rename(&from, &to)),
    );
    Ok(())
}

fn engine<'js>(ctx: &Ctx<'js>, host: &Object<'js>) -> Result<()> {
    functions!(ctx, host,
        // One job of the promises; false when there is none.
        "runJob" => |ctx: Ctx<'js>| ctx.execute_pending_job(),
        "compile" => |ctx: Ctx<'js>, source: String, file: String| {
            let mut options = EvalOptions::default();
            options.strict = false;
            options.filename = Some(file);
            ctx.eval_with_options::<Value<'js>, _>(source, options)
        },
        // Compiles a module and leaves it at that: errors of syntax are thrown.
        "declare" => |ctx: Ctx<'js>, name: String, source: String| {
            Module::declare(ctx, name, source).map(drop)
        },
        "importModule" => |ctx: Ctx<'js>, name: String| Module::import(&ctx, name),
        "promiseState" => |ctx: Ctx<'js>, promise: Promise<'js>| {
            let out = Array::new(ctx.clone())?;
            match promise.state() {
                PromiseState::Pending => out.set(0, 0)?,
                PromiseState::Resolved => {
                    out.set(0, 1)?;
                    if let Some(Ok(value)) = promise.result::<Value<'js>>() {
                        out.set(1, value)?;
                    }
                }
                PromiseState::Rejected => {
                    out.set(0, 2)?;
                    if let Some(Err(rquickjs::Error::Exception)) = promise.result::<Value<'js>>() {
                        out.set(1, ctx.catch())?;
                    }
                }
            }
            Ok::<_, rquickjs::Error>(out)
        },
    );
    Ok(())
}
