//! What the meter costs on plain wasmi: the kernels, unmetered and metered, in turns.

use crate::ms;
use serde_json::{Value, json};
use std::error::Error;
use std::time::Instant;
use wasmi::{Caller, Engine, Extern, Instance, Linker, Module, Store, TypedFunc, Val};

const KERNELS: [&str; 7] = ["sha256", "sort", "json", "fib", "mandelbrot", "matrix", "distance"];
/// More than any kernel burns.
const PLENTY: i64 = 1 << 40;
const TURNS: usize = 5;

struct Guest {
    store: Store<()>,
    instance: Instance,
}

impl Guest {
    fn new(module: &[u8]) -> Result<Self, wasmi::Error> {
        let engine = Engine::default();
        let module = Module::new(&engine, module)?;
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        linker.func_wrap("lambda", "respond", |_: i32, _: i32| 0_i32)?;
        linker.func_wrap("meter", "overflow", || {})?;
        linker.func_wrap("meter", "exhausted", |mut caller: Caller<'_, ()>| {
            if let Some(left) = caller.get_export("meter.left").and_then(Extern::into_global) {
                // It is the meter's, and can change.
                let _ = left.set(&mut caller, Val::I64(PLENTY));
            }
        })?;
        let instance = linker.instantiate_and_start(&mut store, &module)?;
        Ok(Self { store, instance })
    }

    fn run(&mut self, kernel: &str) -> Result<(), Box<dyn Error>> {
        let event = format!("\"{kernel}\"");
        let length = event.len() as i32;
        let store = &mut self.store;
        let alloc: TypedFunc<i32, i32> = self.instance.get_typed_func(&*store, "lambda_alloc")?;
        let handler: TypedFunc<(i32, i32), i32> =
            self.instance.get_typed_func(&*store, "lambda_handler")?;
        let at = alloc.call(&mut *store, length)?;
        let memory = self.instance.get_memory(&*store, "memory").ok_or("no memory")?;
        memory.write(&mut *store, at as usize, event.as_bytes())?;
        handler.call(&mut *store, (at, length))?;
        Ok(())
    }
}

/// Milliseconds of each kernel, the best of some turns: `{"fib": {"plain": 1.0, "metered": 1.5}, …}`.
pub(crate) fn round(plain: &[u8], metered: &[u8]) -> Result<Value, Box<dyn Error>> {
    let mut guests = [Guest::new(plain)?, Guest::new(metered)?];
    let mut rows = serde_json::Map::new();
    for kernel in KERNELS {
        let mut best = [f64::MAX; 2];
        for _ in 0..TURNS {
            for (guest, best) in guests.iter_mut().zip(&mut best) {
                let start = Instant::now();
                guest.run(kernel)?;
                *best = best.min(ms(start));
            }
        }
        rows.insert(kernel.to_owned(), json!({ "plain": best[0], "metered": best[1] }));
    }
    Ok(Value::Object(rows))
}
