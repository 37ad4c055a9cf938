//! Where a rule looks: the way to a value, in two spellings.

/// A value's place in the document.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    /// As a JSON pointer: `/States/C/Choices/0/Next`.
    pub(super) pointer: String,
    /// As AWS writes it: `/States/C/Choices[0]/Next`. Names are not escaped.
    pub(super) location: String,
}

impl Place {
    /// A member of the object here.
    pub(super) fn child(&self, name: &str) -> Place {
        let escaped = name.replace('~', "~0").replace('/', "~1");
        Place {
            pointer: format!("{}/{escaped}", self.pointer),
            location: format!("{}/{name}", self.location),
        }
    }

    /// An element of the array here.
    pub(super) fn item(&self, index: usize) -> Place {
        Place {
            pointer: format!("{}/{index}", self.pointer),
            location: format!("{}[{index}]", self.location),
        }
    }

    /// The document itself is `/` in both spellings.
    pub(super) fn or_root(self) -> Place {
        let root = |text: String| if text.is_empty() { "/".to_owned() } else { text };
        Place { pointer: root(self.pointer), location: root(self.location) }
    }
}
