//! `rate(6 hours)`: the calendar of the signing keys. A key is published a day before it signs, signs for at most 90
//! days and stays published for a day after its last signature. The first run makes the deployment's key ring.
//!
//! In: what the scheduler sends, or any other JSON object: do what is due. By hand, `{"drop": "<kid>"}`: an emergency;
//! that key is gone at once, and where it signed another one does.
//! Out: `{"published": ["<kid>"], "dropped": ["<kid>"]}`, empty where nothing was due.
//! Fails: `not_found`, no key has this kid and nothing has changed; `invalid_request`; `unavailable`, DynamoDB or KMS
//! does not answer, and the ring is whole.

use serde::Deserialize;
use shared::app::App;
use shared::error::Error;
use shared::http::present;
use shared::key_ring::KeyChanges;

#[derive(Debug, Deserialize)]
pub struct Event {
    /// The `kid` of the key that must go.
    #[serde(default, deserialize_with = "present")]
    drop: Option<String>,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, event: Event) -> Result<KeyChanges, Error> {
    match event.drop {
        Some(kid) => app.drop_key(&kid).await,
        None => app.rotate_keys().await,
    }
}
