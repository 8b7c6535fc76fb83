//! `POST /api/Authentication/ResetPassword`, `POST /api/Authentication/v2/ResetPassword`: sets a new password with what
//! a reset link carries (contract §2.9).
//!
//! In: `Authorization`, the public key; version 2 also `x-lsq-registertoken`, `x-lsq-portalid`; body `{"Password",
//! "LeadId", "TemporaryPassword"}`. Out: 200 `{"IsSuccessful": true, "ResponseText"}`. Every session ends, nobody is
//! signed in.
//! Refuses: 400 `invalid_request`, `weak_password` (the link goes on working); 401 `invalid_public_key`,
//! `invalid_reset_link` (every reason alike); 429 over the portal's limit of calls, or 300 failures in a day from one
//! source that shows no secret key.

use serde::Deserialize;
use shared::app::{App, ResetForm};
use shared::error::Error;
use shared::http::{Request, Response};
use shared::password::Password;
use shared::token::LinkSecret;
use shared::types::AccountId;
use shared::wire::leads;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    password: Password,
    lead_id: AccountId,
    temporary_password: LinkSecret,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let caller = leads::portal(app, &request).await?;
    let Body { password, lead_id: account_id, temporary_password: secret } = request.json()?;
    let answer = leads::successful("Password reset successfully");
    app.reset_password(&caller, ResetForm { account_id, secret, password }, answer).await
}
