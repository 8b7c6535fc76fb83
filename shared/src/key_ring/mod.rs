//! The key ring: every key that must not be in the table. Signing keys, the secrets behind refresh tokens, codes
//! and sealed rows, and the password pepper.
//!
//! At rest it is one row, sealed under a data key that only KMS can unwrap ([`Envelope`]), so a copy of the
//! table opens nothing (yardstick D2). In memory it is immutable: a newer ring is another [`KeyRing`].

mod algorithm;
mod calendar;
mod envelope;
mod material;
mod pepper;
mod public_key;
mod rotation;
mod secrets;
mod signing_key;

pub use algorithm::Algorithm;
pub use envelope::{Envelope, WrappedRing};
pub use material::Material;
pub use pepper::Pepper;
pub use public_key::PublicKey;
pub use rotation::{KeyChanges, Renewable};
pub use secrets::{Mac, Secrets};
pub use signing_key::SigningKey;

use crate::error::{Code, Error};
use crate::types::Timestamp;

/// The keys of this deployment, opened.
pub struct KeyRing {
    /// Of all algorithms.
    signing_keys: Generations<SigningKey>,
    secrets: Generations<Secrets>,
    peppers: Generations<Pepper>,
}

/// Keys of one kind, of which there is always one.
struct Generations<K> {
    newest: K,
    /// From the oldest to the newest.
    older: Vec<K>,
}

impl<K> Generations<K> {
    fn new(mut oldest_first: Vec<K>) -> Result<Self, Error> {
        let newest = oldest_first.pop().ok_or_else(|| Code::Internal.because("the key ring lacks a kind of key"))?;
        Ok(Self { newest, older: oldest_first })
    }

    fn newest_first(&self) -> impl Iterator<Item = &K> + Clone {
        std::iter::once(&self.newest).chain(self.older.iter().rev())
    }
}

impl KeyRing {
    /// Private halves are read when they are first used: [`open_whole`](KeyRing::open_whole) does at once.
    ///
    /// # Errors
    /// [`Code::Internal`] when a key cannot be read or a kind of key is missing.
    pub fn open(material: &Material) -> Result<Self, Error> {
        let signing_keys = material.signing_keys.iter().map(SigningKey::open).collect::<Result<_, _>>()?;
        let secrets = material.secrets.iter().map(Secrets::derive).collect::<Result<_, _>>()?;
        Ok(Self {
            signing_keys: Generations::new(signing_keys)?,
            secrets: Generations::new(secrets)?,
            peppers: Generations::new(material.peppers.iter().map(Pepper::open).collect())?,
        })
    }

    /// As [`open`](KeyRing::open), with the private half of each key read at once and held against the public one.
    ///
    /// # Errors
    /// As [`open`](KeyRing::open); [`Code::Internal`] when the halves of a key are not of one.
    pub fn open_whole(material: &Material) -> Result<Self, Error> {
        let ring = Self::open(material)?;
        ring.signing_keys().try_for_each(SigningKey::check)?;
        Ok(ring)
    }

    /// The key that signs by `algorithm` at `now`: the newest whose time has come, else the oldest.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when the ring has none yet: it is older than the algorithm, and the next rotation adds one.
    pub fn signing_key(&self, algorithm: Algorithm, now: Timestamp) -> Result<&SigningKey, Error> {
        let lacking = || Code::Unavailable.because(format!("the key ring has no {} key yet", algorithm.name()));
        calendar::signing(self.newest_first(algorithm), |key| key.signs_from(), now).ok_or_else(lacking)
    }

    fn newest_first(&self, algorithm: Algorithm) -> impl Iterator<Item = &SigningKey> + Clone {
        self.signing_keys.newest_first().filter(move |key| key.algorithm() == algorithm)
    }

    /// Every key whose tokens are good, the newest first.
    pub fn signing_keys(&self) -> impl Iterator<Item = &SigningKey> {
        self.signing_keys.newest_first()
    }

    /// Every public key: RS256 first, of each algorithm the newest first.
    pub fn published_keys(&self) -> impl Iterator<Item = PublicKey<'_>> {
        Algorithm::ALL.into_iter().flat_map(|algorithm| self.newest_first(algorithm)).map(SigningKey::public)
    }

    /// The secrets that tokens, codes and sealed rows are made with, and that alone authenticate them.
    #[must_use]
    pub fn secrets(&self) -> &Secrets {
        &self.secrets.newest
    }

    /// The pepper that new password hashes are made with.
    #[must_use]
    pub fn pepper(&self) -> &Pepper {
        &self.peppers.newest
    }

    #[must_use]
    pub fn pepper_by_id(&self, id: u8) -> Option<&Pepper> {
        self.peppers.newest_first().find(|pepper| pepper.id == id)
    }

    /// Every pepper that hashes were made with, the newest first.
    pub fn peppers(&self) -> impl Iterator<Item = &Pepper> {
        self.peppers.newest_first()
    }

    /// Opens what any of the ring's secrets sealed under the same `context`.
    ///
    /// # Errors
    /// [`Code::Internal`] when it was sealed by other secrets, for another context, or changed since.
    pub fn unseal(&self, context: &str, sealed: &str) -> Result<Vec<u8>, Error> {
        secrets::unseal(|id| self.secrets.newest_first().find(|secrets| secrets.id() == id), context, sealed)
    }
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("KeyRing(…)")
    }
}
