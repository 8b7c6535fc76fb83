use aws_sdk_dynamodb::types::Update;
use serde::{Deserialize, Serialize};

use super::idempotency::Remembered;
use super::intermediaries::is_missing;
use super::write::{Transacted, Written, put, update};
use super::{Store, from_item, keys, number, text};
use crate::account::{Account, FailedSignIns, Kind};
use crate::error::{Code, Error};
use crate::session::Session;
use crate::types::{AccountId, Email, IntermediaryId, TenantId, Timestamp};

/// An account about to be opened, and the session it is signed in with.
#[derive(Debug)]
pub struct NewAccount<'a> {
    pub account: &'a Account,
    pub session: &'a Session,
    pub remember: Option<&'a Remembered>,
}

/// What became of opening an account. Only the first has changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenAccount {
    Opened,
    IntermediaryMissing,
    IntermediaryHasAccount,
    EmailTaken,
    /// The answer was remembered before: it stands, and is to be given again.
    Remembered,
}

/// The unique row of an e-mail.
#[derive(Serialize, Deserialize)]
struct EmailRow {
    account_id: AccountId,
}

#[derive(Serialize)]
struct PhoneOwnerRow {}

/// How often a failure is counted anew because another was counted at the same time. The fifth locks, so no
/// honest run needs more.
const COUNTING_TRIES: u32 = 8;

impl Store {
    /// What already stands in the way of an account, before anything costly is done for it.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn obstacle_to_account(
        &self,
        tenant: &TenantId,
        kind: Kind,
        intermediary: &IntermediaryId,
        email: &Email,
        now: Timestamp,
    ) -> Result<Option<OpenAccount>, Error> {
        let email = keys::email(tenant, kind, email);
        let (record, taken) = tokio::join!(self.intermediary(tenant, intermediary, now), self.get(&email, now));
        Ok(match (record?, taken?) {
            (None, _) => Some(OpenAccount::IntermediaryMissing),
            (Some(record), _) if record.has_account() => Some(OpenAccount::IntermediaryHasAccount),
            (_, Some(_)) => Some(OpenAccount::EmailTaken),
            (Some(_), None) => None,
        })
    }

    /// Opens an account with its first session: account, unique e-mail, the record's link, phone and session in
    /// one transaction. At every crash point the account works whole or its identifiers are free (yardstick X6).
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn open_account(
        &self,
        tenant: &TenantId,
        new: NewAccount<'_>,
        now: Timestamp,
    ) -> Result<OpenAccount, Error> {
        let NewAccount { account, session, remember } = new;
        let link = Update::builder()
            .table_name(&self.table)
            .set_key(Some(keys::intermediary(tenant, &account.intermediary_id).attributes()))
            .update_expression("SET account_id = :account")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(account_id)")
            .expression_attribute_values(":account", text(account.id.to_string()))
            .build()
            .map_err(|_| Code::Internal.because("an incomplete update"))?;
        let email = keys::email(tenant, account.kind, &account.email);
        let mut items = vec![
            update(link),
            put(self.new_row(&email, &EmailRow { account_id: account.id }, None, now)?),
            put(self.new_row(&keys::account(tenant, account.id), account, None, now)?),
            put(self.session_row(tenant, session)?),
        ];
        let memory_position = items.len();
        if let Some(remember) = remember {
            items.push(put(self.remember(tenant, remember, now)?));
        }
        if let Some(phone) = &account.phone {
            let key = keys::phone_owner(tenant, account.kind, phone, account.id);
            items.push(put(self.row(&key, &PhoneOwnerRow {}, None)?));
        }
        let transacted = self.transact(items).await?;
        if matches!(transacted, Transacted::Done) {
            return Ok(OpenAccount::Opened);
        }
        if remember.is_some() && transacted.refusal(memory_position).is_some() {
            return Ok(OpenAccount::Remembered);
        }
        Ok(match (transacted.refusal(0), transacted.refusal(1)) {
            (Some(record), _) if is_missing(&record) => OpenAccount::IntermediaryMissing,
            (Some(_), _) => OpenAccount::IntermediaryHasAccount,
            (None, Some(_)) => OpenAccount::EmailTaken,
            (None, None) => return Err(Code::Internal.because("a new account's own id was taken")),
        })
    }

    /// Whose e-mail it is.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn account_by_email(
        &self,
        tenant: &TenantId,
        kind: Kind,
        email: &Email,
        now: Timestamp,
    ) -> Result<Option<AccountId>, Error> {
        let item = self.get(&keys::email(tenant, kind, email), now).await?;
        item.map(|item| from_item::<EmailRow>(item).map(|row| row.account_id)).transpose()
    }

    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn account(&self, tenant: &TenantId, id: AccountId, now: Timestamp) -> Result<Option<Account>, Error> {
        self.get(&keys::account(tenant, id), now).await?.map(from_item).transpose()
    }

    /// Counts one wrong password, unless the account is locked by then: of any number at once, those beyond the
    /// lock neither count nor lengthen it. `attempt` is random; the same attempt counts once however often the
    /// write is repeated.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer: a failure that cannot be counted is not free.
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
            let count = Update::builder()
                .table_name(&self.table)
                .set_key(Some(keys::account(tenant, account.id).attributes()))
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
                .build()
                .map_err(|_| Code::Internal.because("an incomplete update"))?;
            match self.update(count).await? {
                Written::Done(_) => return Ok(next),
                Written::Refused(None) => return Ok(seen),
                Written::Refused(Some(item)) => seen = from_item::<Account>(item)?.failures,
            }
        }
        Err(Code::Unavailable.because("a wrong password could not be counted"))
    }

    /// Counts one try at an identifier that is nobody's, or at an account that takes none: the same work as for
    /// a wrong password.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn count_stranger(&self, tenant: &TenantId, digest: &str, now: Timestamp) -> Result<(), Error> {
        let count = Update::builder()
            .table_name(&self.table)
            .set_key(Some(keys::stranger(tenant, digest).attributes()))
            .update_expression("ADD tries :one SET expires_at = :end")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":end", number(now.seconds() + 900))
            .build()
            .map_err(|_| Code::Internal.because("an incomplete update"))?;
        self.update(count).await?;
        Ok(())
    }
}
