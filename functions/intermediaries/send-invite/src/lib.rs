//! `POST /intermediaries/{intermediaryId}/invites`: invites the owner of an e-mail address to open the record's account;
//! ours, since the vendor has it in a console only (contract §1.10).
//!
//! In: `api-key`; body `{"email", "fullName"?}`. Out: 200 `{"accountId", "intermediaryId", "email", "expiresAt"}`, the
//! latter in milliseconds; the account is `pending`. The link in the message works once, for 7 days; another invitation
//! for the record makes it void. Whether the address is an account's already is not told.
//! Refuses: 400 `invalid_request`, `account_exists`; 401 `invalid_api_key`; 404 `intermediary_not_found`; 422
//! `idempotency_key_reused`; 429 `too_many_requests` within 60 s of the last one to this address or for this record,
//! after 5 in an hour or 10 in a day.

use serde::Deserialize;
use shared::app::{App, Memory};
use shared::error::Error;
use shared::http::{Request, Response, present};
use shared::types::{Email, IntermediaryId, Name};
use shared::wire::intermediaries;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    email: Email,
    #[serde(default, deserialize_with = "present")]
    full_name: Option<Name>,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let caller = intermediaries::caller(app, &request).await?;
    let invite = async |memory: &Memory| {
        let record: IntermediaryId = request.path_parameter("intermediaryId")?;
        let Body { email, full_name } = request.json()?;
        app.invite(&caller, &record, (email, full_name), memory, intermediaries::invited).await
    };
    app.once(&caller, &request, invite).await
}
