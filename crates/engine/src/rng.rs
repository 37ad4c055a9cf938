//! The one generator of a session: every id, jitter and random number comes from it.
//!
//! SplitMix64 (Steele, Lea, Flood 2014): 64 bits of state, one addition and two multiplications a draw. It is
//! written out here and not taken from a crate because links must replay alike for ever.

/// The seeded generator.
#[derive(Debug, Clone)]
pub(crate) struct Rng {
    state: u64,
}

const HEX: &[u8; 16] = b"0123456789abcdef";
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl Rng {
    /// A generator whose whole future follows from `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, by the high half of a product; the bias is below 2^-32 for bounds below 2^32.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// `base` varied by up to `permille` thousandths to either side.
    pub(crate) fn vary(&mut self, base: u64, permille: u64) -> u64 {
        let spread = base.saturating_mul(permille) / 1_000;
        base - spread.min(base) + self.below(2 * spread + 1)
    }

    /// A version 4 UUID in its usual text form.
    pub(crate) fn uuid(&mut self) -> String {
        let high = (self.next() & !0xf000) | 0x4000;
        let low = (self.next() & !(0b11 << 62)) | (0b10 << 62);
        let digits = (u128::from(high) << 64) | u128::from(low);
        let mut text = String::with_capacity(36);
        for at in 0..32 {
            if matches!(at, 8 | 12 | 16 | 20) {
                text.push('-');
            }
            text.push(char::from(HEX[(digits >> (124 - 4 * at)) as usize & 15]));
        }
        text
    }

    /// So many lower-case hexadecimal digits.
    pub(crate) fn hex(&mut self, digits: usize) -> String {
        self.text(HEX, digits)
    }

    /// So many characters of AWS's access key ids.
    pub(crate) fn base32(&mut self, chars: usize) -> String {
        self.text(BASE32, chars)
    }

    /// So many characters of the base64 alphabet.
    pub(crate) fn base64(&mut self, chars: usize) -> String {
        self.text(BASE64, chars)
    }

    /// `alphabet` has a power of two of letters, so that no letter is likelier than another.
    fn text(&mut self, alphabet: &[u8], chars: usize) -> String {
        assert!(alphabet.len().is_power_of_two());
        let bits = alphabet.len().trailing_zeros();
        let (mut word, mut left) = (0, 0);
        (0..chars)
            .map(|_| {
                if left < bits {
                    (word, left) = (self.next(), 64);
                }
                let letter = alphabet[(word & (alphabet.len() as u64 - 1)) as usize];
                word >>= bits;
                left -= bits;
                char::from(letter)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_of_a_seed_never_changes() {
        // The first outputs of SplitMix64 for seed 1234567, as published with its reference implementation.
        let mut rng = Rng::new(1_234_567);
        assert_eq!(
            [rng.next(), rng.next(), rng.next()],
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
        assert_eq!(Rng::new(1).uuid(), "910a2dec-8902-4cc1-beeb-8da1658eec67");
        assert_eq!(Rng::new(1).hex(32).len(), 32);
    }

    #[test]
    fn variation_stays_within_its_bounds() {
        let mut rng = Rng::new(7);
        for _ in 0..1_000 {
            let value = rng.vary(1_000, 100);
            assert!((900..=1_100).contains(&value), "{value}");
        }
        assert_eq!(rng.vary(0, 100), 0);
    }
}
