//! `GET /intermediaries/accounts`: the account behind an access token (contract §1.2).
//!
//! In: `api-key`, `accountAccessToken`. Out: 200 the account, and `x-digifi-account`.
//! Refuses: 401 `invalid_api_key`, `invalid_access_token`.

use shared::app::{App, Flags};
use shared::error::Error;
use shared::http::{Request, Response};
use shared::wire::intermediaries;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let caller = intermediaries::caller(app, &request).await?;
    let (account, session) = app.authenticate(&caller, intermediaries::access_token(&request)?).await?;
    Ok(intermediaries::account(&caller, &account, Flags::of(&account, &session)))
}
