//! `PUT /intermediaries/accounts/email`, `PUT /intermediaries/accounts/email/{code}`: changes an account's e-mail address
//! by a code that is sent to the new one (contract §1.13).
//!
//! In: `api-key`, `accountAccessToken`; to ask, also `accountPasswordValidationToken` and body `{"email"}`. Out: 200 `{}`;
//! confirmed in the same session, 200 the account, and `x-digifi-account`. The new address is proved, the old one free,
//! and both are told. Until then nothing changes.
//! Refuses: 400 `invalid_request` (also the address that it has), `email_taken` (by an account that proved it),
//! `invalid_code`, for every reason alike; 401 `invalid_api_key`, `invalid_access_token`,
//! `invalid_password_validation_token`; 403 `reauthentication_required`, when the account has a proved phone that this
//! session has not proved; 429 `too_many_requests` as with `intermediary-verify-email`.

use serde::Deserialize;
use shared::app::{App, Memory};
use shared::error::Error;
use shared::http::{Request, Response};
use shared::token::OneTimeCode;
use shared::types::Email;
use shared::wire::intermediaries;

#[derive(Deserialize)]
struct Body {
    email: Email,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let (caller, principal) = intermediaries::signed_in_at(app, &request).await?;
    if request.path_parameters.contains_key("code") {
        let code: OneTimeCode = request.path_parameter("code")?;
        return app.confirm_new_email(&caller, &principal, &code, intermediaries::changed).await;
    }
    app.require_checked_password(&caller, &principal, intermediaries::password_validation_token(&request)?)?;
    let Body { email } = request.json()?;
    app.send_new_email_code(&caller, &principal, &email, &Memory::default(), intermediaries::done()).await
}
