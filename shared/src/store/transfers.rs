//! Data transfers. Every step is one conditional write, so of an agreement, a refusal and the end of its time at the
//! same instant one holds.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Update};

use super::outbox::Message;
use super::write::{Steps, Written, put, update};
use super::{Store, from_item, keys, number, text};
use crate::account::{Account, Status};
use crate::consent::Consent;
use crate::error::{Code, Error};
use crate::key_ring::KeyRing;
use crate::limits::limits;
use crate::session::Session;
use crate::transfer::{READABLE_SECONDS, Transfer, TransferStatus};
use crate::types::{AccountId, ClientId, TenantId, Timestamp, TransferId};

/// Who asks how a transfer stands; each has a rhythm of its own, so that nobody slows another down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Poller<'a> {
    /// The third party, for the status.
    Client(&'a ClientId),
    /// Whoever has the code, of which this is the digest.
    Holder(&'a str),
    /// The third party, for the decision.
    Decision(&'a ClientId),
}

impl Poller<'_> {
    fn attribute(self) -> &'static str {
        match self {
            Self::Client(_) => "client_polled_at_ns",
            Self::Holder(_) => "holder_polled_at_ns",
            Self::Decision(_) => "decision_polled_at_ns",
        }
    }

    /// The attribute of the transfer that says that it is this poller's to see, and its value.
    fn proof(&self) -> (&'static str, &str) {
        match self {
            Self::Client(client) | Self::Decision(client) => ("client_id", client.as_str()),
            Self::Holder(digest) => ("token", digest),
        }
    }

    fn may_see(&self, transfer: &Transfer) -> bool {
        match self {
            Self::Client(client) | Self::Decision(client) => transfer.client_id == **client,
            Self::Holder(digest) => transfer.is_opened_by(digest),
        }
    }
}

/// What became of asking how a transfer stands.
#[derive(Debug)]
pub enum Polled {
    Seen(Box<Transfer>),
    /// Too soon after the last time, while nothing is decided.
    TooSoon,
    Gone,
}

/// What somebody agreed to, found in order.
#[derive(Debug)]
pub struct Agreement<'a> {
    pub account: &'a Account,
    pub session: &'a Session,
    pub consent: &'a Consent,
    /// Sealed JSON.
    pub user_data: String,
    pub notice: &'a Message,
}

/// What became of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    Done,
    /// It was answered before, or its time is over.
    TooLate,
    /// Since it was read the account was blocked or changed, or the session ended.
    AccountChanged,
}

/// What became of declining.
#[derive(Debug)]
pub enum Cancelled {
    Now,
    /// It is another's, was answered before or is over: the transfer as it stands, if it still does.
    Refused(Option<Box<Transfer>>),
}

/// That a transfer may still be answered, at `:now`.
const PENDING: &str = "#status IN (:initialized, :retrieved) AND ends_at > :now";

impl Store {
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn open_transfer(&self, tenant: &TenantId, transfer: &Transfer, now: Timestamp) -> Result<(), Error> {
        let row = self.new_row(
            &keys::transfer(tenant, transfer.id),
            transfer,
            Some(transfer.ends_at + READABLE_SECONDS),
            now,
        )?;
        match self.put(row).await? {
            Written::Done(_) => Ok(()),
            // Ours, written before its answer was lost.
            Written::Refused(Some(row)) if from_item::<Transfer>(row.clone())?.token == transfer.token => Ok(()),
            Written::Refused(_) => Err(Code::Internal.because("two transfers of one id")),
        }
    }

    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn transfer(&self, tenant: &TenantId, id: TransferId, now: Timestamp) -> Result<Option<Transfer>, Error> {
        self.get(&keys::transfer(tenant, id), now).await?.map(from_item).transpose()
    }

