//! The demo portal of the leads surface, and a lead who uses it.

use local::{ACCESS_KEY, PORTAL_ID, SECRET_KEY, TENANT_ID};
use serde_json::{Value, json};
use shared::store::{CallLimit, Client, KeptSecret, Tenant, TenantSettings};
use shared::token::ClientSecret;
use shared::types::{ClientId, TenantId, Timestamp};

use super::{Answer, Item, Latchkey};

pub const LEAD_EMAIL: &str = "johnwick@example.com";
pub const LEAD_PASSWORD: &str = "Samplepassword@123";
pub const PAN: &str = "SSKKPPYY222";
pub const LEAD_PHONE: &str = "+14157415569";

/// What a portal sends with its calls.
#[derive(Debug, Clone)]
pub struct Portal {
    pub id: String,
    access_key: String,
    pub public_key: String,
    pub registration_token: String,
}

impl Portal {
    pub fn query(&self) -> String {
        format!("accessKey={}&secretKey={SECRET_KEY}", self.access_key)
    }
}

impl Latchkey {
    /// The demo portal with its keys. The clock then stands 5 seconds after the calls that fetched them.
    pub async fn portal(&self) -> Portal {
        self.portal_of(PORTAL_ID, ACCESS_KEY).await
    }

    async fn portal_of(&self, id: &str, access_key: &str) -> Portal {
        let (id, access_key) = (id.to_owned(), access_key.to_owned());
        let mut portal = Portal { id, access_key, public_key: String::new(), registration_token: String::new() };
        let query = portal.query();
        let answer = self.send("GET", &format!("/api/Access/PublicToken?{query}"), &[], "").await.ok();
        portal.public_key = answer["PublicAuthKey"].as_str().expect("a key").to_owned();
        let answer = self.send("GET", &format!("/api/Access/GetRegisterToken?{query}"), &[], "").await.ok();
        portal.registration_token = answer.as_str().expect("a token").to_owned();
        self.rest().await;
        portal
    }

    /// Another portal, of this tenant or of another one, with a limit of its own.
    pub async fn another_portal(&self, tenant: &str, id: &str, limit: Option<CallLimit>) -> Portal {
        let tenant = TenantId::try_from(tenant.to_owned()).expect("a tenant");
        let client = ClientId::try_from(id.to_owned()).expect("a client");
        let access_key = format!("access-key-of-{tenant}-{id}");
        let (store, now) = (self.table.store(), Timestamp::from_milliseconds(1_800_000_000_000));
        let settings = limit.into_iter().fold(TenantSettings::default(), TenantSettings::with_lead_calls);
        store.register_tenant(&Tenant::new(tenant.clone(), settings), now).await.expect("a tenant");
        let secret = ClientSecret::access_key(&access_key, SECRET_KEY).expect("a secret");
        let client = Client {
            access_keys: vec![KeptSecret::lasting(secret.hash())],
            ..Client::blank(client, "Another portal".to_owned(), now)
        };
        store.register_client(&tenant, &client, now).await.expect("a client");
        self.portal_of(id, &access_key).await
    }

    /// Lets the calls so far fall out of the limit's 5 seconds.
    pub async fn rest(&self) {
        self.advance(5).await;
    }

    /// A call of version 1 with this `Authorization`.
    pub async fn authorized(&self, authorization: &str, path: &str, body: &Value) -> Answer {
        let headers = [("authorization", authorization), ("content-type", "application/json")];
        self.send("POST", path, &headers, body.to_string()).await
    }

    /// A call of version 2 with this `Authorization`; `query` may be empty.
    pub async fn version_2(
        &self,
        portal: &Portal,
        authorization: &str,
        (path, query): (&str, &str),
        body: &Value,
    ) -> Answer {
        let headers = [
            ("authorization", authorization),
            ("x-lsq-registertoken", &portal.registration_token),
            ("x-lsq-portalid", &portal.id),
            ("content-type", "application/json"),
        ];
        self.send("POST", &format!("{path}?{query}"), &headers, body.to_string()).await
    }

    /// Registers with these fields and [`LEAD_PASSWORD`], as a back end does.
    pub async fn register(&self, portal: &Portal, fields: &[(&str, &str)]) -> Answer {
        let passwords = [("mx_Portal_Password", LEAD_PASSWORD), ("mx_Portal_Confirm_Password", LEAD_PASSWORD)];
        let all: Vec<_> = fields.iter().chain(&passwords).copied().collect();
        let path = ("/api/Authentication/v2/Register", portal.query());
        self.version_2(portal, &portal.public_key, (path.0, &path.1), &lead_fields(&all)).await
    }

    /// The lead of document 002 with its phone: the `LeadId`.
    pub async fn john(&self, portal: &Portal) -> String {
        let fields = [("EmailAddress", LEAD_EMAIL), ("mx_PAN_Number", PAN), ("Phone", "+14-157415569")];
        let answer = self.register(portal, &fields).await.ok();
        answer["LeadId"].as_str().expect("an id").to_owned()
    }

