//! Sign-in by a code sent to a phone, on a surface whose sign-in sends the code and no phone (contract §1.5).
//!
//! An outstanding code is therefore unique in its tenant and is found by its HMAC; what makes that safe is the
//! budget in `code_budget.rs`. A caller that does send the phone is bound to that number instead: one wrong try
//! destroys its code and costs the tenant nothing.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_sdk_dynamodb::types::TransactWriteItem;
use serde::{Deserialize, Serialize};

use super::idempotency::Remembered;
use super::outbox::Message;
use super::read::string;
use super::sends::Sends;
use super::write::{Steps, Transacted, check, delete, put, update};
use super::{Item, Store, from_item, keys, number, text};
use crate::account::{Account, Kind, Status};
use crate::error::Error;
use crate::history::Entry;
use crate::key_ring::KeyRing;
use crate::limits::limits;
use crate::types::{AccountId, Phone, TenantId, Timestamp};
const DESK_KEPT_SECONDS: i64 = 30 * 86_400;

/// An outstanding code. The code itself is not in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignInCode {
    /// HMAC of the code, by which it is found.
    #[serde(skip)]
    pub digest: String,
    pub phone: Phone,
    /// Absent for a code that was written for nobody.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account_id: Option<AccountId>,
    /// The window in which it was sent.
    pub window: i64,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[serde(default)]
    pub sent_at_ms: i64,
}

/// What a number has been sent and has failed, whoever's it is. It alone says which code is the number's.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CodeDesk {
    pub sends: Sends,
    /// HMAC of the outstanding code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Whom the outstanding code signs in; nobody, where it was written for nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// Codes in a row that a wrong try destroyed.
    pub failures: u32,
}

impl CodeDesk {
    #[must_use]
    pub fn takes_codes(&self) -> bool {
        self.failures < limits().disabling_codes
    }

    /// Whether one more failure is the last that is allowed.
    #[must_use]
    pub fn is_last_straw(&self) -> bool {
        self.digest.is_some() && self.failures + 1 == limits().disabling_codes
    }

    /// Whether the code with this HMAC is the number's.
    #[must_use]
    pub fn expects(&self, digest: &str) -> bool {
        let expected = self.digest.as_deref().unwrap_or_default();
        self.takes_codes() && verify_slices_are_equal(expected.as_bytes(), digest.as_bytes()).is_ok()
    }

    /// Where the number's code is.
    fn code_key(&self, tenant: &TenantId) -> Option<keys::Key> {
        let sent = self.sends.last()?;
        Some(keys::sign_in_code(tenant, sent / limits().code_seconds, self.digest.as_ref()?))
    }
}

/// What became of sending a code. Only the first has changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentCode {
    Sent,
    /// Another was sent to this number at the same time.
    TooSoon,
    /// This code is outstanding for somebody else of the tenant: draw another.
    Taken,
    /// The answer was remembered before.
    Remembered,
}

impl SignInCode {
    /// `owner`: without one the code is for nobody.
    #[must_use]
    pub fn new(digest: String, phone: Phone, owner: Option<AccountId>, now: Timestamp) -> Self {
        let (window, sent_at_ms) = (Self::window(now), now.milliseconds());
        Self { digest, phone, account_id: owner, window, sent_at_ms }
    }

    /// Whether it went to the account's phone, and nothing has changed since that makes it void.
    #[must_use]
    pub fn is_good_for(&self, account: &Account) -> bool {
        account.status == Status::Active
            && account.phone.as_ref() == Some(&self.phone)
            && account.credentials_changed_at_ms <= self.sent_at_ms
    }

    pub(super) fn window(now: Timestamp) -> i64 {
        now.seconds() / limits().code_seconds
    }

    pub(super) fn from_row(row: Item) -> Result<Self, Error> {
        let digest = string(&row, "sk").and_then(|sk| sk.strip_prefix(keys::SIGN_IN_CODE)).unwrap_or_default();
        Ok(Self { digest: digest.to_owned(), ..from_item(row)? })
    }
}

