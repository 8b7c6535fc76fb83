use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::random::Random;

/// A secret of 256 bits that is handed out once, in a link or an answer: 64 hexadecimal digits. The table knows its
/// SHA-256, which is enough for so much chance.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct LinkSecret(Zeroizing<String>);

impl LinkSecret {
    #[must_use]
    pub fn random(random: &Random) -> Self {
        Self(Zeroizing::new(HEXLOWER.encode(&random.bytes::<32>())))
    }

    /// The digits themselves, for the one message or answer that carries them.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn digest(&self) -> String {
        BASE64URL_NOPAD.encode(digest(&SHA256, self.0.as_bytes()).as_ref())
    }
}

/// Any text: one that we did not make has a digest that nothing has.
impl From<String> for LinkSecret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl std::fmt::Debug for LinkSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("LinkSecret(…)")
    }
}
