use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::cache::is_fresh;
use super::{App, Caller};
use crate::error::{Code, Error};
use crate::key_ring::{KeyRing, WrappedRing};
use crate::log::Line;
use crate::password::PasswordHash;
use crate::types::Timestamp;

/// The key ring as this instance last read it.
#[derive(Debug, Default)]
pub(super) struct RingCache {
    last: Mutex<Option<Read>>,
    /// After a failure nobody asks again before this, so that only one request waits for what is down.
    rest_until_ms: AtomicI64,
}

#[derive(Debug, Clone)]
pub(super) struct Read {
    pub ring: Arc<KeyRing>,
    pub wrapped: WrappedRing,
    pub at: Timestamp,
}

/// With DynamoDB or KMS down, the ring that was read last still verifies and signs (yardstick F3).
const STALE_MILLISECONDS: i64 = 86_400_000;
const REST_MILLISECONDS: i64 = 10_000;

impl RingCache {
    fn last(&self) -> Option<Read> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn rest_until(&self, milliseconds: i64) {
        self.rest_until_ms.store(milliseconds, Ordering::Relaxed);
    }

    fn rests(&self, now: Timestamp) -> bool {
        now.milliseconds() < self.rest_until_ms.load(Ordering::Relaxed)
    }

    /// Keeps the later of two readings: one that began before this instance changed the ring may end after it.
    pub(super) fn keep(&self, read: Read) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref().is_none_or(|last| last.at <= read.at) {
            *last = Some(read);
        }
    }
}

impl App {
    /// The key ring, read again after a minute, opened again only when it has changed.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when there is none yet, or none could be read for a day; [`Code::Internal`] when it does not
    /// open and none was open before.
    pub async fn key_ring(&self) -> Result<Arc<KeyRing>, Error> {
        let (last, now) = (self.ring.last(), self.clock.now());
        if let Some(read) = last.as_ref().filter(|read| is_fresh(read.at, now) || self.ring.rests(now)) {
            return Ok(Arc::clone(&read.ring));
        }
        match (self.read_ring(last.as_ref(), now).await, last) {
            (Ok(read), _) => {
                let ring = Arc::clone(&read.ring);
                self.ring.keep(read);
                Ok(ring)
            }
            (Err(error), Some(stale)) if now.milliseconds() - stale.at.milliseconds() < STALE_MILLISECONDS => {
                let line = Line { event: "key_ring.stale", reason: Some(error.reason()), ..Line::default() };
                self.log.warn(&self.clock, &line);
                self.ring.rest_until(now.milliseconds() + REST_MILLISECONDS);
                Ok(stale.ring)
            }
            (Err(error), _) => Err(error),
        }
    }

    /// The ring that `stored` is verified with: read anew where the caller's lacks its pepper, which then came in with
    /// accounts of another deployment within the last minute.
    ///
    /// # Errors
    /// As [`key_ring`](App::key_ring).
    pub(super) async fn ring_for(&self, caller: &Caller, stored: Option<&PasswordHash>) -> Result<Arc<KeyRing>, Error> {
        let pepper = stored.and_then(PasswordHash::pepper);
        if pepper.is_none_or(|id| caller.ring.pepper_by_id(id).is_some()) {
            return Ok(Arc::clone(&caller.ring));
        }
        let read = self.read_ring(self.ring.last().as_ref(), self.clock.now()).await?;
        let ring = Arc::clone(&read.ring);
        self.ring.keep(read);
        Ok(ring)
    }

    async fn read_ring(&self, last: Option<&Read>, now: Timestamp) -> Result<Read, Error> {
        let wrapped = self.store.key_ring(now).await?;
        let wrapped = wrapped.ok_or_else(|| Code::Unavailable.because("the table holds no key ring yet"))?;
        let ring = match last.filter(|read| read.wrapped == wrapped) {
            Some(read) => Arc::clone(&read.ring),
            None => Arc::new(KeyRing::open(&self.envelope.open(&wrapped).await?)?),
        };
        Ok(Read { ring, wrapped, at: now })
    }
}
