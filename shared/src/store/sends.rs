use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use serde::{Deserialize, Serialize};

use super::idempotency::Remembered;
use super::outbox::Message;
use super::write::{Steps, put};
use super::{Item, Store, from_item, keys, number};
use crate::error::Error;
use crate::key_ring::KeyRing;
use crate::limits::limits;
use crate::types::{TenantId, Timestamp};

/// When something was sent to one destination: seconds since 1970-01-01T00:00:00Z, the oldest first, at most a day
/// back.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sends(Vec<i64>);

impl Sends {
    /// Seconds until something may be sent again (yardstick C4): once in 60 s, 5 times in an hour, 10 in a day, unless the
    /// deployment says otherwise.
    #[must_use]
    pub fn wait(&self, now: Timestamp) -> Option<i64> {
        let since_the_last =
            self.last().map(|at| at + limits().resend_seconds - now.seconds()).filter(|wait| *wait > 0);
        since_the_last.max(self.wait_another_way(now))
    }

    /// As [`wait`](Sends::wait), for what was sent one way and is to go another way, too: that needs no minute.
    #[must_use]
    pub fn wait_another_way(&self, now: Timestamp) -> Option<i64> {
        let nth_last = |nth: usize| self.0.len().checked_sub(nth).and_then(|position| self.0.get(position));
        let most = [(limits().sends_per_hour, 3_600), (limits().sends_per_day, 86_400)];
        let waits = most.iter().filter_map(|(nth, seconds)| Some(nth_last(*nth)? + seconds - now.seconds()));
        waits.filter(|wait| *wait > 0).max()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[must_use]
    pub fn last(&self) -> Option<i64> {
        self.0.last().copied()
    }

    /// Those of a row that counts what was asked for.
    pub(super) fn asked(row: Item) -> Result<Self, Error> {
        Ok(from_item::<AskedRow>(row)?.sends)
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

/// What was asked for in one name, as it was read: one more is counted with what is sent.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub purpose: &'static str,
    /// HMAC of the name.
    pub named: &'a str,
    pub sends: &'a Sends,
}

/// Something about to be sent to one destination.
#[derive(Debug, Clone, Copy)]
pub struct Sending<'a> {
    pub message: &'a Message,
    pub remember: Option<&'a Remembered>,
}

/// What became of sending. Only the first has changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    Sent,
    /// Something else was sent there at the same time.
    TooSoon,
    /// Something else was sent to the same account at the same time: what was read has to be read again.
    Overtaken,
    /// The answer was remembered before: it stands, and is to be given again.
    Remembered,
}

impl Store {
    /// Sends a message with what says so, each conditional on what was read: all of it or nothing. Of two at once
    /// one happens.
    pub(super) async fn send(
        &self,
        tenant: &TenantId,
        rows: impl IntoIterator<Item = (TransactWriteItem, Sent)>,
        sending: Sending<'_>,
        ring: &KeyRing,
        now: Timestamp,
    ) -> Result<Sent, Error> {
        let mut steps = Steps::new();
        if let Some(remember) = sending.remember {
            steps.add(put(self.remember(tenant, remember, now)?), Sent::Remembered);
        }
        for (row, refused) in rows {
            steps.add(row, refused);
        }
        steps.add_sure(put(self.message(tenant, sending.message, ring, now)?));
        Ok(self.carry_out(steps).await?.map_or(Sent::Sent, |(meaning, _)| meaning))
    }

    /// What was asked for in one identifier's name, whoever's it is.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn asked(&self, tenant: &TenantId, purpose: &str, digest: &str, now: Timestamp) -> Result<Sends, Error> {
        let item = self.get(&keys::asked(tenant, purpose, digest), now).await?;
        Ok(item.map(Sends::asked).transpose()?.unwrap_or_default())
    }

    /// The part of a transaction that counts one more.
    pub(super) fn ask(
        &self,
        tenant: &TenantId,
        (purpose, digest): (&str, &str),
        seen: &Sends,
        now: Timestamp,
    ) -> Result<TransactWriteItem, Error> {
        let body = AskedRow { sends: seen.and_one_more(now) };
        let row = self.row(&keys::asked(tenant, purpose, digest), &body, Some(now.seconds() + 86_400))?;
        Ok(put(if_unsent(row, seen, now)))
    }
}

/// Puts a row in place of the one whose `sends` were read.
pub(super) fn if_unsent(mut row: Put, seen: &Sends, now: Timestamp) -> Put {
    let (unchanged, value) = seen.unchanged(now);
    row.condition_expression = Some(unchanged.to_owned());
    row.expression_attribute_values = Some([(":seen".to_owned(), value)].into());
    row
}

#[derive(Default, Serialize, Deserialize)]
struct AskedRow {
    sends: Sends,
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
