//! `GET /auth/v2/session/{session_id}/information`, `GET /auth/v2/session/{session_id}/information/`,
//! `GET /auth/v2/session/{session_id}/status`, `GET /auth/v2/session/{session_id}/status/`,
//! `GET /auth/v2/session/{session_id}/decision/`, `GET /auth/v2/session/{session_id}/decision`: says what is asked, and by
//! whom, how a data transfer stands (contract §3.4), and what came of it (contract §3.3).
//!
//! `information`, in: `Authorization: Bearer` with the `session_token`, which marks the transfer as retrieved, or with the
//! client token of its third party. The `session_token` also does in place of the id, for an app that knows only the
//! code; it needs no header then. Out: 200 `{"session_id", "status"?, "client_id", "client_name", "scope",
//! "optional_scope", "created_at", "expires_at"}`.
//!
//! `status`, in: as for `information`; looking at the status is not scanning. Out: 200 `{"session_id", "status"}`:
//! `initialized`, `retrieved`, `confirmed`, `cancelled` or `expired`.
//!
//! `decision`, in: the client token of its third party. Out: 200 `{"session_id", "session_number", "status",
//! "vendor_data", "scope", "user_data", "created_at"}`; `user_data` is empty until the person agreed, and readable for 10
//! minutes then.
//!
//! Refuses: 401 `missing_token`, `invalid_token`; 404 `not_found`, also for another third party's; `status` and `decision`
//! 429 `slow_down` within 5 seconds of the last time, while nothing is decided.

use shared::app::App;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::wire::transfers;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let route = request.route.trim_end_matches('/');
    if route.ends_with("/decision") {
        let third_party = transfers::third_party(app, &request).await?;
        let id = transfers::transfer_id(&request)?;
        return Ok(transfers::decision(&app.decision(&third_party, id).await?));
    }
    let (holder, id) = transfers::holder(app, &request).await?;
    if route.ends_with("/status") {
        return Ok(transfers::status(&app.poll_status(&holder, id).await?));
    }
    Ok(transfers::information(&app.find_transfer(&holder, id, &request).await?))
}
