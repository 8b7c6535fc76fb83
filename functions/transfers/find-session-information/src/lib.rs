//! `GET /auth/v2/session/{session_id}/information`, `GET /auth/v2/session/{session_id}/information/`: says what is asked,
//! and by whom (contract §3.4).
//!
//! In: `Authorization: Bearer` with the `session_token`, which marks the transfer as retrieved, or with the client token
//! of its third party. The `session_token` also does in place of the id, for an app that knows only the code; it needs no
//! header then. Out: 200 `{"session_id", "status"?, "client_id", "client_name", "scope", "optional_scope", "created_at",
//! "expires_at"}`.
//! Refuses: 401 `missing_token`, `invalid_token`; 404 `not_found`, also for another third party's.

use shared::app::App;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::wire::transfers;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let (holder, id) = transfers::holder(app, &request).await?;
    Ok(transfers::information(&app.find_transfer(&holder, id, &request).await?))
}
