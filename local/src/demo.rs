//! The demo tenant: fixed, for this machine only, and in the README.

use shared::app::App;
use shared::error::Error;
use shared::store::{Client, Tenant, TenantSettings};
use shared::token::ClientSecret;
use shared::types::{ClientId, Format, IntermediaryId, Invalid, SchemaName, TenantId};

pub const TENANT_ID: &str = "T00000001";
pub const API_KEY: &str = "local-api-key";
pub const ACCESS_KEY: &str = "local-access-key";
pub const SECRET_KEY: &str = "local-secret-key";
/// The demo client, and so its portal on the leads surface.
pub const PORTAL_ID: &str = "local-portal";
/// The record of document 001's examples.
pub const INTERMEDIARY_ID: &str = "507f281e810c19729de860ea";

/// Makes the demo tenant, its client and its record, unless they are there.
pub(crate) async fn create(app: &App) -> Result<(), Error> {
    let fixed = |invalid: Invalid| Error::invalid("the demo tenant", invalid);
    let now = app.clock.now();
    let id = TenantId::try_from(TENANT_ID.to_owned()).map_err(fixed)?;
    let pan = SchemaName::try_from("mx_PAN_Number".to_owned()).map_err(fixed)?;
    let mut settings = TenantSettings::default().with_lead_key(pan, Format::Text);
    settings.portal_url = Some("https://portal.example.test".to_owned());
    app.store.register_tenant(&Tenant::new(id.clone(), settings), now).await?;
    let client = ClientId::try_from(PORTAL_ID.to_owned()).map_err(fixed)?;
    let secrets = [ClientSecret::api_key(API_KEY), ClientSecret::access_key(ACCESS_KEY, SECRET_KEY)];
    let keys = secrets.iter().flatten().map(ClientSecret::hash).collect();
    let client = Client { keys, ..Client::blank(client, "The demo portal".to_owned(), now) };
    app.store.register_client(&id, &client, now).await?;
    let record = IntermediaryId::try_from(INTERMEDIARY_ID.to_owned()).map_err(fixed)?;
    app.store.register_intermediary(&id, &record, "{}".to_owned(), None, now).await?;
    Ok(())
}
