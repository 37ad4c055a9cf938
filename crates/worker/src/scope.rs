//! The Worker's global scope: what comes in, what goes out, and when to work next.

use coldstart_protocol::{FromWorker, decode_to_worker, encode};
use coldstart_sandbox::{TieredSandbox, WasmiSandbox};
use coldstart_webassembly::HostWebAssembly;
use coldstart_worker::{CommandGauge, Host, Next, Outgoing};
use js_sys::{Array, ArrayBuffer, JsString, Object, Reflect, Uint8Array};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use wasm_bindgen::prelude::{Closure, JsValue};
use wasm_bindgen::{JsCast, throw_str};
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent, MessagePort, Performance};

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// The build's name: from the start-up script, the Worker's address, or the compiler's environment.
fn build_id() -> String {
    let global = Reflect::get(&scope(), &"COLDSTART_BUILD_ID".into())
        .ok()
        .and_then(|value| value.as_string());
    global
        .or_else(|| {
            let search = scope().location().search();
            let mut pairs = search.trim_start_matches('?').split('&');
            pairs.find_map(|pair| pair.strip_prefix("build=")).map(str::to_owned)
        })
        .or_else(|| option_env!("COLDSTART_BUILD_ID").map(str::to_owned))
        .unwrap_or_else(|| "development".into())
}

/// The module of a language's runtime, fetched now; none when this build has none of that name, as in a development build.
fn runtime(name: &str) -> Option<Vec<u8>> {
    let get = Reflect::get(&scope(), &"COLDSTART_RUNTIME".into()).ok()?;
    let get = get.dyn_into::<js_sys::Function>().ok()?;
    match get.call1(&JsValue::UNDEFINED, &name.into()) {
        Ok(bytes) => bytes.dyn_into::<Uint8Array>().ok().map(|bytes| bytes.to_vec()),
        // As with a part that cannot be loaded: the page says so, and a new Worker tries again.
        Err(error) => wasm_bindgen::throw_val(error),
    }
}

fn post(messages: &[FromWorker], buffers: &[Vec<u8>]) {
    if messages.is_empty() {
        return;
    }
    let transfer = Array::new();
    for buffer in buffers {
        transfer.push(&Uint8Array::from(buffer.as_slice()).buffer());
    }
    let data = Object::new();
    // Setting a member of a fresh plain object cannot fail.
    let _ = Reflect::set(&data, &"json".into(), &encode(messages).into());
    let _ = Reflect::set(&data, &"buffers".into(), &transfer);
    if let Err(error) = scope().post_message_with_transfer(&data, &transfer) {
        wasm_bindgen::throw_val(error);
    }
}

/// The page is told what broke, then this Worker is of no more use.
fn report_panics(gauge: CommandGauge) {
    std::panic::set_hook(Box::new(move |info| {
        let message = FromWorker::Panicked { message: info.to_string(), command: gauge.get() };
        post(&[message], &[]);
    }));
}

/// `{json, buffers}` as Rust has it; none when it is no message of ours.
fn read(data: &JsValue) -> Option<(String, Vec<Vec<u8>>)> {
    let json = Reflect::get(data, &"json".into()).ok()?.dyn_into::<JsString>().ok()?;
    let buffers = Reflect::get(data, &"buffers".into()).ok();
    let buffers = buffers
        .filter(|value| value.is_object())
        .map(|value| Array::from(&value))
        .unwrap_or_default();
    let bytes = |value: JsValue| {
        let buffer = value.dyn_into::<ArrayBuffer>().map(|buffer| Uint8Array::new(&buffer));
        buffer.or_else(JsCast::dyn_into::<Uint8Array>).map(|view| view.to_vec()).unwrap_or_default()
    };
    Some((json.into(), buffers.iter().map(bytes).collect()))
}

struct Pump {
    host: Host,
    performance: Performance,
    /// A message to ourselves: it comes after those that already wait.
    wake: MessagePort,
    woken: bool,
    /// The timer, and when it is due.
    timer: Option<(i32, f64)>,
    on_timer: Option<Closure<dyn FnMut()>>,
}

