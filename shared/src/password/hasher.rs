use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, AssociatedData, Block, KeyId, Params, ParamsBuilder, Version};
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::{NewPassword, Password};
use crate::error::{Code, Error};
use crate::key_ring::KeyRing;
use crate::metric::{self, Metric};
use crate::random::Random;

/// What a hash costs: Argon2id v1.3, one lane, 16-byte salt, 32-byte tag (yardstick P5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    memory_kib: u32,
    passes: u32,
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

const MAX_MEMORY_KIB: u32 = 262_144;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 4;
const TAG_BYTES: usize = 32;
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// A password's hash as a PHC string; its `keyid` says which pepper it was made with. Prints nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
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
    /// With a new hash where the stored one has an old cost or an old pepper.
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
    /// [`Code::Unavailable`] when no permit came free within 2 s.
    pub async fn hash(
        &self,
        password: NewPassword,
        ring: &Arc<KeyRing>,
        random: &Random,
    ) -> Result<PasswordHash, Error> {
        let salt = random.bytes::<16>();
        let (cost, ring) = (self.cost, Arc::clone(ring));
        self.run(move |memory| make(cost, password.as_bytes(), &salt, &ring, memory)).await?
    }

    /// Holds `password` against `stored`, or, where there is none, against nothing at the same cost: whoever
    /// asks about an unknown account waits as long (yardstick E2).
    ///
    /// # Errors
    /// [`Code::Unavailable`] when no permit came free within 2 s.
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
            let Some(stored) = stored else {
                make(cost, password.as_bytes(), &salt, &ring, memory)?;
                return Ok(Verdict::Wrong);
            };
            let parsed = Stored::parse(&stored)?;
            if !parsed.matches(password.as_bytes(), &ring, memory)? {
                return Ok(Verdict::Wrong);
            }
            let current = parsed.cost() == Some(cost) && parsed.pepper == ring.pepper().id;
            if current {
                return Ok(Verdict::Right { rehashed: None });
            }
            let rehashed = make(cost, password.as_bytes(), &salt, &ring, memory)?;
            Ok(Verdict::Right { rehashed: Some(rehashed) })
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
        let permit = tokio::time::timeout(LONGEST_WAIT, acquire).await;
        metric::measure(Metric::HashWait, u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
        let refused = || Code::Unavailable.because("no hashing permit came free in 2 s").counted(Metric::HashRefused);
        permit.map_err(|_| refused())?.map_err(|_| Code::Internal.because("the hashing permits are closed"))
    }
}

impl std::fmt::Debug for PasswordHasher {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("PasswordHasher").field("cost", &self.cost).finish_non_exhaustive()
    }
}

/// A stored hash, taken apart and found within bounds.
struct Stored {
    params: Params,
    salt: phc::Salt,
    tag: phc::Output,
    pepper: u8,
}

impl Stored {
    fn parse(hash: &PasswordHash) -> Result<Self, Error> {
        let broken = |what: &str| Code::Internal.because(format!("a stored password hash has {what}"));
        let parsed = phc::PasswordHash::new(&hash.0).map_err(|_| broken("no PHC form"))?;
        if parsed.algorithm != Algorithm::Argon2id.ident() || parsed.version != Some(0x13) {
            return Err(broken("another algorithm"));
        }
        let params = Params::try_from(&parsed).map_err(|_| broken("unusable parameters"))?;
        let bounded =
            params.m_cost() <= MAX_MEMORY_KIB && params.t_cost() <= MAX_PASSES && params.p_cost() <= MAX_LANES;
        let pepper = params.keyid().first().copied();
        match (parsed.salt, parsed.hash, pepper) {
            (Some(salt), Some(tag), Some(pepper)) if bounded => Ok(Self { params, salt, tag, pepper }),
            _ => Err(broken("parts missing or out of bounds")),
        }
    }

    fn cost(&self) -> Option<Cost> {
        let cost = Cost { memory_kib: self.params.m_cost(), passes: self.params.t_cost() };
        (self.params.p_cost() == 1).then_some(cost)
    }

    fn matches(&self, password: &[u8], ring: &KeyRing, memory: &mut Vec<Block>) -> Result<bool, Error> {
        let pepper = ring.pepper_by_id(self.pepper).ok_or_else(|| {
            Code::Internal.because("a stored password hash names a pepper that is not in the key ring")
        })?;
        let mut tag = vec![0; self.tag.len()];
        fill(&self.params, pepper.secret(), password, &self.salt, &mut tag, memory)?;
        Ok(aws_lc_rs::constant_time::verify_slices_are_equal(&tag, self.tag.as_bytes()).is_ok())
    }
}

fn make(
    cost: Cost,
    password: &[u8],
    salt: &[u8],
    ring: &KeyRing,
    memory: &mut Vec<Block>,
) -> Result<PasswordHash, Error> {
    let failed = |_| Code::Internal.because("a password hash could not be put together");
    let pepper = ring.pepper();
    let keyid = KeyId::new(&[pepper.id]).map_err(|_| Code::Internal.because("a pepper's id is no key id"))?;
    let params = ParamsBuilder::new()
        .m_cost(cost.memory_kib)
        .t_cost(cost.passes)
        .p_cost(1)
        .keyid(keyid)
        .data(AssociatedData::EMPTY)
        .output_len(TAG_BYTES)
        .build()
        .map_err(|_| Code::Internal.because("the configured hash cost is unusable"))?;
    let mut tag = [0; TAG_BYTES];
    fill(&params, pepper.secret(), password, salt, &mut tag, memory)?;
    let hash = phc::PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(0x13),
        params: phc::ParamsString::try_from(&params).map_err(|_| Code::Internal.because("unprintable parameters"))?,
        salt: Some(phc::Salt::new(salt).map_err(failed)?),
        hash: Some(phc::Output::new(&tag).map_err(failed)?),
    };
    Ok(PasswordHash(hash.to_string()))
}

fn fill(
    params: &Params,
    pepper: &[u8],
    password: &[u8],
    salt: &[u8],
    tag: &mut [u8],
    memory: &mut Vec<Block>,
) -> Result<(), Error> {
    let blocks = params.block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::default());
    }
    let memory = memory.get_mut(..blocks).unwrap_or_default();
    Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params.clone())
        .and_then(|argon2| argon2.hash_password_into_with_memory(password, salt, tag, memory))
        .map_err(|_| Code::Internal.because("argon2 refused its parameters"))
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
