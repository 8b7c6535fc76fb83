//! The door for DynamoDB: one table, one concrete [`Store`], methods named for facts about the business.
//!
//! Each method's comment is its invariant; the call or transaction that keeps it stands right below. What is
//! stored, and under which keys, is the chart at the top of `keys.rs`.
//!
//! Rules that hold everywhere in here:
//! - `expires_at` is compared with the clock on every read and in every condition; TTL deletion, days late, is
//!   only the broom (yardstick X2).
//! - Not found and a lost race are values; only a fault is an [`Error`], and then the caller hears 503.
//! - A write that the SDK repeats after a lost answer is recognised: transactions by their client token, single
//!   writes by what the failed condition returns (yardstick X5). Counters of abuse may count twice, never less.
//! - Reads are strongly consistent; there is no index.

mod account_codes;
mod accounts;
mod call_window;
mod claims;
mod client;
mod clients;
mod code_budget;
mod consents;
mod deliveries;
mod directory;
mod export;
mod factors;
mod failures;
mod flow_codes;
mod history;
mod idempotency;
mod import;
mod intermediaries;
mod intermediary_changes;
mod invitations;
mod key_ring;
mod keys;
mod message_texts;
mod mfa_flows;
mod openings;
mod outbox;
mod passwords;
mod read;
mod removals;
mod search;
mod sends;
mod sessions;
mod sign_in_codes;
mod sources;
mod tenant_removals;
mod tenant_settings;
mod transfers;
mod write;

pub use account_codes::{ACCOUNT_CODE, AccountCode, AccountCodeDesk, Proves};
pub use accounts::{Change, NewAccount, Saved};
pub use call_window::Admission;
pub use claims::AddressProof;
pub use client::{Client, CredentialKind, Grant, GrantType, KeptSecret};
pub use clients::{ClientChange, Credential};
pub use code_budget::CodeSearch;
pub use deliveries::{Claim, Claimed, MessageId, Settled};
pub use directory::Tenant;
pub use export::{Movable, MovablePage, TablePlace};
pub use factors::{Enrolled, FactorChange};
pub use flow_codes::{FlowAddress, FlowCode, FlowDesk};
pub use idempotency::{Remembered, TokensOf};
pub use import::Imported;
pub use intermediary_changes::{ChangeProof, IntermediaryChange};
pub use invitations::{AcceptedInvitation, INVITATION, Invitable, Invitation, InvitationDesk};
pub use message_texts::{LONGEST_NAME, MessageText, MessageTexts};
pub use mfa_flows::{FirstFactor, MFA, MfaChallenge, MfaFlow, MfaTry, RECOVERY};
pub use openings::{Opened, Opening, Proof, SecondFactor};
pub use outbox::{Channel, Message, Purpose};
pub use passwords::{AcceptedLink, Entitled, RESET, ResetDesk, ResetLink, ResetRequest};
pub use sends::{Asked, Sending, Sends, Sent};
pub use sessions::Rotation;
pub use sign_in_codes::{CodeDesk, SentCode, SignInCode};
pub use sources::{SourceAct, SourceLimit};
pub use tenant_settings::{CallLimit, LeadKey, MfaSettings, TenantSettings};
pub use transfers::{Agreement, Cancelled, Decided, Polled, Poller};

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::error::{Code, Error};
use crate::random::Random;

type Item = HashMap<String, AttributeValue>;

/// The table, through the AWS SDK.
#[derive(Debug, Clone)]
pub struct Store {
    dynamodb: aws_sdk_dynamodb::Client,
    table: String,
    random: Random,
}

impl Store {
    #[must_use]
    pub fn new(dynamodb: aws_sdk_dynamodb::Client, table: String, random: Random) -> Self {
        Self { dynamodb, table, random }
    }
}

fn number(number: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A row's body without its address.
fn to_item(body: &impl serde::Serialize) -> Result<Item, Error> {
    serde_dynamo::to_item(body).map_err(|_| Code::Internal.because("a row could not be written as an item"))
}

/// A row that does not parse is a fault of ours, never the caller's.
fn from_item<T: serde::de::DeserializeOwned>(item: Item) -> Result<T, Error> {
    serde_dynamo::from_item(item).map_err(|_| Code::Internal.because("a stored row does not parse"))
}
