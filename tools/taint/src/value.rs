//! Numbers that are partly unknown. Each octet is either public and has a value, or secret and has
//! labels that tell where it comes from.

/// Secrets that an octet depends on, one bit for each source; 0 means public.
pub type Label = u32;

/// Keying material and everything derived from it.
pub const KEY: Label = 1;
/// Octets that are sealed or opened.
pub const DATA: Label = 2;
/// All sixteen octets of a received tag.
pub const TAG: Label = 0xffff_0000;

/// Octet `n` of a received tag.
pub const fn tag_octet(n: usize) -> Label {
    0x1_0000 << n
}

/// Bits of a packet's number. Each bit of the number has two label bits: one is set for 1, the
/// other for 0. A value that depends on two packets has both bits somewhere.
const PACKET_BITS: usize = 6;
const ONES: usize = 2;
const ZEROS: usize = ONES + PACKET_BITS;

/// Label of the octets of packet `n` of a batch.
///
/// # Panics
/// If a batch has no such packet.
pub const fn of_packet(n: usize) -> Label {
    assert!(n < 1 << PACKET_BITS);
    // `n` is below 64.
    let (ones, zeros) = (n as Label, !n as Label & ((1 << PACKET_BITS) - 1));
    ones << ONES | zeros << ZEROS
}

/// The only packet whose octets a value depends on; `None` if there are several.
pub const fn packet_of(label: Label) -> Option<u32> {
    let all = (1 << PACKET_BITS) - 1;
    let (ones, zeros) = (label >> ONES & all, label >> ZEROS & all);
    if ones ^ zeros == all {
        Some(ones)
    } else {
        None
    }
}

/// A value of any WebAssembly type, with octet 0 lowest. In `bits`, secret octets and octets above
/// the type's width are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// Octets in little-endian order.
    pub bits: u128,
    /// Label of each octet.
    pub labels: [Label; 16],
}

impl Value {
    /// A public value.
    pub const fn public(bits: u128) -> Self {
        Self {
            bits,
            labels: [0; 16],
        }
    }

    /// A value of `len` secret octets.
    pub fn secret(len: usize, label: Label) -> Self {
        let mut value = Self::public(0);
        value.labels[..len].fill(label);
        value
    }

    /// A secret value if there is a label, else the public `bits`.
    pub fn known_if(label: Label, len: usize, bits: impl FnOnce() -> u128) -> Self {
        if label == 0 {
            return Self::public(bits());
        }
        Self::secret(len, label)
    }

    /// Labels of all octets together.
    pub fn label(&self) -> Label {
        self.labels.iter().fold(0, |all, label| all | label)
    }

    /// Labels of the octets of a lane.
    pub fn lane_label(&self, lane: usize, len: usize) -> Label {
        self.labels[lane * len..][..len]
            .iter()
            .fold(0, |all, label| all | label)
    }

    /// Octets of a lane. They must be public.
    pub fn lane(&self, lane: usize, len: usize) -> u64 {
        // Lanes have at most eight octets.
        (self.bits >> (8 * lane * len) & mask(len)) as u64
    }

    /// Octet `n`.
    pub fn octet(&self, n: usize) -> (u8, Label) {
        ((self.bits >> (8 * n)) as u8, self.labels[n])
    }

    /// Replaces octet `n`.
    pub fn set_octet(&mut self, n: usize, (octet, label): (u8, Label)) {
        let known = if label == 0 { octet } else { 0 };
        self.bits = self.bits & !(0xff << (8 * n)) | u128::from(known) << (8 * n);
        self.labels[n] = label;
    }

    /// Makes each octet from the octets of both values at the same place.
    pub fn each_octet(
        a: &Self,
        b: &Self,
        make: impl Fn((u8, Label), (u8, Label)) -> (u8, Label),
    ) -> Self {
        let mut out = Self::public(0);
        for n in 0..16 {
            out.set_octet(n, make(a.octet(n), b.octet(n)));
        }
        out
    }

    /// Makes each lane of `len` octets from the lanes of both values at the same place.
    pub fn each_lane(a: &Self, b: &Self, len: usize, make: impl Fn(u64, u64) -> u64) -> Self {
        let mut out = Self::public(0);
        for lane in 0..16 / len {
            let label = a.lane_label(lane, len) | b.lane_label(lane, len);
            out.labels[lane * len..][..len].fill(label);
            if label == 0 {
                let made = u128::from(make(a.lane(lane, len), b.lane(lane, len))) & mask(len);
                out.bits |= made << (8 * lane * len);
            }
        }
        out
    }

    /// Replaces lane `to` by the first lane of `from`.
    pub fn with_lane(mut self, to: usize, from: &Self, len: usize) -> Self {
        for n in 0..len {
            self.set_octet(to * len + n, from.octet(n));
        }
        self
    }
}

/// A mask of the lowest `len` octets.
pub const fn mask(len: usize) -> u128 {
    if len >= 16 {
        u128::MAX
    } else {
        (1 << (8 * len)) - 1
    }
}

/// `and` of one octet: a public 0 hides the other.
pub fn and((a, a_label): (u8, Label), (b, b_label): (u8, Label)) -> (u8, Label) {
    let hides = a_label == 0 && a == 0 || b_label == 0 && b == 0;
    (a & b, if hides { 0 } else { a_label | b_label })
}

/// `or` of one octet: a public 255 hides the other.
pub fn or((a, a_label): (u8, Label), (b, b_label): (u8, Label)) -> (u8, Label) {
    let hides = a_label == 0 && a == 0xff || b_label == 0 && b == 0xff;
    (a | b, if hides { 0 } else { a_label | b_label })
}

/// `xor` of one octet.
pub fn xor((a, a_label): (u8, Label), (b, b_label): (u8, Label)) -> (u8, Label) {
    (a ^ b, a_label | b_label)
}
