//! `POST /api/Authentication/Register`, `POST /api/Authentication/v2/Register`: makes a lead a portal user
//! (contract §2.3).
//!
//! In: `Authorization`, the public key; version 2 also `x-lsq-registertoken`, `x-lsq-portalid`, `accessKey` and
//! `secretKey`; body `{"LeadFields": [{"Attribute", "Value"}], "RegisterOnlyNewLead"?}` with `mx_Portal_Password`,
//! `mx_Portal_Confirm_Password` and a unique identifier, in version 1 `EmailAddress`. Out: 200 `{"LeadId",
//! "Message"}`; nobody is signed in.
//! Refuses: 400 `invalid_request`, `weak_password`, `lead_exists`; 401 `invalid_public_key`, `invalid_access_key`; 422
//! `idempotency_key_reused`; 429 over the portal's limit of calls, or 10 registrations in an hour from one source
//! that shows no secret key; also once that source has failed too often (see `lead-sign-in`).

use serde::{Deserialize, Serialize};
use shared::app::{App, Caller, LeadForm, Memory, Proved, Registration};
use shared::error::{Code, Error};
use shared::http::{Object, Request, Response};
use shared::password::Password;
use shared::types::{AccountId, Invalid, SchemaName};
use shared::wire::leads::{self, LeadField};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    lead_fields: Vec<Object<LeadField>>,
    #[serde(default)]
    register_only_new_lead: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    lead_id: AccountId,
    message: &'static str,
}

const PASSWORD: &str = "mx_Portal_Password";
const CONFIRMATION: &str = "mx_Portal_Confirm_Password";

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let caller = leads::portal(app, &request).await?;
    let is_version_2 = leads::is_version_2(&request);
    if is_version_2 && caller.proved != Proved::Secret {
        return Err(Code::InvalidAccessKey.because("version 2 without access key and secret key"));
    }
    let register = async |memory: &Memory| {
        let registration = registration(&caller, request.json()?, is_version_2)?;
        let respond = |lead_id| Response::json(200, &Answer { lead_id, message: "Registration Successful" });
        app.register_lead(&caller, registration, memory, respond).await
    };
    app.once(&caller, &request, register).await
}

fn registration(caller: &Caller, body: Body, is_version_2: bool) -> Result<Registration, Error> {
    let (mut password, mut confirmation) = (None, None);
    let mut fields = Vec::new();
    for (field, value) in body.lead_fields.into_iter().map(|Object(field)| field.into_parts()) {
        let slot = match field.as_str() {
            PASSWORD => &mut password,
            CONFIRMATION => &mut confirmation,
            _ => {
                fields.push((field, value));
                continue;
            }
        };
        if slot.replace(Password::from(value)).is_some() {
            return Err(Error::invalid(field.as_str(), Invalid("must be given once")));
        }
    }
    let form = LeadForm::parse(fields, &caller.tenant.settings)?.identified()?;
    let password = password.ok_or_else(|| Error::missing(PASSWORD))?;
    if confirmation.ok_or_else(|| Error::missing(CONFIRMATION))? != password {
        let message = "mx_Portal_Confirm_Password must be the same as mx_Portal_Password.";
        return Err(Code::InvalidRequest.because("two passwords").saying(message).at(CONFIRMATION));
    }
    if !is_version_2 && !form.says(&SchemaName::email_address()) {
        return Err(Error::missing("EmailAddress"));
    }
    Ok(Registration { form, password, only_new: body.register_only_new_lead })
}
