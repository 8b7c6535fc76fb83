//! `POST /v1/accounts/{aid}/auth/mfa/totp`, `POST /v1/accounts/{aid}/auth/mfa/totp/confirm`,
//! `DELETE /v1/accounts/{aid}/auth/mfa/totp`, `POST /v1/accounts/{aid}/auth/mfa/recovery-codes`: a customer's
//! authenticator app and recovery codes (ours; RFC 6238, yardstick C6, C7, C9).
//!
//! In: a customer's own token, signed in within 5 minutes and, who has two factors, with both; to confirm, body
//! `{"code"}`. Out: 200 `{"secret", "otpauth_uri"}`; 200 `{"recovery_codes"}`, ten, shown once; 204; 200
//! `{"recovery_codes"}`. Every change but the first is told to the customer's address.
//! Refuses: 400 `invalid_request`, `invalid_grant`; 401 `invalid_token`; 403 `forbidden`, `reauthentication_required`.

use serde::{Deserialize, Serialize};
use shared::app::App;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::token::{OneTimeCode, RecoveryCode};
use shared::wire::customers;

#[derive(Deserialize)]
struct Body {
    code: OneTimeCode,
}

#[derive(Serialize)]
struct Enrolled<'a> {
    secret: &'a str,
    otpauth_uri: &'a str,
}

#[derive(Serialize)]
struct Codes {
    recovery_codes: Vec<String>,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let person = app.fresh_person(customers::bearer(&request)?, customers::tenant(&request), &request).await?;
    if request.method == "DELETE" {
        app.remove_totp(&person).await?;
        return Ok(customers::no_content());
    }
    if request.route.ends_with("/confirm") {
        let Body { code } = request.json()?;
        return Ok(shown_once(&app.confirm_totp(&person, &code).await?));
    }
    if request.route.ends_with("/recovery-codes") {
        return Ok(shown_once(&app.renew_recovery_codes(&person).await?));
    }
    let enrolment = app.enrol_totp(&person).await?;
    let (secret, otpauth_uri) = (enrolment.secret.reveal(), &enrolment.uri);
    Ok(Response::json(200, &Enrolled { secret: &secret, otpauth_uri }))
}

fn shown_once(codes: &[RecoveryCode]) -> Response {
    Response::json(200, &Codes { recovery_codes: codes.iter().map(|code| code.reveal().to_string()).collect() })
}
