use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;

use super::material::RawSigningKey;
use crate::error::{Code, Error};
use crate::token::AccessToken;
use crate::types::Timestamp;

/// A key that signs tokens, RS256: the one algorithm that every verifier and API Gateway's own authorizer take.
///
/// Both halves are held open: reading a key anew for each token is dear beside using it.
pub struct SigningKey {
    /// The RFC 7638 thumbprint, by which tokens name the key.
    kid: String,
    access_token_header: String,
    signs_from: Timestamp,
    pair: KeyPair,
    modulus: String,
    exponent: String,
    public: ParsedPublicKey,
}

/// One member of a JWK set (RFC 7517): public members only.
#[derive(Debug, Serialize)]
pub struct PublicKey<'key> {
    kty: &'static str,
    r#use: &'static str,
    alg: &'static str,
    kid: &'key str,
    n: &'key str,
    e: &'key str,
}

pub(super) fn generate_pkcs8() -> Result<Vec<u8>, Error> {
    let failed = |_| Code::Internal.because("an RSA key could not be made");
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
    Ok(der.as_ref().to_vec())
}

impl SigningKey {
    pub(super) fn open(raw: &RawSigningKey) -> Result<Self, Error> {
        let pair =
            KeyPair::from_pkcs8(&raw.pkcs8.0).map_err(|_| Code::Internal.because("a signing key is unreadable"))?;
        let public = pair.public_key();
        let modulus = BASE64URL_NOPAD.encode(public.modulus().big_endian_without_leading_zero());
        let exponent = BASE64URL_NOPAD.encode(public.exponent().big_endian_without_leading_zero());
        let parsed = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public.as_ref())
            .map_err(|_| Code::Internal.because("a public key is unusable"))?;
        let members = format!(r#"{{"e":"{exponent}","kty":"RSA","n":"{modulus}"}}"#);
        let kid = BASE64URL_NOPAD.encode(digest(&SHA256, members.as_bytes()).as_ref());
        let (access_token_header, signs_from) = (AccessToken::header(&kid), raw.signs_from);
        Ok(Self { kid, access_token_header, signs_from, pair, modulus, exponent, public: parsed })
    }

    /// The first part of every access token it signs.
    #[must_use]
    pub fn access_token_header(&self) -> &str {
        &self.access_token_header
    }

    pub(super) fn signs_from(&self) -> Timestamp {
        self.signs_from
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256 over `message`.
    ///
    /// # Errors
    /// [`Code::Internal`] when the signature fails.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &aws_lc_rs::rand::SystemRandom::new(), message, &mut signature)
            .map_err(|_| Code::Internal.because("signing failed"))?;
        Ok(signature)
    }

    /// Whether `signature` is this key's over `message`.
    #[must_use]
    pub fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.public.verify_sig(message, signature).is_ok()
    }

    pub(super) fn public(&self) -> PublicKey<'_> {
        let (kid, n, e) = (&self.kid, &self.modulus, &self.exponent);
        PublicKey { kty: "RSA", r#use: "sig", alg: "RS256", kid, n, e }
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SigningKey({})", self.kid)
    }
}
