//! Signature algorithms of certificates and CRLs. Each names its key and its hash; the host
//! verifies.

use rustls_pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};

use crate::der::{Der, tag, wrap};
use crate::host;

/// What the host is told of an algorithm.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Pkcs1 = 0,
    Pss = 1,
    Ecdsa = 2,
    Ed25519 = 3,
}

#[derive(Debug)]
struct Handed {
    kind: Kind,
    /// Bits of SHA-2; 0 for Ed25519.
    hash: u64,
    key: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
}

impl SignatureVerificationAlgorithm for Handed {
    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.key
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }

    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let isnt_rsa = !matches!(self.kind, Kind::Pkcs1 | Kind::Pss);
        if !(isnt_rsa || is_good_rsa_key(public_key)) {
            return Err(InvalidSignature);
        }
        let algorithm = wrap(tag::SEQUENCE, &[self.key.as_ref()]);
        let key = wrap(tag::BIT_STRING, &[&[0], public_key]);
        let spki = wrap(tag::SEQUENCE, &[&algorithm, &key]);
        let is_good = host::verify((self.kind as u64, self.hash), &spki, message, signature);
        if is_good {
            Ok(())
        } else {
            Err(InvalidSignature)
        }
    }
}

/// Every algorithm that a certificate may be signed with: SHA-2 (RFC 8247 §3.2.2 for PSS). P-521
/// goes without SHA-256, because Deno refuses so short a hash.
pub(crate) const ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    &ecdsa(256, alg_id::ECDSA_P256, alg_id::ECDSA_SHA256),
    &ecdsa(384, alg_id::ECDSA_P256, alg_id::ECDSA_SHA384),
    &ecdsa(512, alg_id::ECDSA_P256, alg_id::ECDSA_SHA512),
    &ecdsa(256, alg_id::ECDSA_P384, alg_id::ECDSA_SHA256),
    &ecdsa(384, alg_id::ECDSA_P384, alg_id::ECDSA_SHA384),
    &ecdsa(512, alg_id::ECDSA_P384, alg_id::ECDSA_SHA512),
    &ecdsa(384, alg_id::ECDSA_P521, alg_id::ECDSA_SHA384),
    &ecdsa(512, alg_id::ECDSA_P521, alg_id::ECDSA_SHA512),
    &rsa(Kind::Pkcs1, 256, alg_id::RSA_PKCS1_SHA256),
    &rsa(Kind::Pkcs1, 384, alg_id::RSA_PKCS1_SHA384),
    &rsa(Kind::Pkcs1, 512, alg_id::RSA_PKCS1_SHA512),
    &rsa(Kind::Pss, 256, alg_id::RSA_PSS_SHA256),
    &rsa(Kind::Pss, 384, alg_id::RSA_PSS_SHA384),
    &rsa(Kind::Pss, 512, alg_id::RSA_PSS_SHA512),
    &Handed {
        kind: Kind::Ed25519,
        hash: 0,
        key: alg_id::ED25519,
        signature: alg_id::ED25519,
    },
];

const fn ecdsa(hash: u64, key: AlgorithmIdentifier, signature: AlgorithmIdentifier) -> Handed {
    Handed {
        kind: Kind::Ecdsa,
        hash,
        key,
        signature,
    }
}

const fn rsa(kind: Kind, hash: u64, signature: AlgorithmIdentifier) -> Handed {
    Handed {
        kind,
        hash,
        key: alg_id::RSA_ENCRYPTION,
        signature,
    }
}

/// Whether a peer may prove itself with a public key: RSA of 2048 to 8192 bits, P-256, P-384,
/// P-521, Ed25519.
pub(crate) fn is_good_key(spki: &[u8]) -> bool {
    key_parts(spki).is_some_and(|(algorithm, key)| {
        let curves = [
            alg_id::ECDSA_P256,
            alg_id::ECDSA_P384,
            alg_id::ECDSA_P521,
            alg_id::ED25519,
        ];
        if algorithm == alg_id::RSA_ENCRYPTION.as_ref() {
            return is_good_rsa_key(key);
        }
        curves.iter().any(|curve| algorithm == curve.as_ref())
    })
}

/// The algorithm and the key of a SubjectPublicKeyInfo.
fn key_parts(spki: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut fields = Der(Der(spki).expect(tag::SEQUENCE)?);
    let algorithm = fields.expect(tag::SEQUENCE)?;
    let (&unused, key) = fields.expect(tag::BIT_STRING)?.split_first()?;
    (unused == 0 && fields.is_empty()).then_some((algorithm, key))
}

