//! Certificates and CRLs of a small CA (RFC 5280 §4, §5). The host has the private key and signs.

use core::net::{Ipv4Addr, Ipv6Addr};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName,
    DnType, Error, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PublicKeyData, RevokedCertParams, SanType, SerialNumber,
    SignatureAlgorithm, SigningKey,
};
use time::OffsetDateTime;

use crate::fields::Fields;
use crate::host;

/// A key that the host has.
struct Key<'a> {
    /// The BIT STRING of its SubjectPublicKeyInfo: a point of P-256, or a key of Ed25519.
    public: &'a [u8],
    /// Identifier of the key, for the extensions that name it.
    id: &'a [u8],
}

impl PublicKeyData for Key<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        if self.public.len() == ED25519_LEN {
            &PKCS_ED25519
        } else {
            &PKCS_ECDSA_P256_SHA256
        }
    }
}

impl SigningKey for Key<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        host::sign(message).ok_or(Error::RemoteKeyError)
    }
}

const ED25519_LEN: usize = 32;

/// Makes a certificate; none if a field is not what it must be.
pub(crate) fn certificate(fields: &mut Fields<'_>) -> Option<Vec<u8>> {
    let (ca_name, ca_key) = (fields.text()?, key(fields)?);
    let (name, subject_key) = (fields.text()?, key(fields)?);
    let mut params = CertificateParams::default();
    params.serial_number = Some(SerialNumber::from(fields.octets()?.to_vec()));
    params.not_before = date(fields)?;
    params.not_after = date(fields)?;
    params.subject_alt_names = fields
        .list()?
        .into_iter()
        .map(alt_name)
        .collect::<Option<_>>()?;
    params.distinguished_name = common_name(name);
    params.key_identifier_method = KeyIdMethod::PreSpecified(subject_key.id.to_vec());
    let is_ca = fields.number()? == 1;
    if is_ca {
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        return Some(params.self_signed(&subject_key).ok()?.der().to_vec());
    }
    params.is_ca = IsCa::ExplicitNoCa;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
        ExtendedKeyUsagePurpose::Other(IPSEC_IKE.to_vec()),
    ];
    let issuer = issuer(ca_name, ca_key);
    Some(params.signed_by(&subject_key, &issuer).ok()?.der().to_vec())
}

/// Makes a CRL; none if a field is not what it must be.
pub(crate) fn revocation_list(fields: &mut Fields<'_>) -> Option<Vec<u8>> {
    let (ca_name, ca_key) = (fields.text()?, key(fields)?);
    let key_identifier_method = KeyIdMethod::PreSpecified(ca_key.id.to_vec());
    let (this_update, next_update) = (date(fields)?, date(fields)?);
    let crl_number = SerialNumber::from(fields.number()?);
    let revoked_certs = (0..fields.number()?)
        .map(|_| {
            Some(RevokedCertParams {
                serial_number: SerialNumber::from(fields.octets()?.to_vec()),
                revocation_time: date(fields)?,
                reason_code: None,
                invalidity_date: None,
            })
        })
        .collect::<Option<_>>()?;
    let params = CertificateRevocationListParams {
        this_update,
        next_update,
        crl_number,
        issuing_distribution_point: None,
        revoked_certs,
        key_identifier_method,
    };
    Some(
        params
            .signed_by(&issuer(ca_name, ca_key))
            .ok()?
            .der()
            .to_vec(),
    )
}

/// id-kp-ipsecIKE (RFC 4945 §5.1.3.12).
const IPSEC_IKE: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 3, 17];

fn key<'a>(fields: &mut Fields<'a>) -> Option<Key<'a>> {
    Some(Key {
        public: fields.octets()?,
        id: fields.octets()?,
    })
}

fn issuer<'a>(name: &str, key: Key<'a>) -> Issuer<'static, Key<'a>> {
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name(name);
    params.key_identifier_method = KeyIdMethod::PreSpecified(key.id.to_vec());
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Issuer::new(params, key)
}

fn common_name(text: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, text);
    name
}

fn date(fields: &mut Fields<'_>) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(i64::try_from(fields.number()?).ok()?).ok()
}

/// A tag of GeneralName and its value, as `Certificate::describe` has them.
fn alt_name(field: &[u8]) -> Option<SanType> {
    let (tag, value) = field.split_first()?;
    let text = || core::str::from_utf8(value).ok()?.try_into().ok();
    match (tag, value.len()) {
        (0x81, _) => text().map(SanType::Rfc822Name),
        (0x82, _) => text().map(SanType::DnsName),
        (0x87, 4) => Some(SanType::IpAddress(
            Ipv4Addr::from(<[u8; 4]>::try_from(value).ok()?).into(),
        )),
        (0x87, 16) => Some(SanType::IpAddress(
            Ipv6Addr::from(<[u8; 16]>::try_from(value).ok()?).into(),
        )),
        _ => None,
    }
}
