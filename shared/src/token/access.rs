use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, Validation};
use serde::{Deserialize, Serialize};

use super::PlainToken;
use crate::error::Error;
use crate::key_ring::KeyRing;
use crate::types::{AccountId, ClientId, IntermediaryId, SessionId, TenantId, Timestamp};

/// An access token: an RFC 9068 JWT (`at+jwt`), RS256, that anybody can verify by the published keys.
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
    pub intermediary_id: IntermediaryId,
}

/// Exactly the members we write: a header that names a key (`jwk`, `jku`, `x5u`), `crit` or `b64` does not parse.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

const TYPE: &str = "at+jwt";
const ALGORITHM: &str = "RS256";
const LONGEST: usize = 4096;
const LEEWAY_SECONDS: i64 = 30;

impl AccessToken {
    /// # Errors
    /// [`crate::error::Code::Internal`] when the signature fails.
    pub fn mint(claims: &Claims, ring: &KeyRing, now: Timestamp) -> Result<PlainToken, Error> {
        let key = ring.signing_key(now);
        let header = Header { alg: ALGORITHM.to_owned(), typ: TYPE.to_owned(), kid: key.kid().to_owned() };
        let mut token = format!("{}.{}", encode(&header), encode(claims));
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
        let header = token.split('.').next().unwrap_or_default();
        let header = BASE64URL_NOPAD.decode(header.as_bytes()).map_err(|_| "the header is not base64url")?;
        let header: Header = serde_json::from_slice(&header).map_err(|_| "the header is not ours")?;
        if header.typ != TYPE || header.alg != ALGORITHM {
            return Err("another type or algorithm");
        }
        let key = ring.published_key(&header.kid).ok_or("signed by no published key")?;

        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[issuer.url]);
        validation.set_audience(&[issuer.audience()]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // jsonwebtoken would ask the system's clock; ours is an argument.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, key.verifier(), &validation)
            .map_err(|_| "the signature, issuer, audience or a claim is not ours")?
            .claims;
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
