//! `PUT /intermediaries/sessions/token-status`: whether a session is live (contract §1.7).
//!
//! In: `api-key`, `accountAccessToken`. Out: 200 `{}` and `x-digifi-account`. One strongly consistent call, so a
//! session that was ended a moment ago fails here whatever its token's `exp` says.
//! Refuses: 401 `invalid_api_key`; 401 `invalid_access_token`, also when the account is blocked or gone or the
//! intermediary's record is.

use shared::app::{App, Flags};
use shared::error::Error;
use shared::http::{Request, Response};
use shared::wire::intermediaries;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let caller = intermediaries::caller(app, &request).await?;
    let (account, session) = app.authenticate(&caller, intermediaries::access_token(&request)?).await?;
    Ok(intermediaries::flagged(intermediaries::done(), Flags::of(&account, &session)))
}
