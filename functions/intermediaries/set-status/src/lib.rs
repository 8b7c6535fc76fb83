//! `PUT /intermediaries/accounts/{id}/status`: blocks an account, or unblocks it; ours, since the vendor has it in a
//! console only (contract §1.14).
//!
//! In: `api-key`; body `{"status"}`, `active` or `blocked`. Out: 200 the account. A blocked account's sessions end at once
//! and for good, its sign-in is refused as a wrong password is, and codes, links and an invitation that are out are void.
//! An account that nobody has opened yet is `pending` again once it is unblocked.
//! Refuses: 400 `invalid_request` (also to unblock one whose address somebody else proved); 401 `invalid_api_key`; 404 `not_found`.

use serde::Deserialize;
use shared::app::{App, NewStatus};
use shared::error::Error;
use shared::http::{Request, Response};
use shared::types::AccountId;
use shared::wire::intermediaries;

#[derive(Deserialize)]
struct Body {
    status: NewStatus,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let caller = intermediaries::caller(app, &request).await?;
    let id: AccountId = request.path_parameter("id")?;
    let Body { status } = request.json()?;
    let account = app.set_status(&caller, id, status).await?;
    Ok(intermediaries::account_alone(&caller, &account))
}
