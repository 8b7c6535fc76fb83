use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::consent::Consent;
use shared::history::Entry;
use shared::store::{Client, TenantSettings};
use shared::types::{AccountId, IntermediaryId, TenantId};
use uuid::Uuid;

use super::LONGEST_LINE;
use super::account_line::AccountLine;
use super::refused::Refused;

/// One line of JSON; its member `line` says which.
#[derive(Serialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub(super) enum Line {
    Header(Header),
    Pepper(PepperLine),
    Tenant(Box<TenantLine>),
    Client(Client),
    Intermediary(IntermediaryLine),
    Account(Box<AccountLine>),
    Consent(ConsentLine),
    History(HistoryLine),
    Footer(Footer),
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    pub version: u32,
    /// Whose lines follow; absent in a file that people wrote.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tenant_id: Option<TenantId>,
    /// Seconds since 1970-01-01T00:00:00Z.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exported_at: Option<i64>,
}

/// A secret that password hashes were made with; each names its id.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PepperLine {
    pub id: u8,
    /// Base64.
    pub secret: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TenantLine {
    pub settings: TenantSettings,
    #[serde(default)]
    pub settings_version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IntermediaryLine {
    pub id: IntermediaryId,
    #[serde(default)]
    pub variables: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConsentLine {
    pub account_id: AccountId,
    pub consent: Consent,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HistoryLine {
    pub id: Uuid,
    pub entry: Entry,
}

/// Without it a file is cut off.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Footer {
    /// All before this one.
    pub lines: u64,
    /// Over the export's id and all parts before this one's.
    pub digest: String,
}

impl Line {
    /// What a line says, or why it cannot be taken; never with what stands in it.
    pub(super) fn parse(json: &str) -> Result<Self, Refused> {
        if json.len() > LONGEST_LINE {
            return Err(Refused::because(format!("it is longer than {LONGEST_LINE} bytes")));
        }
        let members = serde_json::from_str::<Map<String, Value>>(json);
        let mut members = members.map_err(|_| Refused::because("it is no JSON object"))?;
        let kind = members.remove("line");
        let members = Value::Object(members);
        match kind.as_ref().and_then(Value::as_str) {
            Some("header") => read(members).map(Self::Header),
            Some("pepper") => read(members).map(Self::Pepper),
            Some("tenant") => read(members).map(Self::Tenant),
            Some("client") => read(members).map(Self::Client),
            Some("intermediary") => read(members).map(Self::Intermediary),
            Some("account") => read(members).map(Self::Account),
            Some("consent") => read(members).map(Self::Consent),
            Some("history") => read(members).map(Self::History),
            Some("footer") => read(members).map(Self::Footer),
            _ => Err(Refused::because("its member `line` names no kind of line")),
        }
    }
}

fn read<T: DeserializeOwned>(members: Value) -> Result<T, Refused> {
    serde_path_to_error::deserialize(members).map_err(|error| Refused::unreadable(&error))
}
