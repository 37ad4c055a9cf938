//! The native side of `cargo xtask bench`; `run.mjs` calls it and prints the table.
//!
//! `bench modules DIR KERNELS.wasm` writes the modules that all sides run. `bench round DIR` measures once and prints JSON.
//! `bench metered FROM TO HOST` writes a module with its meter, in the interpreter's form and in the one for the host's own WebAssembly. `bench meter
//! KERNELS.wasm METERED.wasm` prints what the meter costs on plain wasmi. `bench calibrate DIR` prints what each kernel burns on the meter and takes natively.

mod kernels;
mod meter;

use coldstart_engine::{ApiError, CommandId, Config, Engine, Principal, Request, Response};
use coldstart_sandbox::{
    Clock, GuestConfig, Limits, Resume, Sandbox, Stop, WasmiSandbox, accept, metered_for_host,
};
use serde_json::{Value, json};
use std::error::Error;
use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use std::{env, fs, io};

/// Invocations at the same time; `peers.mjs` has as many.
const CALLERS: usize = 32;
const KERNELS: [&str; 3] = ["sha256", "sort", "json"];

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let line = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["modules", dir, kernels] => modules(Path::new(dir), Path::new(kernels))?,
        ["round", dir] => round(Path::new(dir))?,
        ["calibrate", dir] => calibrate(Path::new(dir))?,
        ["metered", from, to, host] => metered(Path::new(from), Path::new(to), Path::new(host))?,
        ["meter", plain, metered] => meter::round(&fs::read(plain)?, &fs::read(metered)?)?,
        _ => return Err(
            "usage: bench modules DIR KERNELS.wasm | round DIR | calibrate DIR | metered FROM TO HOST | meter KERNELS.wasm METERED.wasm"
                .into(),
        ),
    };
    writeln!(io::stdout(), "{line}")?;
    Ok(())
}

// Modules

fn modules(dir: &Path, kernels: &Path) -> Result<Value, Box<dyn Error>> {
    let text = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("modules").join(name);
        fs::read_to_string(path)
    };
    let echo = text("echo.wat")?;
    fs::create_dir_all(dir)?;
    fs::write(dir.join("echo.wasm"), wat::parse_str(&echo)?)?;
    fs::write(dir.join("extism-echo.wasm"), wat::parse_str(text("extism-echo.wat")?)?)?;
    fs::write(dir.join("10kb.wasm"), wat::parse_str(padded(&echo, 48))?)?;
    fs::write(dir.join("1mb.wasm"), wat::parse_str(padded(&echo, 5_100))?)?;
    fs::copy(kernels, dir.join("kernels.wasm"))?;
    let sizes = ["echo", "extism-echo", "10kb", "1mb", "kernels"].map(|name| {
        let size = fs::metadata(dir.join(format!("{name}.wasm"))).map_or(0, |file| file.len());
        (name.to_owned(), json!(size))
    });
    Ok(Value::Object(sizes.into_iter().collect()))
}

/// The echo module with so many more functions, of about 200 bytes each, that call one another.
fn padded(echo: &str, functions: usize) -> String {
    let body = echo.trim_end().strip_suffix(')').expect("a module ends with a parenthesis");
    let mut text = body.to_owned();
    for function in 0..functions {
        let _ = write!(
            text,
            "(func $f{function} (export \"f{function}\") (param i32 i64) (result i32) (local i32)"
        );
        for step in 0..9 {
            let constant = (function * 2_654_435_761 + step * 40_503) % 2_000_000_000;
            let _ = write!(
                text,
                "(local.set 2 (i32.add (i32.xor (local.get 0) (i32.const {constant})) (i32.rotl (local.get 2) (i32.const {}))))",
                step + 1
            );
        }
        if function > 0 {
            let _ = write!(
                text,
                "(if (i32.eqz (local.get 2)) (then (local.set 2 (call $f{} (local.get 2) (local.get 1)))))",
                function - 1
            );
        }
        text.push_str("(local.get 2))");
    }
    text.push(')');
    text
}

