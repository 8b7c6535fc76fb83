//! `POST /intermediaries/accounts`: creates the account of an intermediary and signs it in (document 001, contract §1.1).
//!
//! In: `api-key`; body `{"email", "intermediaryId", "password"?, "phone"?, "fullName"?,
//! "refreshTokenExpirationTimeMinutes"?}`. Out: 200 `{"accessToken", "refreshToken"}` and `x-digifi-account`.
//! Refuses: 400 `invalid_request`, `weak_password`, `email_taken`, `account_exists`; 401 `invalid_api_key`;
//! 404 `intermediary_not_found`; 422 `idempotency_key_reused`.

use serde::Deserialize;
use shared::app::{AccountForm, App, Memory};
use shared::error::Error;
use shared::http::{Request, Response, present};
use shared::password::Password;
use shared::types::{Email, IntermediaryId, Name, Phone, RefreshLifetime};
use shared::wire::intermediaries;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    email: Email,
    intermediary_id: IntermediaryId,
    #[serde(default, deserialize_with = "present")]
    password: Option<Password>,
    #[serde(default, deserialize_with = "present")]
    phone: Option<Phone>,
    #[serde(default, deserialize_with = "present")]
    full_name: Option<Name>,
    #[serde(default, rename = "refreshTokenExpirationTimeMinutes")]
    lifetime: RefreshLifetime,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let caller = intermediaries::caller(app, &request).await?;
    let open = async |memory: &Memory| {
        let Body { email, intermediary_id, password, phone, full_name, lifetime } = request.json()?;
        let form = AccountForm { intermediary_id, email, password, phone, full_name, lifetime };
        app.open_account(&caller, form, memory, intermediaries::signed_in).await
    };
    app.once(&caller, &request, open).await
}
