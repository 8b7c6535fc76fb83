//! A client's calls of the last seconds, counted over all instances.
//!
//! The row keeps the moments of the latest calls, the newest first. A call is let in by one conditional write:
//! the 25th newest must be 5 seconds old. So there are no windows at whose border twice as many would pass. The
//! row is made and deleted with its client, so the same write also proves that the client is still there.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::tenant_settings::CallLimit;
use super::write::Written;
use super::{Store, from_item, keys, number};
use crate::error::Error;
use crate::types::{ClientId, TenantId, Timestamp};

/// Milliseconds since 1970-01-01T00:00:00Z, the newest first.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct CallsRow {
    calls: Vec<i64>,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    Admitted,
    /// The client made as many as it may. Nothing was counted.
    OverLimit {
        wait_ms: i64,
    },
    /// The client is no more.
    Gone,
}

/// The row is cut back once it has grown by so many; at 25 calls it stays within one write unit until then.
const SLACK: usize = 50;

impl Store {
    /// Lets one call of the client in, if fewer than the limit came in the seconds before it. One write; one more
    /// every 50 calls.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer: a call that cannot be counted is not let in.
    pub async fn admit_call(
        &self,
        tenant: &TenantId,
        client: &ClientId,
        limit: CallLimit,
        now: Timestamp,
    ) -> Result<Admission, Error> {
        let key = keys::calls(tenant, client);
        let most = limit.calls as usize;
        let oldest = most - 1;
        let span_ms = i64::from(limit.seconds) * 1000;
        let count = self
            .update_at(&key)
            .update_expression("SET calls = list_append(:this, calls)")
            .condition_expression(format!(
                "attribute_exists(pk) AND (attribute_not_exists(calls[{oldest}]) OR calls[{oldest}] <= :before)"
            ))
            .expression_attribute_values(":this", AttributeValue::L(vec![number(now.milliseconds())]))
            .expression_attribute_values(":before", number(now.milliseconds() - span_ms))
            .build()?;
        match self.update(count).await? {
            Written::Done(item) => {
                let kept = from_item::<CallsRow>(item)?.calls.len();
                if kept > most + SLACK {
                    // The call is counted; what could not be cut back now, a later call will.
                    self.forget_calls(&key, most, kept).await.ok();
                }
                Ok(Admission::Admitted)
            }
            Written::Refused(None) => Ok(Admission::Gone),
            Written::Refused(Some(item)) => {
                let calls = from_item::<CallsRow>(item)?.calls;
                let freed_at = calls.get(oldest).map_or(now.milliseconds(), |oldest| oldest + span_ms);
                // Instances' clocks differ a little.
                Ok(Admission::OverLimit { wait_ms: (freed_at - now.milliseconds()).min(span_ms) })
            }
        }
    }

    /// Removes calls that no decision looks at any more: those beyond the newest `most`. Whatever came in
    /// meanwhile only pushed further ones there.
    async fn forget_calls(&self, key: &keys::Key, most: usize, kept: usize) -> Result<(), Error> {
        let beyond: Vec<_> = (most..kept).map(|position| format!("calls[{position}]")).collect();
        let cut = self
            .update_at(key)
            .update_expression(format!("REMOVE {}", beyond.join(", ")))
            .condition_expression("attribute_exists(pk)")
            .build()?;
        self.update(cut).await?;
        Ok(())
    }
}
