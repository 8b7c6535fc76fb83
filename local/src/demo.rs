//! The demo tenant: fixed, for this machine only, and in the README.

use shared::app::App;
use shared::error::Error;
use shared::store::{Client, Tenant, TenantSettings};
use shared::token::ApiKey;
use shared::types::{ClientId, IntermediaryId, Invalid, TenantId};

pub const TENANT_ID: &str = "T00000001";
pub const API_KEY: &str = "local-api-key";
/// The record of document 001's examples.
pub const INTERMEDIARY_ID: &str = "507f281e810c19729de860ea";

/// Makes the demo tenant, its client and its record, unless they are there.
pub(crate) async fn create(app: &App) -> Result<(), Error> {
    let fixed = |invalid: Invalid| Error::invalid("the demo tenant", invalid);
    let now = app.clock.now();
    let id = TenantId::try_from(TENANT_ID.to_owned()).map_err(fixed)?;
    let tenant = Tenant { id: id.clone(), settings: TenantSettings::default() };
    let client = ClientId::try_from("local-portal".to_owned()).map_err(fixed)?;
    let client = Client { id: client, name: "The demo portal".to_owned() };
    if let Some(key) = ApiKey::parse(API_KEY) {
        app.store.register_tenant(&tenant, &client, &key.hash(), now).await?;
    }
    let record = IntermediaryId::try_from(INTERMEDIARY_ID.to_owned()).map_err(fixed)?;
    app.store.register_intermediary(&id, &record, "{}".to_owned(), None, now).await?;
    Ok(())
}
