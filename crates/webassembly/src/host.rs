//! The tier's side of the JavaScript API.

use coldstart_sandbox::{WebAssembly, WebAssemblyInstance};
use js_sys::WebAssembly::{Global, Instance, Memory, Module};
use js_sys::{Array, BigInt, Function, Object, Reflect, Uint8Array};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

/// Compiled modules that are kept for the next cold start.
const COMPILED_MAX: usize = 16;
/// Under which a metered module exports its memory.
const MEMORY: &str = "meter.memory";
/// Under which it exports what is left in the meter.
const LEFT: &str = "meter.left";

/// What an instance of the glue calls; see [`coldstart_sandbox::import`]. Exported plainly, so that one module calls the other without a turn
/// through JavaScript.
#[allow(unsafe_code, clippy::too_many_arguments)]
#[unsafe(no_mangle)]
pub(crate) extern "C" fn coldstart_guest_import(
    index: u32,
    a: i64,
    b: i64,
    c: i64,
    d: i64,
    e: i64,
    f: i64,
    g: i64,
    h: i64,
    i: i64,
) -> i64 {
    coldstart_sandbox::import(index, [a, b, c, d, e, f, g, h, i])
}

/// See [`coldstart_sandbox::is_halted`].
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub(crate) extern "C" fn coldstart_guest_halted() -> u32 {
    u32::from(coldstart_sandbox::is_halted())
}

/// The JavaScript engine's own. Keeps compiled modules, most recently used first.
#[derive(Default)]
pub struct HostWebAssembly {
    compiled: RefCell<VecDeque<(String, Module)>>,
    /// What guests import, by the names of modules and functions: made when first needed.
    imports: RefCell<Option<Object>>,
}

impl HostWebAssembly {
    /// With nothing compiled.
    pub fn new() -> Self {
        Self::default()
    }

    fn compiled(&self, key: &str, bytes: &dyn Fn() -> Vec<u8>) -> Result<Module, JsValue> {
        let mut compiled = self.compiled.borrow_mut();
        if let Some(at) = compiled.iter().position(|(known, _)| known == key)
            && let Some(entry) = compiled.remove(at)
        {
            let module = entry.1.clone();
            compiled.push_front(entry);
            return Ok(module);
        }
        let module = Module::new(&Uint8Array::from(&bytes()[..]).into())?;
        compiled.push_front((key.to_owned(), module.clone()));
        compiled.truncate(COMPILED_MAX);
        Ok(module)
    }

    fn imports(&self) -> Result<Object, JsValue> {
        if let Some(imports) = &*self.imports.borrow() {
            return Ok(imports.clone());
        }
        let ours = wasm_bindgen::exports();
        let host = Object::new();
        for (name, export) in
            [("import", "coldstart_guest_import"), ("halted", "coldstart_guest_halted")]
        {
            Reflect::set(&host, &name.into(), &Reflect::get(&ours, &export.into())?)?;
        }
        let given = Object::new();
        Reflect::set(&given, &"host".into(), &host)?;
        let module = Module::new(&Uint8Array::from(&coldstart_sandbox::glue()[..]).into())?;
        let glue = Instance::new(&module, &given)?.exports();
        let imports = Object::new();
        for entry in Object::entries(&glue).iter() {
            let entry: Array = entry.unchecked_into();
            let name = entry.get(0).as_string().unwrap_or_default();
            let Some((space, name)) = name.split_once('.') else { continue };
            let mut of_space = Reflect::get(&imports, &space.into())?;
            if !of_space.is_object() {
                of_space = Object::new().into();
                Reflect::set(&imports, &space.into(), &of_space)?;
            }
            Reflect::set(&of_space, &name.into(), &entry.get(1))?;
        }
        *self.imports.borrow_mut() = Some(imports.clone());
        Ok(imports)
    }
}

impl WebAssembly for HostWebAssembly {
    fn instantiate(
        &self,
        key: &str,
        bytes: &dyn Fn() -> Vec<u8>,
    ) -> Option<Rc<dyn WebAssemblyInstance>> {
        let module = self.compiled(key, bytes).ok()?;
        let instance = Instance::new(&module, &self.imports().ok()?).ok()?;
        Some(Rc::new(HostInstance::of(&instance)?))
    }

    fn now_ms(&self) -> f64 {
        now()
    }
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;

    /// A global of 64 bits: its value passes as it is.
    type LongGlobal;
    #[wasm_bindgen(method, getter)]
    fn value(this: &LongGlobal) -> i64;
    #[wasm_bindgen(method, setter)]
    fn set_value(this: &LongGlobal, value: i64);

