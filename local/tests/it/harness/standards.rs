//! OAuth clients, and the people they signed in.

use data_encoding::BASE64;
use local::{AUDIENCE, TENANT_ID};
use serde_json::Value;
use shared::account::{Account, Customer, CustomerType, Owner};
use shared::key_ring::Algorithm;
use shared::random::Random;
use shared::session::{Lifespan, PASSWORD, Session, SessionGrant};
use shared::store::{Client, Grant, GrantType, KeptSecret, Opened, Opening, Proof, Tenant, TenantSettings};
use shared::token::{AccessToken, Bearer, Claims, ClientSecret, RefreshToken, Subject};
use shared::types::{AccountId, Audience, ClientId, CustomerId, Scopes, SessionId, TenantId, Timestamp};

use super::{Answer, Latchkey, Pair, instance_of};

pub const TOKEN: &str = "/oauth/token";
pub const INTROSPECT: &str = "/oauth/introspect";
pub const REVOKE: &str = "/oauth/revoke";
/// What [`Latchkey::customer`] is granted.
pub const CUSTOMER_SCOPE: &str = "orders:read orders:write";

/// Somebody whom a client signed in, with their first tokens.
#[derive(Debug, Clone)]
pub struct SignedInCustomer {
    pub pair: Pair,
    pub claims: Claims,
    pub account_id: AccountId,
    pub session_id: SessionId,
}

/// What [`Latchkey::customer`] gets at most.
pub fn customer_grant() -> SessionGrant {
    SessionGrant { audience: audience(AUDIENCE), scope: scopes(CUSTOMER_SCOPE), is_refreshable: true }
}

pub fn audience(text: &str) -> Audience {
    Audience::try_from(text.to_owned()).expect("an audience")
}

pub fn scopes(text: &str) -> Scopes {
    Scopes::try_from(text.to_owned()).expect("scopes")
}

pub fn tenant(text: &str) -> TenantId {
    TenantId::try_from(text.to_owned()).expect("a tenant")
}

pub fn client_id(text: &str) -> ClientId {
    ClientId::try_from(text.to_owned()).expect("a client")
}

/// The header of `client_secret_basic` for one of the demo clients.
pub fn basic(client: &str) -> String {
    format!("Basic {}", BASE64.encode(format!("{client}:{client}-secret").as_bytes()))
}

pub fn form(parameters: &[(&str, &str)]) -> String {
    let url = reqwest::Url::parse_with_params("http://form", parameters).expect("parameters");
    url.query().unwrap_or_default().to_owned()
}

impl Latchkey {
    /// A form sent by a client that proves itself by Basic.
    pub async fn oauth(&self, client: &str, path: &str, parameters: &[(&str, &str)]) -> Answer {
        let authorization = basic(client);
        let headers = [("authorization", authorization.as_str()), FORM];
        self.send("POST", path, &headers, form(parameters)).await
    }

    /// A form as it stands.
    pub async fn post_form(&self, path: &str, parameters: &[(&str, &str)]) -> Answer {
        self.send("POST", path, &[FORM], form(parameters)).await
    }

    /// A client's own access token.
    pub async fn client_access(&self, client: &str) -> String {
        self.oauth(client, TOKEN, &[("grant_type", "client_credentials")]).await.access()
    }

    pub async fn refresh_by_form(&self, client: &str, token: &str) -> Answer {
        self.oauth(client, TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    pub async fn introspect(&self, client: &str, token: &str) -> Value {
        self.oauth(client, INTROSPECT, &[("token", token)]).await.ok()
    }

    /// Whether a token is active; nothing else is said of one that is not.
    pub async fn is_active(&self, client: &str, token: &str) -> bool {
        let answer = self.introspect(client, token).await;
        let is_active = answer["active"].as_bool().expect("active");
        assert!(is_active || answer == serde_json::json!({ "active": false }), "{answer}");
        is_active
    }

    pub async fn revoke(&self, client: &str, token: &str) {
        let answer = self.oauth(client, REVOKE, &[("token", token)]).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, ""));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }

    /// Another client, of this tenant or of another one; its secret is its id and `-secret`.
    pub async fn another_client(&self, of: &str, id: &str, grants: &[(&str, &str, GrantType)]) {
        let (store, now, of) = (self.table.store(), Timestamp::from_milliseconds(1_800_000_000_000), tenant(of));
        store.register_tenant(&Tenant::new(of.clone(), TenantSettings::default()), now).await.expect("a tenant");
        let grants = grants.iter().map(|(for_whom, scope, grant_type)| Grant {
            audience: audience(for_whom),
            scope: scopes(scope),
            grant_type: *grant_type,
        });
        let hash = ClientSecret::oauth(id, &format!("{id}-secret")).expect("a secret").hash();
        let client = Client {
            grants: grants.collect(),
            secrets: vec![KeptSecret::lasting(hash)],
            ..Client::blank(client_id(id), "Another client".to_owned(), now)
        };
        store.register_client(&of, &client, now).await.expect("a client");
    }

