//! The compact form of a JWT (RFC 7515) by the ring's keys, one `typ` a kind of token.

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::PlainToken;
use crate::error::Error;
use crate::key_ring::{Algorithm, SigningKey};

/// The one header that a key's tokens of a kind have. A token is told by it letter for letter, so one that names a key
/// of its own (`jwk`, `jku`, `x5u`), another algorithm, `crit` or `b64` is none of ours before anything is parsed.
#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    kid: &'a str,
}

const LONGEST: usize = 4096;

/// The header, in base64url.
pub(super) fn header(algorithm: Algorithm, typ: &str, kid: &str) -> String {
    encode(&Header { alg: algorithm.name(), typ, kid })
}

pub(super) fn sign(key: &SigningKey, header: &str, claims: &impl Serialize) -> Result<PlainToken, Error> {
    let mut token = format!("{header}.{}", encode(claims));
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    BASE64URL_NOPAD.encode_append(&signature, &mut token);
    Ok(PlainToken::new(token))
}

/// The claims of a token that the key with its header signed; else the private reason why not (yardstick T1, T5).
pub(super) fn verify<'key, C: DeserializeOwned>(
    token: &str,
    key: impl FnOnce(&str) -> Option<&'key SigningKey>,
) -> Result<C, &'static str> {
    if token.len() > LONGEST {
        return Err("longer than 4 KiB");
    }
    let (signed, signature) = token.rsplit_once('.').ok_or("not three parts")?;
    let (header, claims) = signed.split_once('.').ok_or("not three parts")?;
    let key = key(header).ok_or("no header of ours")?;
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).map_err(|_| "the signature is not base64url")?;
    if !key.signed(signed.as_bytes(), &signature) {
        return Err("the signature is not ours");
    }
    let claims = BASE64URL_NOPAD.decode(claims.as_bytes()).map_err(|_| "the claims are not base64url")?;
    serde_json::from_slice(&claims).map_err(|_| "the claims are not ours")
}

fn encode(part: &impl Serialize) -> String {
    // A struct of strings and numbers always has a JSON form.
    BASE64URL_NOPAD.encode(&serde_json::to_vec(part).unwrap_or_default())
}