/// Writes a module as it runs on either tier, and says how large all are.
fn metered(from: &Path, to: &Path, host: &Path) -> Result<Value, Box<dyn Error>> {
    let artifact = accept(&fs::read(from)?)?;
    fs::write(to, &artifact.metered)?;
    let for_host = metered_for_host(&artifact.given).ok_or("it runs on wasmi only")?;
    fs::write(host, &for_host)?;
    Ok(
        json!({ "size": artifact.info.size, "metered": artifact.metered.len(), "forHost": for_host.len() }),
    )
}

// One round

struct Cloud {
    engine: Engine,
}

impl Cloud {
    fn new() -> Self {
        Self { engine: Engine::new(Config::default(), Arc::new(WasmiSandbox::new())) }
    }

    fn call(&mut self, operation: &str, params: Value) -> Result<Response, ApiError> {
        let request = Request {
            service: "lambda".into(),
            operation: operation.into(),
            params,
            principal: Principal::User,
        };
        let id: CommandId = self.engine.handle_request(self.engine.now(), request);
        loop {
            while self.engine.poll_event().is_some() {}
            while let Some((answered, answer)) = self.engine.poll_answer() {
                if answered == id {
                    return answer;
                }
            }
            let at = self.engine.next_work().expect("an unanswered request is work");
            self.engine.run_until(at);
        }
    }

    fn deploy(&mut self, name: &str, module: &[u8], memory_mb: u64) -> Result<(), ApiError> {
        let sha256 = self.engine.put_blob(module.to_vec());
        let params = json!({
            "FunctionName": name, "Runtime": "provided.al2023", "Handler": "bootstrap", "Timeout": 900, "MemorySize": memory_mb,
            "Role": "arn:aws:iam::123456789012:role/bench", "Code": { "ZipFile": { "$sha256": sha256 } },
        });
        self.call("CreateFunction", params)?;
        self.engine.run_to_rest();
        Ok(())
    }

    fn invoke(&mut self, name: &str, event: &str) -> Result<Value, Box<dyn Error>> {
        let response =
            self.call("Invoke", json!({ "FunctionName": name, "Payload": { "$text": event } }))?;
        if response.output.get("FunctionError").is_some() {
            return Err(format!("{name} failed: {}", response.output).into());
        }
        Ok(response.output)
    }
}