    pub async fn lead_sign_in(&self, portal: &Portal, body: &Value) -> Answer {
        self.authorized(&portal.public_key, "/api/Authentication/Signin", body).await
    }

    /// Signs in with the e-mail address: the `AuthKey`.
    pub async fn auth_key(&self, portal: &Portal) -> String {
        self.lead_sign_in(portal, &by_email(LEAD_PASSWORD)).await.auth_key()
    }

    /// Asks for a code to a phone: the flow's `Code`.
    pub async fn lead_code(&self, portal: &Portal, phone: &str) -> Answer {
        let body = json!({ "FieldSchemaName": "Phone", "FieldContent": phone });
        self.authorized(&portal.public_key, "/api/Authentication/SigninOTP/Get", &body).await
    }

    pub async fn sign_in_by_otp(&self, portal: &Portal, otp: &str, phone: &str, flow: &str) -> Answer {
        let data = json!({ "Otp": otp, "FieldContent": phone, "Code": flow });
        self.lead_sign_in(portal, &json!({ "OTPSigninRequest": true, "OTPSigninData": data })).await
    }

    pub async fn change_password(&self, auth_key: &str, current: &str, new: &str) -> Answer {
        let body = json!({ "CurrentPassword": current, "NewPassword": new });
        self.authorized(auth_key, "/api/Settings/ChangePassword", &body).await
    }

    /// Whether the session behind an `AuthKey` goes on, seen without changing anything.
    pub async fn opens(&self, auth_key: &str) -> bool {
        // A password that cannot be set is refused after the key was looked at.
        self.change_password(auth_key, LEAD_PASSWORD, "short").await.status == 400
    }

    pub async fn forgot_password(&self, portal: &Portal, body: &Value) -> Answer {
        self.authorized(&portal.public_key, "/api/Authentication/SecureForgotPassword", body).await
    }

    /// The `TemporaryPassword` of the link that was sent last.
    pub async fn last_link(&self) -> String {
        let outbox = self.outbox().await;
        let link = outbox.last().expect("a message")["link"].as_str().expect("a link").to_owned();
        link.rsplit_once("TemporaryPassword=").expect("a temporary password").1.to_owned()
    }

    pub async fn reset_password(&self, portal: &Portal, lead: &str, secret: &str, new: &str) -> Answer {
        let body = json!({ "Password": new, "LeadId": lead, "TemporaryPassword": secret });
        self.authorized(&portal.public_key, "/api/Authentication/ResetPassword", &body).await
    }

    pub async fn save_lead(&self, portal: &Portal, method: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let headers = [("content-type", "application/json")];
        let path = format!("{path}?{}", portal.query());
        self.send(method, &path, &headers, lead_fields(fields).to_string()).await
    }
}

impl Answer {
    /// The `AuthKey` of a 200.
    #[track_caller]
    pub fn auth_key(&self) -> String {
        self.ok()["AuthKey"].as_str().unwrap_or_else(|| panic!("no AuthKey: {}", self.text)).to_owned()
    }

    /// The `LeadId` of a 200.
    #[track_caller]
    pub fn lead_id(&self) -> String {
        self.ok()["LeadId"].as_str().unwrap_or_else(|| panic!("no LeadId: {}", self.text)).to_owned()
    }

    /// Asserts a refusal in the leads surface's shape and answers with its message.
    #[track_caller]
    pub fn refused_lead(&self, status: u16, exception_type: &str) -> String {
        let body = self.json();
        assert_eq!((self.status, body["ExceptionType"].as_str()), (status, Some(exception_type)), "{}", self.text);
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(3), "{body}");
        assert_eq!(body["Status"], "Error");
        assert!(self.header("x-request-id").is_some());
        let message = body["ExceptionMessage"].as_str().expect("a message").to_owned();
        assert!(!message.is_empty());
        message
    }

    #[track_caller]
    pub fn unauthorized_lead(&self) -> String {
        self.refused_lead(401, "MXUnAuthorizedAccessException")
    }
}

pub fn lead_fields(fields: &[(&str, &str)]) -> Value {
    let fields: Vec<_> =
        fields.iter().map(|(attribute, value)| json!({ "Attribute": attribute, "Value": value })).collect();
    json!({ "LeadFields": fields })
}

pub fn by_email(password: &str) -> Value {
    json!({ "EmailAddress": LEAD_EMAIL, "Password": password })
}

pub fn by_key(field: &str, value: &str, password: &str) -> Value {
    json!({ "Password": password, "SearchKeyData": { "SchemaName": field, "Value": value } })
}

/// The rows but those that count a portal's calls: a refused call counts, and nothing else may have changed.
pub fn but_calls(rows: &[Item]) -> Vec<&Item> {
    rows.iter().filter(|row| row["sk"].as_s().is_ok_and(|sk| sk != "calls")).collect()
}

/// A tenant other than the demo's.
pub const OTHER_TENANT: &str = "T00000002";
/// The demo's.
pub const SAME_TENANT: &str = TENANT_ID;
