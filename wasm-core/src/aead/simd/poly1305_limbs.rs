//! Numbers of Poly1305 (RFC 8439 §2.5) as five limbs of 26 bits, and their arithmetic modulo
//! 2^130 - 5.
//!
//! CT: as in `poly1305`.

/// The bits of a limb.
pub(super) const LIMB: u64 = (1 << 26) - 1;

/// Five limbs, the lowest first.
pub(super) type Limbs = [u64; 5];

/// A factor, and five times it for limbs that wrap at 2^130.
#[derive(Clone, Copy)]
pub(super) struct Factor {
    pub(super) plain: Limbs,
    wrapped: Limbs,
}

impl Factor {
    pub(super) fn of(plain: Limbs) -> Self {
        Self {
            plain,
            wrapped: plain.map(|limb| 5 * limb),
        }
    }
}

#[inline(always)]
pub(super) fn multiply(a: Limbs, factor: &Factor) -> Limbs {
    let Factor {
        plain: r,
        wrapped: s,
    } = factor;
    [
        a[0] * r[0] + a[1] * s[4] + a[2] * s[3] + a[3] * s[2] + a[4] * s[1],
        a[0] * r[1] + a[1] * r[0] + a[2] * s[4] + a[3] * s[3] + a[4] * s[2],
        a[0] * r[2] + a[1] * r[1] + a[2] * r[0] + a[3] * s[4] + a[4] * s[3],
        a[0] * r[3] + a[1] * r[2] + a[2] * r[1] + a[3] * r[0] + a[4] * s[4],
        a[0] * r[4] + a[1] * r[3] + a[2] * r[2] + a[3] * r[1] + a[4] * r[0],
    ]
}

/// The sum with all limbs below 2^26; it may still be one of the five numbers from 2^130 - 5 on.
pub(super) fn below_2_130(sum: Limbs) -> Limbs {
    let mut a = carry(sum);
    propagate(&mut a);
    a[0] += 5 * (a[4] >> 26);
    a[4] &= LIMB;
    // If a carry came round, little was left above limb 0, so no carry comes round again.
    propagate(&mut a);
    a
}

pub(super) fn propagate(a: &mut Limbs) {
    for i in 0..4 {
        a[i + 1] += a[i] >> 26;
        a[i] &= LIMB;
    }
}

/// Two chains side by side, 0 1 2 3 4 and 3 4 0 1; limbs 1 and 4 end below 2^27.
#[inline(always)]
pub(super) fn carry(mut a: Limbs) -> Limbs {
    a[1] += a[0] >> 26;
    a[0] &= LIMB;
    a[4] += a[3] >> 26;
    a[3] &= LIMB;
    a[2] += a[1] >> 26;
    a[1] &= LIMB;
    a[0] += 5 * (a[4] >> 26);
    a[4] &= LIMB;
    a[3] += a[2] >> 26;
    a[2] &= LIMB;
    a[1] += a[0] >> 26;
    a[0] &= LIMB;
    a[4] += a[3] >> 26;
    a[3] &= LIMB;
    a
}
