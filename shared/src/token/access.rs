use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use super::PlainToken;
use crate::error::Error;
use crate::key_ring::{Algorithm, KeyRing};
use crate::types::{AccountId, ClientId, IntermediaryId, SessionId, TenantId, Timestamp};

/// An access token: an RFC 9068 JWT (`at+jwt`) that anybody can verify by the published keys.
#[derive(Debug, Clone, Copy)]
pub struct AccessToken;

/// Who issues, and for which audience of which tenant.
#[derive(Debug, Clone, Copy)]
pub struct Issuer<'a> {
    /// The deployment's `issuer`, byte-equal to `iss`.
    pub url: &'a str,
    pub tenant: &'a TenantId,
    /// The surface whose calls the token opens.
    pub surface: &'a str,
}

impl Issuer<'_> {
    /// `{issuer}/{tenant}/{surface}`: a gateway that checks one audience lets one tenant's tokens in.
    #[must_use]
    pub fn audience(&self) -> String {
        format!("{}/{}/{}", self.url, self.tenant, self.surface)
    }
}

/// The claims of RFC 9068 §2.2, and ours: `sid`, `intermediary_id`. Times in seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub sub: AccountId,
    pub aud: String,
    pub exp: i64,
    pub iat: i64,
    pub jti: SessionId,
    pub client_id: ClientId,
    pub scope: String,
    /// When the person proved who they are; a rotation does not renew it.
    pub auth_time: i64,
    /// How they proved it (RFC 8176).
    pub amr: Vec<String>,
    pub sid: SessionId,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub intermediary_id: Option<IntermediaryId>,
}

/// The one header that a key's tokens have. A token is told by it letter for letter, so one that names a key of
/// its own (`jwk`, `jku`, `x5u`), another algorithm, `crit` or `b64` is none of ours before anything is parsed.
#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    kid: &'a str,
}

const LONGEST: usize = 4096;
const LEEWAY_SECONDS: i64 = 30;

impl AccessToken {
    /// The header of the tokens that the key named `kid` signs, in base64url.
    #[must_use]
    pub(crate) fn header(algorithm: Algorithm, kid: &str) -> String {
        encode(&Header { alg: algorithm.name(), typ: "at+jwt", kid })
    }

    /// # Errors
    /// [`crate::error::Code::Unavailable`] when the ring has no key of this algorithm yet,
    /// [`crate::error::Code::Internal`] when the signature fails.
    pub fn mint(claims: &Claims, ring: &KeyRing, algorithm: Algorithm, now: Timestamp) -> Result<PlainToken, Error> {
        let key = ring.signing_key(algorithm, now)?;
        let mut token = format!("{}.{}", key.access_token_header(), encode(claims));
        let signature = key.sign(token.as_bytes())?;
        token.push('.');
        BASE64URL_NOPAD.encode_append(&signature, &mut token);
        Ok(PlainToken::new(token))
    }

    /// The claims of a token that we signed for this issuer and audience and that `now` falls into; else the
    /// private reason why not (yardstick T1 to T5).
    ///
    /// # Errors
    /// The reason, for the log only: the caller hears one answer for all of them.
    pub fn verify(token: &str, ring: &KeyRing, issuer: Issuer<'_>, now: Timestamp) -> Result<Claims, &'static str> {
        if token.len() > LONGEST {
            return Err("longer than 4 KiB");
        }
        let (signed, signature) = token.rsplit_once('.').ok_or("not three parts")?;
        let (header, claims) = signed.split_once('.').ok_or("not three parts")?;
        let key = ring.published_key_by_header(header).ok_or("no header of ours")?;
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).map_err(|_| "the signature is not base64url")?;
        if !key.signed(signed.as_bytes(), &signature) {
            return Err("the signature is not ours");
        }
        let claims = BASE64URL_NOPAD.decode(claims.as_bytes()).map_err(|_| "the claims are not base64url")?;
        let claims: Claims = serde_json::from_slice(&claims).map_err(|_| "the claims are not ours")?;
        if claims.iss != issuer.url || claims.aud != issuer.audience() {
            return Err("for another issuer or audience");
        }
        if claims.exp <= now.seconds() {
            return Err("expired");
        }
        if claims.iat > now.seconds() + LEEWAY_SECONDS {
            return Err("issued in the future");
        }
        Ok(claims)
    }
}

fn encode(part: &impl Serialize) -> String {
    // A struct of strings and numbers always has a JSON form.
    BASE64URL_NOPAD.encode(&serde_json::to_vec(part).unwrap_or_default())
}
