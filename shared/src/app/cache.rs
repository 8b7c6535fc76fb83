use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use crate::types::Timestamp;

/// What an instance read and may believe for a minute. Only what was found is kept; a full cache starts over.
#[derive(Debug)]
pub(super) struct Cache<K, V> {
    entries: Mutex<HashMap<K, (V, Timestamp)>>,
}

const FRESH_MILLISECONDS: i64 = 60_000;
const MOST_ENTRIES: usize = 1_000;

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self { entries: Mutex::default() }
    }
}

impl<K: Hash + Eq, V: Clone> Cache<K, V> {
    pub(super) fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.get(key).filter(|(_, read_at)| is_fresh(*read_at, now)).map(|(value, _)| value.clone())
    }

    /// For what was changed here: it is read again.
    pub(super) fn forget(&self, key: &K) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    pub(super) fn put(&self, key: K, value: V, now: Timestamp) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST_ENTRIES {
            entries.clear();
        }
        entries.insert(key, (value, now));
    }
}

pub(super) fn is_fresh(read_at: Timestamp, now: Timestamp) -> bool {
    now.milliseconds() - read_at.milliseconds() < FRESH_MILLISECONDS
}
