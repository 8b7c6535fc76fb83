//! `PUT /intermediaries/sessions/token-status`: whether a session is live (contract §1.7).
//!
//! In: `api-key`, `accountAccessToken`. Out: 200 `{}` and `x-digifi-account`. One strongly consistent call, so a
//! session that was ended a moment ago fails here whatever its token's `exp` says.
//! Refuses: 401 `invalid_api_key`; 401 `invalid_access_token`, also when the account is blocked or gone or the
//! intermediary's record is.

use shared::app::App;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::wire::intermediaries;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let (_, principal) = intermediaries::signed_in_at(app, &request).await?;
    Ok(intermediaries::flagged(intermediaries::done(), principal.flags()))
}
