//! Passwords: what may be set ([`NewPassword`]), what may be tried ([`Password`]), how either is kept
//! ([`PasswordHasher`]). Yardstick P1 to P7.

mod common;
mod foreign;
mod hasher;
mod new_password;
mod peppered;
mod policy;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

pub use hasher::{Cost, PasswordHash, PasswordHasher, Verdict};
pub use new_password::NewPassword;
pub use policy::PasswordPolicy;

/// A password as somebody typed it to get in: any text, NFC-normalised (yardstick P4), held against a hash
/// and never judged by a rule, so that a changed rule locks nobody out.
#[derive(Clone, serde::Deserialize)]
#[serde(from = "String")]
pub struct Password {
    normal: Zeroizing<String>,
    /// As it was typed, where that is another spelling.
    typed: Option<Zeroizing<String>>,
}

impl Password {
    fn as_bytes(&self) -> &[u8] {
        self.normal.as_bytes()
    }

    /// Whether it is written as a pin: 6 digits.
    #[must_use]
    pub fn is_pin(&self) -> bool {
        self.normal.len() == 6 && self.normal.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// How many characters it has.
    #[must_use]
    pub fn length(&self) -> usize {
        self.normal.chars().count()
    }
}

impl From<String> for Password {
    fn from(typed: String) -> Self {
        let typed = Zeroizing::new(typed);
        let normal = Zeroizing::new(typed.nfc().collect());
        Self { typed: (typed != normal).then_some(typed), normal }
    }
}

impl PartialEq for Password {
    fn eq(&self, other: &Self) -> bool {
        self.normal == other.normal
    }
}

impl Eq for Password {}

impl std::fmt::Debug for Password {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Password(…)")
    }
}
