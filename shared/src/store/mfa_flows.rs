//! A sign-in that is half way: something was proved, a second factor is still to come (yardstick C8).
//!
//! ```text
//!  right password ─────────────────► flow, 5 minutes, 5 tries ──► right second factor: a session, once
//!  code in place of a forgotten one ─► flow ──► right code: another flow, now for the second factor
//! ```
//!
//! Every try is counted in the flow before it is compared, and in the account, where a hundred wrong ones in a row
//! disable the factor. The flow's id becomes the session's.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use serde::{Deserialize, Serialize};

use super::flow_codes::{FlowAddress, FlowCode};
use super::openings::{FORGET_FAILURES, LOCK_IS_OFF};
use super::sends::{Asked, Sending, Sends, Sent};
use super::write::{Steps, Written, delete, put, update};
use super::{Store, from_item, keys, number, text};
use crate::account::{Account, Status};
use crate::error::{Code, Error};
use crate::key_ring::KeyRing;
use crate::limits::limits;
use crate::password::PasswordHash;
use crate::session::SessionGrant;
use crate::types::{AccountId, ClientId, SessionId, TenantId, Timestamp};

/// What codes for a second factor are asked for as.
pub const MFA: &str = "mfa";

/// What codes in place of a forgotten password are asked for as.
pub const RECOVERY: &str = "mfa-recovery";

/// A sign-in that is half way. Times in seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MfaFlow {
    /// Of the session that it ends in.
    pub id: SessionId,
    pub account_id: AccountId,
    pub client_id: ClientId,
    pub grant: SessionGrant,
    /// What was proved so far (RFC 8176).
    pub methods: Vec<String>,
    /// The account's stamp when it began: once that has changed, the flow is void.
    pub stamp: String,
    pub tries: u32,
    /// Whether the code that it began with is still to come back: until then no other is sent.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub waits_for_its_code: bool,
    /// The code that is out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub challenge: Option<MfaChallenge>,
    pub ends_at: i64,
}

/// A code that was sent in a flow. Neither it nor its handle is in here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MfaChallenge {
    /// What answering it proves (RFC 8176).
    pub method: String,
    /// SHA-256 of the handle.
    pub handle: String,
    /// HMAC of the code.
    pub digest: String,
}

impl MfaFlow {
    #[must_use]
    pub fn begin(
        (id, account_id, stamp): (SessionId, AccountId, String),
        client_id: ClientId,
        grant: SessionGrant,
        methods: Vec<String>,
        now: Timestamp,
    ) -> Self {
        let ends_at = now.seconds() + limits().second_factor_seconds;
        Self {
            id,
            account_id,
            client_id,
            grant,
            methods,
            stamp,
            tries: 0,
            waits_for_its_code: false,
            challenge: None,
            ends_at,
        }
    }

    fn key(&self, tenant: &TenantId) -> keys::Key {
        keys::mfa_flow(tenant, self.account_id, self.id)
    }
}

impl MfaChallenge {
    #[must_use]
    pub fn is(&self, digest: &str) -> bool {
        verify_slices_are_equal(self.digest.as_bytes(), digest.as_bytes()).is_ok()
    }
}

