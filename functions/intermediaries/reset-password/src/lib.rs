//! `POST /intermediaries/reset-password`, `GET /intermediaries/reset-password/{resetPasswordToken}`,
//! `PUT /intermediaries/reset-password/{resetPasswordToken}`: sends a link to set a new password, looks at it, and sets
//! the password (contract §1.12).
//!
//! In: `api-key`; to ask, body `{"email"}`; to set, body `{"password"}`. Out: 200 `{}`, whether or not the address is an
//! account's; looked at, 200 `{"accountId", "intermediaryId"}`. The link works once, for 30 minutes. Every session ends,
//! nobody is signed in, the address is proved; if it was not before, the account's phone goes.
//! Refuses: 400 `invalid_request`, `weak_password` (the link goes on working); 401 `invalid_api_key`; 404 `invalid_link`,
//! for every reason alike; 422 `idempotency_key_reused`; 429 `too_many_requests` within 60 s of the last request for this
//! address, after 5 in an hour or 10 in a day.

use serde::Deserialize;
use shared::app::{App, ForgottenPassword, Memory};
use shared::error::Error;
use shared::http::{Request, Response};
use shared::password::Password;
use shared::types::{Email, Identifier};
use shared::wire::intermediaries;

#[derive(Deserialize)]
struct Forgotten {
    email: Email,
}

#[derive(Deserialize)]
struct Reset {
    password: Password,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let caller = intermediaries::caller(app, &request).await?;
    let token = request.path_secret("resetPasswordToken");
    match request.method.as_str() {
        "GET" => Ok(intermediaries::linked(&app.password_to_reset(&caller, token).await?)),
        "PUT" => {
            let Reset { password } = request.json()?;
            app.reset_password_by_token(&caller, (token, password), intermediaries::done()).await
        }
        _ => {
            let send = async |memory: &Memory| {
                let Forgotten { email } = request.json()?;
                let forgotten = ForgottenPassword { identifier: Identifier::email(&email), recipient: None };
                app.forgot_password(&caller, &forgotten, memory, intermediaries::done()).await
            };
            app.once(&caller, &request, send).await
        }
    }
}
