//! The fields of a certificate (RFC 5280 §4.1) that webpki keeps to itself.

use crate::der::{Der, tag, time};
use crate::fields::{put, put_number};

/// A certificate that webpki has parsed.
pub(crate) struct Certificate<'a> {
    /// With its tag, as an identity of type ID_DER_ASN1_DN has it.
    pub(crate) subject: &'a [u8],
    pub(crate) issuer: &'a [u8],
    pub(crate) serial: &'a [u8],
    /// Seconds since 1970.
    pub(crate) not_before: u64,
    pub(crate) not_after: u64,
    pub(crate) spki: &'a [u8],
    /// Values of extensions by the last octet of their OID, of those below 2.5.29.
    extensions: Vec<(u8, &'a [u8])>,
}

impl<'a> Certificate<'a> {
    /// Reads a certificate. None for one that is not of version 3 or malformed.
    pub(crate) fn read(der: &'a [u8]) -> Option<Self> {
        let mut tbs = Der(Der(Der(der).expect(tag::SEQUENCE)?).expect(tag::SEQUENCE)?);
        tbs.expect(tag::CONTEXT_0)?;
        let serial = tbs.expect(tag::INTEGER)?;
        tbs.expect(tag::SEQUENCE)?;
        let issuer = tbs.whole()?;
        let mut validity = Der(tbs.expect(tag::SEQUENCE)?);
        let (subject, spki) = (tbs.whole()?, tbs.whole()?);
        let extensions = match tbs.expect(tag::CONTEXT_3) {
            Some(list) => extensions(list)?,
            None => Vec::new(),
        };
        Some(Self {
            subject,
            issuer,
            serial,
            not_before: time(&mut validity)?,
            not_after: time(&mut validity)?,
            spki,
            extensions,
        })
    }

    /// Whether a peer may prove itself with the key (RFC 4945 §5.1.3.2), and the certificate has
    /// nothing that is for CAs alone (RFC 5280 §4.2.1.3, §4.2.1.10).
    pub(crate) fn may_prove(&self) -> bool {
        let is_for_ca = self.extension(KEY_USAGE).is_some() && self.allows(&[KEY_CERT_SIGN]);
        let has_constraints = self.extension(NAME_CONSTRAINTS).is_some();
        self.allows(&[DIGITAL_SIGNATURE, NON_REPUDIATION]) && !is_for_ca && !has_constraints
    }

    /// Whether a CA may sign certificates with the key; it has a name.
    pub(crate) fn may_sign(&self) -> bool {
        self.allows(&[KEY_CERT_SIGN]) && self.subject.len() > EMPTY_NAME_LEN
    }

    /// Whether a CA may sign CRLs with the key.
    pub(crate) fn may_sign_crls(&self) -> bool {
        self.allows(&[CRL_SIGN])
    }

    /// Whether the key may be used as one of `bits` says (RFC 5280 §4.2.1.3), or for anything: no
    /// such extension is there.
    fn allows(&self, bits: &[u8]) -> bool {
        let Some(value) = self.extension(KEY_USAGE) else {
            return true;
        };
        let flags = || Some(Der(value).expect(tag::BIT_STRING)?.split_first()?.1);
        flags().is_some_and(|flags| {
            let is_set = |bit: &u8| {
                flags
                    .get(usize::from(bit / 8))
                    .is_some_and(|octet| octet & 0x80 >> (bit % 8) != 0)
            };
            bits.iter().any(is_set)
        })
    }

    /// Whether it says that it is a CA's.
    pub(crate) fn is_ca(&self) -> bool {
        self.extension(BASIC_CONSTRAINTS).is_some_and(|value| {
            let is_ca = || Der(Der(value).expect(tag::SEQUENCE)?).expect(tag::BOOLEAN);
            is_ca().is_some_and(|flag| flag == [0xff])
        })
    }

    /// The names of the subject besides the one in `subject`: tag of GeneralName and value
    /// (RFC 5280 §4.2.1.6).
    pub(crate) fn names(&self) -> Vec<(u8, &'a [u8])> {
        let Some(value) = self.extension(SUBJECT_ALT_NAME) else {
            return Vec::new();
        };
        let mut list = Der(Der(value).expect(tag::SEQUENCE).unwrap_or(&[]));
        core::iter::from_fn(|| list.any()).collect()
    }

    /// Appends what a host shows of a certificate.
    pub(crate) fn describe(&self, out: &mut Vec<u8>) {
        for field in [self.subject, self.issuer, self.serial, self.spki] {
            put(out, field);
        }
        put_number(out, self.not_before);
        put_number(out, self.not_after);
        put_number(out, u64::from(self.is_ca()));
        let names = self.names();
        put_number(out, names.len() as u64);
        for (tag, value) in names {
            put(out, &[&[tag], value].concat());
        }
    }

    fn extension(&self, last: u8) -> Option<&'a [u8]> {
        self.extensions
            .iter()
            .find(|(id, _)| *id == last)
            .map(|(_, value)| *value)
    }
}

/// Bits of key usage (RFC 5280 §4.2.1.3).
const DIGITAL_SIGNATURE: u8 = 0;
const NON_REPUDIATION: u8 = 1;
const KEY_CERT_SIGN: u8 = 5;
const CRL_SIGN: u8 = 6;

/// Last parts of OIDs below 2.5.29.
const KEY_USAGE: u8 = 15;
const SUBJECT_ALT_NAME: u8 = 17;
const BASIC_CONSTRAINTS: u8 = 19;
const NAME_CONSTRAINTS: u8 = 30;

/// A name without parts is `30 00`.
pub(crate) const EMPTY_NAME_LEN: usize = 2;

/// id-ce, 2.5.29, without the last part.
const ID_CE: [u8; 2] = [0x55, 0x1d];

fn extensions(list: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut list = Der(Der(list).expect(tag::SEQUENCE)?);
    let mut found = Vec::new();
    while !list.is_empty() {
        let mut extension = Der(list.expect(tag::SEQUENCE)?);
        let id = extension.expect(tag::OID)?;
        extension.expect(tag::BOOLEAN);
        let value = extension.expect(tag::OCTET_STRING)?;
        if let [a, b, last] = id
            && [*a, *b] == ID_CE
        {
            found.push((*last, value));
        }
    }
    Some(found)
}
