//! The demo tenant: fixed, for this machine only, and in the README.

use shared::app::App;
use shared::app::customers::scopes;
use shared::error::Error;
use shared::store::{Client, Grant, GrantType, KeptSecret, Tenant, TenantSettings};
use shared::token::ClientSecret;
use shared::types::{Audience, ClientId, DataScope, Format, IntermediaryId, Invalid, SchemaName, Scopes, TenantId};

pub const TENANT_ID: &str = "T00000001";
/// What people read of it, and of the third party that asks them for data.
const TENANT_NAME: &str = "Nordlys Bank";
const THIRD_PARTY_NAME: &str = "Harbour Car Rental";
pub const API_KEY: &str = "local-api-key";
pub const ACCESS_KEY: &str = "local-access-key";
pub const SECRET_KEY: &str = "local-secret-key";
/// The demo client, and so its portal on the leads surface.
pub const PORTAL_ID: &str = "local-portal";
/// What the OAuth clients' tokens are for.
pub const AUDIENCE: &str = "https://api.example.test/v1/accounts/T00000001";
/// The OAuth clients; the secret of each is its id and `-secret`. The second and third have one scope more than the
/// first, the last is a third party that asks people for their data.
pub const OAUTH_CLIENTS: [&str; 4] = ["local-backend", "local-no-mfa", "local-refresh", "local-verifier"];
/// The one that opens data transfers.
pub(crate) const THIRD_PARTY: &str = "local-verifier";
/// The record of document 001's examples.
pub const INTERMEDIARY_ID: &str = "507f281e810c19729de860ea";

/// Makes the demo tenant, its client and its record, unless they are there.
pub(crate) async fn create(app: &App) -> Result<(), Error> {
    let fixed = |invalid: Invalid| Error::invalid("the demo tenant", invalid);
    let now = app.clock.now();
    let id = TenantId::try_from(TENANT_ID.to_owned()).map_err(fixed)?;
    let pan = SchemaName::try_from("mx_PAN_Number".to_owned()).map_err(fixed)?;
    let mut settings = TenantSettings::default().with_lead_key(pan, Format::Text);
    settings.display_name = Some(TENANT_NAME.to_owned());
    settings.portal_url = Some("https://portal.example.test".to_owned());
    let audience = Audience::try_from(AUDIENCE.to_owned()).map_err(fixed)?;
    let settings = settings.with_audience(audience.clone());
    app.store.register_tenant(&Tenant::new(id.clone(), settings), now).await?;
    let client = ClientId::try_from(PORTAL_ID.to_owned()).map_err(fixed)?;
    let kept = |secret: Option<ClientSecret>| secret.map(|secret| KeptSecret::lasting(secret.hash()));
    let client = Client {
        api_keys: kept(ClientSecret::api_key(API_KEY)).into_iter().collect(),
        access_keys: kept(ClientSecret::access_key(ACCESS_KEY, SECRET_KEY)).into_iter().collect(),
        ..Client::blank(client, "The demo portal".to_owned(), now)
    };
    app.store.register_client(&id, &client, now).await?;
    for name in OAUTH_CLIENTS {
        let client_id = ClientId::try_from(name.to_owned()).map_err(fixed)?;
        let grants = granted(name).map_err(fixed)?.map(|scope| {
            let (audience, grant_type) = (audience.clone(), GrantType::Any);
            Grant { audience, scope, grant_type }
        });
        let is_third_party = name == THIRD_PARTY;
        let shown = if is_third_party { THIRD_PARTY_NAME.to_owned() } else { format!("The demo client {name}") };
        let client = Client {
            grants: grants.into_iter().collect(),
            data_scope: DataScope::ALL.into_iter().filter(|_| is_third_party).collect(),
            secrets: kept(ClientSecret::oauth(name, &format!("{name}-secret"))).into_iter().collect(),
            ..Client::blank(client_id, shown, now)
        };
        app.store.register_client(&id, &client, now).await?;
    }
    let record = IntermediaryId::try_from(INTERMEDIARY_ID.to_owned()).map_err(fixed)?;
    app.store.register_intermediary(&id, &record, "{}".to_owned(), None, now).await?;
    Ok(())
}

/// The scopes of one of [`OAUTH_CLIENTS`].
fn granted(client: &str) -> Result<Option<Scopes>, Invalid> {
    let more = match client {
        "local-backend" => None,
        "local-no-mfa" => Some(scopes::NO_MFA),
        "local-refresh" => Some(scopes::REFRESH_TOKEN),
        _ => return Ok(None),
    };
    let plain = scopes::ALL.into_iter().filter(|scope| ![scopes::NO_MFA, scopes::REFRESH_TOKEN].contains(scope));
    Scopes::of(plain.chain(more).map(str::to_owned)).map(Some)
}
