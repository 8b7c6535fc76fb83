//! Passwords: what may be set ([`NewPassword`]), what may be tried ([`Password`]), how either is kept
//! ([`PasswordHasher`]). Yardstick P1 to P7.

mod common;
mod hasher;
mod new_password;
mod policy;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

pub use hasher::{Cost, PasswordHash, PasswordHasher, Verdict};
pub use new_password::NewPassword;
pub use policy::PasswordPolicy;

/// A password as somebody typed it to get in: any text, NFC-normalised (yardstick P4), held against a hash
/// and never judged by a rule, so that a changed rule locks nobody out.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(from = "String")]
pub struct Password(Zeroizing<String>);

impl Password {
    fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether it is written as a pin: 6 digits.
    #[must_use]
    pub fn is_pin(&self) -> bool {
        self.0.len() == 6 && self.0.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// How many characters it has.
    #[must_use]
    pub fn length(&self) -> usize {
        self.0.chars().count()
    }
}

impl From<String> for Password {
    fn from(typed: String) -> Self {
        let typed = Zeroizing::new(typed);
        Self(Zeroizing::new(typed.nfc().collect()))
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Password(…)")
    }
}
