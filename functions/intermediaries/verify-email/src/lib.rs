//! `POST /intermediaries/email-verification`, `PUT /intermediaries/email-verification/{code}`: proves an account's
//! e-mail address by a code that is sent there (contract §1.9).
//!
//! In: `api-key`, `accountAccessToken`; no body. Out: 200 `{}`; once confirmed with `x-digifi-account`, in which
//! `isEmailNotVerified` is absent from then on, in every session. A code has 6 digits, lives 10 minutes and is void after
//! one wrong entry. In a session of a phone code alone it also discards the password and every other session.
//! Refuses: 400 `invalid_request` (also when the address is confirmed already), `invalid_code`, for every reason alike;
//! 401 `invalid_api_key`, `invalid_access_token`; 422 `idempotency_key_reused`; 429 `too_many_requests` within 60 s of
//! the last code, after 5 in an hour or 10 in a day, after 100 wrong codes in a row.

use shared::app::{App, Memory};
use shared::error::Error;
use shared::http::{Request, Response};
use shared::token::OneTimeCode;
use shared::wire::intermediaries;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let (caller, principal) = intermediaries::signed_in_at(app, &request).await?;
    if request.method == "PUT" {
        let code: OneTimeCode = request.path_parameter("code")?;
        return app.confirm_email(&caller, &principal, &code, intermediaries::confirmed).await;
    }
    let send = async |memory: &Memory| app.send_email_code(&caller, &principal, memory, intermediaries::done()).await;
    app.once(&caller, &request, send).await
}
