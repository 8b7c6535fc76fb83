//! `DELETE /intermediaries/sessions`: ends the session that an access token is tied to (contract §1.8).
//!
//! In: `api-key`, `accountAccessToken`. Out: 200 `{}`, also when the session had ended before. After it neither the
//! access token nor the refresh token of the session opens anything here.
//! Refuses: 401 `invalid_api_key`, `invalid_access_token`.

use shared::app::App;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::wire::intermediaries;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let caller = intermediaries::caller(app, &request).await?;
    app.sign_out(&caller, intermediaries::access_token(&request)?).await?;
    Ok(intermediaries::done())
}
