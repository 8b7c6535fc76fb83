//! `POST /api/Authentication/SigninOTP/Get`, `POST /api/Authentication/v2/SigninOTP/Get`: sends a sign-in code to a
//! lead's phone (contract §2.5).
//!
//! In: `Authorization`, the public key; version 2 also `x-lsq-registertoken`, `x-lsq-portalid`; body
//! `{"FieldSchemaName", "FieldContent"}`, a unique phone field and the number in it. Out: 200 `{"Code",
//! "FieldContent", "Message": null, "Status": "Success"}`, whether or not the number is somebody's; `Code` is the
//! handle without which the one-time code is worth nothing.
//! Refuses: 400 `invalid_request`; 401 `invalid_public_key`; 422 `idempotency_key_reused`; 429 over the portal's limit
//! of calls, and after one code in 60 s, 5 in an hour, 10 in a day to a number, or 20 in an hour from one source
//! that shows no secret key; also once that source has failed too often (see `lead-sign-in`).

use serde::{Deserialize, Serialize};
use shared::app::{App, Memory};
use shared::error::Error;
use shared::http::{Request, Response};
use shared::types::SchemaName;
use shared::wire::leads;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    field_schema_name: SchemaName,
    field_content: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    code: &'a str,
    field_content: &'a str,
    message: Option<&'a str>,
    status: &'a str,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let caller = leads::portal(app, &request).await?;
    let send = async |memory: &Memory| {
        let Body { field_schema_name, field_content } = request.json()?;
        let respond = |code: &str| {
            let answer = Answer { code, field_content: &field_content, message: None, status: "Success" };
            Response::json(200, &answer)
        };
        app.send_lead_code(&caller, (&field_schema_name, &field_content), memory, respond).await
    };
    app.once(&caller, &request, send).await
}
