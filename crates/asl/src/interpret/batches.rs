//! What the next execution of a map run gets: an item through its selector, or a batch of them.
//!
//! Source: "ItemSelector" and "ItemBatcher" in the developer guide.

use super::data::Data;
use super::data_flow::Surroundings;
use super::distributed::{MapRunWork, Ready, Stop};
use super::execution::{Execution, MapItem};
use super::items::Next;
use super::machine::{MapState, State};
use super::map::select_item;
use super::run::around;
use serde_json::{Map, Value};

impl Execution {
    /// Reads as many items as the next execution gets. Gives what has to be asked for first.
    pub(super) fn gather(
        &mut self,
        work: &mut MapRunWork,
        state: &State,
        map: &MapState,
    ) -> Result<Option<Value>, Stop> {
        let mut batch: Vec<Value> = Vec::new();
        let mut bytes = 0_u64;
        // What a batch has around its items.
        const AROUND: u64 = 16;
        loop {
            let item = match work.held.take() {
                Some(item) => item,
                None if work.items_read >= work.max_items => break,
                None => {
                    let Some(source) = &mut work.source else { return Ok(None) };
                    match source.next().map_err(Stop::Reader)? {
                        Next::Item(item) => {
                            let index = work.items_read;
                            work.items_read += 1;
                            let item = self.select(work, state, map, index, item)?;
                            if map.batcher.is_none() {
                                work.ready = Some(item);
                                return Ok(None);
                            }
                            item.input.into_value()
                        }
                        Next::Ask(request) => {
                            // What was gathered so far waits in an execution of its own.
                            if batch.is_empty() {
                                return Ok(Some(request));
                            }
                            break;
                        }
                        Next::End => break,
                    }
                }
            };
            let size = Data::new(item.clone()).bytes() as u64 + 1;
            if !batch.is_empty() && bytes + size + AROUND > work.batch_bytes {
                work.held = Some(item);
                break;
            }
            bytes += size;
            batch.push(item);
            if work.batch_items.is_some_and(|most| batch.len() as u64 >= most) {
                break;
            }
        }
        if batch.is_empty() {
            work.is_exhausted = true;
            return Ok(None);
        }
        let items = batch.len() as u64;
        let mut input = Map::new();
        if let Some(template) = map.batcher.as_ref().and_then(|batcher| batcher.input.as_ref()) {
            let taken = self.take(work.frame, state);
            let around = around!(self, taken);
            let mut scene = around.scene(&work.effective, &taken.input);
            input.insert("BatchInput".to_owned(), template.fill(&mut scene).map_err(Stop::Fault)?);
        }
        input.insert("Items".to_owned(), Value::Array(batch));
        work.ready =
            Some(Ready { input: Data::new(Value::Object(input)), item: None, items, before: None });
        Ok(None)
    }

    /// What an item becomes through the item selector.
    fn select(
        &mut self,
        work: &MapRunWork,
        state: &State,
        map: &MapState,
        index: u64,
        item: Value,
    ) -> Result<Ready, Stop> {
        let value = Data::new(item);
        let input = match &map.item_selector {
            None => value.clone(),
            Some(_) => {
                let in_context = MapItem { index, value: value.clone() };
                let outer = self.frames[work.frame].item.replace(in_context);
                let taken = self.take_for_item(work.frame, state, map);
                self.frames[work.frame].item = outer;
                select_item(map, &value, &taken, &work.effective, around!(self, taken))
                    .map_err(Stop::Fault)?
            }
        };
        Ok(Ready { input, item: Some(MapItem { index, value }), items: 1, before: None })
    }
}
