//! How many wrong sign-in codes a tenant may be sent.

use aws_sdk_dynamodb::types::Update;
use serde::Deserialize;

use super::sign_in_codes::{CODE_SECONDS, SignInCode};
use super::write::Written;
use super::{Store, from_item, keys, number};
use crate::error::{Code, Error};
use crate::types::{TenantId, Timestamp};

/// Wrong tries × outstanding codes may not reach this in one window.
const EXPOSURE: i64 = 1_000;

/// A tenant's wrong tries in this window of ten minutes, and its outstanding codes: those sent in this window and
/// the one before, because a code lives as long as a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    pub window: i64,
    pub wrong_tries: i64,
    pub outstanding: i64,
}

impl Budget {
    /// Whether the try that was counted just now is still within the budget.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.wrong_tries * self.outstanding.max(1) < EXPOSURE
    }

    /// Seconds until this window ends.
    #[must_use]
    pub fn wait(&self, now: Timestamp) -> i64 {
        (self.window + 1) * CODE_SECONDS - now.seconds()
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct BudgetRow {
    wrong_tries: i64,
    outstanding: i64,
}

impl Store {
    /// Counts one try as wrong before anything is compared, and looks the code up beside it. Who turns out to be
    /// right, or to be over the budget, gives the count back with [`Store::return_try`].
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn try_sign_in_code(
        &self,
        tenant: &TenantId,
        digest: &str,
        now: Timestamp,
    ) -> Result<(Budget, Option<SignInCode>), Error> {
        let window = SignInCode::window(now);
        let previous = keys::sign_in_code_budget(tenant, window - 1);
        let (current, previous, code) = tokio::join!(
            self.count_in_window(tenant, window, 1, 0, now),
            self.get(&previous, now),
            self.sign_in_code(tenant, digest, now)
        );
        let (current, previous) = (current?, previous?.map_or_else(|| Ok(BudgetRow::default()), from_item)?);
        let budget = Budget {
            window,
            wrong_tries: current.wrong_tries,
            outstanding: current.outstanding + previous.outstanding,
        };
        Ok((budget, code?))
    }

    /// Takes one try back from the count.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn return_try(&self, tenant: &TenantId, budget: &Budget, now: Timestamp) -> Result<(), Error> {
        self.count_in_window(tenant, budget.window, -1, 0, now).await?;
        Ok(())
    }

    /// Takes a code that is outstanding no longer off the count of its window.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn count_code_out(&self, tenant: &TenantId, code: &SignInCode, now: Timestamp) -> Result<(), Error> {
        self.count_in_window(tenant, code.window, 0, -1, now).await?;
        Ok(())
    }

    /// Adds to the counts of one window and answers with what they are now.
    pub(super) async fn count_in_window(
        &self,
        tenant: &TenantId,
        window: i64,
        wrong_tries: i64,
        outstanding: i64,
        now: Timestamp,
    ) -> Result<BudgetRow, Error> {
        let count = Update::builder()
            .table_name(&self.table)
            .set_key(Some(keys::sign_in_code_budget(tenant, window).attributes()))
            .update_expression("ADD wrong_tries :tries, outstanding :codes SET expires_at = :kept")
            .expression_attribute_values(":tries", number(wrong_tries))
            .expression_attribute_values(":codes", number(outstanding))
            .expression_attribute_values(":kept", number(now.seconds() + 3_600))
            .build()
            .map_err(|_| Code::Internal.because("an incomplete update"))?;
        match self.update(count).await? {
            Written::Done(item) => from_item(item),
            Written::Refused(_) => Err(Code::Internal.because("an unconditional write was refused")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_wrong_tries_times_outstanding_codes() {
        let holds = |wrong_tries, outstanding| Budget { window: 0, wrong_tries, outstanding }.holds();
        assert!(holds(999, 0) && holds(999, 1) && !holds(1000, 1));
        assert!(holds(99, 10) && !holds(100, 10));
    }
}
