use std::sync::Arc;

use super::App;
use super::ring::Read;
use crate::error::{Code, Error};
use crate::key_ring::{KeyChanges, KeyRing, Material, Renewable, WrappedRing};
use crate::log::Line;
use crate::types::Timestamp;

/// How often a change is begun anew because another one was faster.
const ATTEMPTS: u32 = 4;

impl App {
    /// Publishes and drops the signing keys that the calendar has due, and founds the key ring where there is none.
    /// Of two at once one does it, and the other finds nothing due.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB or KMS does not answer; the ring is then whole, as before or as after.
    pub async fn rotate_keys(&self) -> Result<KeyChanges, Error> {
        self.change_key_ring(Material::rotate).await
    }

    /// Drops one signing key at once, whatever the calendar says: no token that it signed opens anything any more.
    /// Other instances know within a minute, when they read the ring again.
    ///
    /// # Errors
    /// [`Code::NotFound`] when no key has this `kid`; else as [`rotate_keys`](App::rotate_keys).
    pub async fn drop_key(&self, kid: &str) -> Result<KeyChanges, Error> {
        self.change_key_ring(|material, now| material.drop_key(kid, now)).await
    }

    /// Renews what may have been seen, see [`Material::renew`]. Other instances know within a minute, when they read the
    /// ring again: what they made until then by older secrets is refused afterwards.
    ///
    /// # Errors
    /// As [`rotate_keys`](App::rotate_keys).
    pub async fn renew(&self, what: Renewable) -> Result<KeyChanges, Error> {
        self.change_key_ring(|material, _| material.renew(what, &self.random)).await
    }

    /// Takes in the pepper of another deployment, whose accounts come here with their passwords: its id here.
    ///
    /// # Errors
    /// As [`rotate_keys`](App::rotate_keys); [`Code::Internal`] when the ring is full.
    pub async fn adopt_pepper(&self, secret: &[u8]) -> Result<u8, Error> {
        let adopt = |material: &mut Material, _| {
            let adopted_peppers = material.adopt_pepper(secret)?.into_iter().collect();
            Ok(KeyChanges { adopted_peppers, ..KeyChanges::default() })
        };
        self.change_key_ring(adopt).await?;
        let ring = self.key_ring().await?;
        let pepper = ring.peppers().find(|pepper| pepper.secret() == secret);
        pepper
            .map(|pepper| pepper.id)
            .ok_or_else(|| Code::Unavailable.because("the key ring is not the one just written"))
    }

    async fn change_key_ring(
        &self,
        change: impl Fn(&mut Material, Timestamp) -> Result<KeyChanges, Error>,
    ) -> Result<KeyChanges, Error> {
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let read = self.store.key_ring(now).await?;
            let mut material = match &read {
                Some(wrapped) => self.envelope.open(wrapped).await?,
                None => Material::without_signing_keys(&self.random),
            };
            let changes = change(&mut material, now)?;
            if changes.is_empty() || self.replace_key_ring(read.as_ref(), &material).await? {
                self.log_key_changes(&changes);
                return Ok(changes);
            }
        }
        Err(Error::conflict("the key ring was changed by others four times in a row"))
    }

    /// Writes a ring that is known to open where `read` still is, and uses it from then on.
    async fn replace_key_ring(&self, read: Option<&WrappedRing>, material: &Material) -> Result<bool, Error> {
        let ring = Arc::new(KeyRing::open_whole(material)?);
        let wrapped = self.envelope.seal(material, &self.random).await?;
        let written = self.store.put_key_ring(read, &wrapped).await?;
        if written {
            self.ring.keep(Read { ring, wrapped, at: self.clock.now() });
        }
        Ok(written)
    }

    fn log_key_changes(&self, changes: &KeyChanges) {
        let published = changes.published.iter().map(|kid| ("key.published", kid));
        for (event, kid) in published.chain(changes.dropped.iter().map(|kid| ("key.dropped", kid))) {
            self.log.info(&self.clock, &Line { event, reason: Some(kid), ..Line::default() });
        }
        for id in &changes.adopted_peppers {
            let id = id.to_string();
            self.log.info(&self.clock, &Line { event: "pepper.adopted", reason: Some(&id), ..Line::default() });
        }
        if let Some(what) = changes.renewed {
            let event = match what {
                Renewable::Secrets => "secrets.renewed",
                Renewable::Pepper => "pepper.renewed",
            };
            self.log.info(&self.clock, &Line { event, ..Line::default() });
        }
    }
}
