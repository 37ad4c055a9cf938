//! The randomness of one execution: one sequence of numbers from its seed.

use coldstart_expr::intrinsic::Randomness;

/// SplitMix64. The same seed gives the same numbers everywhere.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// A number from 0 up to 1, 1 excluded.
    pub(crate) fn fraction(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A version 4 UUID.
    pub(crate) fn uuid(&mut self) -> String {
        let high = (self.next_u64() & !0xf000) | 0x4000;
        let low = (self.next_u64() & !(0b11 << 62)) | (0b10 << 62);
        let digits = (u128::from(high) << 64) | u128::from(low);
        let mut text = String::with_capacity(36);
        for at in 0..32 {
            if matches!(at, 8 | 12 | 16 | 20) {
                text.push('-');
            }
            text.push(char::from(b"0123456789abcdef"[(digits >> (124 - 4 * at)) as usize & 15]));
        }
        text
    }

    /// A task token: opaque to everybody, as long as nobody can guess it.
    pub(crate) fn token(&mut self) -> String {
        const ALPHABET: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut token = String::from("AQC");
        while token.len() < 96 {
            let mut bits = self.next_u64();
            for _ in 0..10 {
                token.push(char::from(ALPHABET[(bits & 63) as usize]));
                bits >>= 6;
            }
        }
        token
    }
}

impl Randomness for Random {
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
