use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::types::Timestamp;

/// The door for time: the system's clock, moved forward by what the local server or a test asked for. It never goes
/// back, though the system's does when it is set right.
///
/// Clones share the same hands. Nothing else in the product may ask what time it is (`clippy.toml`).
#[derive(Debug, Clone, Default)]
pub struct Clock {
    ahead_milliseconds: Arc<AtomicI64>,
    latest_milliseconds: Arc<AtomicI64>,
}

impl Clock {
    #[must_use]
    pub fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let system = i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX);
        let now = system.saturating_add(self.ahead_milliseconds.load(Ordering::SeqCst));
        let latest = self.latest_milliseconds.fetch_max(now, Ordering::SeqCst);
        Timestamp::from_milliseconds(now.max(latest))
    }

    /// Moves every clone `seconds` ahead, never back.
    pub fn advance(&self, seconds: u32) {
        self.ahead_milliseconds.fetch_add(i64::from(seconds) * 1000, Ordering::SeqCst);
    }
}
