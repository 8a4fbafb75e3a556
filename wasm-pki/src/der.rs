//! A reader of DER: tag, length, value (X.690 §8.1). It reads certificates that `rustls-webpki` has
//! parsed before, for the fields that webpki keeps to itself.

/// Tags that are read here (X.690 §8.1.2).
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const CONTEXT_0: u8 = 0xa0;
    pub(crate) const CONTEXT_3: u8 = 0xa3;
}

/// Octets that have not been read yet.
#[derive(Clone, Copy)]
pub(crate) struct Der<'a>(pub(crate) &'a [u8]);

impl<'a> Der<'a> {
    /// Whether nothing is left.
    pub(crate) const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Reads one element: its tag and its value.
    pub(crate) fn any(&mut self) -> Option<(u8, &'a [u8])> {
        let (tag, value, _) = self.element()?;
        Some((tag, value))
    }

    /// Reads an element of this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        let before = *self;
        match self.any() {
            Some((found, value)) if found == tag => Some(value),
            _ => {
                *self = before;
                None
            }
        }
    }

    /// Reads one element with its tag and its length.
    pub(crate) fn whole(&mut self) -> Option<&'a [u8]> {
        let (_, _, whole) = self.element()?;
        Some(whole)
    }

    fn element(&mut self) -> Option<(u8, &'a [u8], &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (len, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            // Lengths of one to three octets: nothing that is read here is longer than 16 MiB.
            let count = usize::from(first & 0x7f);
            if count == 0 || count > 3 || rest.len() < count {
                return None;
            }
            let (octets, rest) = rest.split_at(count);
            let len = octets
                .iter()
                .fold(0, |len, &octet| len << 8 | usize::from(octet));
            (len, rest)
        };
        if rest.len() < len {
            return None;
        }
        let (value, rest) = rest.split_at(len);
        let whole = &self.0[..self.0.len() - rest.len()];
        self.0 = rest;
        Some((tag, value, whole))
    }
}

/// Wraps a value in a tag and a length.
pub(crate) fn wrap(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let len = parts.iter().map(|part| part.len()).sum::<usize>();
    let mut out = vec![tag];
    let octets = len.to_be_bytes();
    let significant = &octets[octets.iter().take_while(|&&octet| octet == 0).count()..];
    if len < 0x80 {
        out.push(significant.first().copied().unwrap_or(0));
    } else {
        // At most 8, as many as a length has.
        out.push(0x80 | u8::try_from(significant.len()).unwrap_or(0));
        out.extend_from_slice(significant);
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

/// Seconds since 1970 of a Time (RFC 5280 §4.1.2.5), which ends with Z.
pub(crate) fn time(der: &mut Der<'_>) -> Option<u64> {
    let (tag, text) = der.any()?;
    let (year, rest) = match tag {
        tag::UTC_TIME if text.len() == 13 => {
            let short = number(&text[..2])?;
            (
                if short < 50 {
                    2000 + short
                } else {
                    1900 + short
                },
                &text[2..],
            )
        }
        tag::GENERALIZED_TIME if text.len() == 15 => (number(&text[..4])?, &text[4..]),
        _ => return None,
    };
    let part = |at: usize| number(&rest[at..at + 2]);
    let days = days_since_1970(year, part(0)?, part(2)?)?;
    Some(days * 86_400 + part(4)? * 3_600 + part(6)? * 60 + part(8)?)
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |sum, digit| {
        digit
            .is_ascii_digit()
            .then(|| sum * 10 + u64::from(digit - b'0'))
    })
}

/// Days of the Gregorian calendar, with years that begin in March.
fn days_since_1970(year: u64, month: u64, day: u64) -> Option<u64> {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year.checked_sub(1)?, month + 9)
    };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * month + 2) / 5 + day.checked_sub(1)?;
    (era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year).checked_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::{Der, tag, time, wrap};

    #[test]
    fn elements_are_read_and_wrapped() {
        for len in [0_usize, 1, 127, 128, 255, 256, 70_000] {
            let value = vec![7; len];
            let whole = wrap(tag::OCTET_STRING, &[&value, &[]]);
            let mut der = Der(&whole);
            assert_eq!(der.expect(tag::INTEGER), None, "another tag reads nothing");
            assert_eq!(der.expect(tag::OCTET_STRING), Some(value.as_slice()));
            assert!(der.is_empty());
        }
    }

    #[test]
    fn what_ends_too_early_is_refused() {
        for octets in [
            &[][..],
            &[4],
            &[4, 1],
            &[4, 0x80],
            &[4, 0x84, 0, 0, 0, 0],
            &[4, 0x82, 1],
        ] {
            assert_eq!(Der(octets).any(), None, "{octets:?}");
        }
    }

    #[test]
    fn times_are_seconds_since_1970() {
        for (tag, text, seconds) in [
            (tag::UTC_TIME, "700101000000Z", 0),
            (tag::UTC_TIME, "491231235959Z", 2_524_607_999),
            (tag::GENERALIZED_TIME, "20000229120000Z", 951_825_600),
            (tag::GENERALIZED_TIME, "20261130203000Z", 1_796_070_600),
        ] {
            assert_eq!(
                time(&mut Der(&wrap(tag, &[text.as_bytes()]))),
                Some(seconds),
                "{text}"
            );
        }
        for text in ["", "7001010000Z", "70010100000xZ", "700001000000Z"] {
            let der = wrap(tag::UTC_TIME, &[text.as_bytes()]);
            let found = time(&mut Der(&der));
            assert!(found.is_none() || text.starts_with("7000"), "{text}");
        }
    }
}
