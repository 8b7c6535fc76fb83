use serde::{Deserialize, Serialize};

use super::{PlainToken, jws};
use crate::error::Error;
use crate::key_ring::{Algorithm, KeyRing};
use crate::limits::limits;
use crate::types::{
    AccountId, Audience, ClientId, CustomerId, IntermediaryId, Invalid, Scopes, SessionId, TenantId, Timestamp,
};

/// An access token: an RFC 9068 JWT (`at+jwt`) that anybody can verify by the published keys.
#[derive(Debug, Clone, Copy)]
pub struct AccessToken;

/// The claims of RFC 9068 §2.2, and ours. Times in seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The deployment's `issuer`, one for all tenants.
    pub iss: String,
    pub sub: Subject,
    pub aud: Audience,
    pub exp: i64,
    pub iat: i64,
    pub jti: SessionId,
    pub client_id: ClientId,
    pub scope: Scopes,
    pub tenant: TenantId,
    // What only the token of a signed-in person has.
    /// When the person proved who they are; a rotation does not renew it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub auth_time: Option<i64>,
    /// How they proved it (RFC 8176).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub amr: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sid: Option<SessionId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub intermediary_id: Option<IntermediaryId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub customer_id: Option<CustomerId>,
}

/// Whom a token speaks for: a person or a client. The ids of one are never those of the other (yardstick K4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Subject {
    Account(AccountId),
    Client(ClientId),
}

impl TryFrom<String> for Subject {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        AccountId::try_from(text.clone()).map(Self::Account).or_else(|_| ClientId::try_from(text).map(Self::Client))
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> Self {
        match subject {
            Subject::Account(id) => id.to_string(),
            Subject::Client(id) => id.to_string(),
        }
    }
}

impl Claims {
    /// The account and session of a person's token; a client's has none.
    #[must_use]
    pub fn person(&self) -> Option<(AccountId, SessionId)> {
        match (&self.sub, self.sid) {
            (Subject::Account(id), Some(session)) => Some((*id, session)),
            _ => None,
        }
    }

    /// Whether it is the token of a client itself.
    #[must_use]
    pub fn is_of_client(&self) -> bool {
        self.sid.is_none() && self.sub == Subject::Client(self.client_id.clone())
    }
}

const TYPE: &str = "at+jwt";

impl AccessToken {
    /// The header of the tokens that the key named `kid` signs, in base64url.
    #[must_use]
    pub(crate) fn header(algorithm: Algorithm, kid: &str) -> String {
        jws::header(algorithm, TYPE, kid)
    }

    /// # Errors
    /// [`crate::error::Code::Unavailable`] when the ring has no key of this algorithm yet,
    /// [`crate::error::Code::Internal`] when the signature fails.
    pub fn mint(claims: &Claims, ring: &KeyRing, algorithm: Algorithm, now: Timestamp) -> Result<PlainToken, Error> {
        let key = ring.signing_key(algorithm, now)?;
        jws::sign(key, key.access_token_header(), claims)
    }

    /// The claims of a token that we signed and that `now` falls into, whoever it is for; else the private reason
    /// why not (yardstick T1 to T5).
    ///
    /// # Errors
    /// The reason, for the log only: the caller hears one answer for all of them.
    pub fn open(token: &str, ring: &KeyRing, issuer: &str, now: Timestamp) -> Result<Claims, &'static str> {
        let by_header = |header: &str| ring.signing_keys().find(|key| key.access_token_header() == header);
        let claims: Claims = jws::verify(token, by_header)?;
        if claims.iss != issuer {
            return Err("of another issuer");
        }
        if claims.exp <= now.seconds() {
            return Err("expired");
        }
        if claims.iat > now.seconds() + limits().leeway_seconds {
            return Err("issued in the future");
        }
        Ok(claims)
    }
}
