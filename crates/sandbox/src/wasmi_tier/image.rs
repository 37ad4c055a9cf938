//! Copies of guests that wait for an event: what of an instance is its state, read and written.

use super::WasmiInstance;
use crate::Trap;
use crate::host::Log;
use crate::meter;
use crate::snapshot::{Image, Number, Parts, non_zero};
use std::sync::Arc;
use wasmi::{F32, F64, Val};

impl WasmiInstance {
    /// Of one that has no stack, and no state that cannot be read.
    pub(super) fn image(&self, pending: bool) -> Image {
        let memory = self.store.data().memory;
        let mut host = self.store.data().host.clone();
        // What it has logged, it has logged once.
        host.log = Log::default();
        let parts = Parts {
            pages: memory.map_or(0, |memory| memory.size(&self.store)),
            memory: memory.map_or(Vec::new(), |memory| non_zero(memory.data(&self.store))),
            globals: self.globals(),
            pending,
            host,
        };
        Image(Arc::new(parts))
    }

    fn globals(&self) -> Vec<(String, Number)> {
        let exports = self.instance.exports(&self.store);
        let globals = exports.filter_map(|export| {
            let name = export.name();
            let wanted = name.starts_with(meter::EXPORT_GLOBAL) || name == meter::EXPORT_DEPTH;
            let global = export.clone().into_global().filter(|_| wanted)?;
            let number = match global.get(&self.store) {
                Val::I32(value) => Number::I32(value),
                Val::I64(value) => Number::I64(value),
                Val::F32(value) => Number::F32(value.to_bits()),
                Val::F64(value) => Number::F64(value.to_bits()),
                _ => return None,
            };
            Some((name.to_owned(), number))
        });
        globals.collect()
    }

    /// Becomes what the image is of; nothing of it has run yet.
    pub(super) fn become_copy(&mut self, image: &Image) -> Result<(), Trap> {
        let parts = &image.0;
        if let Some(memory) = self.store.data().memory {
            let initial = memory.data_size(&self.store);
            let more = parts.pages.saturating_sub(memory.size(&self.store));
            if more > 0 && memory.grow(&mut self.store, more).is_err() {
                return Err(Trap::OutOfMemory);
            }
            let bytes = memory.data_mut(&mut self.store);
            let mut zeroed = 0;
            for (at, run) in &parts.memory {
                clear(bytes, zeroed, *at, initial);
                zeroed = at + run.len();
                bytes.get_mut(*at..zeroed).ok_or(Trap::OutOfMemory)?.copy_from_slice(run);
            }
            clear(bytes, zeroed, initial, initial);
        }
        for (name, number) in &parts.globals {
            let value = match *number {
                Number::I32(value) => Val::I32(value),
                Number::I64(value) => Val::I64(value),
                Number::F32(bits) => Val::F32(F32::from_bits(bits)),
                Number::F64(bits) => Val::F64(F64::from_bits(bits)),
            };
            let global = self.instance.get_global(&self.store, name);
            let set = global.is_some_and(|global| global.set(&mut self.store, value).is_ok());
            if !set {
                return Err(Trap::Other(format!(
                    "a copy has a global {name}, the module has none"
                )));
            }
        }
        Ok(())
    }
}

/// Zeros from `from` to `to`, as far as that is memory that an instance begins with: its data segments are there, while what memory
/// has grown by is zero.
fn clear(bytes: &mut [u8], from: usize, to: usize, initial: usize) {
    if let Some(gap) = bytes.get_mut(from..to.min(initial)) {
        gap.fill(0);
    }
}
