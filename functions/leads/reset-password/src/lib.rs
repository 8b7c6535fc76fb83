//! `POST /api/Authentication/SecureForgotPassword`, `POST /api/Authentication/v2/SecureForgotPassword`,
//! `POST /api/Authentication/ResetPassword`, `POST /api/Authentication/v2/ResetPassword`: sends a lead a link to set a new
//! password (contract §2.8), and sets it by what the link carries (contract §2.9).
//!
//! In: `Authorization`, the public key; version 2 also `x-lsq-registertoken`, `x-lsq-portalid`. Refuses, both: 400
//! `invalid_request`; 401 `invalid_public_key`; 429 over the portal's limit of calls.
//!
//! To ask for the link, in: body `{"EmailAddress"}` or `{"SearchKeyData": {"SchemaName", "Value"}}`, with
//! `"RecipientField": {"SchemaName"}` if the link shall go to another address of the lead's. Out: 200 `{"Status":
//! "Success", "Message"}`, whether or not there is such a lead; the link carries `LeadId` and `TemporaryPassword`, works
//! once and for 30 minutes. Refuses: 422 `idempotency_key_reused`; 429 after one request in 60 s, 5 in an hour, 10 in a
//! day for an identifier, or 20 in an hour from one source that shows no secret key; also once that source has failed too
//! often (see `lead-sign-in`).
//!
//! To use it, in: body `{"Password", "LeadId", "TemporaryPassword"}`. Out: 200 `{"IsSuccessful": true, "ResponseText"}`.
//! Every session ends, nobody is signed in. Refuses: 400 `weak_password` (the link goes on working); 401
//! `invalid_reset_link` (every reason alike); 429 after 300 failures in a day from one source that shows no secret key.

use serde::{Deserialize, Serialize};
use shared::app::{App, ForgottenPassword, Memory, ResetForm};
use shared::error::Error;
use shared::http::{Object, Request, Response, present};
use shared::password::Password;
use shared::token::LinkSecret;
use shared::types::{AccountId, Email, SchemaName};
use shared::wire::leads::{self, SearchKeyData};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ForgotBody {
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
struct Sent {
    status: &'static str,
    message: &'static str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResetBody {
    password: Password,
    lead_id: AccountId,
    temporary_password: LinkSecret,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let caller = leads::portal(app, &request).await?;
    if request.route.ends_with("/ResetPassword") {
        let ResetBody { password, lead_id: account_id, temporary_password: secret } = request.json()?;
        let answer = leads::successful("Password reset successfully");
        return app.reset_password(&caller, ResetForm { account_id, secret, password }, answer).await;
    }
    let send = async |memory: &Memory| {
        let ForgotBody { email_address, search_key_data, recipient_field } = request.json()?;
        let identifier = leads::identifier(&caller, email_address, search_key_data)?;
        let recipient = recipient_field.map(|Object(field)| field.schema_name);
        let answer = Response::json(200, &Sent { status: "Success", message: "Reset link sent successfully" });
        app.forgot_password(&caller, &ForgottenPassword { identifier, recipient }, memory, answer).await
    };
    app.once(&caller, &request, send).await
}
