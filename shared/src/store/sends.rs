use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::number;
use crate::types::Timestamp;

/// When something was sent to one destination: seconds since 1970-01-01T00:00:00Z, the oldest first, at most a day
/// back.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sends(Vec<i64>);

impl Sends {
    /// Seconds until something may be sent again: once in 60 s, 5 times in an hour, 10 in a day (yardstick C4).
    #[must_use]
    pub fn wait(&self, now: Timestamp) -> Option<i64> {
        let nth_last = |nth: usize| self.0.len().checked_sub(nth).and_then(|position| self.0.get(position));
        let limits = [(1, 60), (5, 3_600), (10, 86_400)];
        let waits = limits.iter().filter_map(|(nth, seconds)| Some(nth_last(*nth)? + seconds - now.seconds()));
        waits.filter(|wait| *wait > 0).max()
    }

    #[must_use]
    pub fn last(&self) -> Option<i64> {
        self.0.last().copied()
    }

    pub(super) fn and_one_more(&self, now: Timestamp) -> Self {
        let recent = self.0.iter().copied().filter(|at| at + 86_400 > now.seconds());
        Self(recent.chain([now.seconds()]).collect())
    }

    pub(super) fn attribute(&self) -> AttributeValue {
        AttributeValue::L(self.0.iter().map(number).collect())
    }

    /// The condition that nothing was sent since this was read, and its `:seen`. A row that has expired starts over.
    pub(super) fn unchanged(&self, now: Timestamp) -> (&'static str, AttributeValue) {
        match self.last() {
            None => ("attribute_not_exists(sends) OR expires_at <= :seen", number(now.seconds())),
            Some(_) => ("sends = :seen", self.attribute()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_milliseconds((1_800_000_000 + seconds) * 1000)
    }

    #[test]
    fn a_destination_gets_one_a_minute_five_an_hour_and_ten_a_day() {
        let (mut sends, mut second, mut waits) = (Sends::default(), 0, Vec::new());
        for _ in 0..11 {
            let wait = sends.wait(at(second)).unwrap_or(0);
            waits.push(wait);
            second += wait;
            assert_eq!(sends.wait(at(second)), None);
            sends = sends.and_one_more(at(second));
        }
        assert_eq!(waits, [0, 60, 60, 60, 60, 3_360, 60, 60, 60, 60, 86_400 - 3_840]);
    }
}
