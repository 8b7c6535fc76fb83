use aws_sdk_dynamodb::types::AttributeValue;

use super::outbox::Message;
use super::write::{Steps, Written, put, update};
use super::{Store, from_item, keys, number, text};
use crate::account::{Account, PendingTotp, Status, Totp};
use crate::error::{Code, Error};
use crate::key_ring::KeyRing;
use crate::limits::limits;
use crate::session::Session;
use crate::types::{AccountId, TenantId, Timestamp};

/// A change of what an account proves itself by beside a password.
#[derive(Debug)]
pub enum FactorChange {
    /// In place of one that is under way.
    Enrol(PendingTotp),
    /// The one that is under way, with the SHA-256 of its recovery codes. Sessions that began without it end, and what
    /// was sent out or is half-way is void.
    Confirm(Totp, Vec<String>),
    /// A new set in place of all that are left.
    RecoveryCodes(Vec<String>),
    Remove,
}

/// What became of it. Only the first has changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enrolled {
    Done,
    /// The session ended, or the factors are not as they were read.
    AccountChanged,
}

impl Store {
    /// Changes the factors while the session that asks for it goes on, and tells the owner, both or neither.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn change_factors(
        &self,
        tenant: &TenantId,
        (account, session): (&Account, &Session),
        change: &FactorChange,
        notice: Option<&Message>,
        ring: &KeyRing,
        now: Timestamp,
    ) -> Result<Enrolled, Error> {
        let failed = |_| Code::Internal.because("a factor could not be written as an item");
        let list = |codes: &[String]| AttributeValue::L(codes.iter().map(text).collect());
        let builder = self
            .update_at(&keys::account(tenant, account.id))
            .expression_attribute_names("#session", session.id.to_string())
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":active", text(Status::Active.as_str()));
        let (set, condition, builder) = match change {
            FactorChange::Enrol(pending) => {
                let pending = serde_dynamo::to_attribute_value(pending).map_err(failed)?;
                ("SET totp_pending = :pending", "", builder.expression_attribute_values(":pending", pending))
            }
            FactorChange::Confirm(totp, codes) => (
                "SET totp = :totp, recovery_codes = :codes, sessions = :this, \
                 identity_version = identity_version + :one, revision = revision + :one, \
                 credentials_changed_at_ms = :now_ms REMOVE totp_pending, mfa_failures",
                " AND totp_pending.sealed_secret = :secret",
                builder
                    .expression_attribute_values(":this", only(session))
                    .expression_attribute_values(":one", number(1))
                    .expression_attribute_values(":now_ms", number(now.milliseconds()))
                    .expression_attribute_values(":secret", text(&totp.sealed_secret))
                    .expression_attribute_values(":totp", serde_dynamo::to_attribute_value(totp).map_err(failed)?)
                    .expression_attribute_values(":codes", list(codes)),
            ),
            FactorChange::RecoveryCodes(codes) => (
                "SET recovery_codes = :codes",
                " AND attribute_exists(totp)",
                builder.expression_attribute_values(":codes", list(codes)),
            ),
            FactorChange::Remove => {
                ("REMOVE totp, totp_pending, recovery_codes", " AND attribute_exists(totp)", builder)
            }
        };
        let change = builder
            .update_expression(set)
            .condition_expression(format!("#status = :active AND attribute_exists(sessions.#session){condition}"))
            .build()?;
        let mut steps = Steps::new();
        steps.add(update(change), Enrolled::AccountChanged);
        if let Some(notice) = notice {
            steps.add_sure(put(self.message(tenant, notice, ring, now)?));
        }
        Ok(self.carry_out(steps).await?.map_or(Enrolled::Done, |(refusal, _)| refusal))
    }

    /// Counts one try at confirming an authenticator app and shows what it is held against; `None` when none is
    /// under way or it takes no more. Of any number at once, five get to compare.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn try_pending_totp(
        &self,
        tenant: &TenantId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Option<PendingTotp>, Error> {
        let count = self
            .update_at(&keys::account(tenant, account))
            .update_expression("SET totp_pending.tries = totp_pending.tries + :one")
            .condition_expression("totp_pending.tries < :most AND totp_pending.ends_at > :now")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":most", number(limits().second_factor_tries))
            .expression_attribute_values(":now", number(now.seconds()))
            .build()?;
        match self.update(count).await? {
            Written::Done(row) => Ok(from_item::<Account>(row)?.second_factors.totp_pending),
            Written::Refused(_) => Ok(None),
        }
    }
}

/// A list of sessions that has this one in it.
fn only(session: &Session) -> AttributeValue {
    AttributeValue::M([(session.id.to_string(), number(session.opened_at))].into())
}
