//! How much guessing of sign-in codes a tenant may be put to.
//!
//! A try without a phone is a try at every outstanding code. Each wrong one therefore adds their number to the
//! window's exposure, before anything is answered; over two windows, as long as any code lives, exposure stays
//! under 1,000 of 1,000,000. A right try adds nothing: it commits only if there was room at that instant.

use aws_sdk_dynamodb::types::TransactWriteItem;
use serde::Deserialize;

use super::keys::{self, Key};
use super::read::{fault, is_current, string};
use super::sign_in_codes::SignInCode;
use super::write::{Written, check};
use super::{Item, Store, from_item, number, text};
use crate::error::Error;
use crate::limits::limits;
use crate::types::{TenantId, Timestamp};

/// Exposure may not reach this in two windows.
const MOST_EXPOSURE: i64 = 1_000;

/// What a search for a code found: the code, if it is outstanding, and what the search may cost.
#[derive(Debug, Clone)]
pub struct CodeSearch {
    pub found: Option<SignInCode>,
    window: i64,
    outstanding: i64,
    exposure: i64,
    exposure_before: i64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ExposureRow {
    exposure: i64,
}

impl CodeSearch {
    /// What this window's exposure must be below for one more try.
    fn room(&self) -> i64 {
        MOST_EXPOSURE - self.exposure_before - self.outstanding.max(1)
    }

    /// Seconds until tries are taken again; `None` while they are.
    #[must_use]
    pub fn wait(&self, now: Timestamp) -> Option<i64> {
        let over = self.exposure >= self.room();
        // What was tried in this window counts in the next one too.
        let windows = if self.exposure + self.outstanding.max(1) < MOST_EXPOSURE { 1 } else { 2 };
        over.then(|| (self.window + windows) * limits().code_seconds - now.seconds())
    }
}

impl Store {
    /// Looks for the code with this HMAC among the tenant's outstanding ones: those sent in this window and the
    /// one before, because a code lives as long as a window.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn search_code(&self, tenant: &TenantId, digest: &str, now: Timestamp) -> Result<CodeSearch, Error> {
        let window = SignInCode::window(now);
        let (now_rows, before_rows) =
            tokio::join!(self.window_rows(tenant, window, now), self.window_rows(tenant, window - 1, now));
        let (mut codes, exposure) = now_rows?;
        let (codes_before, exposure_before) = before_rows?;
        codes.extend(codes_before);
        let outstanding = i64::try_from(codes.len()).unwrap_or(MOST_EXPOSURE);
        let found = codes.into_iter().find(|code| code.digest == digest);
        Ok(CodeSearch { found, window, outstanding, exposure, exposure_before })
    }

    /// Counts a wrong try if there is room for it. `false`: there was none, and nothing was counted. A count that
    /// the SDK repeats after a lost answer errs to the safe side.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn count_wrong_code(
        &self,
        tenant: &TenantId,
        search: &CodeSearch,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let count = self
            .update_at(&keys::exposure(tenant, search.window))
            .update_expression("ADD exposure :outstanding SET expires_at = :kept")
            .condition_expression(HAS_ROOM)
            .expression_attribute_values(":outstanding", number(search.outstanding.max(1)))
            .expression_attribute_values(":room", number(search.room()))
            .expression_attribute_values(":kept", number(now.seconds() + 3_600))
            .build()?;
        Ok(matches!(self.update(count).await?, Written::Done(_)))
    }

    /// The part of a sign-in's transaction that holds only while there is room.
    pub(super) fn within_budget(&self, tenant: &TenantId, search: &CodeSearch) -> Result<TransactWriteItem, Error> {
        let held = self
            .check_at(&keys::exposure(tenant, search.window))
            .condition_expression(HAS_ROOM)
            .expression_attribute_values(":room", number(search.room()))
            .build()?;
        Ok(check(held))
    }

    /// The codes of one window that are still outstanding, and its exposure. Beyond what one page holds there is
    /// no room for a try anyway.
    async fn window_rows(
        &self,
        tenant: &TenantId,
        window: i64,
        now: Timestamp,
    ) -> Result<(Vec<SignInCode>, i64), Error> {
        let Key { pk, sk } = keys::exposure(tenant, window);
        let rows = self.query(pk, now).await?;
        let (exposures, codes): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| string(row, "sk") == Some(&sk));
        let exposure = exposures.into_iter().next().map_or_else(|| Ok(ExposureRow::default()), from_item)?.exposure;
        let codes = codes.into_iter().map(SignInCode::from_row).collect::<Result<_, _>>()?;
        Ok((codes, exposure))
    }

    /// The first page of a partition, without what has expired.
    async fn query(&self, pk: String, now: Timestamp) -> Result<Vec<Item>, Error> {
        let answer = self
            .dynamodb
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(pk))
            .consistent_read(true)
            .send()
            .await
            .map_err(|failure| fault("Query", &failure))?;
        Ok(answer.items.unwrap_or_default().into_iter().filter(|item| is_current(item, now)).collect())
    }
}

const HAS_ROOM: &str = "attribute_not_exists(exposure) OR exposure < :room";

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_milliseconds(600_000 * 10 + 60_000);

    fn wait(outstanding: i64, exposure: i64, exposure_before: i64) -> Option<i64> {
        CodeSearch { found: None, window: 10, outstanding, exposure, exposure_before }.wait(NOW)
    }

    #[test]
    fn exposure_stays_under_a_thousand_over_two_windows() {
        assert_eq!(wait(0, 998, 0), None);
        assert_eq!(wait(1, 999, 0), Some(1_140), "this window's tries count in the next");
        assert_eq!(wait(10, 980, 0), None);
        assert_eq!(wait(10, 990, 0), Some(1_140));
        assert_eq!(wait(10, 100, 890), Some(540), "the next window has room again");
        assert_eq!(wait(1_000, 0, 0), Some(1_140), "too many codes for any guess");
    }
}
