//! Third parties, and what they ask people for.

use aws_sdk_dynamodb::types::AttributeValue;
use local::TENANT_ID;
use serde_json::{Value, json};
use shared::account::Signer;
use shared::store::{Client, KeptSecret, Tenant, TenantSettings};
use shared::token::ClientSecret;
use shared::types::{DataScopes, Timestamp};

use super::standards::{client_id, tenant};
use super::{Answer, Item, Latchkey, kari};

pub const CLIENT_TOKEN: &str = "/auth/v2/token/";
pub const SESSION: &str = "/auth/v2/session";
/// The demo tenant's third party, which may ask for everything.
pub const VERIFIER: &str = "local-verifier";

/// A data transfer that was opened.
#[derive(Debug, Clone)]
pub struct Asked {
    pub id: String,
    pub token: String,
    pub url: String,
    /// The client token that opened it.
    pub by: String,
}

impl Asked {
    /// Where the code leads.
    pub fn path(&self) -> String {
        format!("/authorize/{}", self.token)
    }

    pub fn call(&self, name: &str) -> String {
        format!("{SESSION}/{}/{name}", self.id)
    }
}

impl Latchkey {
    /// The client token of a third party.
    pub async fn third_party(&self, client: &str) -> String {
        self.oauth(client, CLIENT_TOKEN, &[("grant_type", "client_credentials")]).await.access_token()
    }

    /// A call with this bearer token.
    pub async fn bearing(&self, token: &str, method: &str, path: &str, body: &Value) -> Answer {
        let authorization = format!("Bearer {token}");
        let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, path, &headers, body).await
    }

    pub async fn open_transfer(&self, token: &str, body: &Value) -> Answer {
        self.bearing(token, "POST", SESSION, body).await
    }

    /// What the demo tenant's third party asks for: a scope, nothing of it optional.
    pub async fn ask(&self, scope: &str) -> Asked {
        self.ask_for(&json!({ "scope": scope })).await
    }

    pub async fn ask_for(&self, body: &Value) -> Asked {
        let by = self.third_party(VERIFIER).await;
        self.open_transfer(&by, body).await.asked(&by)
    }

    /// What the third party is told of how it ended.
    pub async fn decision(&self, asked: &Asked) -> Answer {
        self.bearing(&asked.by, "GET", &asked.call("decision/"), &Value::Null).await
    }

    pub async fn status(&self, asked: &Asked) -> Answer {
        self.bearing(&asked.by, "GET", &asked.call("status"), &Value::Null).await
    }

    pub async fn information(&self, token: &str, id: &str) -> Answer {
        self.bearing(token, "GET", &format!("{SESSION}/{id}/information"), &Value::Null).await
    }

    /// The transfer as the table has it.
    pub async fn transfer(&self, asked: &Asked) -> Option<Item> {
        let of_it = |row: &Item| row["id"] == AttributeValue::S(asked.id.clone());
        self.table.rows_of("transfer").await.into_iter().find(of_it)
    }

    /// What was shared, for the third party.
    pub async fn shared(&self, asked: &Asked) -> Value {
        let decision = self.decision(asked).await.ok();
        assert_eq!(decision["status"], "Confirmed", "{decision}");
        decision["user_data"].clone()
    }

    /// Asserts that nobody agreed to it, and that nobody was told of what nobody agreed to.
    pub async fn nothing_shared(&self, asked: &Asked) {
        let row = self.transfer(asked).await.unwrap_or_default();
        assert!(["approved", "user_data"].iter().all(|name| !row.contains_key(*name)), "{row:?}");
        assert!(self.table.rows_of(&format!("consent#{}", asked.id)).await.is_empty());
        assert_eq!(self.consents_told().await, self.table.rows_of("consent#").await.len());
    }

    /// How many times somebody was told that they shared data.
    pub async fn consents_told(&self) -> usize {
        self.outbox().await.iter().filter(|message| message["purpose"] == "data-shared").count()
    }

    /// Its status as it was written.
    pub async fn written_status(&self, asked: &Asked) -> String {
        self.transfer(asked).await.expect("a transfer")["status"].as_s().expect("a status").clone()
    }

    /// Gives people of the demo tenant so many seconds to answer.
    pub async fn let_requests_wait(&self, seconds: i64) {
        self.change_tenant(|settings| settings.with_transfer_seconds(seconds)).await;
    }

    /// Lets only these kinds of accounts of the demo tenant sign in on the pages.
    pub async fn let_sign_in(&self, signers: &[Signer]) {
        self.change_tenant(|settings| settings.with_consenting(signers)).await;
    }

    /// Changes the demo tenant's settings.
    pub async fn change_tenant(&self, change: impl FnOnce(TenantSettings) -> TenantSettings) {
        let (store, now, of) = (self.table.store(), Timestamp::from_milliseconds(0), tenant(TENANT_ID));
        let before = store.tenant(&of, now).await.expect("read").expect("a tenant");
        let settings = change(before.settings.clone());
        store.change_settings(&before, settings).await.expect("written").expect("changed");
        // The instance believes for a minute what it read.
        self.advance(61).await;
    }

    /// Kari, of whom everything is known that a third party may ask for, several times where it can be: her id.
    pub async fn well_known_kari(&self) -> String {
        let mut body = kari();
        body["profile"] = json!({
            "picture": "https://example.com/kari.png", "gender": "female", "birthdate": "1999-03-24",
            "emails": ["kari@work.example"], "phone_numbers": ["+4790000001"],
            "addresses": [{ "street_address": "1 Main Street", "locality": "Oslo", "country": "Norway" },
                          { "locality": "Bergen" }],
            "bank_accounts": [{ "iban": "NO9386011117947" }, { "account_number": "8601.11.17947" }],
            "document_detail": { "document_type": "passport", "document_number": "P7654321" },
            "preferences": { "language": "nb-NO" }, "instagram_account": "kari.nordmann",
            "x_account": "kari_nordmann", "tiktok_account": "kari", "is_verified": true,
        });
        self.create_customer(&body).await.ok()["user_id"].as_str().expect("an id").to_owned()
    }

    /// Changes what is known of a customer.
    pub async fn change_customer(&self, id: &str, change: &Value) {
        let admin = self.back_end("local-backend").await;
        self.by(&admin, "PUT", &format!("/customers/users/{id}"), change).await.ok();
    }

    /// Another third party, of this tenant or of another one; its secret is its id and `-secret`.
    pub async fn another_third_party(&self, of: &str, id: &str, data_scope: &str) {
        let (store, now, of) = (self.table.store(), Timestamp::from_milliseconds(1_800_000_000_000), tenant(of));
        store.register_tenant(&Tenant::new(of.clone(), TenantSettings::default()), now).await.expect("a tenant");
        let hash = ClientSecret::oauth(id, &format!("{id}-secret")).expect("a secret").hash();
        let client = Client {
            data_scope: DataScopes::try_from(data_scope.to_owned()).expect("scopes"),
            secrets: vec![KeptSecret::lasting(hash)],
            ..Client::blank(client_id(id), "Another third party".to_owned(), now)
        };
        store.register_client(&of, &client, now).await.expect("a client");
    }
}

