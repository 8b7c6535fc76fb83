//! A code that is redeemed by naming where it was sent and the flow in which it was asked for.
//!
//! Whoever asked holds the flow's handle, where the contract has one. Without it a try counts for nothing, so a stranger
//! cannot use up somebody's tries; with it every try is counted before it is compared, five a code, a hundred in a row
//! (yardstick C3 to C5). A new code ends the old one and leaves the count of failures as it was.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use serde::{Deserialize, Serialize};

use super::sends::{Asked, Sending, Sends, Sent};
use super::write::{Written, update};
use super::{Store, from_item, keys, number, text};
use crate::account::Kind;
use crate::error::{Code, Error};
use crate::key_ring::KeyRing;
use crate::limits::limits;
use crate::types::{AccountId, SchemaName, TenantId, Timestamp};

const KEPT_SECONDS: i64 = 30 * 86_400;
/// What is left of a code's life at least when it is sent again.
const SHORTEST_SECONDS: i64 = 120;

/// What a code is for and where it goes.
#[derive(Debug, Clone, Copy)]
pub struct FlowAddress<'a> {
    pub purpose: &'static str,
    pub kind: Kind,
    pub destination: &'a str,
}

impl FlowAddress<'_> {
    fn key(&self, tenant: &TenantId) -> keys::Key {
        keys::flow_code(tenant, self.purpose, self.kind, self.destination)
    }
}

/// What one destination was sent and failed for one purpose, with the code that is out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FlowDesk {
    pub sends: Sends,
    /// Wrong tries in a row.
    failures: u32,
    /// Whose the destination was when something was last sent there, and the account's stamp then: failures made
    /// before the account changed, or before there was one, are not held against it.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<(AccountId, String)>,
    expires_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<FlowCode>,
}

/// A code that is out. Neither it nor its flow's handle is in here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowCode {
    /// SHA-256 of the flow's handle.
    pub flow: String,
    /// HMAC of the code.
    pub digest: String,
    /// Absent for a code that was written for nobody.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account_id: Option<AccountId>,
    /// The field whose address redeeming it proves; none where it went to several.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<SchemaName>,
    /// The account's stamp when the code was sent: once that has changed, the code is void.
    pub stamp: String,
    tries: u32,
    ends_at: i64,
}

impl FlowDesk {
    /// Seconds until what was failed here is forgotten.
    #[must_use]
    pub fn wait(&self, now: Timestamp) -> i64 {
        self.expires_at - now.seconds()
    }

    /// Whether this very code is out.
    #[must_use]
    pub fn is_out(&self, flow: &str, digest: &str) -> bool {
        self.code.as_ref().is_some_and(|code| code.flow == flow && code.is(digest))
    }

    /// Whether the code that is out went to one address, and not to one in this field.
    #[must_use]
    pub fn went_another_way(&self, field: &SchemaName) -> bool {
        self.code.as_ref().and_then(|code| code.field.as_ref()).is_some_and(|went| went != field)
    }

    /// When the code that is out was sent for the first time, in seconds since 1970-01-01T00:00:00Z, if it is worth
    /// sending again: it takes tries, and there is time for them.
    #[must_use]
    pub fn began_at(&self, now: Timestamp) -> Option<i64> {
        let worth_sending =
            |code: &&FlowCode| now.seconds() + SHORTEST_SECONDS < code.ends_at && code.tries < limits().code_tries;
        let out = self.code.as_ref().filter(worth_sending)?;
        Some(out.ends_at - limits().code_seconds)
    }

    /// Whether an account with this stamp may be sent another code.
    #[must_use]
    pub fn takes_codes(&self, account: AccountId, stamp: &str) -> bool {
        self.failures < limits().disabling_codes || self.starts_over(account, stamp)
    }

    /// Failures under another account's name count on: two accounts that hold one number in two fields would else
    /// take turns to forget them.
    fn starts_over(&self, account: AccountId, stamp: &str) -> bool {
        self.owner.as_ref().is_none_or(|(owner, seen)| *owner == account && seen != stamp)
    }
}

impl FlowCode {
    /// `owner` and its stamp; without one the code is for nobody and never right.
    #[must_use]
    pub fn new(
        (flow, digest): (String, String),
        field: Option<SchemaName>,
        owner: Option<(AccountId, String)>,
        now: Timestamp,
    ) -> Self {
        let (account_id, stamp) = owner.unzip();
        let ends_at = now.seconds() + limits().code_seconds;
        Self { flow, digest, account_id, field, stamp: stamp.unwrap_or_default(), tries: 0, ends_at }
    }

    /// Whether `next` is this very code, sent once more: its tries and its end stay as they are.
    fn is_again(&self, next: &Self, now: Timestamp) -> bool {
        let same = self.digest == next.digest && self.flow == next.flow && self.stamp == next.stamp;
        same && now.seconds() < self.ends_at
    }

    /// A code that went to two addresses proves neither of them.
    fn sent_again(self, next: &Self) -> Self {
        let field = self.field.filter(|field| next.field.as_ref() == Some(field));
        Self { field, account_id: self.account_id.or(next.account_id), ..self }
    }

    #[must_use]
    pub fn is(&self, digest: &str) -> bool {
        verify_slices_are_equal(self.digest.as_bytes(), digest.as_bytes()).is_ok()
    }
}

impl Store {
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn flow_desk(
        &self,
        tenant: &TenantId,
        address: FlowAddress<'_>,
        now: Timestamp,
    ) -> Result<FlowDesk, Error> {
        let item = self.get(&address.key(tenant), now).await?;
        item.map_or_else(|| Ok(FlowDesk::default()), from_item)
    }

