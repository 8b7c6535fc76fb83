use zeroize::Zeroizing;

use super::material::RawSecret;

/// A key that password hashes are made with and that is not in the table (yardstick P7).
pub struct Pepper {
    pub id: u8,
    secret: Zeroizing<Vec<u8>>,
}

impl Pepper {
    pub(super) fn open(raw: &RawSecret) -> Self {
        Self { id: raw.id, secret: raw.secret.0.clone() }
    }

    #[must_use]
    pub fn secret(&self) -> &[u8] {
        &self.secret
    }
}

impl std::fmt::Debug for Pepper {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Pepper({})", self.id)
    }
}