impl Pump {
    fn wake(&mut self) {
        if !self.woken {
            self.woken = true;
            let _ = self.wake.post_message(&JsValue::NULL);
        }
    }

    fn pump(&mut self) {
        let performance = self.performance.clone();
        let next = self.host.pump(&mut || performance.now());
        self.send();
        match next {
            Next::Now => self.wake(),
            Next::After(ms) => self.wake_after(ms),
            Next::Idle => {}
        }
    }

    /// What the host has to say, in as few posts as its buffers allow.
    fn send(&mut self) {
        let mut together = Vec::new();
        while let Some(Outgoing { message, buffers }) = self.host.poll_message() {
            if buffers.is_empty() {
                together.push(message);
            } else {
                post(&std::mem::take(&mut together), &[]);
                post(&[message], &buffers);
            }
        }
        post(&together, &[]);
    }

    /// A timer that is due by then is left as it is: a pump that comes too early does no harm, and between commands
    /// that follow one another it would be set anew each time.
    fn wake_after(&mut self, ms: f64) {
        let Some(on_timer) = &self.on_timer else { return };
        // Rounded up, or the flush that is due would be asked for too early, again and again.
        let ms = ms.ceil().clamp(0.0, 60_000.0);
        let due_ms = self.performance.now() + ms;
        if let Some((timer, earlier_ms)) = self.timer {
            if earlier_ms <= due_ms {
                return;
            }
            scope().clear_timeout_with_handle(timer);
        }
        let callback = on_timer.as_ref().unchecked_ref();
        let timer =
            scope().set_timeout_with_callback_and_timeout_and_arguments_0(callback, ms as i32).ok();
        self.timer = timer.map(|timer| (timer, due_ms));
    }
}

/// Sets the scope's `onmessage` and says `Ready`.
pub(crate) fn start() {
    let Some(performance) = scope().performance() else {
        throw_str("this Worker has no performance.now()")
    };
    let Ok(channel) = MessageChannel::new() else { throw_str("this Worker has no MessageChannel") };
    let wasmi = WasmiSandbox::with_runtimes(runtime);
    let sandbox = TieredSandbox::new(wasmi, Box::new(HostWebAssembly::new()));
    #[allow(clippy::arc_with_non_send_sync, reason = "engines share it, threads do not")]
    let host = Host::new(Arc::new(sandbox), build_id());
    report_panics(host.gauge());
    let pump = Pump {
        host,
        performance,
        wake: channel.port2(),
        woken: false,
        timer: None,
        on_timer: None,
    };
    let pump = Rc::new(RefCell::new(pump));

    let on_timer = Closure::<dyn FnMut()>::new({
        let pump = Rc::clone(&pump);
        move || {
            let mut pump = pump.borrow_mut();
            pump.timer = None;
            pump.pump();
        }
    });
    let on_wake = Closure::<dyn FnMut()>::new({
        let pump = Rc::clone(&pump);
        move || {
            let mut pump = pump.borrow_mut();
            pump.woken = false;
            pump.pump();
        }
    });
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new({
        let pump = Rc::clone(&pump);
        move |event: MessageEvent| {
            let Some((json, buffers)) = read(&event.data()) else {
                throw_str("a message is {json, buffers}")
            };
            let messages = match decode_to_worker(&json) {
                Ok(messages) => messages,
                Err(fault) => throw_str(&fault.to_string()),
            };
            let mut pump = pump.borrow_mut();
            let now_ms = pump.performance.now();
            let mut buffers = Some(buffers);
            for message in messages {
                pump.host.handle(message, buffers.take().unwrap_or_default(), now_ms);
            }
            // An engine that rests answers at once; one that works hears this between two slices.
            if pump.woken {
                pump.send();
            } else {
                pump.pump();
            }
        }
    });
    channel.port1().set_onmessage(Some(on_wake.as_ref().unchecked_ref()));
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // They live as long as the Worker.
    on_wake.forget();
    on_message.forget();
    let mut pump = pump.borrow_mut();
    pump.on_timer = Some(on_timer);
    pump.send();
    pump.wake();
}
