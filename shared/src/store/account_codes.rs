//! A code that the owner of an account enters in a session of theirs, to prove an address (contract §1.9, §1.11, §1.13).
//!
//! ```text
//!  send ──► out, 10 minutes ──any try──► taken ──right──► spent, with what it proves in one transaction
//!             │    ▲                       │
//!             │    └── send again: a new one└──wrong──► gone; wrong ones are counted over all that were sent
//!             └── the password, an address or the status changes: void
//! ```
//!
//! A try takes the code away before it is compared, so of any number at once one gets to compare (yardstick C3).

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_sdk_dynamodb::types::TransactWriteItem;
use serde::{Deserialize, Serialize};

use super::read::string;
use super::sends::{Asked, Sending, Sends, Sent};
use super::write::{Written, update};
use super::{Store, from_item, keys, number, text};
use crate::error::{Code, Error};
use crate::key_ring::KeyRing;
use crate::limits::limits;
use crate::types::{AccountId, SessionId, TenantId, Timestamp};

/// What destinations are asked for as: limits hold for each, whoever asks.
pub const ACCOUNT_CODE: &str = "account-code";

const KEPT_SECONDS: i64 = 30 * 86_400;

/// What a code proves. One for another purpose is not taken (yardstick C5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proves {
    Email,
    /// The second factor of a session.
    Phone,
    NewEmail,
    AddedPhone,
    ChangedPhone,
}

impl Proves {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::NewEmail => "new-email",
            Self::AddedPhone => "added-phone",
            Self::ChangedPhone => "changed-phone",
        }
    }
}

/// What one account was sent and failed for one purpose, with the code that is out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AccountCodeDesk {
    pub sends: Sends,
    /// Wrong tries in a row.
    failures: u32,
    expires_at: i64,
}

/// A code that was sent. It is not in here itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountCode {
    /// HMAC of the code.
    pub digest: String,
    /// Where it was sent: what it proves.
    pub address: String,
    /// The one session that it can be entered in; absent where any of the account's will do.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub session: Option<SessionId>,
    /// The account's stamp when it was sent.
    pub stamp: String,
    ends_at: i64,
}

#[derive(Deserialize)]
struct TakenRow {
    taken: AccountCode,
}

impl AccountCodeDesk {
    /// Seconds until the account may be sent another one, after too many wrong tries in a row.
    #[must_use]
    pub fn disabled_for(&self, now: Timestamp) -> Option<i64> {
        (self.failures >= limits().disabling_codes).then(|| self.expires_at - now.seconds())
    }
}

impl AccountCode {
    #[must_use]
    pub fn new((digest, address): (String, String), session: Option<SessionId>, stamp: String, now: Timestamp) -> Self {
        Self { digest, address, session, stamp, ends_at: now.seconds() + limits().code_seconds }
    }

    #[must_use]
    pub fn is(&self, digest: &str) -> bool {
        verify_slices_are_equal(self.digest.as_bytes(), digest.as_bytes()).is_ok()
    }
}

