use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::{BASE32, BASE64URL_NOPAD};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::random::Random;

/// A code that its owner keeps on paper for the day the authenticator app is lost: 80 bits of chance, 16 letters and
/// digits shown in groups of four (yardstick C7). Letter case, hyphens and spaces do not count.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct RecoveryCode(Zeroizing<String>);

impl RecoveryCode {
    /// How many there are of a set.
    pub const SET: usize = 10;

    #[must_use]
    pub fn random(random: &Random) -> Self {
        Self(Zeroizing::new(BASE32.encode(&random.bytes::<10>())))
    }

    /// As its owner is shown it, once.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        let mut shown = Zeroizing::new(String::with_capacity(19));
        for (position, letter) in self.0.chars().enumerate() {
            if position > 0 && position % 4 == 0 {
                shown.push('-');
            }
            shown.push(letter);
        }
        shown
    }

    #[must_use]
    pub fn digest(&self) -> String {
        BASE64URL_NOPAD.encode(digest(&SHA256, self.0.as_bytes()).as_ref())
    }
}

/// Any text: one that we did not make has a digest that nothing has.
impl From<String> for RecoveryCode {
    fn from(text: String) -> Self {
        let text = Zeroizing::new(text);
        let letters = text.chars().filter(|letter| !['-', ' '].contains(letter));
        Self(Zeroizing::new(letters.map(|letter| letter.to_ascii_uppercase()).collect()))
    }
}

impl std::fmt::Debug for RecoveryCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("RecoveryCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_however_its_owner_types_it() {
        let code = RecoveryCode::random(&Random::default());
        let shown = code.reveal();
        assert_eq!((shown.len(), shown.matches('-').count()), (19, 3));
        for typed in [shown.to_string(), shown.to_lowercase(), shown.replace('-', " "), shown.replace('-', "")] {
            assert_eq!(RecoveryCode::from(typed).digest(), code.digest());
        }
        assert_ne!(RecoveryCode::from(String::new()).digest(), code.digest());
        assert_eq!(format!("{code:?}"), "RecoveryCode(…)");
    }
}
