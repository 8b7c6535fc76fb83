//! `POST /oauth/introspect`, `ANY /oauth/introspect`: what a token is at this moment (RFC 7662).
//!
//! In: a form, with client authentication by Basic or `client_id` and `client_secret`: `token`; `token_type_hint`? changes
//! nothing.
//! Out: 200 `{"active": true, …}` with the claims of an access token of the caller's tenant whose session, account and
//! client are there as it is asked, or with what a refresh token of the caller's own stands for; for everything
//! else exactly `{"active": false}`. All is read anew, strongly consistent, so a revocation shows at once.
//! Refuses: 400 `invalid_request`; 401 `invalid_client`; 405 and 415 `invalid_request`; 429 after too many bad secrets
//! from one source.

use shared::app::App;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::wire::standards;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let form = standards::form(&request)?;
    let token = form.required("token")?;
    let (caller, _) = standards::client(app, &request, &form).await?;
    Ok(standards::introspected(app.introspect(&caller, token).await?.as_ref()))
}
