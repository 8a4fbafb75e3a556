//! A path from a peer's certificate to a trusted CA (RFC 5280 §6), with the rules of IKE for the
//! ends of it (RFC 4945 §5.1).

use core::time::Duration;

use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{
    BorrowedCertRevocationList, CertRevocationList, EndEntityCert, Error, ExpirationPolicy,
    ExtendedKeyUsageValidator, KeyPurposeId, KeyPurposeIdIter, RevocationOptionsBuilder,
    UnknownStatusPolicy, VerifiedPath, anchor_from_trusted_cert,
};

use crate::algorithms::{ALGORITHMS, is_good_key};
use crate::certificate::Certificate;
use crate::der::{Der, tag, time};
use crate::fields::Fields;
use crate::identity::Identity;
use crate::reason::Reason;

/// What is to be judged.
pub(crate) struct Question<'a> {
    /// Seconds since 1970.
    now: u64,
    /// Whether every CA of a path needs a CRL, and a fresh one.
    needs_crl: bool,
    /// Whether the extended key usage must name IKE, or any use.
    is_strict: bool,
    /// Null if any will do; the caller looks at the names.
    identity: Option<Identity<'a>>,
    /// The peer's certificate first, then others in any order.
    chain: Vec<&'a [u8]>,
    anchors: Vec<&'a [u8]>,
    crls: Vec<&'a [u8]>,
}

impl<'a> Question<'a> {
    /// Reads a request.
    pub(crate) fn read(fields: &mut Fields<'a>) -> Option<Self> {
        let (now, flags, kind) = (fields.number()?, fields.number()?, fields.number()?);
        let data = fields.octets()?;
        Some(Self {
            now,
            needs_crl: flags & 1 != 0,
            is_strict: flags & 2 != 0,
            identity: (kind != 0).then_some(Identity { kind, data }),
            chain: fields.list()?,
            anchors: fields.list()?,
            crls: fields.list()?,
        })
    }

    /// The peer's certificate, if a path leads from it to a trusted CA and it may be used for IKE.
    pub(crate) fn answer(&self) -> Result<Certificate<'a>, Reason> {
        let (leaf, others) = self.chain.split_first().ok_or(Reason::Malformed)?;
        let der = CertificateDer::from(*leaf);
        let end = EndEntityCert::try_from(&der)?;
        let certificate = Certificate::read(leaf).ok_or(Reason::Malformed)?;
        if !is_good_key(certificate.spki) {
            return Err(Reason::Key);
        }
        self.check_path(&end, others)?;
        if !certificate.may_prove() {
            return Err(Reason::Usage);
        }
        match &self.identity {
            Some(identity) if !identity.is_in(&certificate) => Err(Reason::Identity),
            _ => Ok(certificate),
        }
    }

    fn check_path(&self, end: &EndEntityCert<'_>, others: &[&[u8]]) -> Result<(), Reason> {
        let trusted = self.trusted();
        let anchors = anchors_of(&trusted);
        let others: Vec<_> = others
            .iter()
            .map(|der| CertificateDer::from(*der))
            .collect();
        let crls = self.revocation_lists()?;
        if trusted.iter().any(|ca| signs_without_right(ca, &crls)) {
            return Err(Reason::Crl);
        }
        let crls: Vec<_> = crls.iter().collect();
        let revocation = RevocationOptionsBuilder::new(&crls).ok().map(|options| {
            let (status, expiration) = if self.needs_crl {
                (UnknownStatusPolicy::Deny, ExpirationPolicy::Enforce)
            } else {
                (UnknownStatusPolicy::Allow, ExpirationPolicy::Ignore)
            };
            options
                .with_status_policy(status)
                .with_expiration_policy(expiration)
                .build()
        });
        if self.needs_crl && revocation.is_none() {
            return Err(Reason::NoCrl);
        }
        let now = UnixTime::since_unix_epoch(Duration::from_secs(self.now));
        let usage = IkeUsage {
            is_strict: self.is_strict,
        };
        end.verify_for_usage(
            ALGORITHMS,
            &anchors,
            &others,
            now,
            usage,
            revocation,
            Some(&check_cas),
        )
        .map(|_| ())
        .map_err(Reason::from)
    }

    /// The trusted CAs that are valid now, and that may sign certificates.
    fn trusted(&self) -> Vec<CertificateDer<'a>> {
        let is_usable = |der: &&&[u8]| {
            Certificate::read(der).is_none_or(|ca| {
                (ca.not_before..=ca.not_after).contains(&self.now) && ca.is_ca() && ca.may_sign()
            })
        };
        self.anchors
            .iter()
            .filter(is_usable)
            .map(|der| CertificateDer::from(*der))
            .collect()
    }

    /// The CRLs, newest first: webpki takes the first that speaks of a CA.
    fn revocation_lists(&self) -> Result<Vec<CertRevocationList<'a>>, Reason> {
        let mut ders = self.crls.clone();
        ders.sort_by_key(|der| core::cmp::Reverse(this_update(der)));
        ders.iter()
            .map(|der| {
                BorrowedCertRevocationList::from_der(der)
                    .map(CertRevocationList::from)
                    .map_err(|_| Reason::Crl)
            })
            .collect()
    }
}

