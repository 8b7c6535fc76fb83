//! `POST /intermediaries/accounts/phone`, `POST /intermediaries/accounts/phone/{code}`,
//! `PUT /intermediaries/accounts/phone`, `PUT /intermediaries/accounts/phone/{code}`,
//! `PUT /intermediaries/accounts/delete-phone`: gives an account a phone, another one, or none (contract §1.13).
//!
//! In: `api-key`, `accountAccessToken`; but to confirm, also `accountPasswordValidationToken` and body `{"phone"}`. Out:
//! 200 `{}` once a code is sent to the new phone; confirmed in the same session, or removed, 200 the account, and
//! `x-digifi-account`. A confirmed phone completes the session's second factor. The e-mail address and the old phone are
//! told.
//! Refuses: 400 `invalid_request` (also the phone that it has, to add a second one, to replace none, to remove another or
//! what alone reaches the owner),
//! `invalid_code`, for every reason alike; 401 `invalid_api_key`, `invalid_access_token`,
//! `invalid_password_validation_token`; 403 `reauthentication_required`, when the account has a proved phone that this
//! session has not proved; 422 `idempotency_key_reused`; 429 `too_many_requests` as with
//! `intermediary-verify-email`.

use serde::Deserialize;
use shared::app::{App, Caller, Memory, PhoneChange, Principal};
use shared::error::Error;
use shared::http::{Request, Response};
use shared::token::OneTimeCode;
use shared::types::Phone;
use shared::wire::intermediaries;

#[derive(Deserialize)]
struct Body {
    phone: Phone,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let (caller, principal) = intermediaries::signed_in_at(app, &request).await?;
    if request.path.ends_with("/delete-phone") {
        app.require_checked_password(&caller, &principal, intermediaries::password_validation_token(&request)?)?;
        let Body { phone } = request.json()?;
        return app.remove_phone(&caller, &principal, &phone, intermediaries::changed).await;
    }
    if request.method == "PUT" {
        return change(app, &caller, &principal, PhoneChange::Replace, &request, &Memory::default()).await;
    }
    let add = async |memory: &Memory| change(app, &caller, &principal, PhoneChange::Add, &request, memory).await;
    app.once(&caller, &request, add).await
}

async fn change(
    app: &App,
    caller: &Caller,
    principal: &Principal,
    change: PhoneChange,
    request: &Request,
    memory: &Memory,
) -> Result<Response, Error> {
    if request.path_parameters.contains_key("code") {
        let code: OneTimeCode = request.path_parameter("code")?;
        return app.confirm_new_phone(caller, principal, (change, &code), memory, intermediaries::changed).await;
    }
    app.require_checked_password(caller, principal, intermediaries::password_validation_token(request)?)?;
    let Body { phone } = request.json()?;
    app.send_new_phone_code(caller, principal, (change, &phone), memory, intermediaries::done()).await
}