    pub async fn delete_client(&self, id: &str) {
        let (store, of, now) = (self.table.store(), tenant(TENANT_ID), Timestamp::from_milliseconds(0));
        let client = store.client(&of, &client_id(id), now).await.expect("read").expect("a client");
        assert!(store.delete_client(&of, &client).await.expect("deleted"));
    }

    /// Somebody new, whom this client of the demo tenant signed in for what [`customer_grant`] says.
    pub async fn customer(&self, client: &str) -> SignedInCustomer {
        self.customer_for(client, Some(customer_grant())).await
    }

    /// As [`Latchkey::customer`], with another grant or none.
    pub async fn customer_for(&self, client: &str, grant: Option<SessionGrant>) -> SignedInCustomer {
        let (app, random, of) = (instance_of(self), Random::default(), tenant(TENANT_ID));
        let ring = app.key_ring().await.expect("a key ring");
        let now = Timestamp::from_milliseconds(self.advance(0).await * 1000);
        let account_id = AccountId::random(&random);
        let owner = Owner::Customer(Customer {
            customer_type: CustomerType::Customer,
            customer_id: CustomerId::from(account_id),
            first_name: None,
            last_name: None,
            pin_hash: None,
        });
        let account = Account::blank(account_id, owner, now);
        let new =
            shared::store::NewAccount { account: &account, session: None, replaces: None, remember: None, entry: None };
        app.store.open_account(&of, new, now).await.expect("an account");
        let id = SessionId::random(&random);
        let opened = Session::open(id, account_id, client_id(client), Lifespan::UNTIL_REVOKED, &[PASSWORD], now);
        let session = Session { grant: grant.clone(), ..opened };
        let (account, session) = (&account, &session);
        let opening = Opening { account, session, proof: Proof::Vouched, remember: None, entry: None };
        assert_eq!(app.store.open_session(&of, opening, now).await.expect("a session"), Opened::Opened);

        let grant = grant.unwrap_or_else(customer_grant);
        let claims = Claims {
            iss: self.server.base_url.clone(),
            sub: Subject::Account(account_id),
            aud: grant.audience,
            exp: now.seconds() + 600,
            iat: now.seconds(),
            jti: SessionId::random(&random),
            client_id: client_id(client),
            scope: grant.scope,
            tenant: of.clone(),
            auth_time: Some(now.seconds()),
            amr: Some(vec![PASSWORD.to_owned()]),
            sid: Some(id),
            intermediary_id: None,
            customer_id: Some(CustomerId::from(account_id)),
        };
        let access = AccessToken::mint(&claims, &ring, Algorithm::Rs256, now).expect("a token").reveal().to_owned();
        let refresh = RefreshToken { account_id, session_id: id, generation: 0 };
        let refresh = refresh.mint(&ring, Bearer { tenant: &of, client: &client_id(client) }).reveal().to_owned();
        SignedInCustomer { pair: Pair { access, refresh }, claims, account_id, session_id: id }
    }
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

impl Answer {
    /// The `access_token` of a 200.
    #[track_caller]
    pub fn access(&self) -> String {
        self.ok()["access_token"].as_str().unwrap_or_else(|| panic!("no access_token: {}", self.text)).to_owned()
    }

    /// The two tokens of a 200.
    #[track_caller]
    pub fn oauth_pair(&self) -> Pair {
        let refresh = self.ok()["refresh_token"].as_str().expect("a refresh_token").to_owned();
        Pair { access: self.access(), refresh }
    }

    /// Asserts a refusal in the shape of RFC 6749 §5.2 and answers with its description.
    #[track_caller]
    pub fn refused_oauth(&self, status: u16, error: &str) -> String {
        let body = self.json();
        assert_eq!((self.status, body["error"].as_str()), (status, Some(error)), "{}", self.text);
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(2), "{body}");
        let description = body["error_description"].as_str().expect("a description").to_owned();
        let allowed = |byte: u8| (0x20..0x7F).contains(&byte) && byte != b'"' && byte != b'\\';
        assert!(!description.is_empty() && description.bytes().all(allowed), "{description}");
        assert_eq!(self.header("cache-control"), Some("no-store"));
        assert!(self.header("x-request-id").is_some());
        let challenge = (status == 401).then_some(r#"Basic realm="latchkey""#);
        assert_eq!(self.header("www-authenticate"), challenge);
        description
    }
}
