//! Metering changes nothing: seeded random modules run plain and metered in both forms, with equal results, traps and memory; and both forms
//! count the same.

use crate::accept::inspect;
use crate::meter;
use wasm_smith::{Config, Module as SmithModule};
use wasmi::{Caller, Engine, Error, Extern, Global, Instance, Linker, Module, Store, Val};

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

/// Units at the beginning of each call, and whenever there are none left.
const SLICE: i64 = 500;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Metered,
    /// For compilers.
    Threaded,
}

/// What the meter showed: what was left whenever it was exhausted, and behind each call whose units are known.
type Counts = Vec<i64>;

fn define_meter(linker: &mut Linker<Counts>, form: Form) {
    let exhausted = (meter::IMPORT_MODULE, meter::IMPORT_EXHAUSTED);
    let defined = match form {
        Form::Plain => return,
        Form::Metered => {
            linker.func_wrap(exhausted.0, exhausted.1, |mut caller: Caller<'_, Counts>| {
                let left = caller.get_export(meter::EXPORT_LEFT).and_then(Extern::into_global);
                let left = left.expect("the meter's");
                let value = left.get(&caller).i64().expect("a long");
                caller.data_mut().push(value);
                left.set(&mut caller, Val::I64(SLICE)).expect("it can change");
            })
        }
        Form::Threaded => linker.func_wrap(
            exhausted.0,
            exhausted.1,
            |mut caller: Caller<'_, Counts>, left: i64| -> i64 {
                caller.data_mut().push(left);
                SLICE
            },
        ),
    };
    defined.expect("a new name");
    let overflow = |_: Caller<'_, Counts>| -> Result<(), Error> { Ok(()) };
    linker.func_wrap(meter::IMPORT_MODULE, meter::IMPORT_OVERFLOW, overflow).expect("a new name");
}

/// What can be seen of a run: each exported function's outcome, then the memory.
fn observe(wasm: &[u8], form: Form) -> (Vec<String>, Counts) {
    let mut config = wasmi::Config::default();
    config.set_max_recursion_depth(20_000).set_max_stack_height(16 << 20);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, wasm).expect("a validated module");
    let mut store = Store::new(&engine, Counts::new());
    let mut linker = Linker::<Counts>::new(&engine);
    define_meter(&mut linker, form);
    let instance = match linker.instantiate_and_start(&mut store, &module) {
        Ok(instance) => instance,
        Err(error) => return (vec![format!("instantiate: {error}")], Counts::new()),
    };
    let mut out = Vec::new();
    let left = instance.get_global(&store, meter::EXPORT_LEFT);
    if form != Form::Plain
        && let Some(start) = instance.get_func(&store, meter::EXPORT_START)
        && let Err(error) = start.call(&mut store, &[], &mut [])
    {
        // The plain module's start function traps while it is made.
        return (vec![format!("instantiate: {error}")], Counts::new());
    }
    let names: Vec<String> = instance
        .exports(&store)
        .filter(|export| !export.name().starts_with(meter::EXPORT_PREFIX))
        .filter(|export| matches!(export.ty(&store), wasmi::ExternType::Func(_)))
        .map(|export| export.name().to_owned())
        .collect();
    for name in names {
        out.push(call(&mut store, instance, &name, left));
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
    (out, store.into_data())
}

fn call(store: &mut Store<Counts>, instance: Instance, name: &str, left: Option<Global>) -> String {
    let function = instance.get_func(&*store, name).expect("listed");
    let ty = function.ty(&*store);
    let inputs: Vec<Val> = ty.params().iter().map(|ty| Val::default_for_ty(*ty)).collect();
    let mut outputs: Vec<Val> = ty.results().iter().map(|ty| Val::default_for_ty(*ty)).collect();
    if let Some(left) = left {
        left.set(&mut *store, Val::I64(SLICE)).expect("it can change");
    }
    let result = function.call(&mut *store, &inputs, &mut outputs);
    // At other traps the form for compilers has lost count.
    let is_known =
        result.as_ref().err().is_none_or(|error| error.to_string().contains("unreachable"));
    let seen = match result {
        Ok(()) => format!("{name}: {}", outputs.iter().map(bits).collect::<Vec<_>>().join(" ")),
        Err(error) => format!("{name}: {error}"),
    };
    if let (true, Some(left)) = (is_known, left) {
        let value = left.get(&*store).i64().expect("a long");
        store.data_mut().push(value);
    }
    seen
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
    let (mut compared, mut finished, mut counted) = (0, 0, 0);
    for seed in 0..400 {
        let Some(plain) = generate(seed) else { continue };
        let Ok(found) = inspect(&plain) else { panic!("seed {seed} does not validate") };
        let metered =
            meter::rewrite(&plain, &found.plans).expect("a validated module can be rewritten");
        let threaded =
            meter::threaded(&plain, &found.plans).expect("a validated module can be rewritten");
        let (expected, _) = observe(&plain, Form::Plain);
        let (seen, counts) = observe(&metered, Form::Metered);
        assert_eq!(seen, expected, "seed {seed}");
        assert_eq!(observe(&threaded, Form::Threaded), (seen, counts.clone()), "seed {seed}");
        counted += counts.len();
        compared += 1;
        finished += expected.iter().filter(|line| !line.contains("unreachable")).count();
    }
    assert!(compared > 200, "only {compared} modules were made");
    assert!(finished > 500, "only {finished} results were seen");
    assert!(counted > 1_000, "only {counted} counts were seen");
}
