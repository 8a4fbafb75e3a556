//! Socket addresses, as the kernel writes them and as rows keep them.

use core::cell::Cell;

use super::by_address::SourceKey;
use crate::layout::connection_row::Row;
use crate::layout::{FAMILY_V4, FAMILY_V6};

/// An address as the row keeps it.
pub(crate) struct SocketAddress {
    /// `FAMILY_V4` or `FAMILY_V6`; a mapped IPv4 address counts as IPv4.
    pub(crate) family: u32,
    /// In host order.
    pub(crate) port: u16,
    octets: [u8; 16],
}

impl SocketAddress {
    /// Stands for the own address until it is known.
    pub(crate) const UNKNOWN: Self = Self {
        family: FAMILY_V4,
        port: 0,
        octets: [0; 16],
    };

    /// Parses a `sockaddr_in` or `sockaddr_in6`; the family is in host order, the port in wire
    /// order.
    pub(crate) fn read(sockaddr: &[Cell<u8>; 128]) -> Self {
        let octet = |i: usize| sockaddr[i].get();
        let family = u32::from(u16::from_le_bytes([octet(0), octet(1)]));
        let port = u16::from_be_bytes([octet(2), octet(3)]);
        if family == FAMILY_V6 {
            return Self::from_v6(port, core::array::from_fn(|i| octet(8 + i)));
        }
        let mut octets = [0; 16];
        for (i, to) in octets.iter_mut().take(4).enumerate() {
            *to = octet(4 + i);
        }
        Self {
            family: FAMILY_V4,
            port,
            octets,
        }
    }

    /// An IPv6 address; one that is a mapped IPv4 address counts as that.
    fn from_v6(port: u16, octets: [u8; 16]) -> Self {
        const MAPPED: [u8; 12] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
        let Some(v4) = octets.strip_prefix(&MAPPED) else {
            return Self {
                family: FAMILY_V6,
                port,
                octets,
            };
        };
        let mut octets = [0; 16];
        octets[..4].copy_from_slice(v4);
        Self {
            family: FAMILY_V4,
            port,
            octets,
        }
    }

    /// Writes the octets of the address into a row.
    pub(crate) fn write(&self, to: &[Cell<u8>; 16]) {
        for (to, &from) in to.iter().zip(&self.octets) {
            to.set(from);
        }
    }

    /// The address of a row's peer, without its port.
    pub(crate) fn of_peer(row: &Row) -> Self {
        let octets = core::array::from_fn(|i| row.address[i].get());
        Self {
            family: row.family.get(),
            port: 0,
            octets,
        }
    }

    /// The source that it belongs to.
    pub(crate) fn source(&self) -> SourceKey {
        let [a, b, c, d, e, f, g, h, ..] = self.octets;
        let key = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        SourceKey {
            version: if self.family == FAMILY_V6 { 6 } else { 4 },
            key,
        }
    }
}
