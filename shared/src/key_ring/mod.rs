//! The key ring: every key that must not be in the table. Signing keys, the secrets behind refresh tokens, codes
//! and sealed rows, and the password pepper.
//!
//! At rest it is one row, sealed under a data key that only KMS can unwrap ([`Envelope`]), so a copy of the
//! table opens nothing (yardstick D2). In memory it is immutable: a newer ring is another [`KeyRing`].

mod envelope;
mod material;
mod pepper;
mod secrets;
mod signing_key;

pub use envelope::{Envelope, WrappedRing};
pub use material::Material;
pub use pepper::Pepper;
pub use secrets::{Mac, Secrets};
pub use signing_key::{PublicKey, SigningKey};

use crate::error::{Code, Error};
use crate::types::Timestamp;

/// The keys of this deployment, opened.
pub struct KeyRing {
    signing_keys: Vec<SigningKey>,
    secrets: Vec<Secrets>,
    peppers: Vec<Pepper>,
}

impl KeyRing {
    /// # Errors
    /// [`Code::Internal`] when a key cannot be read or a kind of key is missing.
    pub fn open(material: &Material) -> Result<Self, Error> {
        let ring = Self {
            signing_keys: material.signing_keys.iter().map(SigningKey::open).collect::<Result<_, _>>()?,
            secrets: material.secrets.iter().map(Secrets::derive).collect::<Result<_, _>>()?,
            peppers: material.peppers.iter().map(Pepper::open).collect(),
        };
        if ring.signing_keys.is_empty() || ring.secrets.is_empty() || ring.peppers.is_empty() {
            return Err(Code::Internal.because("the key ring lacks a kind of key"));
        }
        Ok(ring)
    }

    /// The key that signs at `now`: the newest whose time has come, else the oldest there is.
    #[must_use]
    pub fn signing_key(&self, now: Timestamp) -> &SigningKey {
        let due = self.signing_keys.iter().filter(|key| key.signs_from() <= now);
        #[expect(clippy::expect_used, reason = "open() refuses a ring without one")]
        due.max_by_key(|key| key.signs_from()).or(self.signing_keys.first()).expect("a ring has a signing key")
    }

    /// The published key that a token names by `kid`.
    #[must_use]
    pub fn published_key(&self, kid: &str) -> Option<&SigningKey> {
        self.signing_keys.iter().find(|key| key.kid() == kid)
    }

    /// Every public key, in the order in which they came to sign.
    pub fn published_keys(&self) -> impl Iterator<Item = PublicKey<'_>> {
        self.signing_keys.iter().map(SigningKey::public)
    }

    /// The secrets that new tokens, codes and sealed rows are made with.
    #[must_use]
    pub fn secrets(&self) -> &Secrets {
        #[expect(clippy::expect_used, reason = "open() refuses a ring without any")]
        self.secrets.last().expect("a ring has secrets")
    }

    #[must_use]
    pub fn secrets_by_id(&self, id: u8) -> Option<&Secrets> {
        self.secrets.iter().find(|secrets| secrets.id() == id)
    }

    /// The pepper that new password hashes are made with.
    #[must_use]
    pub fn pepper(&self) -> &Pepper {
        #[expect(clippy::expect_used, reason = "open() refuses a ring without one")]
        self.peppers.last().expect("a ring has a pepper")
    }

    #[must_use]
    pub fn pepper_by_id(&self, id: u8) -> Option<&Pepper> {
        self.peppers.iter().find(|pepper| pepper.id == id)
    }

    /// Opens what any of the ring's secrets sealed under the same `context`.
    ///
    /// # Errors
    /// [`Code::Internal`] when it was sealed by other secrets, for another context, or changed since.
    pub fn unseal(&self, context: &str, sealed: &str) -> Result<Vec<u8>, Error> {
        secrets::unseal(|id| self.secrets_by_id(id), context, sealed)
    }
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("KeyRing(…)")
    }
}
