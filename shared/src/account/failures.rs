use serde::{Deserialize, Serialize};

use crate::limits::limits;
use crate::types::Timestamp;

/// Wrong passwords in a row, over all identifiers of the account (yardstick E4).
///
/// ```text
///  4 free ──5th──► locked 1 s ──6th──► locked 2 s ──► 4 s ──► … ──► locked 900 s
///    ▲                │ tries while locked neither count nor show
///    └── a success, or 15 minutes without a failure ──┘        100 in a row, however slow: password disabled
///                                                   until the phone is proved or a reset link used
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FailedSignIns {
    /// In this run; a quarter of an hour without one, counted from the end of a lock, starts a new run.
    pub failed_sign_ins: u32,
    /// Since the last success, whatever the time between.
    pub failed_since_success: u32,
    pub failed_at: i64,
    pub locked_until: i64,
    /// Which try was counted last, so that a repeated write counts once.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub failed_attempt: String,
}

impl FailedSignIns {
    #[must_use]
    pub fn allow(&self, now: Timestamp) -> bool {
        self.locked_until <= now.seconds() && !self.disable_password()
    }

    #[must_use]
    pub fn disable_password(&self) -> bool {
        self.failed_since_success >= limits().disabling_failures
    }

    /// The state after one more failure.
    #[must_use]
    pub fn and_one_more(&self, attempt: &str, now: Timestamp) -> Self {
        let run_goes_on = self.locked_until + limits().failure_run_seconds > now.seconds();
        let failed_sign_ins = if run_goes_on { self.failed_sign_ins + 1 } else { 1 };
        let lock_seconds = match failed_sign_ins.checked_sub(limits().free_failures + 1) {
            None => 0,
            Some(doublings) => 1 << doublings.min(20),
        };
        Self {
            failed_sign_ins,
            failed_since_success: self.failed_since_success + 1,
            failed_at: now.seconds(),
            locked_until: now.seconds() + lock_seconds.min(limits().longest_lock_seconds),
            failed_attempt: attempt.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_milliseconds(seconds * 1000)
    }

    #[test]
    fn locks_double_from_the_fifth_failure_and_stop_at_a_quarter_of_an_hour() {
        let (mut failures, mut now, mut locks) = (FailedSignIns::default(), 1_800_000_000, Vec::new());
        for attempt in 0..18 {
            assert!(failures.allow(at(now)));
            failures = failures.and_one_more(&attempt.to_string(), at(now));
            locks.push(failures.locked_until - now);
            now = failures.locked_until;
        }
        assert_eq!(locks[..6], [0, 0, 0, 0, 1, 2]);
        assert_eq!(locks[13], 512);
        assert_eq!(locks[14..], [900; 4]);
    }

    #[test]
    fn a_quiet_quarter_of_an_hour_starts_a_new_run_but_a_hundred_disable() {
        let (mut failures, mut now) = (FailedSignIns::default(), 1_800_000_000);
        for attempt in 0..100 {
            assert!(failures.allow(at(now)), "try {attempt}");
            failures = failures.and_one_more("", at(now));
            assert_eq!((failures.failed_sign_ins, failures.locked_until), (1, now));
            now += limits().failure_run_seconds;
        }
        assert!(!failures.allow(at(now + 1_000_000)));
    }
}
