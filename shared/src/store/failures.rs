use super::write::Written;
use super::{Store, from_item, keys, number, text};
use crate::account::{Account, FailedSignIns};
use crate::error::Error;
use crate::types::{TenantId, Timestamp};

/// How often a failure is counted anew because another was counted at the same time. The fifth locks, so no
/// honest run needs more.
const COUNTING_TRIES: u32 = 8;

impl Store {
    /// Counts one wrong password, unless the account is locked by then: of any number at once, those beyond the
    /// lock neither count nor lengthen it. `attempt` is random; the same attempt counts once however often the
    /// write is repeated.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer: a failure that cannot be counted is not free.
    pub async fn count_wrong_password(
        &self,
        tenant: &TenantId,
        account: &Account,
        attempt: &str,
        now: Timestamp,
    ) -> Result<FailedSignIns, Error> {
        let mut seen = account.failures.clone();
        for _ in 0..COUNTING_TRIES {
            if seen.failed_attempt == attempt || !seen.allow(now) {
                return Ok(seen);
            }
            let next = seen.and_one_more(attempt, now);
            let unchanged = match seen.failed_since_success {
                0 => "attribute_not_exists(failed_since_success) OR failed_since_success = :seen",
                _ => "failed_since_success = :seen",
            };
            let count = self
                .update_at(&keys::account(tenant, account.id))
                .update_expression(
                    "SET failed_sign_ins = :run, failed_since_success = :all, failed_at = :at, \
                     locked_until = :lock, failed_attempt = :attempt",
                )
                .condition_expression(format!("attribute_exists(pk) AND ({unchanged})"))
                .expression_attribute_values(":run", number(next.failed_sign_ins))
                .expression_attribute_values(":all", number(next.failed_since_success))
                .expression_attribute_values(":at", number(next.failed_at))
                .expression_attribute_values(":lock", number(next.locked_until))
                .expression_attribute_values(":attempt", text(attempt))
                .expression_attribute_values(":seen", number(seen.failed_since_success))
                .build()?;
            match self.update(count).await? {
                Written::Done(_) => return Ok(next),
                Written::Refused(None) => return Ok(seen),
                Written::Refused(Some(item)) => seen = from_item::<Account>(item)?.failures,
            }
        }
        Err(Error::conflict("a wrong password could not be counted"))
    }

    /// Counts one try at an identifier that is nobody's, or at an account that takes none: the same work as for
    /// a wrong password.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn count_stranger(&self, tenant: &TenantId, digest: &str, now: Timestamp) -> Result<(), Error> {
        let count = self
            .update_at(&keys::stranger(tenant, digest))
            .update_expression("ADD tries :one SET expires_at = :end")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":end", number(now.seconds() + 900))
            .build()?;
        self.update(count).await?;
        Ok(())
    }
}
