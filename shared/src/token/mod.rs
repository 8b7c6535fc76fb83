//! Tokens and codes: how each is made, told apart and kept.
//!
//! | kind | form | kept as |
//! |---|---|---|
//! | api key, access key with secret key, OAuth secret | any text, given out once | SHA-256 ([`ClientSecret::hash`]) |
//! | a portal's public key, registration token, auto-login key | client, HMAC ([`Portal`]) | not at all |
//! | `AuthKey` of a lead | session, client, HMAC ([`AuthKey`]) | not at all |
//! | refresh token | session, generation, HMAC ([`RefreshToken`]) | not at all |
//! | `mfa_token` | account, session to be, HMAC ([`MfaToken`]) | not at all |
//! | `session_token` of a data transfer | transfer, secret ([`TransferToken`]) | SHA-256 |
//! | cookie of the pages | account, session, HMAC ([`BrowserToken`]) | not at all |
//! | access token | RFC 9068 JWT ([`AccessToken`]) | not at all |
//! | link to set a password or accept an invitation | account, secret ([`AccountLink`]) | SHA-256 |
//! | proof of a password entered lately | JWT of another `typ` ([`PasswordValidation`]) | not at all |
//! | secret in a link | 64 hexadecimal digits ([`LinkSecret`]) | SHA-256 |
//! | recovery code | 16 letters and digits ([`RecoveryCode`]) | SHA-256 |
//! | authenticator app's secret | 160 bits ([`TotpSecret`]) | sealed under a key outside the table |
//! | one-time code | 6 digits ([`OneTimeCode`]) | HMAC under a key outside the table |

mod access;
mod account_link;
mod browser_token;
mod client_secret;
mod jws;
mod link_secret;
mod mfa_token;
mod one_time_code;
mod password_validation;
mod portal_keys;
mod recovery_code;
mod refresh;
mod signed;
mod totp;
mod transfer_token;

pub use access::{AccessToken, Claims, Subject};
pub use account_link::AccountLink;
pub use browser_token::BrowserToken;
pub use client_secret::{ClientSecret, CredentialHash};
pub use link_secret::LinkSecret;
pub use mfa_token::MfaToken;
pub use one_time_code::OneTimeCode;
pub use password_validation::PasswordValidation;
pub use portal_keys::{AuthKey, Portal};
pub use recovery_code::RecoveryCode;
pub use refresh::{Bearer, RefreshToken};
pub use totp::TotpSecret;
pub use transfer_token::TransferToken;

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

#[cfg(test)]
mod tests;
