//! `POST /v1/accounts/{oid}/auth/clients/{client_id}/rotate-secret`: gives a client another secret (contract §4.11).
//!
//! In: a client's own token with `write:accounts` or `admin:accounts`; body none or `{"previous_expires_in"?}`, the
//! seconds that the secret before works on: 86400 unless set, 0 to 604800. Out: 200 with the client and its
//! `client_secret`, for the only time.
//! Refuses: 400 `invalid_request`; 401 `invalid_token`; 403 `forbidden`, `insufficient_scope`; 404 `not_found`; 422
//! `idempotency_key_reused`.

use serde::Deserialize;
use shared::app::customers::{OLD_SECRET_SECONDS, scopes};
use shared::app::{App, Memory};
use shared::error::Error;
use shared::http::{Request, Response};
use shared::wire::customers;

#[derive(Deserialize)]
struct Body {
    #[serde(default = "a_day")]
    previous_expires_in: u32,
}

fn a_day() -> u32 {
    OLD_SECRET_SECONDS
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let back_end = customers::back_end(app, &request, scopes::WRITE_CLIENTS).await?;
    let id = request.path_parameter("client_id")?;
    let seconds = if request.has_no_body() { a_day() } else { request.json::<Body>()?.previous_expires_in };
    let rotate = async |memory: &Memory| {
        app.rotate_client_secret(&back_end, (&id, seconds), memory, customers::new_client).await
    };
    app.once(&back_end.caller, &request, rotate).await
}
