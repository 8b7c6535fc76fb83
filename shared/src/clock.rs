use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::types::Timestamp;

/// The door for time: the system's clock, moved forward by what the local server or a test asked for. It never goes
/// back, though the system's does when it is set right.
///
/// Clones share the same hands, which count milliseconds. Nothing else in the product may ask what time it is
/// (`clippy.toml`).
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// What a [`stepping`](Clock::stepping) one has in place of the system's clock.
    steps: Option<Arc<AtomicI64>>,
    ahead: Arc<AtomicI64>,
    latest: Arc<AtomicI64>,
}

impl Clock {
    /// One that starts at the system's time, at the beginning of a second, and then goes on by a millisecond whenever it is
    /// looked at: nothing that a test does takes longer on a slow machine, and no second ends before a thousand looks.
    #[must_use]
    pub fn stepping() -> Self {
        Self { steps: Some(Arc::new(AtomicI64::new(system().div_euclid(1000) * 1000))), ..Self::default() }
    }

    #[must_use]
    pub fn now(&self) -> Timestamp {
        let hands = self.steps.as_ref().map_or_else(system, |steps| steps.fetch_add(1, Ordering::SeqCst));
        let now = hands.saturating_add(self.ahead.load(Ordering::SeqCst));
        let latest = self.latest.fetch_max(now, Ordering::SeqCst);
        Timestamp::from_milliseconds(now.max(latest))
    }

    /// Moves every clone `seconds` ahead, never back.
    pub fn advance(&self, seconds: u32) {
        self.ahead.fetch_add(i64::from(seconds) * 1000, Ordering::SeqCst);
    }
}

/// Milliseconds since 1970-01-01T00:00:00Z.
fn system() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}
