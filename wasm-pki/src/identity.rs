//! Whether a certificate has an identity of IKE (RFC 4945 §3.1). The common name is none (§3.1.9),
//! and a name with a star is no identity either.

use crate::certificate::{Certificate, EMPTY_NAME_LEN};

/// An identity: a type of RFC 7296 §3.5, and its data.
pub(crate) struct Identity<'a> {
    pub(crate) kind: u64,
    pub(crate) data: &'a [u8],
}

impl Identity<'_> {
    /// Whether the certificate has it: names of hosts and mailboxes in any case, addresses and
    /// distinguished names octet by octet.
    pub(crate) fn is_in(&self, certificate: &Certificate<'_>) -> bool {
        let name = match self.kind {
            ID_FQDN => DNS_NAME,
            ID_RFC822_ADDR => RFC822_NAME,
            ID_IPV4_ADDR | ID_IPV6_ADDR => IP_ADDRESS,
            ID_DER_ASN1_DN => {
                return self.data.len() > EMPTY_NAME_LEN && self.data == certificate.subject;
            }
            _ => return false,
        };
        let is_address = name == IP_ADDRESS;
        certificate.names().iter().any(|&(tag, value)| {
            let is_same = if is_address {
                value == self.data
            } else {
                value.eq_ignore_ascii_case(self.data)
            };
            tag == name && is_same && !value.is_empty()
        })
    }
}

/// RFC 7296 §3.5.
const ID_IPV4_ADDR: u64 = 1;
const ID_FQDN: u64 = 2;
const ID_RFC822_ADDR: u64 = 3;
const ID_IPV6_ADDR: u64 = 5;
const ID_DER_ASN1_DN: u64 = 9;

/// Tags of GeneralName (RFC 5280 §4.2.1.6).
const RFC822_NAME: u8 = 0x81;
const DNS_NAME: u8 = 0x82;
const IP_ADDRESS: u8 = 0x87;
