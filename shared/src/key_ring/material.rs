use data_encoding::BASE64;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::Algorithm;
use super::public_key::Numbers;
use crate::error::{Code, Error};
use crate::random::Random;
use crate::types::Timestamp;

/// What is inside the sealed row: raw keys, each kind from the oldest to the newest.
#[derive(Serialize, Deserialize)]
pub struct Material {
    pub(super) signing_keys: Vec<RawSigningKey>,
    pub(super) secrets: Vec<RawSecret>,
    pub(super) peppers: Vec<RawSecret>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct RawSigningKey {
    /// RS256 in rings from before there were others.
    #[serde(default)]
    pub algorithm: Algorithm,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub signs_from: Timestamp,
    /// The public half, so that the private one need not be read to have it; absent in rings from before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<Numbers>,
    pub pkcs8: RawKey,
}

#[derive(Serialize, Deserialize)]
pub(super) struct RawSecret {
    /// 1 to 255, never used twice. Tokens, hashes and sealed rows carry it.
    pub id: u8,
    pub secret: RawKey,
}

impl RawSecret {
    pub(super) fn new(id: u8, random: &Random) -> Self {
        Self { id, secret: RawKey(Zeroizing::new(random.bytes::<32>().to_vec())) }
    }
}

/// # Errors
/// [`Code::Internal`] when all 255 are used up.
pub(super) fn next_id(of_kind: &[RawSecret]) -> Result<u8, Error> {
    let latest = of_kind.iter().map(|secret| secret.id).max().unwrap_or_default();
    latest.checked_add(1).ok_or_else(|| Code::Internal.because("the key ring has no id left for another secret"))
}

/// Key bytes: Base64 inside the sealed row, wiped from memory when dropped.
pub(super) struct RawKey(pub Zeroizing<Vec<u8>>);

impl Material {
    /// One secret and one pepper, and no signing key yet.
    #[must_use]
    pub fn without_signing_keys(random: &Random) -> Self {
        let secret = || vec![RawSecret::new(1, random)];
        Self { signing_keys: Vec::new(), secrets: secret(), peppers: secret() }
    }

    /// Takes in a pepper of another deployment as an old one, unless it is here: hashes made with it verify, and none is
    /// made with it. Answers with its id where it is new.
    ///
    /// # Errors
    /// [`Code::Internal`] when every id is taken.
    pub fn adopt_pepper(&mut self, secret: &[u8]) -> Result<Option<u8>, Error> {
        if self.peppers.iter().any(|pepper| pepper.secret.0.as_slice() == secret) {
            return Ok(None);
        }
        let id = next_id(&self.peppers)?;
        self.peppers.insert(0, RawSecret { id, secret: RawKey(Zeroizing::new(secret.to_vec())) });
        Ok(Some(id))
    }

    /// A first ring: one key of each algorithm that signs from `now` on, one secret, one pepper.
    ///
    /// # Errors
    /// [`Code::Internal`] when no key could be made.
    pub fn generate(random: &Random, now: Timestamp) -> Result<Self, Error> {
        let mut material = Self::without_signing_keys(random);
        material.rotate(now)?;
        Ok(material)
    }
}

impl Serialize for RawKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(BASE64.encode(&self.0)))
    }
}

impl<'de> Deserialize<'de> for RawKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        let bytes = BASE64.decode(text.as_bytes()).map_err(|_| serde::de::Error::custom("a key is not Base64"))?;
        Ok(Self(Zeroizing::new(bytes)))
    }
}

impl std::fmt::Debug for Material {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Material(…)")
    }
}
