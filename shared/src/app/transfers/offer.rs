use serde_json::Value;

use super::known::Known;
use crate::account::Account;
use crate::types::{DataScope, Timestamp};

/// What an account could hand over for one scope. Without entries it knows nothing of it.
#[derive(Clone, PartialEq)]
pub struct Offered {
    pub scope: DataScope,
    /// The first is the one that is handed over unless the person picks another.
    pub entries: Vec<Entry>,
}

/// One value that could be handed over.
#[derive(Clone, PartialEq)]
pub struct Entry {
    /// As a person reads it.
    pub shown: String,
    /// As the third party reads it, under the scope's name in `user_data`.
    pub value: Value,
}

/// What the account knows of each of the `scopes`, in their order. `subject` is the person's id for this third party.
#[must_use]
pub fn offer(account: &Account, scopes: &[DataScope], subject: &str, now: Timestamp) -> Vec<Offered> {
    let known = Known::of(account, now);
    let offered = |scope: &DataScope| Offered { scope: *scope, entries: known.entries(*scope, subject) };
    scopes.iter().map(offered).collect()
}

/// Personal data: prints the scope only.
impl std::fmt::Debug for Offered {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Offered({})", self.scope.as_str())
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Entry(…)")
    }
}
