//! What only some tests need beside the one server: another instance, another tenant.

use aws_sdk_dynamodb::config::Credentials;
use shared::app::App;
use shared::clock::Clock;
use shared::config::Config;
use shared::key_ring::Algorithm;
use shared::limits::Limits;
use shared::log::Log;
use shared::password::Cost;
use shared::store::{Client, KeptSecret, Tenant, TenantSettings};
use shared::token::ClientSecret;
use shared::types::{ClientId, TenantId, Timestamp};

use super::Latchkey;

/// Another instance of the same deployment, with caches and a clock of its own.
pub fn instance_of(latchkey: &Latchkey) -> App {
    let config = Config {
        table_name: latchkey.table.name.clone(),
        key_ring_key: "alias/latchkey-local".to_owned(),
        issuer: latchkey.server.base_url.clone(),
        password_cost: Cost::FLOOR,
        password_permits: 1,
        limits: Limits::default(),
        region: "local".to_owned(),
        credentials: Credentials::new("local", "local", None, None, "local"),
        dynamodb_endpoint: Some(latchkey.server.dynamodb_endpoint.clone()),
        kms_endpoint: Some(latchkey.server.kms_endpoint.clone()),
    };
    App::with(config, Log::captured(), Clock::stepping()).expect("an instance")
}

impl Latchkey {
    /// Another tenant whose access tokens are signed so: the api key of its one client.
    pub async fn tenant_signing_by(&self, tenant: &str, algorithm: Algorithm) -> String {
        let id = TenantId::try_from(tenant.to_owned()).expect("a tenant");
        let (store, now) = (self.table.store(), Timestamp::from_milliseconds(1_800_000_000_000));
        let settings = TenantSettings::default().with_signing_algorithm(algorithm);
        store.register_tenant(&Tenant::new(id.clone(), settings), now).await.expect("a tenant");
        let api_key = format!("api-key-of-{tenant}");
        let client_id = ClientId::try_from("portal".to_owned()).expect("an id");
        let secret = ClientSecret::api_key(&api_key).expect("a secret");
        let client = Client {
            api_keys: vec![KeptSecret::lasting(secret.hash())],
            ..Client::blank(client_id, tenant.to_owned(), now)
        };
        store.register_client(&id, &client, now).await.expect("a client");
        api_key
    }
}
