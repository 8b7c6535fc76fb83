//! `POST /api/Settings/ChangePassword`, `POST /api/Settings/v2/ChangePassword`: changes the password of a signed-in
//! lead (contract §2.7).
//!
//! In: `Authorization`, the lead's `AuthKey`; version 2 also `x-lsq-registertoken`, `x-lsq-portalid`; body
//! `{"CurrentPassword", "NewPassword"}`. Out: 200 `{"IsSuccessful": true, "ResponseText"}`. This session goes on,
//! every other ends.
//! Refuses: 400 `invalid_request`, `weak_password`; 401 `invalid_auth_key` (the public key, too), `invalid_public_key`
//! (the headers of version 2), `invalid_credentials` (the fifth time the session ends); 429 over the portal's limit of
//! calls, or 300 failures in a day from one source that shows no secret key.

use serde::Deserialize;
use shared::app::{App, PasswordChange};
use shared::error::{Code, Error};
use shared::http::{Request, Response};
use shared::password::Password;
use shared::wire::leads;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    current_password: Password,
    new_password: Password,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let (caller, key) = leads::lead(app, &request).await?;
    let Body { current_password: current, new_password: new } = request.json()?;
    let (account, session) = app.live_lead(&caller, &key).await?;
    let (field, ended) = ("NewPassword", Code::InvalidAuthKey);
    let change = PasswordChange { account, session, current, new, field, ended };
    app.change_password(&caller, change, leads::successful("Password changed successfully")).await
}
