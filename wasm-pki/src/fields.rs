//! Requests of the host and answers to it: fields, each with its length in front (4 octets, little
//! endian). A number is a field of 8 octets.

/// Reads the fields of a request in their order.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    /// The next field; none if the request ends.
    pub(crate) fn octets(&mut self) -> Option<&'a [u8]> {
        let (len, rest) = self.0.split_first_chunk::<4>()?;
        let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
        let (field, rest) = rest.split_at_checked(len)?;
        self.0 = rest;
        Some(field)
    }

    /// The next field as a number.
    pub(crate) fn number(&mut self) -> Option<u64> {
        self.octets()?.try_into().ok().map(u64::from_le_bytes)
    }

    /// A list: a number, then as many fields.
    pub(crate) fn list(&mut self) -> Option<Vec<&'a [u8]>> {
        (0..self.number()?).map(|_| self.octets()).collect()
    }

    /// The next field as text.
    pub(crate) fn text(&mut self) -> Option<&'a str> {
        core::str::from_utf8(self.octets()?).ok()
    }
}

/// Appends a field.
pub(crate) fn put(out: &mut Vec<u8>, field: &[u8]) {
    // Nothing here comes near 4 GiB, which is all of the memory.
    let len = u32::try_from(field.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(field);
}

/// Appends a number as a field.
pub(crate) fn put_number(out: &mut Vec<u8>, number: u64) {
    put(out, &number.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::{Fields, put, put_number};

    #[test]
    fn fields_come_back_in_their_order() {
        let mut request = Vec::new();
        put_number(&mut request, 2);
        put(&mut request, b"one");
        put(&mut request, b"");
        put(&mut request, "zwei".as_bytes());
        let mut fields = Fields(&request);
        assert_eq!(fields.list(), Some(vec![&b"one"[..], &[]]));
        assert_eq!(fields.text(), Some("zwei"));
        assert_eq!(fields.octets(), None);
    }

    #[test]
    fn a_length_beyond_the_end_reads_nothing() {
        assert_eq!(Fields(&[5, 0, 0, 0, 1]).octets(), None);
        assert_eq!(Fields(&[1, 0, 0, 0, 1]).number(), None);
        let mut many = Vec::new();
        put_number(&mut many, u64::MAX);
        assert_eq!(Fields(&many).list(), None);
    }
}