fn anchors_of<'a>(trusted: &'a [CertificateDer<'a>]) -> Vec<TrustAnchor<'a>> {
    trusted
        .iter()
        .filter_map(|der| anchor_from_trusted_cert(der).ok())
        .collect()
}

/// RFC 5280 §6.1.4 (n): a CA between the ends may sign certificates. webpki leaves that out.
fn check_cas(path: &VerifiedPath<'_>) -> Result<(), Error> {
    let may_sign = path.intermediate_certificates().all(|ca| {
        let der = ca.der();
        Certificate::read(&der).is_some_and(|ca| ca.may_sign())
    });
    if may_sign {
        Ok(())
    } else {
        Err(Error::EndEntityUsedAsCa)
    }
}

/// Whether a trusted CA has a CRL, and its key may not be used for that (RFC 5280 §6.3.3 (f)).
/// webpki looks at the CAs between alone.
fn signs_without_right(ca: &[u8], crls: &[CertRevocationList<'_>]) -> bool {
    Certificate::read(ca).is_some_and(|ca| {
        let name = Der(ca.subject).any().map(|(_, value)| value);
        !ca.may_sign_crls() && crls.iter().any(|crl| Some(crl.issuer()) == name)
    })
}

/// thisUpdate of a CRL (RFC 5280 §5.1.2.4); 0 if it has none.
fn this_update(crl: &[u8]) -> u64 {
    let read = || {
        let mut tbs = Der(Der(Der(crl).expect(tag::SEQUENCE)?).expect(tag::SEQUENCE)?);
        tbs.expect(tag::INTEGER)?;
        tbs.expect(tag::SEQUENCE)?;
        tbs.expect(tag::SEQUENCE)?;
        time(&mut tbs)
    };
    read().unwrap_or(0)
}

/// RFC 4945 §5.1.3.12: no extended key usage at all, or one that IKE may have.
struct IkeUsage {
    is_strict: bool,
}

impl ExtendedKeyUsageValidator for IkeUsage {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        let allowed: &[&[u8]] = if self.is_strict { &IKE } else { &IKE_OR_TLS };
        let mut is_empty = true;
        for purpose in purposes {
            let purpose = purpose?;
            is_empty = false;
            if allowed.iter().any(|oid| KeyPurposeId::new(oid) == purpose) {
                return Ok(());
            }
        }
        if is_empty {
            Ok(())
        } else {
            Err(Error::EmptyEkuExtension)
        }
    }
}

const ANY: &[u8] = &[0x55, 0x1d, 0x25, 0];
const IPSEC_IKE: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 17];
/// What tools that make certificates write, for want of better.
const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
const CLIENT_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];

const IKE: [&[u8]; 2] = [IPSEC_IKE, ANY];
const IKE_OR_TLS: [&[u8]; 4] = [IPSEC_IKE, ANY, SERVER_AUTH, CLIENT_AUTH];
