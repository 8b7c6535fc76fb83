use serde::Deserialize;

use super::write::Written;
use super::{Store, from_item, keys, number};
use crate::error::Error;
use crate::limits::limits;
use crate::types::{TenantId, Timestamp};

/// What one source may do in one window (yardstick §3, per source).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceLimit {
    /// Its name in the table's keys.
    pub act: &'static str,
    pub most: u32,
    pub seconds: i64,
}

impl SourceLimit {
    fn in_an_hour(act: &'static str, most: u32) -> Self {
        Self { act, most, seconds: 3_600 }
    }

    /// Wrong passwords, codes and links.
    #[must_use]
    pub fn failed_sign_ins() -> Self {
        Self { act: "failed-sign-in", most: limits().failed_sign_ins_per_day, seconds: 86_400 }
    }

    /// Codes and reset links asked for.
    #[must_use]
    pub fn sends() -> Self {
        Self::in_an_hour("send", limits().sends_per_source_and_hour)
    }

    /// Passwords tried on the pages, right or wrong.
    #[must_use]
    pub fn sign_ins() -> Self {
        Self { act: "sign-in", most: limits().sign_ins_per_minute, seconds: 60 }
    }

    /// Of one account: each tells its owner (yardstick §3, per account).
    #[must_use]
    pub fn password_changes() -> Self {
        Self::in_an_hour("password-change", limits().password_changes_per_hour)
    }

    #[must_use]
    pub fn registrations() -> Self {
        Self::in_an_hour("register", limits().registrations_per_hour)
    }

    fn window(self, now: Timestamp) -> i64 {
        now.seconds().div_euclid(self.seconds)
    }

    /// Seconds until the next window begins.
    #[must_use]
    pub fn wait(self, now: Timestamp) -> i64 {
        self.seconds - now.seconds().rem_euclid(self.seconds)
    }
}

/// One act of a source that its limit is held against.
#[derive(Debug, Clone)]
pub struct SourceAct {
    /// A network, or where an account is limited its id.
    pub whose: String,
    pub limit: SourceLimit,
}

#[derive(Deserialize)]
struct SourceRow {
    acts: u32,
}

impl Store {
    /// Whether the source may act once more.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn source_may(&self, tenant: &TenantId, act: &SourceAct, now: Timestamp) -> Result<bool, Error> {
        let SourceAct { whose, limit } = act;
        let row = self.get(&keys::source(tenant, whose, limit.act, limit.window(now)), now).await?;
        Ok(row.map(from_item::<SourceRow>).transpose()?.is_none_or(|row| row.acts < limit.most))
    }

    /// Counts one act of the source, if it may still act. `false`: it may not, and nothing was counted.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer: what cannot be counted is not free.
    pub async fn count_source(&self, tenant: &TenantId, act: &SourceAct, now: Timestamp) -> Result<bool, Error> {
        let SourceAct { whose, limit } = act;
        let window = limit.window(now);
        let count = self
            .update_at(&keys::source(tenant, whose, limit.act, window))
            .update_expression("ADD acts :one SET expires_at = :end")
            .condition_expression("attribute_not_exists(acts) OR acts < :most")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":most", number(limit.most))
            .expression_attribute_values(":end", number((window + 2) * limit.seconds))
            .build()?;
        Ok(matches!(self.update(count).await?, Written::Done(_)))
    }
}
