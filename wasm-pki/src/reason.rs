//! Verdicts, by the names that `ts-bindings/pki.ts` has for them.

use webpki::Error;

/// Why a certificate is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reason {
    /// No certificate where one must be, or octets that are none.
    Malformed,
    Expired,
    NotYetValid,
    /// No path leads to a trusted CA.
    UnknownIssuer,
    Signature,
    /// An algorithm that is not allowed: SHA-1, MD5, PSS with other parameters.
    SignatureAlgorithm,
    /// RSA below 2048 or above 8192 bits, a curve that nobody here knows.
    Key,
    Revoked,
    /// A CA without a CRL, where one is demanded.
    NoCrl,
    CrlExpired,
    /// A CRL that is malformed, or that its CA has not signed.
    Crl,
    /// Key usage or extended key usage.
    Usage,
    /// A certificate that is no CA's has signed another one.
    NotCa,
    /// A CA's certificate in the place of a peer's.
    Ca,
    PathLen,
    NameConstraints,
    CriticalExtension,
    /// The expected identity is not in the certificate.
    Identity,
    /// More work than a peer may cause.
    Limit,
}

impl Reason {
    /// Every reason.
    pub(crate) const ALL: [Self; 19] = [
        Self::Malformed,
        Self::Expired,
        Self::NotYetValid,
        Self::UnknownIssuer,
        Self::Signature,
        Self::SignatureAlgorithm,
        Self::Key,
        Self::Revoked,
        Self::NoCrl,
        Self::CrlExpired,
        Self::Crl,
        Self::Usage,
        Self::NotCa,
        Self::Ca,
        Self::PathLen,
        Self::NameConstraints,
        Self::CriticalExtension,
        Self::Identity,
        Self::Limit,
    ];

    /// Its name at the border.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::UnknownIssuer => "unknown_issuer",
            Self::Signature => "signature",
            Self::SignatureAlgorithm => "signature_algorithm",
            Self::Key => "key",
            Self::Revoked => "revoked",
            Self::NoCrl => "no_crl",
            Self::CrlExpired => "crl_expired",
            Self::Crl => "crl",
            Self::Usage => "usage",
            Self::NotCa => "not_ca",
            Self::Ca => "ca",
            Self::PathLen => "path_len",
            Self::NameConstraints => "name_constraints",
            Self::CriticalExtension => "critical_extension",
            Self::Identity => "identity",
            Self::Limit => "limit",
        }
    }
}

impl From<Error> for Reason {
    fn from(error: Error) -> Self {
        match error {
            Error::CertExpired { .. } => Self::Expired,
            Error::CertNotValidYet { .. } => Self::NotYetValid,
            Error::UnknownIssuer => Self::UnknownIssuer,
            Error::InvalidSignatureForPublicKey => Self::Signature,
            Error::UnsupportedSignatureAlgorithmContext(_)
            | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)
            | Error::SignatureAlgorithmMismatch => Self::SignatureAlgorithm,
            Error::CertRevoked => Self::Revoked,
            Error::UnknownRevocationStatus => Self::NoCrl,
            Error::CrlExpired { .. } => Self::CrlExpired,
            Error::IssuerNotCrlSigner
            | Error::InvalidCrlSignatureForPublicKey
            | Error::UnsupportedCrlSignatureAlgorithmContext(_)
            | Error::UnsupportedCrlSignatureAlgorithmForPublicKeyContext(_) => Self::Crl,
            Error::EmptyEkuExtension | Error::RequiredEkuNotFoundContext(_) => Self::Usage,
            Error::EndEntityUsedAsCa => Self::NotCa,
            Error::CaUsedAsEndEntity => Self::Ca,
            Error::PathLenConstraintViolated => Self::PathLen,
            Error::NameConstraintViolation => Self::NameConstraints,
            Error::UnsupportedCriticalExtension => Self::CriticalExtension,
            Error::MaximumNameConstraintComparisonsExceeded
            | Error::MaximumPathBuildCallsExceeded
            | Error::MaximumPathDepthExceeded
            | Error::MaximumSignatureChecksExceeded => Self::Limit,
            _ => Self::Malformed,
        }
    }
}
