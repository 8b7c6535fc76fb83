//! What is counted. The code counts where something happens; all that one request or operation counted leaves on its
//! own log line, in CloudWatch's embedded metric format, so no metric costs a call:
//!
//! ```json
//! {"event": "request", "status": 200,
//!  "_aws": {"Timestamp": 1800000000000, "CloudWatchMetrics": [{"Namespace": "Latchkey", "Dimensions": [["Table"]],
//!           "Metrics": [{"Name": "SignInOk", "Unit": "Count"}]}]},
//!  "Table": "accounts", "SignInOk": 1}
//! ```
//!
//! The one dimension tells deployments apart by their tables. CloudWatch bills every name under every value of a
//! dimension as a metric of its own, so there is none of tenants, clients or routes; the line's other members say those.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::json;

use crate::clock::Clock;

/// All that is counted. What a variant is called, the metric is called in CloudWatch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// A session was opened by proving an identity.
    SignInOk,
    /// A wrong password, code or second factor, or one for an account that takes none.
    SignInRefused,
    /// An account was locked, or its password disabled.
    AccountLocked,
    /// A refresh token was exchanged for its successor.
    RefreshOk,
    /// It was presented again within the grace and got the same successor again.
    RefreshRepeated,
    /// An old refresh token came back, which ended its session.
    RefreshReused,
    /// A request was answered by a 429.
    RateLimited,
    /// How long somebody waited for others' password hashes; absent where nobody did.
    HashWait,
    /// Nobody's hash ended in time, so this one was not begun.
    HashRefused,
    /// Others changed the same rows at the same time, so often that a request was given up.
    Conflict,
    /// DynamoDB held a call back for longer than it is repeated.
    Throttled,
    /// A request was answered by a 5xx.
    ServerError,
    /// SES or SNS took a message.
    MessageDelivered,
    /// It did not, this time.
    MessageFailed,
    /// It never will.
    MessageRefused,
    /// How old a message was when its delivery was tried, every time.
    MessageAge,
}

impl Metric {
    pub const ALL: [Self; 16] = [
        Self::SignInOk,
        Self::SignInRefused,
        Self::AccountLocked,
        Self::RefreshOk,
        Self::RefreshRepeated,
        Self::RefreshReused,
        Self::RateLimited,
        Self::HashWait,
        Self::HashRefused,
        Self::Conflict,
        Self::Throttled,
        Self::ServerError,
        Self::MessageDelivered,
        Self::MessageFailed,
        Self::MessageRefused,
        Self::MessageAge,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignInOk => "SignInOk",
            Self::SignInRefused => "SignInRefused",
            Self::AccountLocked => "AccountLocked",
            Self::RefreshOk => "RefreshOk",
            Self::RefreshRepeated => "RefreshRepeated",
            Self::RefreshReused => "RefreshReused",
            Self::RateLimited => "RateLimited",
            Self::HashWait => "HashWait",
            Self::HashRefused => "HashRefused",
            Self::Conflict => "Conflict",
            Self::Throttled => "Throttled",
            Self::ServerError => "ServerError",
            Self::MessageDelivered => "MessageDelivered",
            Self::MessageFailed => "MessageFailed",
            Self::MessageRefused => "MessageRefused",
            Self::MessageAge => "MessageAge",
        }
    }

    /// One of CloudWatch's units.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::HashWait => "Milliseconds",
            Self::MessageAge => "Seconds",
            _ => "Count",
        }
    }
}

pub const NAMESPACE: &str = "Latchkey";

/// Its value is the deployment's table.
pub const DIMENSION: &str = "Table";

/// More values of one metric CloudWatch does not take from a line.
const MOST_VALUES: usize = 100;

/// What one request or operation counted: by metric, how often, or what was measured each time.
#[derive(Debug, Default)]
pub struct Tally(BTreeMap<Metric, Vec<u64>>);

tokio::task_local! {
    static TALLY: RefCell<Tally>;
}

/// Counts one, for whoever is being served here. Outside a [`tallied`] piece of work it counts nothing.
pub fn count(metric: Metric) {
    TALLY.try_with(|tally| tally.borrow_mut().count(metric)).ok();
}

/// As [`count`], of something that is measured, in the metric's unit.
pub fn measure(metric: Metric, value: u64) {
    TALLY.try_with(|tally| tally.borrow_mut().measure(metric, value)).ok();
}

/// Does a piece of work, however it ends, and says what it counted.
pub async fn tallied<T>(work: impl Future<Output = T>) -> (T, Tally) {
    let work = async {
        let outcome = work.await;
        (outcome, TALLY.with(RefCell::take))
    };
    TALLY.scope(RefCell::default(), work).await
}

impl Tally {
    pub fn count(&mut self, metric: Metric) {
        match self.0.entry(metric).or_default().as_mut_slice() {
            [] => self.measure(metric, 1),
            [count, ..] => *count += 1,
        }
    }

    fn measure(&mut self, metric: Metric, value: u64) {
        let values = self.0.entry(metric).or_default();
        if values.len() < MOST_VALUES {
            values.push(value);
        }
    }
}

/// A tally as members of a log line; none where nothing was counted.
#[derive(Debug)]
pub(crate) struct Embedded<'a> {
    pub tally: &'a Tally,
    pub table: &'a str,
    pub clock: &'a Clock,
}

impl Serialize for Embedded<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let counted = &self.tally.0;
        let mut members = serializer.serialize_map(None)?;
        if !counted.is_empty() {
            let metrics: Vec<_> = counted.keys().map(|it| json!({ "Name": it.name(), "Unit": it.unit() })).collect();
            let directive = json!({ "Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": metrics });
            let now = self.clock.now().milliseconds();
            members.serialize_entry("_aws", &json!({ "Timestamp": now, "CloudWatchMetrics": [directive] }))?;
            members.serialize_entry(DIMENSION, self.table)?;
        }
        for (metric, values) in counted {
            match values.as_slice() {
                [value] => members.serialize_entry(metric.name(), value)?,
                values => members.serialize_entry(metric.name(), values)?,
            }
        }
        members.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_listed_once_under_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = Metric::ALL.iter().map(|metric| metric.name()).collect();
        assert_eq!(names.len(), Metric::ALL.len());
        for metric in Metric::ALL {
            assert_eq!(format!("{metric:?}"), metric.name());
        }
    }

    #[tokio::test]
    async fn what_is_counted_belongs_to_the_work_that_counted_it() {
        let work = |times: usize| async move {
            for _ in 0..times {
                count(Metric::Conflict);
                tokio::task::yield_now().await;
            }
            measure(Metric::MessageAge, 7);
            measure(Metric::MessageAge, 8);
        };
        let (((), one), ((), two), ()) = tokio::join!(tallied(work(1)), tallied(work(2)), work(3));
        for (tally, times) in [(one, 1), (two, 2)] {
            let counted = BTreeMap::from([(Metric::Conflict, vec![times]), (Metric::MessageAge, vec![7, 8])]);
            assert_eq!(tally.0, counted);
        }
    }

    #[tokio::test]
    async fn a_line_takes_a_hundred_values_and_counts_on() {
        let ((), tally) = tallied(async {
            (0..150).for_each(|age| measure(Metric::MessageAge, age));
            (0..150).for_each(|_| count(Metric::MessageFailed));
        })
        .await;
        assert_eq!((tally.0[&Metric::MessageAge].len(), &tally.0[&Metric::MessageFailed]), (100, &vec![150]));
    }
}
