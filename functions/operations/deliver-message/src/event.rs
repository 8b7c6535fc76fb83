//! What comes in and what goes back.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::types::TenantId;
use uuid::Uuid;

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Event {
    Batch(Batch),
    One(One),
}

#[derive(Debug, Deserialize)]
pub struct Batch {
    #[serde(rename = "Records")]
    pub(super) records: Vec<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct One {
    pub(super) message: Uuid,
    pub(super) tenant: TenantId,
}

/// What of a stream's record matters.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    pub(super) event_name: String,
    pub(super) dynamodb: Change,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Change {
    pub(super) keys: Keys,
    pub(super) sequence_number: String,
}

#[derive(Deserialize)]
pub(super) struct Keys {
    pub(super) pk: Text,
    pub(super) sk: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Text {
    pub(super) s: String,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    #[serde(rename_all = "camelCase")]
    Batch {
        batch_item_failures: Vec<Failure>,
    },
    One {
        outcome: Outcome,
    },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    pub(super) item_identifier: String,
}

/// How a delivery ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Delivered,
    Repeated,
    PastUse,
    Refused,
}
