use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::Block;
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::foreign::Foreign;
use super::peppered::{self, Peppered};
use super::{NewPassword, Password};
use crate::error::{Code, Error};
use crate::key_ring::KeyRing;
use crate::limits::limits;
use crate::metric::{self, Metric};
use crate::random::Random;
use crate::types::Invalid;

/// What a hash costs: Argon2id v1.3, one lane, 16-byte salt, 32-byte tag (yardstick P5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    pub(super) memory_kib: u32,
    pub(super) passes: u32,
}

impl Cost {
    /// The least that may be configured (yardstick P5).
    pub const FLOOR: Self = Self { memory_kib: 19_456, passes: 2 };

    /// # Errors
    /// When it is below the floor or beyond what a stored hash may ask for.
    pub fn new(memory_kib: u32, passes: u32) -> Result<Self, &'static str> {
        let enough = memory_kib >= Self::FLOOR.memory_kib && passes >= Self::FLOOR.passes;
        if enough && memory_kib <= MAX_MEMORY_KIB && passes <= MAX_PASSES {
            Ok(Self { memory_kib, passes })
        } else {
            Err("must be 19456 to 262144 KiB of memory and 2 to 16 passes")
        }
    }

    #[must_use]
    pub fn memory_kib(self) -> u32 {
        self.memory_kib
    }
}

/// The most that a stored hash may ask for (yardstick P5).
pub(super) const MAX_MEMORY_KIB: u32 = 262_144;
pub(super) const MAX_PASSES: u32 = 16;

/// A password's hash. Ours is a PHC string whose `keyid` says which pepper it was made with; one without is of the
/// system that the account came from, until its owner signs in. Prints nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    pub(super) fn made(phc: String) -> Self {
        Self(phc)
    }

    /// One that another system made: bcrypt, scrypt, PBKDF2 or Argon2, as `Foreign` takes them.
    ///
    /// # Errors
    /// When it is of another scheme or asks for more work than a stored hash may.
    pub fn foreign(text: String) -> Result<Self, Invalid> {
        Foreign::parse(&text)?;
        Ok(Self(text))
    }

    /// Ours of another deployment, whose pepper has this id here.
    ///
    /// # Errors
    /// When it is none of ours, or asks for more work than a stored hash may.
    pub fn moved(&self, pepper: u8) -> Result<Self, Invalid> {
        peppered::with_pepper(&self.0, pepper).map(Self)
    }

    /// The pepper that it was made with; `None` of one that another system made.
    #[must_use]
    pub fn pepper(&self) -> Option<u8> {
        Peppered::parse(&self.0).ok().map(|ours| ours.pepper)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PasswordHash(…)")
    }
}

/// What holding a password against a hash showed.
#[derive(Debug)]
pub enum Verdict {
    Wrong,
    /// With a new hash where the stored one has an old cost or an old pepper, or is of another system.
    Right {
        rehashed: Option<PasswordHash>,
    },
}

/// Hashes and verifies, each on a blocking thread, no more at once than there are permits.
///
/// A permit owns the memory of one hash and keeps it for the next: mapping 19 MiB anew costs half a hash.
#[derive(Clone)]
pub struct PasswordHasher {
    cost: Cost,
    permits: Arc<Semaphore>,
    memory: Arc<Mutex<Vec<Vec<Block>>>>,
}

impl PasswordHasher {
    #[must_use]
    pub fn new(cost: Cost, permits: usize) -> Self {
        Self { cost, permits: Arc::new(Semaphore::new(permits.max(1))), memory: Arc::default() }
    }

    /// # Errors
    /// [`Code::Unavailable`] when no permit came free in time.
    pub async fn hash(
        &self,
        password: NewPassword,
        ring: &Arc<KeyRing>,
        random: &Random,
    ) -> Result<PasswordHash, Error> {
        let salt = random.bytes::<16>();
        let (cost, ring) = (self.cost, Arc::clone(ring));
        self.run(move |memory| peppered::make(cost, password.as_bytes(), &salt, &ring, memory)).await?
    }

    /// Holds `password` against `stored`, or, where there is none, against nothing at the same cost: whoever
    /// asks about an unknown account waits as long (yardstick E2).
    ///
    /// # Errors
    /// [`Code::Unavailable`] when no permit came free in time.
    pub async fn verify(
        &self,
        password: Password,
        stored: Option<PasswordHash>,
        ring: &Arc<KeyRing>,
        random: &Random,
    ) -> Result<Verdict, Error> {
        let salt = random.bytes::<16>();
        let (cost, ring) = (self.cost, Arc::clone(ring));
        self.run(move |memory| {
            let make = |memory: &mut Vec<Block>| peppered::make(cost, password.as_bytes(), &salt, &ring, memory);
            let Some(stored) = stored else {
                make(memory)?;
                return Ok(Verdict::Wrong);
            };
            if let Ok(foreign) = Foreign::parse(&stored.0) {
                // Ours is made for a wrong password as well: none of these is ever faster than nobody's.
                let is_right = foreign.matches(&password);
                let rehashed = make(memory)?;
                return Ok(if is_right { Verdict::Right { rehashed: Some(rehashed) } } else { Verdict::Wrong });
            }
            let ours = Peppered::parse(&stored.0)?;
            if !ours.matches(password.as_bytes(), &ring, memory)? {
                return Ok(Verdict::Wrong);
            }
            let current = ours.cost() == Some(cost) && ours.pepper == ring.pepper().id;
            let rehashed = if current { None } else { Some(make(memory)?) };
            Ok(Verdict::Right { rehashed })
        })
        .await?
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let permit = self.permit().await?;
        let memory = Arc::clone(&self.memory);
        let hashed = tokio::task::spawn_blocking(move || {
            let kept = memory.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut blocks = kept.unwrap_or_default();
            let result = work(&mut blocks);
            memory.lock().unwrap_or_else(PoisonError::into_inner).push(blocks);
            drop(permit);
            result
        });
        // The failure itself may quote what was hashed.
        hashed.await.map_err(|_| Code::Internal.because("hashing ended early"))
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, Error> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Ok(permit);
        }
        let (acquire, began) = (Arc::clone(&self.permits).acquire_owned(), Instant::now());
        let permit = tokio::time::timeout(Duration::from_millis(limits().hash_wait_milliseconds), acquire).await;
        metric::measure(Metric::HashWait, u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
        let refused = || Code::Unavailable.because("no hashing permit came free in time").counted(Metric::HashRefused);
        permit.map_err(|_| refused())?.map_err(|_| Code::Internal.because("the hashing permits are closed"))
    }
}

impl std::fmt::Debug for PasswordHasher {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("PasswordHasher").field("cost", &self.cost).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::tallied;

    #[tokio::test]
    async fn whoever_waits_is_counted_and_whoever_waits_too_long_refused() {
        let hasher = PasswordHasher::new(Cost::FLOOR, 1);
        let (held, tally) = tallied(hasher.permit()).await;
        let held = held.unwrap();
        assert!(!format!("{tally:?}").contains("Hash"), "{tally:?}");
        let (refused, tally) = tallied(hasher.permit()).await;
        assert_eq!(refused.unwrap_err().code(), Code::Unavailable);
        let counted = format!("{tally:?}");
        assert!(counted.contains("HashWait") && counted.contains("HashRefused"), "{counted}");
        drop(held);
        assert!(hasher.permit().await.is_ok());
    }
}
