//! What is kept of an execution that has ended.

use super::data::Data;
use super::execution::Execution;
use std::collections::VecDeque;
use std::sync::OnceLock;

impl Execution {
    /// Keeps what it was given and what it gave as text alone. For one that has ended and is kept to be looked at: there may be
    /// thousands, and all that is shown of their data is text.
    pub fn keep_texts(&mut self) {
        /// Places where one copy is held follow each other closely: a state's output is the next one's input.
        const KNOWN_MAX: usize = 4;
        let (mut written, mut known) = (String::new(), VecDeque::with_capacity(KNOWN_MAX));
        let mut keep = |data: &mut Data| {
            if let Some((_, text)) = known.iter().find(|(copy, _)| data.is_same(copy)) {
                *data = Data::clone(text);
                return;
            }
            let text = data.as_text(&mut written);
            let copy = std::mem::replace(data, text.clone());
            known.truncate(KNOWN_MAX - 1);
            known.push_front((copy, text));
        };
        keep(&mut self.start.input);
        self.start.map_item.iter_mut().for_each(|item| keep(&mut item.value));
        self.output.iter_mut().for_each(&mut keep);
        let shown = self.history.iter_mut().flat_map(|event| event.details.data_mut());
        shown.flatten().for_each(keep);
        self.history.shrink_to_fit();
        self.context = OnceLock::new();
    }
}
