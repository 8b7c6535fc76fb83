//! `GET /auth/v2/session/{session_id}/decision/`, `GET /auth/v2/session/{session_id}/decision`: says what came of a data
//! transfer (contract §3.3).
//!
//! In: the client token of its third party. Out: 200 `{"session_id", "session_number", "status", "vendor_data", "scope",
//! "user_data", "created_at"}`; `user_data` is empty until the person agreed, and readable for 10 minutes then.
//! Refuses: 401 `missing_token`, `invalid_token`; 404 `not_found`, also for another third party's; 429 `slow_down`
//! within 5 seconds of the last time, while nothing is decided.

use shared::app::App;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::wire::transfers;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let third_party = transfers::third_party(app, &request).await?;
    let id = transfers::transfer_id(&request)?;
    Ok(transfers::decision(&app.decision(&third_party, id).await?))
}
