//! Metering changes nothing: seeded random modules run plain and metered, with equal results, traps and memory.

use crate::accept::inspect;
use crate::meter;
use wasm_smith::{Config, Module as SmithModule};
use wasmi::{Caller, Engine, Error, Extern, Instance, Linker, Module, Store, Val};

/// Numbers of our own, so that a seed names a module for ever.
fn bytes(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..len).map(|_| next()).collect()
}

fn generate(seed: u64) -> Option<Vec<u8>> {
    let config = Config {
        max_imports: 0,
        export_everything: true,
        canonicalize_nans: true,
        bulk_memory_enabled: true,
        reference_types_enabled: true,
        multi_value_enabled: true,
        saturating_float_to_int_enabled: true,
        sign_extension_ops_enabled: true,
        simd_enabled: false,
        relaxed_simd_enabled: false,
        threads_enabled: false,
        tail_call_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        max_memories: 1,
        max_memory32_bytes: 4 << 20,
        max_table_elements: 1_000,
        min_funcs: 1,
        max_funcs: 12,
        allow_start_export: true,
        ..Config::default()
    };
    let data = bytes(seed, 4096);
    let mut module = SmithModule::new(config, &mut arbitrary::Unstructured::new(&data)).ok()?;
    module.ensure_termination(1_000).ok()?;
    Some(module.to_bytes())
}

/// What can be seen of a run: each exported function's outcome, then the memory.
fn observe(wasm: &[u8], metered: bool) -> Vec<String> {
    let mut config = wasmi::Config::default();
    config.set_max_recursion_depth(20_000).set_max_stack_height(16 << 20);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, wasm).expect("a validated module");
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::<()>::new(&engine);
    if metered {
        for name in [meter::IMPORT_EXHAUSTED, meter::IMPORT_OVERFLOW] {
            linker
                .func_wrap(meter::IMPORT_MODULE, name, |_: Caller<'_, ()>| -> Result<(), Error> {
                    Ok(())
                })
                .expect("two names");
        }
    }
    let instance = match linker.instantiate_and_start(&mut store, &module) {
        Ok(instance) => instance,
        Err(error) => return vec![format!("instantiate: {error}")],
    };
    let mut out = Vec::new();
    if metered
        && let Some(start) = instance.get_func(&store, meter::EXPORT_START)
        && let Err(error) = start.call(&mut store, &[], &mut [])
    {
        // The plain module's start function traps while it is made.
        return vec![format!("instantiate: {error}")];
    }
    let names: Vec<String> = instance
        .exports(&store)
        .filter(|export| !export.name().starts_with(meter::EXPORT_PREFIX))
        .filter(|export| matches!(export.ty(&store), wasmi::ExternType::Func(_)))
        .map(|export| export.name().to_owned())
        .collect();
    for name in names {
        out.push(call(&mut store, instance, &name));
    }
    let exports: Vec<(String, Extern)> = instance
        .exports(&store)
        .map(|export| (export.name().to_owned(), export.into_extern()))
        .collect();
    for (name, export) in
        exports.into_iter().filter(|(name, _)| !name.starts_with(meter::EXPORT_PREFIX))
    {
        match export {
            Extern::Memory(memory) => {
                let bytes = memory.data(&store);
                let sum = bytes
                    .iter()
                    .fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
                out.push(format!("{name}: {} bytes, {sum:x}", bytes.len()));
            }
            Extern::Global(global) => out.push(format!("{name}: {}", bits(&global.get(&store)))),
            Extern::Table(table) => out.push(format!("{name}: {} elements", table.size(&store))),
            Extern::Func(_) => {}
        }
    }
    out
}

fn call(store: &mut Store<()>, instance: Instance, name: &str) -> String {
    let function = instance.get_func(&*store, name).expect("listed");
    let ty = function.ty(&*store);
    let inputs: Vec<Val> = ty.params().iter().map(|ty| Val::default_for_ty(*ty)).collect();
    let mut outputs: Vec<Val> = ty.results().iter().map(|ty| Val::default_for_ty(*ty)).collect();
    match function.call(&mut *store, &inputs, &mut outputs) {
        Ok(()) => format!("{name}: {}", outputs.iter().map(bits).collect::<Vec<_>>().join(" ")),
        Err(error) => format!("{name}: {error}"),
    }
}

fn bits(value: &Val) -> String {
    match value {
        Val::I32(value) => format!("{value}"),
        Val::I64(value) => format!("{value}"),
        Val::F32(value) => format!("{:08x}", value.to_bits()),
        Val::F64(value) => format!("{:016x}", value.to_bits()),
        _ => "reference".to_owned(),
    }
}

#[test]
fn metering_changes_no_result() {
    let (mut compared, mut finished) = (0, 0);
    for seed in 0..400 {
        let Some(plain) = generate(seed) else { continue };
        let Ok(found) = inspect(&plain) else { panic!("seed {seed} does not validate") };
        let metered =
            meter::rewrite(&plain, &found.plans).expect("a validated module can be rewritten");
        let expected = observe(&plain, false);
        assert_eq!(observe(&metered, true), expected, "seed {seed}");
        compared += 1;
        finished += expected.iter().filter(|line| !line.contains("unreachable")).count();
    }
    assert!(compared > 200, "only {compared} modules were made");
    assert!(finished > 500, "only {finished} results were seen");
}
