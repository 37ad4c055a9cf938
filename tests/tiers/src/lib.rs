//! Both tiers of the sandbox side by side. `run.mjs` loads this as a module in Node.
#![cfg(target_arch = "wasm32")]

pub mod cloud;
pub mod random;

use coldstart_sandbox::{
    Sandbox, Tier, TierChoice, TieredSandbox, WasmiSandbox, WebAssembly, WebAssemblyInstance,
};
use coldstart_webassembly::HostWebAssembly;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use wasm_bindgen::prelude::wasm_bindgen;

/// How guests run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// On the interpreter, by itself: what all others must be equal to.
    Wasmi,
    /// On the host's own from the beginning.
    WebAssembly,
    /// To and fro: wasmi, the host's own from the first event on, and wasmi again from the second.
    Switching,
    /// On a host's own whose clock runs away, so that each run of some length is done again on wasmi.
    Hurried,
}

impl Way {
    pub(crate) fn of(name: &str) -> Self {
        match name {
            "WebAssembly" => Self::WebAssembly,
            "switching" => Self::Switching,
            "hurried" => Self::Hurried,
            _ => Self::Wasmi,
        }
    }

    pub(crate) fn sandbox(self) -> Arc<dyn Sandbox> {
        match self {
            Self::Wasmi => WASMI.with(|sandbox| sandbox.clone() as Arc<dyn Sandbox>),
            Self::WebAssembly | Self::Switching => {
                TIERED.with(|sandbox| sandbox.clone() as Arc<dyn Sandbox>)
            }
            Self::Hurried => HURRIED.with(|sandbox| sandbox.clone() as Arc<dyn Sandbox>),
        }
    }

    /// Chooses the tier before the event of this number; init code is number 0.
    pub(crate) fn choose(self, sandbox: &dyn Sandbox, name: &str, event: usize) {
        let tier = match self {
            Self::Switching if event.is_multiple_of(2) => Tier::Wasmi,
            _ => Tier::WebAssembly,
        };
        sandbox.choose_tier(name, TierChoice::Always(tier));
    }
}

/// Time flies.
struct Hurried(HostWebAssembly, Cell<f64>);

impl WebAssembly for Hurried {
    fn instantiate(
        &self,
        key: &str,
        bytes: &dyn Fn() -> Vec<u8>,
    ) -> Option<Rc<dyn WebAssemblyInstance>> {
        self.0.instantiate(key, bytes)
    }

    fn now_ms(&self) -> f64 {
        self.1.set(self.1.get() + 1e6);
        self.1.get()
    }
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn error(text: &str);
}

/// A panic is told before it becomes a trap.
#[wasm_bindgen(start)]
fn start() {
    std::panic::set_hook(Box::new(|info| error(&info.to_string())));
}

thread_local! {
    pub(crate) static RUNTIME: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    #[allow(clippy::arc_with_non_send_sync, reason = "engines want an Arc")]
    static WASMI: Arc<WasmiSandbox> = Arc::new(WasmiSandbox::with_runtimes(runtime));
    #[allow(clippy::arc_with_non_send_sync, reason = "engines want an Arc")]
    static TIERED: Arc<TieredSandbox> = Arc::new(TieredSandbox::new(
        WasmiSandbox::with_runtimes(runtime),
        Box::new(HostWebAssembly::new()),
    ));
    #[allow(clippy::arc_with_non_send_sync, reason = "engines want an Arc")]
    static HURRIED: Arc<TieredSandbox> = Arc::new(TieredSandbox::new(
        WasmiSandbox::with_runtimes(runtime),
        Box::new(Hurried(HostWebAssembly::new(), Cell::new(0.0))),
    ));
}

fn runtime(_: &str) -> Option<Vec<u8>> {
    RUNTIME.with_borrow(|runtime| (!runtime.is_empty()).then(|| runtime.clone()))
}
