//! `GET /v1/accounts/{aid}/customers/settings`, `PUT /v1/accounts/{aid}/customers/settings`: what the tenant chose for
//! its customers (contract §4.10).
//!
//! In: a client's own token with `read:customers` or `admin:customers`; to change `mfa`, with `admin:customers`,
//! `write:accounts` or `admin:accounts`, to change the rest, with `write:customers` or `admin:customers`; body
//! `{"users"?: {"mfa"?: {"enabled"?, "login"?: {"oob_channel"?}}, "phone_number_validation"?: {"allow_duplicates"?}}}`;
//! what is absent stays. Out: 200 with all of it. Other instances know within a minute.
//! Refuses: 400 `invalid_request`; 401 `invalid_token`; 403 `forbidden`, `insufficient_scope`.

use serde::Deserialize;
use shared::app::App;
use shared::app::customers::{SettingsForm, scopes};
use shared::error::Error;
use shared::http::{Object, Request, Response, present};
use shared::wire::customers::{self, Connection};

#[derive(Deserialize)]
struct Body {
    #[serde(default, deserialize_with = "present")]
    users: Option<Object<Users>>,
}

#[derive(Deserialize)]
struct Users {
    #[serde(default, deserialize_with = "present")]
    mfa: Option<Object<Mfa>>,
    #[serde(default, deserialize_with = "present")]
    phone_number_validation: Option<Object<PhoneNumbers>>,
}

#[derive(Deserialize)]
struct Mfa {
    #[serde(default, deserialize_with = "present")]
    enabled: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    login: Option<Object<Login>>,
}

#[derive(Deserialize)]
struct Login {
    #[serde(default, deserialize_with = "present")]
    oob_channel: Option<Connection>,
}

#[derive(Deserialize)]
struct PhoneNumbers {
    #[serde(default, deserialize_with = "present")]
    allow_duplicates: Option<bool>,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    if request.method == "GET" {
        let back_end = customers::back_end(app, &request, scopes::READ_CUSTOMER).await?;
        return Ok(customers::settings(&back_end.caller.tenant.settings));
    }
    let back_end = customers::back_end(app, &request, scopes::CHANGE_SETTINGS).await?;
    let Body { users } = request.json()?;
    let mut form = SettingsForm::default();
    if let Some(Object(Users { mfa, phone_number_validation })) = users {
        if let Some(Object(Mfa { enabled, login })) = mfa {
            form.mfa_is_enabled = enabled;
            let channel = login.and_then(|Object(login)| login.oob_channel);
            form.mfa_takes_email = channel.map(|channel| matches!(channel, Connection::Email));
        }
        form.customers_share_phones = phone_number_validation.and_then(|Object(numbers)| numbers.allow_duplicates);
    }
    Ok(customers::settings(&app.change_settings(&back_end, form).await?.settings))
}
