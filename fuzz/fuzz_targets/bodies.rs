//! Bodies, as JSON and as a form, into everything that a body can hold.
#![no_main]

use fuzz::request;
use libfuzzer_sys::fuzz_target;
use serde::Deserialize;
use shared::account::Profile;
use shared::app::NewStatus;
use shared::app::customers::CustomerForm;
use shared::error::Code;
use shared::http::{Object, Patch, present};
use shared::password::Password;
use shared::store::MessageTexts;
use shared::token::{LinkSecret, OneTimeCode, RecoveryCode};
use shared::transfer::VendorData;
use shared::types::{
    AccountId, Audience, ClientId, Date, Email, Few, IntermediaryId, Name, Phone, RefreshLifetime, SchemaName, Scopes,
};
use shared::wire::customers::{Connection, Ident, SignInType};
use shared::wire::leads::{LeadField, SearchKeyData};

/// One member of each kind, all of which may be absent.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Everything {
    #[serde(deserialize_with = "present")]
    account: Option<AccountId>,
    #[serde(deserialize_with = "present")]
    audience: Option<Audience>,
    #[serde(deserialize_with = "present")]
    client: Option<ClientId>,
    #[serde(deserialize_with = "present")]
    code: Option<OneTimeCode>,
    #[serde(deserialize_with = "present")]
    connection: Option<Connection>,
    #[serde(deserialize_with = "present")]
    date: Option<Date>,
    email: Patch<Email>,
    #[serde(deserialize_with = "present")]
    fields: Option<Vec<Object<LeadField>>>,
    #[serde(deserialize_with = "present")]
    key: Option<Object<SearchKeyData>>,
    #[serde(deserialize_with = "present")]
    lifetime: Option<RefreshLifetime>,
    #[serde(deserialize_with = "present")]
    link: Option<LinkSecret>,
    #[serde(deserialize_with = "present")]
    name: Option<Name>,
    #[serde(deserialize_with = "present")]
    password: Option<Password>,
    #[serde(deserialize_with = "present")]
    phones: Option<Few<Phone>>,
    #[serde(deserialize_with = "present")]
    record: Option<IntermediaryId>,
    #[serde(deserialize_with = "present")]
    recovery: Option<RecoveryCode>,
    #[serde(deserialize_with = "present")]
    schema: Option<SchemaName>,
    #[serde(deserialize_with = "present")]
    scopes: Option<Scopes>,
    #[serde(deserialize_with = "present")]
    status: Option<NewStatus>,
    #[serde(deserialize_with = "present")]
    texts: Option<MessageTexts>,
    #[serde(deserialize_with = "present")]
    r#type: Option<SignInType>,
    #[serde(deserialize_with = "present")]
    vendor_data: Option<VendorData>,
}

fn of_type(media_type: &str) -> Vec<(String, String)> {
    vec![("content-type".to_owned(), media_type.to_owned())]
}

fuzz_target!(|body: &[u8]| {
    let json = request(of_type("application/json; charset=utf-8"), body);
    if let Err(error) = json.json::<Everything>() {
        assert!(error.code().status() == 400 && !error.message().is_empty());
    }
    json.json::<CustomerForm>().ok();
    json.json::<Ident>().ok().map(Ident::identifier);
    if let Ok(profile) = json.json::<Profile>() {
        let written = serde_json::to_vec(&profile).expect("what was read can be written");
        let again = request(of_type("application/json"), &written).json::<Profile>().expect("and read again");
        assert!(again == profile);
    }
    let form = request(of_type("application/x-www-form-urlencoded"), body).form();
    if let Ok(form) = form {
        form.iter().for_each(|(name, value)| assert_eq!(form.get(name), Some(value)));
        form.parse::<Scopes>("scope", Code::InvalidScope).ok();
        form.required("token").ok();
    }
});
