//! `POST /api/Leads`, `PUT /api/Leads/{leadId}`: makes a lead that is no portal user yet, or changes one.
//!
//! In: `accessKey` and `secretKey`, as query parameters or headers; body `{"LeadFields": [{"Attribute", "Value"}]}`.
//! An identifier that is new becomes the lead's, one that is replaced or given empty is free from then on, and the
//! address that lost its place is told. Out: 200 `{"LeadId", "Message"}`.
//! Refuses: 400 `invalid_request`, `lead_exists`, `lead_not_found`; 401 `invalid_access_key`; 422
//! `idempotency_key_reused`; 429 over the portal's limit of calls.
//! The vendor's portal API has neither call: leads come from its CRM. Ours (README, Decisions).

use serde::{Deserialize, Serialize};
use shared::app::{App, LeadForm, Memory};
use shared::error::Error;
use shared::http::{Object, Request, Response};
use shared::types::AccountId;
use shared::wire::leads::{self, LeadField};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    lead_fields: Vec<Object<LeadField>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    lead_id: AccountId,
    message: &'static str,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let caller = leads::administrator(app, &request).await?;
    let respond = |lead_id| Response::json(200, &Answer { lead_id, message: "Lead saved" });
    let save = async |memory: &Memory| {
        let Body { lead_fields } = request.json()?;
        let fields = lead_fields.into_iter().map(|Object(field)| field.into_parts()).collect();
        let form = LeadForm::parse(fields, &caller.tenant.settings)?;
        match request.method.as_str() {
            "POST" => app.create_lead(&caller, &form.identified()?, memory, respond).await,
            _ => app.update_lead(&caller, request.path_parameter("leadId")?, &form, memory, respond).await,
        }
    };
    app.once(&caller, &request, save).await
}
