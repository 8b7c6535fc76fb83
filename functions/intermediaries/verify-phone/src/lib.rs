//! `POST /intermediaries/phone-verification`, `PUT /intermediaries/phone-verification/{code}`: the second factor of a
//! session, by a code that is sent to the account's phone (contract §1.11).
//!
//! In: `api-key`, `accountAccessToken`; to send, body `{"phone"}`, which is the account's, or the first that it is to
//! have: then within 5 minutes of signing in. Out: 200 `{}`; once confirmed with `x-digifi-account`, in which
//! `isMfaIncomplete` is absent from then on, in this session. A code has 6 digits, lives 10 minutes and is void after
//! one wrong entry.
//! Refuses: 400 `invalid_request` (also another phone, and when the second factor is complete), `invalid_code`, for every
//! reason alike; 401 `invalid_api_key`, `invalid_access_token`; 403 `reauthentication_required`; 422
//! `idempotency_key_reused`; 429 `too_many_requests` as with `intermediary-verify-email`.

use serde::Deserialize;
use shared::app::{App, Memory};
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
    if request.method == "PUT" {
        let code: OneTimeCode = request.path_parameter("code")?;
        return app.confirm_phone(&caller, &principal, &code, intermediaries::confirmed).await;
    }
    let send = async |memory: &Memory| {
        let Body { phone } = request.json()?;
        app.send_phone_code(&caller, &principal, &phone, memory, intermediaries::done()).await
    };
    app.once(&caller, &request, send).await
}