    /// Sends a code in place of the one that is out, or that one again. `desk` is as it was read; `holder` is whose the destination is
    /// and the account's stamp, whether or not the code is for them.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn send_flow_code(
        &self,
        tenant: &TenantId,
        (address, desk, code): (FlowAddress<'_>, &FlowDesk, FlowCode),
        (holder, asked): (Option<(AccountId, String)>, Option<Asked<'_>>),
        sending: Sending<'_>,
        ring: &KeyRing,
        now: Timestamp,
    ) -> Result<Sent, Error> {
        let resent = desk.code.as_ref().filter(|out| out.is_again(&code, now)).cloned();
        let is_again = resent.is_some();
        let code = resent.map_or_else(|| code.clone(), |out| out.sent_again(&code));
        let to_item = |code: &FlowCode| serde_dynamo::to_attribute_value(code);
        let code_item = to_item(&code).map_err(|_| Code::Internal.because("a code could not be written as an item"))?;
        let changed = holder.as_ref().is_some_and(|(account, stamp)| desk.starts_over(*account, stamp));
        let starts_over = desk.sends.is_empty() || changed;
        // A destination that gets no codes is not kept so by being asked for.
        let is_over = desk.failures >= limits().disabling_codes && !starts_over;
        let kept = if is_over { desk.expires_at } else { now.seconds() + KEPT_SECONDS };
        let (unchanged, seen) = desk.sends.unchanged(now);
        let condition = if is_again { format!("({unchanged}) AND #code.tries = :tries") } else { unchanged.to_owned() };
        let mut set = "SET sends = :sends, #code = :code, expires_at = :kept".to_owned();
        // What is counted meanwhile stays counted.
        set += if starts_over { ", failures = :none" } else { "" };
        set += if holder.is_some() { ", #owner = :owner" } else { "" };
        let mut change = self
            .update_at(&address.key(tenant))
            .condition_expression(condition)
            .expression_attribute_names("#code", "code")
            .expression_attribute_values(":seen", seen)
            .expression_attribute_values(":sends", desk.sends.and_one_more(now).attribute())
            .expression_attribute_values(":code", code_item)
            .expression_attribute_values(":kept", number(kept));
        if is_again {
            change = change.expression_attribute_values(":tries", number(code.tries));
        }
        if starts_over {
            change = change.expression_attribute_values(":none", number(0));
        }
        if let Some((account, stamp)) = &holder {
            let owner = AttributeValue::L(vec![text(account.to_string()), text(stamp)]);
            change = change.expression_attribute_names("#owner", "owner").expression_attribute_values(":owner", owner);
        }
        let change = change.update_expression(set).build()?;
        let mut rows = vec![(update(change), Sent::TooSoon)];
        if let Some(Asked { purpose, named, sends }) = asked {
            rows.push((self.ask(tenant, (purpose, named), sends, now)?, Sent::TooSoon));
        }
        self.send(tenant, rows, sending, ring, now).await
    }

    /// The same work for a code that is not sent because its destination got enough: nobody can tell.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn send_no_flow_code(
        &self,
        tenant: &TenantId,
        (address, desk): (FlowAddress<'_>, &FlowDesk),
        Asked { purpose, named, sends }: Asked<'_>,
        sending: Sending<'_>,
        ring: &KeyRing,
        now: Timestamp,
    ) -> Result<Sent, Error> {
        let (unchanged, seen) = desk.sends.unchanged(now);
        let same = self
            .update_at(&address.key(tenant))
            .update_expression("SET expires_at = :kept")
            .condition_expression(unchanged)
            .expression_attribute_values(":seen", seen)
            .expression_attribute_values(":kept", number(desk.expires_at))
            .build()?;
        let count = self.ask(tenant, (purpose, named), sends, now)?;
        self.send(tenant, [(update(same), Sent::TooSoon), (count, Sent::TooSoon)], sending, ring, now).await
    }

    /// Counts one try in this flow and shows the code that it is held against; `None` when no code of this flow
    /// takes a try. Of any number at once, five a code get to compare.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer: a try that cannot be counted is not compared.
    pub async fn try_flow_code(
        &self,
        tenant: &TenantId,
        address: FlowAddress<'_>,
        flow: &str,
        now: Timestamp,
    ) -> Result<Option<FlowCode>, Error> {
        let count = self
            .update_at(&address.key(tenant))
            .update_expression("SET #code.tries = #code.tries + :one, failures = failures + :one")
            .condition_expression(
                "#code.flow = :flow AND #code.tries < :most AND #code.ends_at > :now AND failures < :disabling \
                 AND expires_at > :now",
            )
            .expression_attribute_names("#code", "code")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":flow", text(flow))
            .expression_attribute_values(":most", number(limits().code_tries))
            .expression_attribute_values(":now", number(now.seconds()))
            .expression_attribute_values(":disabling", number(limits().disabling_codes))
            .build()?;
        match self.update(count).await? {
            Written::Done(item) => Ok(from_item::<FlowDesk>(item)?.code),
            Written::Refused(_) => Ok(None),
        }
    }

    /// The part of a transaction that spends the code: of any number at once, one. Whoever has it starts over with
    /// a clean sheet.
    pub(super) fn spend_flow_code(
        &self,
        tenant: &TenantId,
        address: FlowAddress<'_>,
        code: &FlowCode,
        now: Timestamp,
    ) -> Result<TransactWriteItem, Error> {
        let spend = self
            .update_at(&address.key(tenant))
            .update_expression("SET failures = :none REMOVE #code")
            .condition_expression("#code.digest = :spent AND #code.ends_at > :now AND expires_at > :now")
            .expression_attribute_names("#code", "code")
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":spent", text(&code.digest))
            .expression_attribute_values(":now", number(now.seconds()))
            .build()?;
        Ok(update(spend))
    }
}
