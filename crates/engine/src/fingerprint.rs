//! 128 bits that stand for everything that happened, at about the cost of reading it.
//!
//! Nobody gains by two histories with one fingerprint: who sends a link says what its commands are and what they led to. So it
//! need not withstand an attack, only chance, and SHA-256 of every fact would cost more than the facts themselves
//! (docs/adr/0006). It is written out here because links must replay alike for ever.
//!
//! A word is spread over 64 bits and then taken in by two lanes, each in its own way. No step loses a bit: two texts that differ in
//! one word never meet in a lane. Others do by chance, once in 2^64 in either.

/// Of a stream of texts.
#[derive(Debug, Clone)]
pub(crate) struct Fingerprint {
    lanes: [u64; 2],
}

/// Odd numbers without a pattern: the fractional parts of the golden ratio and of the square root of 3.
const FACTORS: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xbb67_ae85_84ca_a73b];

impl Fingerprint {
    pub(crate) fn new() -> Self {
        Self { lanes: FACTORS }
    }

    /// Takes one text in. Its last word says how much of it is text, so that it matters where one ends.
    pub(crate) fn add(&mut self, text: &[u8]) {
        let (words, rest) = text.as_chunks::<8>();
        for word in words {
            self.add_word(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        last[7] = rest.len() as u8;
        self.add_word(u64::from_le_bytes(last));
    }

    /// Takes one number in.
    pub(crate) fn add_word(&mut self, word: u64) {
        let mut mixed = word.wrapping_mul(FACTORS[0]);
        mixed = (mixed ^ (mixed >> 32)).wrapping_mul(FACTORS[1]);
        mixed ^= mixed >> 29;
        let [left, right] = &mut self.lanes;
        *left = (*left ^ mixed).rotate_left(27).wrapping_mul(5).wrapping_add(1);
        *right = right.rotate_left(31).wrapping_add(mixed).wrapping_mul(FACTORS[0]);
    }

    /// The lanes.
    pub(crate) fn bytes(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        for (part, lane) in bytes.chunks_exact_mut(8).zip(self.lanes) {
            part.copy_from_slice(&lane.to_le_bytes());
        }
        bytes
    }

    /// In a number, for what is told within a fact: 53 bits, as many as every reader of JSON has for one.
    pub(crate) fn short(&self) -> u64 {
        (self.lanes[0] ^ self.lanes[1].rotate_left(32)) >> 11
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn of(texts: &[&str]) -> [u8; 16] {
        let mut fingerprint = Fingerprint::new();
        texts.iter().for_each(|text| fingerprint.add(text.as_bytes()));
        fingerprint.bytes()
    }

    #[test]
    fn any_difference_shows() {
        let long = "0123456789abcdef".repeat(9);
        let mut all = vec![
            of(&[]),
            of(&[""]),
            of(&["", ""]),
            of(&["\0"]),
            of(&["ab", "c"]),
            of(&["a", "bc"]),
            of(&["abc"]),
            of(&["abcdefgh", "ijklmnop"]),
            of(&["ijklmnop", "abcdefgh"]),
            of(&["abcdefghijklmnop"]),
        ];
        for at in 0..long.len() {
            for bit in 0..7 {
                let mut bytes = long.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let mut fingerprint = Fingerprint::new();
                fingerprint.add(&bytes);
                all.push(fingerprint.bytes());
            }
        }
        let lanes = |from: usize| -> BTreeSet<&[u8]> {
            all.iter().map(|bytes| &bytes[from..from + 8]).collect()
        };
        assert_eq!((lanes(0).len(), lanes(8).len()), (all.len(), all.len()));
    }

    #[test]
    fn it_never_changes() {
        let bytes = of(&["a fact", "another one, longer than a word"]);
        assert_eq!(crate::world::hex(&bytes), "1898c3ee1b07e5c853a043ea567368c9");
    }
}
