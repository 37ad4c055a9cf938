//! Blocks of IP addresses, as `{"cidr": "10.0.0.0/24"}` names them.

use std::net::IpAddr;

/// The addresses that share so many bits with this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cidr {
    base: u128,
    mask: u128,
    is_v4: bool,
}

/// The address as a number, in the upper bits.
fn bits(address: IpAddr) -> (u128, bool) {
    match address {
        IpAddr::V4(v4) => (u128::from(u32::from(v4)) << 96, true),
        IpAddr::V6(v6) => (u128::from(v6), false),
    }
}

impl Cidr {
    /// Reads `address/bits`; otherwise says in AWS's words what is wrong (the texts of masks out of range are inferred).
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.split('/');
        let (Some(address), Some(length), None) = (parts.next(), parts.next(), parts.next()) else {
            return Err("Malformed CIDR, one '/' required".to_owned());
        };
        let Ok(length) = length.parse::<i32>() else {
            return Err("Malformed CIDR, mask bits must be an integer".to_owned());
        };
        let Ok(length) = u32::try_from(length) else {
            return Err("Malformed CIDR, mask bits must not be negative".to_owned());
        };
        let Ok(address) = address.parse::<IpAddr>() else {
            return Err(format!("Nonstandard IP address: {address}"));
        };
        let (base, is_v4) = bits(address);
        if is_v4 && length > 31 {
            return Err("IPv4 mask bits must be < 32".to_owned());
        }
        if length > 127 {
            return Err("IPv6 mask bits must be < 128".to_owned());
        }
        let mask = if length == 0 { 0 } else { u128::MAX << (128 - length) };
        Ok(Self { base: base & mask, mask, is_v4 })
    }

    /// Whether this text is an address of the block.
    pub(super) fn holds(&self, text: &str) -> bool {
        text.parse::<IpAddr>().is_ok_and(|address| {
            let (bits, is_v4) = bits(address);
            is_v4 == self.is_v4 && bits & self.mask == self.base
        })
    }
}
