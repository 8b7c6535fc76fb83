//! `PUT /intermediaries/accounts/password`: changes the password of whoever is signed in (contract §1.12).
//!
//! In: `api-key`, `accountAccessToken`; body `{"oldPassword", "newPassword"}`. Out: 200 `{}`. This session goes on, every
//! other ends; codes, links and changes that are out are void, and the owner is told.
//! Refuses: 400 `invalid_request`, `weak_password` (also the old one again); 401 `invalid_api_key`,
//! `invalid_access_token`, `invalid_credentials`, which counts as a failed sign-in and the fifth time ends the session;
//! 429 `too_many_requests` after five changes in an hour; 503 while five passwords are being compared in the session.

use serde::Deserialize;
use shared::app::{App, PasswordChange, Principal};
use shared::error::{Code, Error};
use shared::http::{Request, Response};
use shared::password::Password;
use shared::wire::intermediaries;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    old_password: Password,
    new_password: Password,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let (caller, principal) = intermediaries::signed_in_at(app, &request).await?;
    let Body { old_password: current, new_password: new } = request.json()?;
    let (field, ended) = ("newPassword", Code::InvalidAccessToken);
    let Principal { account, session } = principal;
    let change = PasswordChange { account, session, current, new, field, ended };
    app.change_password(&caller, change, intermediaries::done()).await
}
