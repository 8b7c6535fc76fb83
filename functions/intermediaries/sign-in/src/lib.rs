//! `POST /intermediaries/sessions`: signs in, or re-signs a session (document 000, contract §1.5).
//!
//! In: `api-key`, and one of: body `{"email", "password", "refreshTokenExpirationTimeMinutes"?}`; header
//! `accountRefreshToken` with no body; body `{"phoneVerificationCode", "phone"?,
//! "refreshTokenExpirationTimeMinutes"?}`. Out: 200 `{"accessToken", "refreshToken"}` and `x-digifi-account`.
//! Refuses: 400 `invalid_request`; 401 `invalid_api_key`, `invalid_credentials` (every reason alike),
//! `invalid_refresh_token` (every reason alike); 422 `idempotency_key_reused`; 429 `too_many_requests`.

use serde::Deserialize;
use shared::app::{App, Caller, Memory, PhoneCodeForm};
use shared::error::{Code, Error};
use shared::http::{Request, Response, present};
use shared::password::Password;
use shared::token::OneTimeCode;
use shared::types::{Email, Identifier, Phone, RefreshLifetime};
use shared::wire::intermediaries;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default, deserialize_with = "present")]
    email: Option<Email>,
    #[serde(default, deserialize_with = "present")]
    password: Option<Password>,
    #[serde(default, deserialize_with = "present")]
    phone_verification_code: Option<OneTimeCode>,
    #[serde(default, deserialize_with = "present")]
    phone: Option<Phone>,
    #[serde(default, rename = "refreshTokenExpirationTimeMinutes")]
    lifetime: RefreshLifetime,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let caller = intermediaries::caller(app, &request).await?;
    app.once(&caller, &request, async |memory| sign_in(app, &caller, &request, memory).await).await
}

async fn sign_in(app: &App, caller: &Caller, request: &Request, memory: &Memory) -> Result<Response, Error> {
    let respond = intermediaries::signed_in;
    if let Some(token) = intermediaries::refresh_token(request)? {
        if !request.has_no_body() {
            return Err(one_way_only("Leave the body empty when you pass accountRefreshToken."));
        }
        return app.re_sign(caller, token, memory, respond).await;
    }
    let Body { email, password, phone_verification_code, phone, lifetime } = request.json()?;
    match (email, password, phone_verification_code) {
        (Some(email), Some(password), None) => {
            app.sign_in_by_password(caller, (&Identifier::email(&email), password), lifetime, memory, respond).await
        }
        (None, None, Some(code)) => {
            app.sign_in_by_phone_code(caller, &PhoneCodeForm { code, phone, lifetime }, memory, respond).await
        }
        (Some(_), None, None) => Err(one_way_only("password is required beside email.").at("password")),
        (None, Some(_), None) => Err(one_way_only("email is required beside password.").at("email")),
        _ => Err(one_way_only("Send email and password, or phoneVerificationCode, or the accountRefreshToken header.")),
    }
}

fn one_way_only(message: &'static str) -> Error {
    Code::InvalidRequest.because("none or several of the ways to sign in").saying(message)
}
