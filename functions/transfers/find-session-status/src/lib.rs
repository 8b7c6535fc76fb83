//! `GET /auth/v2/session/{session_id}/status`, `GET /auth/v2/session/{session_id}/status/`: says how a data transfer stands
//! (contract §3.4).
//!
//! In: as for `information`; looking at the status is not scanning. Out: 200 `{"session_id", "status"}`: `initialized`,
//! `retrieved`, `confirmed`, `cancelled` or `expired`.
//! Refuses: 401 `missing_token`, `invalid_token`; 404 `not_found`; 429 `slow_down` within 5 seconds of the last time,
//! while nothing is decided.

use shared::app::App;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::wire::transfers;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let (holder, id) = transfers::holder(app, &request).await?;
    Ok(transfers::status(&app.poll_status(&holder, id).await?))
}