/// What a flow begins with.
#[derive(Debug, Clone, Copy)]
pub enum FirstFactor<'a> {
    /// The password or pin that the account had when it was read; with a new hash where the password's was old.
    Password { rehashed: Option<&'a PasswordHash> },
    /// A code, which is spent by it.
    Code(FlowAddress<'a>, &'a FlowCode),
    /// A code that another flow was for, which ends with it.
    Flow(&'a MfaFlow),
    /// Nothing yet.
    None,
}

/// What was found of a try in a flow.
#[derive(Debug)]
pub struct MfaTry {
    pub flow: MfaFlow,
    pub account: Account,
}

impl Store {
    /// Begins a flow if what it begins with still stands: of any number of guesses at once, none learns anything of a
    /// password that a lock keeps from it. `false`: it does not.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn begin_mfa_flow(
        &self,
        tenant: &TenantId,
        (account, flow): (Option<&Account>, &MfaFlow),
        first: FirstFactor<'_>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut steps = Steps::new();
        match (first, account) {
            (FirstFactor::Password { rehashed }, Some(account)) => {
                steps.add(update(self.password_stands(tenant, account, rehashed, now)?), ());
            }
            (FirstFactor::Code(address, code), _) => steps.add(self.spend_flow_code(tenant, address, code, now)?, ()),
            (FirstFactor::Flow(before), _) => steps.add(self.end_mfa_flow(tenant, before)?, ()),
            (FirstFactor::Password { .. }, None) | (FirstFactor::None, _) => {}
        }
        steps.add_sure(put(self.row(&flow.key(tenant), flow, Some(flow.ends_at))?));
        Ok(self.carry_out(steps).await?.is_none())
    }

    fn password_stands(
        &self,
        tenant: &TenantId,
        account: &Account,
        rehashed: Option<&PasswordHash>,
        now: Timestamp,
    ) -> Result<Update, Error> {
        let set = if rehashed.is_some() { "SET password_hash = :rehashed " } else { "" };
        let mut change = self
            .update_at(&keys::account(tenant, account.id))
            .update_expression(format!("{set}REMOVE {FORGET_FAILURES}"))
            .condition_expression(format!(
                "#status = :active AND password_version = :version AND identity_version = :identity AND {LOCK_IS_OFF}"
            ))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":active", text(Status::Active.as_str()))
            .expression_attribute_values(":version", number(account.password_version))
            .expression_attribute_values(":identity", number(account.identity_version))
            .expression_attribute_values(":now", number(now.seconds()))
            .expression_attribute_values(":disabling", number(limits().disabling_failures));
        if let Some(hash) = rehashed {
            change = change.expression_attribute_values(":rehashed", text(hash.as_str()));
        }
        Ok(change.build()?)
    }

    /// The flow, and the account that it is of. One call.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn mfa_flow(
        &self,
        tenant: &TenantId,
        account: AccountId,
        id: SessionId,
        now: Timestamp,
    ) -> Result<(Option<MfaFlow>, Option<Account>), Error> {
        let wanted = [keys::mfa_flow(tenant, account, id), keys::account(tenant, account)];
        let mut found = self.get_all(&wanted, now).await?;
        let [flow, account] = wanted.map(|key| found.take(&key));
        let flow = flow.map(from_item::<MfaFlow>).transpose()?.filter(|flow| flow.tries < limits().second_factor_tries);
        Ok((flow, account.map(from_item).transpose()?))
    }

    /// Sends a code in a flow in place of the one that is out. `asked` is as it was read under `destination`.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn send_mfa_code(
        &self,
        tenant: &TenantId,
        (flow, challenge): (&MfaFlow, &MfaChallenge),
        (destination, asked): (&str, &Sends),
        sending: Sending<'_>,
        ring: &KeyRing,
        now: Timestamp,
    ) -> Result<Sent, Error> {
        let failed = |_| Code::Internal.because("a challenge could not be written as an item");
        let change = self
            .update_at(&flow.key(tenant))
            .update_expression("SET challenge = :challenge")
            .condition_expression("tries < :most AND ends_at > :now")
            .expression_attribute_values(":challenge", serde_dynamo::to_attribute_value(challenge).map_err(failed)?)
            .expression_attribute_values(":most", number(limits().second_factor_tries))
            .expression_attribute_values(":now", number(now.seconds()))
            .build()?;
        let count = self.ask(tenant, (MFA, destination), asked, now)?;
        self.send(tenant, [(count, Sent::TooSoon), (update(change), Sent::Overtaken)], sending, ring, now).await
    }

    /// Begins a flow of nothing proved with a code that was sent in it. What is counted is as it was read.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn begin_mfa_flow_by_code(
        &self,
        tenant: &TenantId,
        flow: &MfaFlow,
        counted: [Option<Asked<'_>>; 2],
        sending: Sending<'_>,
        ring: &KeyRing,
        now: Timestamp,
    ) -> Result<Sent, Error> {
        let mut rows = vec![(put(self.row(&flow.key(tenant), flow, Some(flow.ends_at))?), Sent::Overtaken)];
        for Asked { purpose, named, sends } in counted.into_iter().flatten() {
            rows.push((self.ask(tenant, (purpose, named), sends, now)?, Sent::TooSoon));
        }
        self.send(tenant, rows, sending, ring, now).await
    }

    /// Counts one try in a flow, then in its account, and shows both; `None` when either takes no more. Codes that
    /// are no second factor, and recovery codes, are not held against the second factors. Of any number at once,
    /// five a flow get to compare.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer: a try that cannot be counted is not compared.
    pub async fn try_mfa_flow(
        &self,
        tenant: &TenantId,
        (account, id): (AccountId, SessionId),
        counter: impl Fn(&MfaFlow) -> Option<&'static str>,
        now: Timestamp,
    ) -> Result<Option<MfaTry>, Error> {
        let count = self
            .update_at(&keys::mfa_flow(tenant, account, id))
            .update_expression("SET tries = tries + :one")
            .condition_expression("tries < :most AND ends_at > :now")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":most", number(limits().second_factor_tries))
            .expression_attribute_values(":now", number(now.seconds()))
            .build()?;
        let Written::Done(flow) = self.update(count).await? else { return Ok(None) };
        let flow: MfaFlow = from_item(flow)?;
        let Some(counter) = counter(&flow) else {
            let account = self.account(tenant, account, now).await?;
            return Ok(account.map(|account| MfaTry { flow, account }));
        };
        let count = self
            .update_at(&keys::account(tenant, account))
            .update_expression("SET #counter = if_not_exists(#counter, :none) + :one")
            .condition_expression("attribute_exists(pk) AND (attribute_not_exists(#counter) OR #counter < :most)")
            .expression_attribute_names("#counter", counter)
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":most", number(limits().disabling_second_factors))
            .build()?;
        match self.update(count).await? {
            Written::Done(row) => Ok(Some(MfaTry { flow, account: from_item(row)? })),
            Written::Refused(_) => Ok(None),
        }
    }

    /// The part of a transaction that ends a flow: of any number at once, one.
    pub(super) fn end_mfa_flow(&self, tenant: &TenantId, flow: &MfaFlow) -> Result<TransactWriteItem, Error> {
        let end = self.delete_at(&flow.key(tenant)).condition_expression("attribute_exists(pk)").build()?;
        Ok(delete(end))
    }
}
