//! `POST /v1/accounts/{aid}/customers/change_password`, `POST /v1/accounts/{aid}/customers/change_password/confirm`:
//! mails a customer a prompt to set a new password (contract §4.6), and sets it by what the link in it held (ours).
//!
//! In: a client's own token with `write:accounts:/auth/users`; body `{"email", "audience", "type"}`, then `{"user_id",
//! "reset_token", "password"}`, both as the link of the mail has them. Out: 204, alike for somebody unknown. Setting it
//! ends every session and signs nobody in; the link works once, for 30 minutes.
//! Refuses: 400 `invalid_request`, `weak_password`; 401 `invalid_token`, `invalid_reset_link` (every reason alike); 403
//! `forbidden`, `insufficient_scope`, `invalid_target`; 429 within 60 s of the last prompt to this address, after 5 in
//! an hour or 10 in a day.

use serde::Deserialize;
use shared::app::customers::scopes;
use shared::app::{App, ForgottenPassword, Memory, ResetForm};
use shared::error::Error;
use shared::http::{Request, Response};
use shared::password::Password;
use shared::token::LinkSecret;
use shared::types::{AccountId, Audience, Email, Identifier};
use shared::wire::customers::{self, SignInType};

#[derive(Deserialize)]
struct Body {
    email: Email,
    audience: Audience,
    r#type: SignInType,
}

#[derive(Deserialize)]
struct ConfirmBody {
    user_id: AccountId,
    reset_token: LinkSecret,
    password: Password,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let back_end = customers::back_end(app, &request, scopes::SET_SECRETS).await?;
    if request.route.ends_with("/confirm") {
        let ConfirmBody { user_id: account_id, reset_token: secret, password } = request.json()?;
        let form = ResetForm { account_id, secret, password };
        return app.reset_password(&back_end.caller, form, customers::no_content()).await;
    }
    let Body { email, audience, r#type } = request.json()?;
    back_end.audience_is_granted(&audience)?;
    let back_end = back_end.about(r#type.into());
    let forgotten = ForgottenPassword { identifier: Identifier::email(&email), recipient: None };
    let prompt = async |memory: &Memory| {
        app.forgot_password(&back_end.caller, &forgotten, memory, customers::no_content()).await
    };
    app.once(&back_end.caller, &request, prompt).await
}