    /// A `Uint8Array` that may be longer than 32 bits can tell.
    #[wasm_bindgen(js_name = Uint8Array)]
    type Bytes;
    #[wasm_bindgen(constructor, js_class = Uint8Array)]
    fn new(buffer: &JsValue) -> Bytes;
    #[wasm_bindgen(method, getter)]
    fn length(this: &Bytes) -> f64;
    #[wasm_bindgen(method)]
    fn subarray(this: &Bytes, from: f64, to: f64) -> Uint8Array;
}

fn message_of(error: &JsValue) -> String {
    let message = Reflect::get(error, &"message".into()).ok().and_then(|text| text.as_string());
    message.unwrap_or_else(|| "the module could not be run".to_owned())
}

struct HostInstance {
    functions: BTreeMap<String, Function>,
    globals: BTreeMap<String, Global>,
    left: LongGlobal,
    memory: Option<Memory>,
    /// On all of memory; of no length once memory has grown.
    view: RefCell<Option<Bytes>>,
}

impl HostInstance {
    fn of(instance: &Instance) -> Option<Self> {
        let (mut functions, mut globals) = (BTreeMap::new(), BTreeMap::new());
        let (mut memory, mut left) = (None, None);
        for entry in Object::entries(&instance.exports()).iter() {
            let entry: Array = entry.unchecked_into();
            let (name, export) = (entry.get(0).as_string().unwrap_or_default(), entry.get(1));
            if let Some(function) = export.dyn_ref::<Function>() {
                functions.insert(name, function.clone());
            } else if name == LEFT {
                left = Some(export.unchecked_into::<LongGlobal>());
            } else if let Some(global) = export.dyn_ref::<Global>() {
                globals.insert(name, global.clone());
            } else if name == MEMORY {
                memory = export.dyn_ref::<Memory>().cloned();
            }
        }
        let view = RefCell::new(None);
        // A module without it has no code, and is not worth the trouble.
        Some(Self { functions, globals, left: left?, memory, view })
    }

    /// Calls `f` with all of memory, if there is one.
    fn with_view<R>(&self, f: impl FnOnce(&Bytes) -> R) -> Option<R> {
        let memory = self.memory.as_ref()?;
        let mut view = self.view.borrow_mut();
        if let Some(view) = view.as_ref().filter(|view| view.length() > 0.0) {
            return Some(f(view));
        }
        Some(f(view.insert(Bytes::new(&memory.buffer()))))
    }

    fn bytes(&self, at: u32, len: usize) -> Option<Uint8Array> {
        let (from, to) = (f64::from(at), f64::from(at) + len as f64);
        self.with_view(|view| view.subarray(from, to))
    }
}

impl WebAssemblyInstance for HostInstance {
    fn exports(&self, function: &str) -> bool {
        self.functions.contains_key(function)
    }

    fn call(&self, function: &str, args: &[i32]) -> Result<i32, String> {
        let Some(function) = self.functions.get(function) else {
            return Err("there is no such function".to_owned());
        };
        let args: Array = args.iter().map(|arg| JsValue::from(*arg)).collect();
        let value = function.apply(&JsValue::UNDEFINED, &args);
        value
            .map(|value| value.as_f64().map_or(0, |value| value as i32))
            .map_err(|error| message_of(&error))
    }

    fn memory_size(&self) -> Option<u64> {
        self.with_view(|view| view.length() as u64)
    }

    fn read(&self, at: u32, into: &mut [u8]) {
        if let Some(bytes) = self.bytes(at, into.len()) {
            bytes.copy_to(into);
        }
    }

    fn write(&self, at: u32, bytes: &[u8]) {
        if let Some(place) = self.bytes(at, bytes.len()) {
            place.copy_from(bytes);
        }
    }

    fn grow(&self, pages: u64) -> bool {
        let grow = |memory: &Memory| {
            let grow = Reflect::get(memory, &"grow".into()).ok()?.dyn_into::<Function>().ok()?;
            grow.call1(memory, &JsValue::from(pages as f64)).ok()
        };
        self.memory.as_ref().and_then(grow).is_some()
    }

    fn left(&self) -> i64 {
        self.left.value()
    }

    fn set_left(&self, units: i64) {
        self.left.set_value(units);
    }

    fn integer(&self, name: &str) -> Option<i64> {
        let value = self.globals.get(name)?.value();
        match value.as_f64() {
            Some(number) => Some(number as i64),
            None => i64::try_from(value.dyn_into::<BigInt>().ok()?).ok(),
        }
    }

    fn set_integer(&self, name: &str, value: i64) -> bool {
        let Some(global) = self.globals.get(name) else { return false };
        let is_long = global.value().is_bigint();
        let value = if is_long { BigInt::from(value).into() } else { JsValue::from(value as i32) };
        // It can change: those that cannot are not exported by the meter.
        Reflect::set(global, &"value".into(), &value).unwrap_or(false)
    }
}