/// Whether an RSAPublicKey (RFC 8017 §A.1.1) has an odd modulus of 2048 to 8192 bits, and an odd
/// exponent from 3 to 2^64.
fn is_good_rsa_key(key: &[u8]) -> bool {
    let parts = || {
        let mut outer = Der(key);
        let mut numbers = Der(outer.expect(tag::SEQUENCE)?);
        let (modulus, exponent) = (natural(&mut numbers)?, natural(&mut numbers)?);
        (numbers.is_empty() && outer.is_empty()).then_some((modulus, exponent))
    };
    parts().is_some_and(|(modulus, exponent)| {
        let is_odd = |number: &[u8]| number.last().is_some_and(|octet| octet & 1 == 1);
        let bits = modulus.len() * 8
            - modulus
                .first()
                .map_or(0, |top| top.leading_zeros() as usize);
        let is_above_two = exponent.len() > 1 || exponent.first().is_some_and(|&e| e > 2);
        (2048..=8192).contains(&bits)
            && is_odd(modulus)
            && exponent.len() <= 8
            && is_odd(exponent)
            && is_above_two
    })
}

/// An INTEGER that is above zero, without the octet that keeps it positive.
fn natural<'a>(der: &mut Der<'a>) -> Option<&'a [u8]> {
    let value = der.expect(tag::INTEGER)?;
    match value {
        [] => None,
        [0, rest @ ..] => rest.first().is_some_and(|&top| top >= 0x80).then_some(rest),
        [top, ..] => (*top < 0x80).then_some(value),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_good_key, is_good_rsa_key};
    use crate::der::{tag, wrap};
    use rustls_pki_types::alg_id;

    fn rsa_key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
        let numbers = [
            wrap(tag::INTEGER, &[modulus]),
            wrap(tag::INTEGER, &[exponent]),
        ];
        wrap(tag::SEQUENCE, &[&numbers[0], &numbers[1]])
    }

    fn modulus(len: usize) -> Vec<u8> {
        let mut octets = vec![0xff; len + 1];
        octets[0] = 0;
        octets
    }

    #[test]
    fn rsa_keys_have_a_size_and_odd_numbers() {
        let exponent = [1, 0, 1];
        assert!(is_good_rsa_key(&rsa_key(&modulus(256), &exponent)));
        assert!(is_good_rsa_key(&rsa_key(&modulus(1024), &[3])));
        let mut even = modulus(256);
        even[256] = 0xfe;
        for (name, key) in [
            ("1024 bits", rsa_key(&modulus(128), &exponent)),
            ("16384 bits", rsa_key(&modulus(2048), &exponent)),
            ("modulus 0", rsa_key(&[0], &exponent)),
            ("no modulus", rsa_key(&[], &exponent)),
            ("even", rsa_key(&even, &exponent)),
            ("negative", rsa_key(&modulus(256)[1..], &exponent)),
            ("e = 0", rsa_key(&modulus(256), &[0])),
            ("e = 1", rsa_key(&modulus(256), &[1])),
            ("e = 2", rsa_key(&modulus(256), &[2])),
            (
                "e of 9 octets",
                rsa_key(&modulus(256), &[1, 0, 0, 0, 0, 0, 0, 0, 1]),
            ),
            (
                "octets behind",
                [rsa_key(&modulus(256), &exponent), vec![0]].concat(),
            ),
            ("empty", Vec::new()),
        ] {
            assert!(!is_good_rsa_key(&key), "{name}");
        }
    }

    #[test]
    fn curves_are_those_of_the_table() {
        let spki = |algorithm: &[u8]| {
            let algorithm = wrap(tag::SEQUENCE, &[algorithm]);
            wrap(
                tag::SEQUENCE,
                &[&algorithm, &wrap(tag::BIT_STRING, &[&[0, 4, 1, 2]])],
            )
        };
        assert!(is_good_key(&spki(alg_id::ECDSA_P521.as_ref())));
        assert!(is_good_key(&spki(alg_id::ED25519.as_ref())));
        assert!(!is_good_key(&spki(alg_id::ED448.as_ref())));
        assert!(!is_good_key(&spki(alg_id::ECDSA_P256K1.as_ref())));
        assert!(!is_good_key(&[]));
    }
}
