//! `POST /intermediaries/sessions/{phone}`: sends a sign-in code to a phone (contract §1.6).
//!
//! In: `api-key`; the phone in the path, E.164, its `+` plain or as `%2B`; no body. Out: 200 `{}`, whether the number
//! is one account's, nobody's or shared; only the first gets a message.
//! Refuses: 400 `invalid_request`; 401 `invalid_api_key`; 422 `idempotency_key_reused`; 429 `too_many_requests` with
//! `retry-after`: one code in 60 s, 5 in an hour, 10 in a day to a number.

use shared::app::{App, Memory};
use shared::error::Error;
use shared::http::{Request, Response};
use shared::wire::intermediaries;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let caller = intermediaries::caller(app, &request).await?;
    let send = async |memory: &Memory| {
        let phone = request.path_parameter("phone")?;
        app.send_sign_in_code(&caller, &phone, memory, intermediaries::done()).await
    };
    app.once(&caller, &request, send).await
}