impl Cloud {
    /// As [`CALLERS`] do who each wait for their own answers.
    fn invoke_together(
        &mut self,
        name: &str,
        event: &str,
        calls: usize,
    ) -> Result<(), Box<dyn Error>> {
        let (mut sent, mut answered) = (0, 0);
        while answered < calls {
            while sent < calls.min(answered + CALLERS) {
                let request = Request {
                    service: "lambda".into(),
                    operation: "Invoke".into(),
                    params: json!({ "FunctionName": name, "Payload": { "$text": event } }),
                    principal: Principal::User,
                };
                self.engine.handle_request(self.engine.now(), request);
                sent += 1;
            }
            if let Some(at) = self.engine.next_work() {
                self.engine.run_until(at);
            }
            while self.engine.poll_event().is_some() {}
            while let Some((_, answer)) = self.engine.poll_answer() {
                let response = answer?;
                if response.output.get("FunctionError").is_some() {
                    return Err(format!("{name} failed: {}", response.output).into());
                }
                answered += 1;
            }
        }
        Ok(())
    }
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

fn round(dir: &Path) -> Result<Value, Box<dyn Error>> {
    let read = |name: &str| fs::read(dir.join(format!("{name}.wasm")));
    let mut cloud = Cloud::new();
    cloud.deploy("echo", &read("echo")?, 1_769)?;
    for _ in 0..200 {
        cloud.invoke("echo", "{\"name\":\"Ada\"}")?;
    }
    let start = Instant::now();
    for _ in 0..5_000 {
        cloud.invoke("echo", "{\"name\":\"Ada\"}")?;
    }
    let alone = 5_000.0 / (ms(start) / 1e3);
    cloud.invoke_together("echo", "{\"name\":\"Ada\"}", 1_000)?;
    let start = Instant::now();
    cloud.invoke_together("echo", "{\"name\":\"Ada\"}", 5_000)?;
    let together = 5_000.0 / (ms(start) / 1e3);
    let mut result = json!({ "warmPerSecond": together, "warmAlonePerSecond": alone });
    for size in ["10kb", "1mb"] {
        let module = read(size)?;
        let (mut deploy, mut cold) = (f64::MAX, f64::MAX);
        for turn in 0..5 {
            let name = format!("cold-{size}-{turn}");
            let start = Instant::now();
            cloud.deploy(&name, &module, 1_769)?;
            deploy = deploy.min(ms(start));
            let start = Instant::now();
            cloud.invoke(&name, "{}")?;
            cold = cold.min(ms(start));
        }
        result[format!("deploy-{size}")] = json!(deploy);
        result[format!("cold-{size}")] = json!(cold);
    }
    cloud.deploy("kernels", &read("kernels")?, 1_769)?;
    for kernel in KERNELS {
        let event = format!("\"{kernel}\"");
        let answer = cloud.invoke("kernels", &event)?;
        let expected = format!("\"{}\"", kernels::run(kernel).expect("a kernel of ours"));
        assert_eq!(
            answer["Payload"]["$text"],
            expected.as_str(),
            "{kernel} computes the same everywhere"
        );
        let mut best = f64::MAX;
        for _ in 0..2 {
            let start = Instant::now();
            cloud.invoke("kernels", &event)?;
            best = best.min(ms(start));
        }
        result[kernel] = json!(best);
    }
    Ok(result)
}

// Calibration

/// Units that each kernel burns, and the milliseconds that it takes when compiled natively.
fn calibrate(dir: &Path) -> Result<Value, Box<dyn Error>> {
    let artifact = accept(&fs::read(dir.join("kernels.wasm"))?)?;
    let config = GuestConfig {
        name: String::new(),
        environment: Vec::new(),
        args: vec!["bench".into()],
        seed: 1,
        tmp: Default::default(),
        root: Default::default(),
        task: Default::default(),
        opt: Default::default(),
        limits: Limits {
            memory_bytes_max: 1 << 30,
            tmp_bytes_max: 0,
            response_bytes_max: 1 << 20,
            log_bytes_max: 1 << 20,
        },
    };
    let clock = Clock { now_ns: 0, units_per_second: 1_000_000_000, deadline_ns: u64::MAX };
    let mut guest =
        WasmiSandbox::new().start(&artifact, config).map_err(|trap| format!("{trap:?}"))?;
    guest.resume(Resume::Init, clock, u64::MAX >> 1);
    let mut rows = Vec::new();
    for kernel in ["sha256", "sort", "json", "fib", "mandelbrot"] {
        let payload: Arc<[u8]> = format!("\"{kernel}\"").into_bytes().into();
        let mut units = 0;
        for _ in 0..2 {
            // The second run: memory is there already.
            let event = Resume::Event { payload: Arc::clone(&payload), meta: Default::default() };
            let run = guest.resume(event, clock, u64::MAX >> 1);
            if !matches!(run.stop, Stop::Next { answer: Some(_) }) {
                return Err(format!("{kernel} stopped with {:?}", run.stop).into());
            }
            units = run.units;
        }
        let mut best = f64::MAX;
        for _ in 0..15 {
            let start = Instant::now();
            black_box(kernels::run(black_box(kernel)));
            best = best.min(ms(start));
        }
        rows.push(json!({ "kernel": kernel, "units": units, "nativeMs": best, "unitsPerSecond": (units as f64 / best * 1e3).round() }));
    }
    Ok(Value::Array(rows))
}
