//! `POST /oauth/revoke`, `ANY /oauth/revoke`: ends what is behind a token (RFC 7009).
//!
//! In: a form, with client authentication by Basic or `client_id` and `client_secret`: `token`; `token_type_hint`? changes
//! nothing.
//! Out: 200 without a body. The session of a refresh token, or of a person's access token, that was issued to this
//! client has ended then; a token that is unknown, another client's or over already changed nothing.
//! Refuses: 400 `invalid_request`, and `unsupported_token_type` for the client's own access token; 401
//! `invalid_client`; 405 and 415 `invalid_request`; 429 after too many bad secrets from one source.

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
    app.revoke(&caller, token).await?;
    Ok(Response::empty(200))
}
