//! `GET /intermediaries/invites/{token}`, `POST /intermediaries/invites/{token}`: looks at an invitation, and accepts it:
//! opens the account and signs its owner in (contract §1.10).
//!
//! In: `api-key`; to accept, body `{"password", "phone", "fullName"?, "refreshTokenExpirationTimeMinutes"?}`. Out: 200
//! `{"accountId", "intermediaryId"}`; accepted, 200 `{"accessToken", "refreshToken"}` and `x-digifi-account`. The e-mail
//! address is proved by it: an account that had it without proof loses it and its sessions.
//! Refuses: 400 `invalid_request`, `weak_password` (the link goes on working), `email_taken` (by an account that proved
//! it); 401 `invalid_api_key`; 404 `invalid_link`: unknown, used, replaced, revoked or older than 7 days; 422
//! `idempotency_key_reused`.

use serde::Deserialize;
use shared::app::{Acceptance, App, Memory};
use shared::error::Error;
use shared::http::{Request, Response, present};
use shared::password::Password;
use shared::types::{Name, Phone, RefreshLifetime};
use shared::wire::intermediaries;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    password: Password,
    phone: Phone,
    #[serde(default, deserialize_with = "present")]
    full_name: Option<Name>,
    #[serde(default, rename = "refreshTokenExpirationTimeMinutes")]
    lifetime: RefreshLifetime,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let caller = intermediaries::caller(app, &request).await?;
    let token = request.path_secret("token");
    if request.method == "GET" {
        return Ok(intermediaries::linked(&app.find_invitation(&caller, token).await?));
    }
    let accept = async |memory: &Memory| {
        let Body { password, phone, full_name, lifetime } = request.json()?;
        let acceptance = Acceptance { password, phone, full_name, lifetime };
        app.accept_invitation(&caller, (token, &acceptance), memory, intermediaries::signed_in).await
    };
    app.once(&caller, &request, accept).await
}
