//! Numbers that are partly unknown: each octet is either public, with a value, or secret, with labels that say whence.

/// Secrets that an octet depends on, one bit for each source; 0 is public.
pub type Label = u32;

/// Keying material, and everything made of it.
pub const KEY: Label = 1;
/// Octets that are sealed or opened.
pub const DATA: Label = 2;
/// All sixteen octets of a received tag.
pub const TAG: Label = 0xffff_0000;

/// Octet `n` of a received tag.
pub const fn tag_octet(n: usize) -> Label {
    0x1_0000 << n
}

/// Bits of the number of a packet, each as a bit that is set for 1 and one that is set for 0: who depends on two packets has both somewhere.
const PACKET_BITS: usize = 6;
const ONES: usize = 2;
const ZEROS: usize = ONES + PACKET_BITS;

/// Octets of packet `n` of a batch.
///
/// # Panics
/// If a batch has no such packet.
pub const fn of_packet(n: usize) -> Label {
    assert!(n < 1 << PACKET_BITS);
    // Below 64.
    let (ones, zeros) = (n as Label, !n as Label & ((1 << PACKET_BITS) - 1));
    ones << ONES | zeros << ZEROS
}

/// The one packet on whose octets something depends.
pub const fn packet_of(label: Label) -> Option<u32> {
    let all = (1 << PACKET_BITS) - 1;
    let (ones, zeros) = (label >> ONES & all, label >> ZEROS & all);
    if ones ^ zeros == all {
        Some(ones)
    } else {
        None
    }
}

/// A value of any WebAssembly type, octet 0 lowest. Secret octets, and those above its type's width, are 0 in `bits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// Little-endian octets.
    pub bits: u128,
    /// Of each octet.
    pub labels: [Label; 16],
}

impl Value {
    /// A value that everybody may know.
    pub const fn public(bits: u128) -> Self {
        Self {
            bits,
            labels: [0; 16],
        }
    }

    /// `len` octets that nobody knows.
    pub fn secret(len: usize, label: Label) -> Self {
        let mut value = Self::public(0);
        value.labels[..len].fill(label);
        value
    }

    /// As `secret` if there is a label, else the `bits`.
    pub fn known_if(label: Label, len: usize, bits: impl FnOnce() -> u128) -> Self {
        if label == 0 {
            return Self::public(bits());
        }
        Self::secret(len, label)
    }

    /// What all octets together depend on.
    pub fn label(&self) -> Label {
        self.labels.iter().fold(0, |all, label| all | label)
    }

    /// What the octets of a lane depend on.
    pub fn lane_label(&self, lane: usize, len: usize) -> Label {
        self.labels[lane * len..][..len]
            .iter()
            .fold(0, |all, label| all | label)
    }

    /// Octets of a lane, if they are public.
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

    /// Each octet made of the same octet of both.
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

    /// Each lane of `len` octets made of the same lane of both.
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

    /// Lane `to` replaced by the first lane of `from`.
    pub fn with_lane(mut self, to: usize, from: &Self, len: usize) -> Self {
        for n in 0..len {
            self.set_octet(to * len + n, from.octet(n));
        }
        self
    }
}

/// The lowest `len` octets.
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
