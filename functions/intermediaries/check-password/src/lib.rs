//! `POST /intermediaries/accounts/password-validation-token`: checks the password of whoever is signed in, before their
//! e-mail address or phone is changed (contract §1.12).
//!
//! In: `api-key`, `accountAccessToken`; body `{"password"}`. Out: 200 `{"passwordValidationToken"}`, a JWT that is good in
//! this session for 5 minutes and until the password or an address changes.
//! Refuses: 400 `invalid_request`; 401 `invalid_api_key`, `invalid_access_token`, `invalid_credentials`, which counts as a
//! failed sign-in and the fifth time ends the session; 503 while five passwords are being compared in the session.

use serde::{Deserialize, Serialize};
use shared::app::App;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::password::Password;
use shared::wire::intermediaries;

#[derive(Deserialize)]
struct Body {
    password: Password,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    password_validation_token: &'a str,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let (caller, principal) = intermediaries::signed_in_at(app, &request).await?;
    let Body { password } = request.json()?;
    let token = app.check_password(&caller, &principal, password).await?;
    Ok(Response::json(200, &Answer { password_validation_token: token.reveal() }))
}