    /// Marks a transfer as scanned, unless it is further already, and shows it.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn retrieve_transfer(
        &self,
        tenant: &TenantId,
        (id, digest): (TransferId, &str),
        now: Timestamp,
    ) -> Result<Option<Transfer>, Error> {
        let retrieve = self
            .pending(tenant, id, now)
            .update_expression("SET #status = :retrieved")
            .condition_expression("#status = :initialized AND #token = :digest AND ends_at > :now")
            .expression_attribute_names("#token", "token")
            .expression_attribute_values(":digest", text(digest))
            .build()?;
        Self::seen(self.update(retrieve).await?, now).map(|transfer| transfer.filter(|seen| seen.is_opened_by(digest)))
    }

    /// Shows a transfer to whoever asks how it stands, if it is theirs to see and they waited long enough since the last
    /// time or it is decided.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn poll_transfer(
        &self,
        tenant: &TenantId,
        id: TransferId,
        poller: Poller<'_>,
        now: Timestamp,
    ) -> Result<Polled, Error> {
        // In nanoseconds, by chance within one millisecond: nobody else's poll has this one's time.
        let attempt = number(now.milliseconds() * 1_000_000 + i64::from(self.random.below(1_000_000)));
        let poll = self
            .update_at(&keys::transfer(tenant, id))
            .update_expression("SET #polled = :attempt")
            .condition_expression(
                "#proof = :proof AND expires_at > :now \
                 AND (attribute_not_exists(#polled) OR #polled <= :before)",
            )
            .expression_attribute_names("#polled", poller.attribute())
            .expression_attribute_names("#proof", poller.proof().0)
            .expression_attribute_values(":proof", text(poller.proof().1))
            .expression_attribute_values(":now", number(now.seconds()))
            .expression_attribute_values(":attempt", attempt.clone())
            .expression_attribute_values(
                ":before",
                number((now.milliseconds() - limits().poll_milliseconds) * 1_000_000),
            )
            .build()?;
        let written = self.update(poll).await?;
        let is_soon = match &written {
            Written::Done(_) => false,
            // Ours, written before its answer was lost, is not refused.
            Written::Refused(row) => row.as_ref().and_then(|row| row.get(poller.attribute())) != Some(&attempt),
        };
        Ok(match Self::seen(written, now)?.filter(|transfer| poller.may_see(transfer)) {
            None => Polled::Gone,
            Some(transfer) if is_soon && transfer.status_at(now).is_pending() => Polled::TooSoon,
            Some(transfer) => Polled::Seen(Box::new(transfer)),
        })
    }

    /// Makes a transfer this person's to answer, if it is nobody else's. Shows it either way.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn claim_transfer(
        &self,
        tenant: &TenantId,
        (id, person): (TransferId, AccountId),
        now: Timestamp,
    ) -> Result<Option<Transfer>, Error> {
        let claim = self
            .pending(tenant, id, now)
            .update_expression("SET #status = :retrieved, account_id = :person")
            .condition_expression(format!("{PENDING} AND (attribute_not_exists(account_id) OR account_id = :person)"))
            .expression_attribute_values(":person", text(person))
            .build()?;
        Self::seen(self.update(claim).await?, now)
    }

    /// Makes a transfer that is this person's nobody's again, while it is pending.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn unclaim_transfer(
        &self,
        tenant: &TenantId,
        (id, person): (TransferId, AccountId),
        now: Timestamp,
    ) -> Result<(), Error> {
        let unclaim = self
            .pending(tenant, id, now)
            .update_expression("REMOVE account_id")
            .condition_expression(format!("{PENDING} AND account_id = :person"))
            .expression_attribute_values(":person", text(person))
            .build()?;
        self.update(unclaim).await?;
        Ok(())
    }

    /// Confirms a transfer with what was agreed to, and keeps the consent: both or neither, and only while the account
    /// is what the person was shown and the session stands.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn confirm_transfer(
        &self,
        tenant: &TenantId,
        agreement: Agreement<'_>,
        ring: &KeyRing,
        now: Timestamp,
    ) -> Result<Decided, Error> {
        let Agreement { account, session, consent, user_data, notice } = agreement;
        let confirm = self
            .pending(tenant, consent.id, now)
            .update_expression(
                "SET #status = :confirmed, approved = :approved, user_data = :user_data, expires_at = :readable",
            )
            .condition_expression(format!("{PENDING} AND account_id = :person"))
            .expression_attribute_values(":confirmed", status(TransferStatus::Confirmed))
            .expression_attribute_values(":person", text(account.id))
            .expression_attribute_values(":approved", text(consent.scope.clone()))
            .expression_attribute_values(":user_data", text(user_data))
            .expression_attribute_values(":readable", number(now.seconds() + READABLE_SECONDS))
            .build()?;
        let mut steps = Steps::new();
        steps.add(update(confirm), Decided::TooLate);
        steps.add(update(self.account_consents(tenant, account, session)?), Decided::AccountChanged);
        steps.add_sure(put(self.consent_row(tenant, account.id, consent)?));
        steps.add_sure(put(self.message(tenant, notice, ring, now)?));
        Ok(self.carry_out(steps).await?.map_or(Decided::Done, |(decided, _)| decided))
    }

    /// Counts a consent, if the account is what it was read as and keeps the session.
    fn account_consents(&self, tenant: &TenantId, account: &Account, session: &Session) -> Result<Update, Error> {
        Ok(self
            .update_at(&keys::account(tenant, account.id))
            .update_expression("SET consents_given = if_not_exists(consents_given, :none) + :one")
            .condition_expression(
                "#status = :active AND attribute_exists(sessions.#session) AND revision = :revision \
                 AND identity_version = :identity AND password_version = :password",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#session", session.id.to_string())
            .expression_attribute_values(":active", text(Status::Active.as_str()))
            .expression_attribute_values(":revision", number(account.revision))
            .expression_attribute_values(":identity", number(account.identity_version))
            .expression_attribute_values(":password", number(account.password_version))
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":one", number(1))
            .build()?)
    }

    /// Cancels a transfer. One that somebody signed in to answer is theirs to cancel.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn cancel_transfer(
        &self,
        tenant: &TenantId,
        (id, person): (TransferId, Option<AccountId>),
        now: Timestamp,
    ) -> Result<Cancelled, Error> {
        let mut cancel = self
            .pending(tenant, id, now)
            .expression_attribute_values(":cancelled", status(TransferStatus::Cancelled))
            .expression_attribute_values(":readable", number(now.seconds() + READABLE_SECONDS));
        let (mut set, mut whose) = ("", "attribute_not_exists(account_id)");
        if let Some(person) = person {
            (set, whose) = (", account_id = :person", "(attribute_not_exists(account_id) OR account_id = :person)");
            cancel = cancel.expression_attribute_values(":person", text(person));
        }
        let cancel = cancel
            .update_expression(format!("SET #status = :cancelled, expires_at = :readable{set}"))
            .condition_expression(format!("{PENDING} AND {whose}"))
            .build()?;
        Ok(match self.update(cancel).await? {
            Written::Done(_) => Cancelled::Now,
            refused @ Written::Refused(_) => Cancelled::Refused(Self::seen(refused, now)?.map(Box::new)),
        })
    }

    /// A change of a transfer that may still be answered, for conditions that hold [`PENDING`].
    fn pending(&self, tenant: &TenantId, id: TransferId, now: Timestamp) -> UpdateBuilder {
        self.update_at(&keys::transfer(tenant, id))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":initialized", status(TransferStatus::Initialized))
            .expression_attribute_values(":retrieved", status(TransferStatus::Retrieved))
            .expression_attribute_values(":now", number(now.seconds()))
    }

    fn seen(written: Written, now: Timestamp) -> Result<Option<Transfer>, Error> {
        let row = match written {
            Written::Done(row) => Some(row),
            Written::Refused(row) => row.filter(|row| super::read::is_current(row, now)),
        };
        row.map(from_item).transpose()
    }
}

fn status(status: TransferStatus) -> AttributeValue {
    text(status.as_str())
}
