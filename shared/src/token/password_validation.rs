use serde::{Deserialize, Serialize};

use super::{PlainToken, jws};
use crate::error::Error;
use crate::key_ring::{Algorithm, KeyRing};
use crate::types::{AccountId, ClientId, SessionId, TenantId, Timestamp};

/// Says that the account's password was entered in a session a moment ago (contract §1.12): a JWT of a `typ` of its own,
/// which nothing takes for an access token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordValidation {
    /// The deployment's `issuer`.
    pub iss: String,
    pub sub: AccountId,
    pub sid: SessionId,
    pub tenant: TenantId,
    pub client_id: ClientId,
    /// The account's stamp: once the password or an address has changed, it is void.
    pub stamp: String,
    /// Seconds since 1970-01-01T00:00:00Z, as is `iat`.
    pub exp: i64,
    pub iat: i64,
}

const TYPE: &str = "password-validation+jwt";

impl PasswordValidation {
    /// # Errors
    /// As [`super::AccessToken::mint`].
    pub fn mint(&self, ring: &KeyRing, algorithm: Algorithm, now: Timestamp) -> Result<PlainToken, Error> {
        let key = ring.signing_key(algorithm, now)?;
        jws::sign(key, &jws::header(algorithm, TYPE, key.kid()), self)
    }

    /// What a token says that we signed and that `now` falls into; else the private reason why not.
    ///
    /// # Errors
    /// The reason, for the log only.
    pub fn open(token: &str, ring: &KeyRing, issuer: &str, now: Timestamp) -> Result<Self, &'static str> {
        let by_header =
            |header: &str| ring.signing_keys().find(|key| jws::header(key.algorithm(), TYPE, key.kid()) == header);
        let validation: Self = jws::verify(token, by_header)?;
        if validation.iss != issuer {
            return Err("of another issuer");
        }
        if validation.exp <= now.seconds() { Err("expired") } else { Ok(validation) }
    }
}