impl Store {
    /// What the account was sent for this, and what the destination was sent by whomever. One call.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn account_code_desk(
        &self,
        tenant: &TenantId,
        (account, proves): (AccountId, Proves),
        destination: &str,
        now: Timestamp,
    ) -> Result<(AccountCodeDesk, Sends), Error> {
        let wanted =
            [keys::account_code(tenant, account, proves.as_str()), keys::asked(tenant, ACCOUNT_CODE, destination)];
        let mut found = self.get_all(&wanted, now).await?;
        let [desk, asked] = wanted.map(|key| found.take(&key));
        let desk = desk.map_or_else(|| Ok(AccountCodeDesk::default()), from_item)?;
        Ok((desk, asked.map(Sends::asked).transpose()?.unwrap_or_default()))
    }

    /// Sends a code in place of the one that is out. `desk` and `asked` are as they were read.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn send_account_code(
        &self,
        tenant: &TenantId,
        (account, proves): (AccountId, Proves),
        (desk, code, asked): (&AccountCodeDesk, &AccountCode, Asked<'_>),
        sending: Sending<'_>,
        ring: &KeyRing,
        now: Timestamp,
    ) -> Result<Sent, Error> {
        let failed = |_| Code::Internal.because("a code could not be written as an item");
        let (unchanged, seen) = desk.sends.unchanged(now);
        // What is counted meanwhile stays counted; a row that has expired starts over.
        let failures = if desk.sends.is_empty() { ", failures = :none" } else { "" };
        let mut change = self
            .update_at(&keys::account_code(tenant, account, proves.as_str()))
            .update_expression(format!("SET sends = :sends, #code = :code, expires_at = :kept{failures} REMOVE taken"))
            .condition_expression(unchanged)
            .expression_attribute_names("#code", "code")
            .expression_attribute_values(":seen", seen)
            .expression_attribute_values(":sends", desk.sends.and_one_more(now).attribute())
            .expression_attribute_values(":code", serde_dynamo::to_attribute_value(code).map_err(failed)?)
            .expression_attribute_values(":kept", number(now.seconds() + KEPT_SECONDS));
        if desk.sends.is_empty() {
            change = change.expression_attribute_values(":none", number(0));
        }
        let change = change.build()?;
        let Asked { purpose, named, sends } = asked;
        let count = self.ask(tenant, (purpose, named), sends, now)?;
        self.send(tenant, [(update(change), Sent::TooSoon), (count, Sent::TooSoon)], sending, ring, now).await
    }

    /// Takes away the code that is out, to compare a try with it: of any number at once, one gets it. It counts as a
    /// wrong try until it is spent. `attempt` is random; the same attempt gets the same code however often the write
    /// is repeated.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer: a try that cannot be counted is not compared.
    pub async fn take_account_code(
        &self,
        tenant: &TenantId,
        (account, proves): (AccountId, Proves),
        attempt: &str,
        now: Timestamp,
    ) -> Result<Option<AccountCode>, Error> {
        let take = self
            .update_at(&keys::account_code(tenant, account, proves.as_str()))
            .update_expression("SET taken = #code, attempt = :attempt, failures = failures + :one REMOVE #code")
            .condition_expression("attribute_exists(#code) AND #code.ends_at > :now AND expires_at > :now")
            .expression_attribute_names("#code", "code")
            .expression_attribute_values(":attempt", text(attempt))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", number(now.seconds()))
            .build()?;
        let row = match self.update(take).await? {
            Written::Done(row) => Some(row),
            Written::Refused(row) => row.filter(|row| {
                string(row, "attempt").is_some_and(|taken| taken == attempt) && row.contains_key("taken")
            }),
        };
        Ok(row.map(from_item::<TakenRow>).transpose()?.map(|row| row.taken))
    }

    /// Puts a code back that was taken and right, where what it proves could not be written.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer; then the code is gone.
    pub async fn give_account_code_back(
        &self,
        tenant: &TenantId,
        (account, proves): (AccountId, Proves),
        attempt: &str,
    ) -> Result<(), Error> {
        let give_back = self
            .update_at(&keys::account_code(tenant, account, proves.as_str()))
            .update_expression("SET #code = taken, failures = failures - :one REMOVE taken")
            .condition_expression("attribute_exists(taken) AND attempt = :attempt AND attribute_not_exists(#code)")
            .expression_attribute_names("#code", "code")
            .expression_attribute_values(":attempt", text(attempt))
            .expression_attribute_values(":one", number(1))
            .build()?;
        self.update(give_back).await?;
        Ok(())
    }

    /// The part of a transaction that spends a code that was taken. Whoever had it starts over with a clean sheet.
    pub(super) fn spend_account_code(
        &self,
        tenant: &TenantId,
        (account, proves): (AccountId, Proves),
        attempt: &str,
    ) -> Result<TransactWriteItem, Error> {
        let spend = self
            .update_at(&keys::account_code(tenant, account, proves.as_str()))
            .update_expression("SET failures = :none REMOVE taken")
            .condition_expression("attribute_exists(taken) AND attempt = :attempt")
            .expression_attribute_values(":attempt", text(attempt))
            .expression_attribute_values(":none", number(0))
            .build()?;
        Ok(update(spend))
    }
}