impl Answer {
    /// The transfer of a 201.
    #[track_caller]
    pub fn asked(&self, by: &str) -> Asked {
        assert_eq!(self.status, 201, "{}", self.text);
        let body = self.json();
        let text = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("{name} in {body}")).to_owned();
        Asked { id: text("session_id"), token: text("session_token"), url: text("url"), by: by.to_owned() }
    }

    /// Asserts a refusal in the shape that document 003's client reads and answers with its message.
    #[track_caller]
    pub fn refused_transfer(&self, status: u16, error: &str) -> String {
        let body = self.json();
        assert_eq!((self.status, body["error"].as_str()), (status, Some(error)), "{}", self.text);
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(3), "{body}");
        assert_eq!(body["error_description"], body["message"]);
        let message = body["message"].as_str().expect("a message").to_owned();
        let allowed = |byte: u8| (0x20..0x7F).contains(&byte) && byte != b'"' && byte != b'\\';
        assert!(!message.is_empty() && message.bytes().all(allowed), "{message}");
        assert_eq!(self.header("cache-control"), Some("no-store"));
        assert!(self.header("x-request-id").is_some());
        let challenge = self.header("www-authenticate").unwrap_or_default();
        match error {
            "invalid_client" => assert_eq!(challenge, r#"Basic realm="latchkey""#),
            "missing_token" => assert_eq!(challenge, "Bearer"),
            "invalid_token" => assert_eq!(challenge, r#"Bearer error="invalid_token""#),
            "insufficient_scope" => assert!(challenge.starts_with(r#"Bearer error="insufficient_scope", scope=""#)),
            _ => assert_eq!(challenge, ""),
        }
        assert_eq!(self.header("retry-after").is_some(), [429, 503].contains(&status), "{body}");
        message
    }
}
