//! `POST /api/Authentication/SecureForgotPassword`, `POST /api/Authentication/v2/SecureForgotPassword`: sends a lead a
//! link to set a new password (contract §2.8).
//!
//! In: `Authorization`, the public key; version 2 also `x-lsq-registertoken`, `x-lsq-portalid`; body
//! `{"EmailAddress"}` or `{"SearchKeyData": {"SchemaName", "Value"}}`, with `"RecipientField": {"SchemaName"}` if the
//! link shall go to another address of the lead's. Out: 200 `{"Status": "Success", "Message"}`, whether or not
//! there is such a lead; the link carries `LeadId` and `TemporaryPassword`, works once and for 30 minutes.
//! Refuses: 400 `invalid_request`; 401 `invalid_public_key`; 422 `idempotency_key_reused`; 429 over the portal's limit
//! of calls, and after one request in 60 s, 5 in an hour, 10 in a day for an identifier, or 20 in an hour from one source
//! that shows no secret key; also once that source has failed too often (see `lead-sign-in`).

use serde::{Deserialize, Serialize};
use shared::app::{App, ForgottenPassword, Memory};
use shared::error::Error;
use shared::http::{Object, Request, Response, present};
use shared::types::{Email, SchemaName};
use shared::wire::leads::{self, SearchKeyData};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    #[serde(default, deserialize_with = "present")]
    email_address: Option<Email>,
    #[serde(default, deserialize_with = "present")]
    search_key_data: Option<Object<SearchKeyData>>,
    #[serde(default, deserialize_with = "present")]
    recipient_field: Option<Object<RecipientField>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RecipientField {
    schema_name: SchemaName,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    status: &'static str,
    message: &'static str,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let caller = leads::portal(app, &request).await?;
    let send = async |memory: &Memory| {
        let Body { email_address, search_key_data, recipient_field } = request.json()?;
        let identifier = leads::identifier(&caller, email_address, search_key_data)?;
        let recipient = recipient_field.map(|Object(field)| field.schema_name);
        let answer = Response::json(200, &Answer { status: "Success", message: "Reset link sent successfully" });
        app.forgot_password(&caller, &ForgottenPassword { identifier, recipient }, memory, answer).await
    };
    app.once(&caller, &request, send).await
}
