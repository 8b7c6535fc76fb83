//! Tokens and codes: how each is made, told apart and kept.
//!
//! | kind | form | kept as |
//! |---|---|---|
//! | api key | any text, given out once | SHA-256 ([`ApiKey::hash`]) |
//! | refresh token | session, generation, HMAC ([`RefreshToken`]) | not at all |
//! | access token | RFC 9068 JWT ([`AccessToken`]) | not at all |
//! | one-time code | 6 digits ([`OneTimeCode`]) | HMAC under a key outside the table |

mod access;
mod api_key;
mod one_time_code;
mod refresh;

pub use access::{AccessToken, Claims, Issuer};
pub use api_key::{ApiKey, ApiKeyHash};
pub use one_time_code::OneTimeCode;
pub use refresh::{Bearer, RefreshToken};

use zeroize::Zeroizing;

/// A secret in the form in which it is handed out. Prints nothing; cannot be written to a row or a log line.
#[derive(Clone, PartialEq, Eq)]
pub struct PlainToken(Zeroizing<String>);

impl PlainToken {
    fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself, for the one answer that hands it out.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PlainToken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PlainToken(…)")
    }
}