impl Store {
    /// The one account with this phone; `None` for a number that is nobody's or several people's.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn only_owner_of_phone(
        &self,
        tenant: &TenantId,
        kind: Kind,
        phone: &Phone,
    ) -> Result<Option<AccountId>, Error> {
        let owners = self.owners_of_phone(tenant, kind, phone, 2).await?;
        Ok(<[AccountId; 1]>::try_from(owners).ok().map(|[owner]| owner))
    }

    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn code_desk(
        &self,
        tenant: &TenantId,
        kind: Kind,
        phone: &Phone,
        now: Timestamp,
    ) -> Result<CodeDesk, Error> {
        let item = self.get(&keys::code_desk(tenant, kind, phone), now).await?;
        item.map_or_else(|| Ok(CodeDesk::default()), from_item)
    }

    /// Sends a code: the code, the number's earlier one destroyed, the desk's count and the message in one
    /// transaction. `desk` is as it was read; of two sends at once one happens.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    #[expect(clippy::too_many_arguments, reason = "each is one fact about the one send")]
    pub async fn send_sign_in_code(
        &self,
        tenant: &TenantId,
        kind: Kind,
        desk: &CodeDesk,
        code: &SignInCode,
        message: &Message,
        remember: Option<&Remembered>,
        ring: &KeyRing,
        now: Timestamp,
    ) -> Result<SentCode, Error> {
        if desk.digest.as_ref() == Some(&code.digest) {
            return Ok(SentCode::Taken);
        }
        let starts_over = desk.sends.last().is_none();
        let (unchanged, seen) = desk.sends.unchanged(now);
        let failures = if starts_over { ", failures = :none" } else { "" };
        let owner = if code.account_id.is_some() { ", account_id = :account" } else { " REMOVE account_id" };
        let mut count = self
            .update_at(&keys::code_desk(tenant, kind, &code.phone))
            .update_expression(format!("SET sends = :sends, digest = :digest, expires_at = :kept{failures}{owner}"))
            .condition_expression(unchanged)
            .expression_attribute_values(":seen", seen)
            .expression_attribute_values(":sends", desk.sends.and_one_more(now).attribute())
            .expression_attribute_values(":digest", text(&code.digest))
            .expression_attribute_values(":kept", number(now.seconds() + DESK_KEPT_SECONDS));
        if starts_over {
            count = count.expression_attribute_values(":none", number(0));
        }
        if let Some(account) = code.account_id {
            count = count.expression_attribute_values(":account", text(account.to_string()));
        }
        let count = count.build()?;
        let code_key = keys::sign_in_code(tenant, code.window, &code.digest);
        // A code lives across the border of two windows and is unique in both.
        let not_before = self
            .check_at(&keys::sign_in_code(tenant, code.window - 1, &code.digest))
            .condition_expression("attribute_not_exists(pk) OR expires_at <= :now")
            .expression_attribute_values(":now", number(now.seconds()))
            .build()?;
        let mut steps = Steps::new();
        if let Some(remember) = remember {
            steps.add(put(self.remember(tenant, remember, now)?), SentCode::Remembered);
        }
        steps.add(update(count), SentCode::TooSoon);
        steps.add(
            put(self.new_row(&code_key, code, Some(now.seconds() + limits().code_seconds), now)?),
            SentCode::Taken,
        );
        steps.add(check(not_before), SentCode::Taken);
        steps.add_sure(put(self.message(tenant, message, ring, now)?));
        if let Some(old) = desk.code_key(tenant) {
            steps.add_sure(delete(self.delete_at(&old).build()?));
        }
        Ok(self.carry_out(steps).await?.map_or(SentCode::Sent, |(meaning, _)| meaning))
    }

    /// Where a number's code is, if it is the one with this HMAC; else the desk as it was seen.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn code_at_desk(
        &self,
        tenant: &TenantId,
        kind: Kind,
        phone: &Phone,
        digest: &str,
        now: Timestamp,
    ) -> Result<Result<SignInCode, CodeDesk>, Error> {
        let desk = self.code_desk(tenant, kind, phone, now).await?;
        let Some(key) = desk.code_key(tenant).filter(|_| desk.expects(digest)) else { return Ok(Err(desk)) };
        let code = self.get(&key, now).await?.map(SignInCode::from_row).transpose()?;
        Ok(code.ok_or(desk))
    }

    /// A wrong try at a number destroys the code that it was held against, in one transaction on that code: of
    /// any number of tries, one is held against each code and told to the history. `false`: another try or send was
    /// faster, so the desk has to be read again.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn destroy_code(
        &self,
        tenant: &TenantId,
        kind: Kind,
        phone: &Phone,
        desk: &CodeDesk,
        entry: &Entry,
    ) -> Result<bool, Error> {
        let (Some(digest), Some(code)) = (&desk.digest, desk.code_key(tenant)) else { return Ok(true) };
        let count = self
            .update_at(&keys::code_desk(tenant, kind, phone))
            .update_expression("ADD failures :one REMOVE digest")
            .condition_expression("digest = :seen")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":seen", text(digest))
            .build()?;
        let items = vec![update(count), delete(self.delete_at(&code).build()?), put(self.entry(tenant, entry)?)];
        let transacted = self.transact(items).await?;
        Ok(matches!(transacted, Transacted::Done))
    }

    /// The part of a sign-in's transaction that spends its code: of any number at once, one.
    pub(super) fn spend(
        &self,
        tenant: &TenantId,
        kind: Kind,
        code: &SignInCode,
        now: Timestamp,
    ) -> Result<[TransactWriteItem; 2], Error> {
        let spend = self
            .delete_at(&keys::sign_in_code(tenant, code.window, &code.digest))
            .condition_expression("attribute_exists(pk) AND expires_at > :now")
            .expression_attribute_values(":now", number(now.seconds()))
            .build()?;
        let desk = self
            .update_at(&keys::code_desk(tenant, kind, &code.phone))
            .update_expression("SET failures = :none REMOVE digest")
            .condition_expression("digest = :spent")
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":spent", text(&code.digest))
            .build()?;
        Ok([delete(spend), update(desk)])
    }
}
