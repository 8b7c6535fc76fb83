use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use super::Algorithm;

/// One member of a JWK set (RFC 7517): public members only.
#[derive(Debug, Serialize)]
pub struct PublicKey<'key> {
    #[serde(flatten)]
    numbers: &'key Numbers,
    r#use: &'static str,
    alg: Algorithm,
    kid: &'key str,
}

/// What a public key is made of, each number in base64url, by its `kty` (RFC 7518 §6, RFC 8037 §2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kty")]
pub(super) enum Numbers {
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
    #[serde(rename = "EC")]
    Ec { crv: String, x: String, y: String },
    #[serde(rename = "OKP")]
    Okp { crv: String, x: String },
}

impl<'key> PublicKey<'key> {
    pub(super) fn new(numbers: &'key Numbers, alg: Algorithm, kid: &'key str) -> Self {
        Self { numbers, r#use: "sig", alg, kid }
    }

    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.alg
    }
}

impl Numbers {
    pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Self {
        Self::Rsa { n: BASE64URL_NOPAD.encode(modulus), e: BASE64URL_NOPAD.encode(exponent) }
    }

    /// `point`: uncompressed, SEC 1 §2.3.3. `None` when it is not.
    pub(super) fn p256(point: &[u8]) -> Option<Self> {
        let (x, y) = point.strip_prefix(&[4])?.split_at_checked(32)?;
        Some(Self::Ec { crv: "P-256".to_owned(), x: BASE64URL_NOPAD.encode(x), y: BASE64URL_NOPAD.encode(y) })
    }

    pub(super) fn ed25519(public_key: &[u8]) -> Self {
        Self::Okp { crv: "Ed25519".to_owned(), x: BASE64URL_NOPAD.encode(public_key) }
    }

    /// What verifies signatures. `None` when a number is none.
    pub(super) fn verifier(&self) -> Option<ParsedPublicKey> {
        let number = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).ok();
        match self {
            Self::Rsa { n, e } => {
                let components = RsaPublicKeyComponents { n: number(n)?, e: number(e)? };
                components.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).ok()
            }
            Self::Ec { x, y, .. } => {
                let point = [vec![4], number(x)?, number(y)?].concat();
                ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).ok()
            }
            Self::Okp { x, .. } => ParsedPublicKey::new(&ED25519, number(x)?).ok(),
        }
    }

    /// The SHA-256 thumbprint of RFC 7638 and, for Ed25519, RFC 8037 §2.
    pub(super) fn thumbprint(&self) -> String {
        let required = match self {
            Self::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
            Self::Ec { crv, x, y } => format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#),
            Self::Okp { crv, x } => format!(r#"{{"crv":"{crv}","kty":"OKP","x":"{x}"}}"#),
        };
        BASE64URL_NOPAD.encode(digest(&SHA256, required.as_bytes()).as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbprints_are_those_of_the_rfcs() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiF\
                 V4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9\
                 c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1\
                 jF44-csFCur-kEgU8awapJzKnqDKgw";
        let rsa = Numbers::Rsa { n: n.to_owned(), e: "AQAB".to_owned() };
        assert_eq!(rsa.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", "RFC 7638 §3.1");
        let (x, y) = ("l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA");
        let ec = Numbers::Ec { crv: "P-256".to_owned(), x: x.to_owned(), y: y.to_owned() };
        assert_eq!(ec.thumbprint(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I", "RFC 9449 §6.1");
        let okp =
            Numbers::Okp { crv: "Ed25519".to_owned(), x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".to_owned() };
        assert_eq!(okp.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "RFC 8037 A.3");
    }
}
