use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::error::{KeyRejected, Unspecified};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, ParsedPublicKey, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use zeroize::Zeroizing;

use super::material::RawSigningKey;
use super::public_key::Numbers;
use super::{Algorithm, PublicKey};
use crate::error::{Code, Error};
use crate::token::AccessToken;
use crate::types::Timestamp;

/// A key that signs tokens.
///
/// Either half is read once: that is dear beside using it. The public one at once; the private one, whose checks would be
/// a third of a start, when something is first signed: many functions sign nothing.
pub struct SigningKey {
    /// The RFC 7638 thumbprint, by which tokens name the key.
    kid: String,
    algorithm: Algorithm,
    access_token_header: String,
    signs_from: Timestamp,
    numbers: Numbers,
    public: ParsedPublicKey,
    pkcs8: Zeroizing<Vec<u8>>,
    pair: OnceLock<Pair>,
}

enum Pair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A new key, RSA of 2048 bits.
pub(super) fn generate_pkcs8(algorithm: Algorithm) -> Result<Vec<u8>, Error> {
    let made = match algorithm {
        Algorithm::Rs256 => RsaKeyPair::generate(KeySize::Rsa2048).and_then(|pair| {
            let der: Pkcs8V1Der<'_> = pair.as_der()?;
            Ok(der.as_ref().to_vec())
        }),
        Algorithm::Es256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .and_then(|pair| Ok(pair.to_pkcs8v1()?.as_ref().to_vec())),
        Algorithm::EdDsa => Ed25519KeyPair::generate().and_then(|pair| Ok(pair.to_pkcs8v1()?.as_ref().to_vec())),
    };
    made.map_err(|_| Code::Internal.because("a signing key could not be made"))
}

/// The public half of a private key.
pub(super) fn numbers(algorithm: Algorithm, pkcs8: &[u8]) -> Result<Numbers, Error> {
    let numbers = Pair::read(algorithm, pkcs8)?.numbers();
    numbers.ok_or_else(|| Code::Internal.because("a public key has another form"))
}

impl SigningKey {
    pub(super) fn open(raw: &RawSigningKey) -> Result<Self, Error> {
        let RawSigningKey { algorithm, signs_from, public, pkcs8 } = raw;
        let numbers = public.clone().map_or_else(|| numbers(*algorithm, &pkcs8.0), Ok)?;
        let public = numbers.verifier().ok_or_else(|| Code::Internal.because("a public key is unreadable"))?;
        let kid = numbers.thumbprint();
        Ok(Self {
            access_token_header: AccessToken::header(*algorithm, &kid),
            kid,
            algorithm: *algorithm,
            signs_from: *signs_from,
            numbers,
            public,
            pkcs8: pkcs8.0.clone(),
            pair: OnceLock::new(),
        })
    }

    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The first part of every access token it signs.
    #[must_use]
    pub fn access_token_header(&self) -> &str {
        &self.access_token_header
    }

    pub(super) fn signs_from(&self) -> Timestamp {
        self.signs_from
    }

    /// This key's signature over `message`, in the form that JWS gives it (RFC 7518 §3.3 and §3.4, RFC 8037 §3.1).
    ///
    /// # Errors
    /// [`Code::Internal`] when the key is unreadable or the signature fails.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.pair()?.sign(message).map_err(|_| Code::Internal.because("signing failed"))
    }

    /// Reads the private half now, and holds it against the public one.
    pub(super) fn check(&self) -> Result<(), Error> {
        let is_whole = self.pair()?.numbers().as_ref() == Some(&self.numbers);
        if is_whole { Ok(()) } else { Err(Code::Internal.because("the halves of a signing key are not of one key")) }
    }

    fn pair(&self) -> Result<&Pair, Error> {
        if let Some(pair) = self.pair.get() {
            return Ok(pair);
        }
        let pair = Pair::read(self.algorithm, &self.pkcs8)?;
        Ok(self.pair.get_or_init(|| pair))
    }

    /// Whether `signature` is this key's over `message`.
    #[must_use]
    pub fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.public.verify_sig(message, signature).is_ok()
    }

    pub(super) fn public(&self) -> PublicKey<'_> {
        PublicKey::new(&self.numbers, self.algorithm, &self.kid)
    }
}

impl Pair {
    fn read(algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self, Error> {
        let read = || -> Result<_, KeyRejected> {
            Ok(match algorithm {
                Algorithm::Rs256 => Self::Rsa(RsaKeyPair::from_pkcs8(pkcs8)?),
                Algorithm::Es256 => Self::P256(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8)?),
                Algorithm::EdDsa => Self::Ed25519(Ed25519KeyPair::from_pkcs8(pkcs8)?),
            })
        };
        read().map_err(|_| Code::Internal.because("a signing key is unreadable"))
    }

    fn numbers(&self) -> Option<Numbers> {
        match self {
            Self::Rsa(pair) => {
                let (n, e) = (pair.public_key().modulus(), pair.public_key().exponent());
                Some(Numbers::rsa(n.big_endian_without_leading_zero(), e.big_endian_without_leading_zero()))
            }
            Self::P256(pair) => Numbers::p256(pair.public_key().as_ref()),
            Self::Ed25519(pair) => Some(Numbers::ed25519(pair.public_key().as_ref())),
        }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
                Ok(signature)
            }
            Self::P256(pair) => Ok(pair.sign(&SystemRandom::new(), message)?.as_ref().to_vec()),
            Self::Ed25519(pair) => Ok(pair.try_sign(message)?.as_ref().to_vec()),
        }
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SigningKey({})", self.kid)
    }
}
