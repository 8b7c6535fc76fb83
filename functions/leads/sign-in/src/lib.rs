//! `POST /api/Authentication/Signin`, `POST /api/Authentication/v2/Signin`: signs a lead in (document 002, contract
//! §2.4 and §2.6).
//!
//! In: `Authorization`, the public key; version 2 also `x-lsq-registertoken`, `x-lsq-portalid`; one of the bodies
//! `{"EmailAddress", "Password"}`, `{"Password", "SearchKeyData": {"SchemaName", "Value"}}`, `{"OTPSigninRequest":
//! true, "OTPSigninData": {"Otp", "FieldContent", "Code"}}`. Out: 200 `{"AuthKey", "LeadId"}`; the key lives 4 hours.
//! Refuses: 400 `invalid_request`; 401 `invalid_public_key`, `invalid_credentials` (every reason alike); 429 over the
//! portal's limit of calls, or 300 failures in a day from one source that shows no secret key.

use serde::Deserialize;
use shared::app::{App, Caller, FlowCodeForm, Memory};
use shared::error::Error;
use shared::http::{Object, Request, Response, present};
use shared::password::Password;
use shared::token::{LinkSecret, OneTimeCode};
use shared::types::{Email, Identifier, Phone, RefreshLifetime};
use shared::wire::leads::{self, SearchKeyData};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    #[serde(default, deserialize_with = "present")]
    email_address: Option<Email>,
    #[serde(default, deserialize_with = "present")]
    search_key_data: Option<Object<SearchKeyData>>,
    #[serde(default, deserialize_with = "present")]
    password: Option<Password>,
    #[serde(default, rename = "OTPSigninRequest")]
    otp_sign_in: bool,
    #[serde(default, rename = "OTPSigninData", deserialize_with = "present")]
    otp: Option<Object<OtpData>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OtpData {
    otp: OneTimeCode,
    field_content: String,
    code: LinkSecret,
}

/// One way to say who and to prove it.
enum Form {
    Password(Identifier, Password),
    Code(FlowCodeForm),
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let caller = leads::identify(app, &request).await?;
    let (lifetime, memory, respond) = (RefreshLifetime::FOUR_HOURS, Memory::default(), leads::signed_in);
    match request.json().and_then(|body| form(&caller, body)) {
        Ok(Form::Password(identifier, password)) => {
            app.sign_in_by_password(&caller, (&identifier, password), lifetime, &memory, respond).await
        }
        Ok(Form::Code(form)) => app.sign_in_by_flow_code(&caller, &form, lifetime, &memory, respond).await,
        // The acts count the call beside what they read first; a body that is refused counts, too.
        Err(refusal) => {
            app.admit(&caller).await?;
            Err(refusal)
        }
    }
}

fn form(caller: &Caller, body: Body) -> Result<Form, Error> {
    let Body { email_address, search_key_data, password, otp_sign_in, otp } = body;
    if otp_sign_in {
        let Object(OtpData { otp: code, field_content, code: flow }) =
            otp.ok_or_else(|| Error::missing("OTPSigninData"))?;
        let phone = Phone::written(&field_content).map_err(|invalid| Error::invalid("FieldContent", invalid))?;
        return Ok(Form::Code(FlowCodeForm { code, phone, flow }));
    }
    let password = password.ok_or_else(|| Error::missing("Password"))?;
    Ok(Form::Password(leads::identifier(caller, email_address, search_key_data)?, password))
}
