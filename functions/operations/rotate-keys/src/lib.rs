//! `rate(6 hours)`: the calendar of the signing keys. A key is published a day before it signs, signs for 83 days, for
//! longer only while no run succeeds, and stays published for 25 hours after. The first run makes the deployment's key
//! ring.
//!
//! In: what the scheduler sends, or `{}`: do what is due. By hand, `{"drop": "<kid>"}`: an emergency; that key is gone at
//! once, and where it signed another one does; or `{"renew": "secrets"}`: everybody signs in again; or `{"renew":
//! "pepper"}`: each password's hash is made anew at its next sign-in. Any other member without the scheduler's `source`
//! is refused: a slip of the hand must not pass for an emergency that was dealt with.
//! Out: `{"published": ["<kid>"], "dropped": ["<kid>"], "renewed"?}`, empty where nothing was due.
//! Fails: `not_found`, no key has this kid and nothing has changed; `invalid_request`; `unavailable`, DynamoDB or KMS
//! does not answer, and the ring is whole.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use shared::app::App;
use shared::error::{Code, Error};
use shared::http::present;
use shared::key_ring::{KeyChanges, Renewable};

#[derive(Debug, Deserialize)]
pub struct Event {
    /// The `kid` of the key that must go.
    #[serde(default, deserialize_with = "present")]
    drop: Option<String>,
    /// What somebody may have seen.
    #[serde(default, deserialize_with = "present")]
    renew: Option<Renewable>,
    /// Who sent it: `aws.events`, `aws.scheduler`.
    #[serde(default, deserialize_with = "present")]
    source: Option<String>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, event: Event) -> Result<KeyChanges, Error> {
    let is_scheduled = event.source.is_some_and(|source| source.starts_with("aws."));
    match (event.drop, event.renew) {
        (Some(kid), None) => app.drop_key(&kid).await,
        (None, Some(what)) => app.renew(what).await,
        (None, None) if is_scheduled || event.others.is_empty() => app.rotate_keys().await,
        _ => {
            let message =
                "Send {} to do what is due, {\"drop\": \"<kid>\"}, or {\"renew\": \"secrets\" or \"pepper\"}.";
            Err(Code::InvalidRequest.because("a member that nobody reads, or two emergencies at once").saying(message))
        }
    }
}
