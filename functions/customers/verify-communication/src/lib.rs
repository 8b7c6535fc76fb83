//! `POST /v1/accounts/{aid}/customers/users/{customer_id}/communication/send-verification-code/{address}`,
//! `POST /v1/accounts/{aid}/customers/users/{customer_id}/communication/confirm-verification-code/{address}`,
//! `GET /v1/accounts/{aid}/customers/users/{customer_id}/communication`: proves an address (contract §4.10).
//!
//! In: a client's own token with `write:customers` or `admin:customers`, to look with `read:customers`; `address` is
//! `email` or `phone_number`; to confirm, body `{"code"}`. Out: 204; to look, 200 with when each was proved.
//! Refuses: 400 `invalid_request`, `invalid_grant` (every reason alike); 401 `invalid_token`; 403 `forbidden`,
//! `insufficient_scope`; 404 `not_found`; 429 within 60 s of the last code, after 5 in an hour or 10 in a day.

use serde::Deserialize;
use shared::app::OobChannel;
use shared::app::customers::scopes;
use shared::app::{App, Memory};
use shared::error::Error;
use shared::http::{Request, Response};
use shared::token::OneTimeCode;
use shared::types::{CustomerId, Invalid};
use shared::wire::customers;

#[derive(Deserialize)]
struct Body {
    code: OneTimeCode,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let id: CustomerId = request.path_parameter("customer_id")?;
    if request.method == "GET" {
        let back_end = customers::back_end(app, &request, scopes::READ_CUSTOMER).await?;
        return app.find_customer(&back_end, &id, customers::communication).await;
    }
    let back_end = customers::back_end(app, &request, scopes::CHANGE_CUSTOMER).await?;
    let channel = match request.path_parameters.get("address").map(String::as_str) {
        Some("email") => OobChannel::Email,
        Some("phone_number") => OobChannel::Sms,
        _ => return Err(Error::invalid("address", Invalid("must be email or phone_number"))),
    };
    if request.route.contains("/confirm-verification-code/") {
        let Body { code } = request.json()?;
        app.confirm_verification_code(&back_end, (&id, channel), &code).await?;
        return Ok(customers::no_content());
    }
    let send = async |memory: &Memory| {
        app.send_verification_code(&back_end, (&id, channel), memory, customers::no_content()).await
    };
    app.once(&back_end.caller, &request, send).await
}
