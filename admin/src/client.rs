use clap::Subcommand;
use serde::{Deserialize, Serialize};
use shared::app::Memory;
use shared::app::customers::{ClientForm, NewCredential, OLD_SECRET_SECONDS};
use shared::http::Response;
use shared::store::{Client, CredentialKind, Grant, GrantType};
use shared::types::{Audience, ClientId, DataScopes, Name, Scopes, TenantId};

use crate::output::{show, show_answer};
use crate::value::{json, value, word};
use crate::{Admin, Failure};

#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Make a client and show its secret, for the only time
    Create {
        #[arg(value_parser = value::<TenantId>)]
        tenant: TenantId,
        /// What people read where it asks them for data
        #[arg(long, value_parser = value::<Name>)]
        name: Name,
        /// What it proves itself by: api-key (intermediaries), access-key (leads; the id is the portal's) or client-secret
        #[arg(long, value_parser = word::<CredentialKind>)]
        credential: CredentialKind,
        /// Made of chance unless named
        #[arg(long, value_parser = value::<ClientId>)]
        id: Option<ClientId>,
        /// What it may ask tokens for, as {"audience"?, "scope": [...], "type"?}: Latchkey's own calls unless an audience is
        /// named, in any way unless a type is; again for each
        #[arg(long = "grant", value_name = "JSON", value_parser = json::<GrantForm>)]
        grants: Vec<GrantForm>,
        /// What data it may ask people for as a third party, with spaces between the scopes
        #[arg(long, value_name = "SCOPES", value_parser = data_scopes, default_value = "")]
        data_scope: DataScopes,
    },
    /// Show a tenant's clients
    List {
        #[arg(value_parser = value::<TenantId>)]
        tenant: TenantId,
    },
    /// Show a client, and until when what it proves itself by is valid
    Show {
        #[arg(value_parser = value::<TenantId>)]
        tenant: TenantId,
        #[arg(value_parser = value::<ClientId>)]
        client: ClientId,
    },
    /// Give a client another secret, shown for the only time; the one before works on for a while
    RotateSecret {
        #[arg(value_parser = value::<TenantId>)]
        tenant: TenantId,
        #[arg(value_parser = value::<ClientId>)]
        client: ClientId,
        /// Which, if it has several kinds
        #[arg(long, value_parser = word::<CredentialKind>)]
        credential: Option<CredentialKind>,
        /// For how long the one before works on, 0 to 604800
        #[arg(long, value_name = "SECONDS", default_value_t = OLD_SECRET_SECONDS)]
        previous_expires_in: u32,
    },
    /// Take a client away with all that it proves itself by; running functions know within a minute
    Delete {
        #[arg(value_parser = value::<TenantId>)]
        tenant: TenantId,
        #[arg(value_parser = value::<ClientId>)]
        client: ClientId,
    },
}

/// A grant as it is asked for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantForm {
    audience: Option<Audience>,
    scope: Vec<String>,
    #[serde(default)]
    r#type: GrantType,
}

fn data_scopes(text: &str) -> Result<DataScopes, String> {
    DataScopes::try_from(text.to_owned()).map_err(|error| error.to_string())
}

impl ClientCommand {
    pub(crate) async fn run(self, admin: &Admin) -> Result<(), Failure> {
        let (app, memory) = (&admin.app, Memory::default());
        match self {
            Self::Create { tenant, name, credential, id, grants, data_scope } => {
                let administrator = admin.administrator(&tenant).await?;
                let asks_nothing = grants.is_empty() && data_scope.is_empty();
                if (credential == CredentialKind::ClientSecret) == asks_nothing {
                    let rule = "--grant and --data-scope belong to --credential client-secret, which needs one of them";
                    return Err(rule.to_owned().into());
                }
                let own = app.own_audience(&tenant);
                let grants = grants.into_iter().map(|grant| granted(grant, &own)).collect::<Result<_, String>>()?;
                let form = ClientForm { id, name, credential, grants, data_scope };
                show_answer(&app.create_client(&administrator, form, &memory, with_secret).await?)
            }
            Self::List { tenant } => {
                let tenant = admin.tenant(&tenant).await?;
                let clients = app.store.clients(&tenant.id).await?;
                clients.iter().try_for_each(|client| show(&Shown::of(client)))
            }
            Self::Show { tenant, client } => {
                let administrator = admin.administrator(&tenant).await?;
                show(&Shown::of(&app.find_client(&administrator, &client).await?))
            }
            Self::RotateSecret { tenant, client, credential, previous_expires_in } => {
                let administrator = admin.administrator(&tenant).await?;
                let kind = match credential {
                    Some(kind) => kind,
                    None => only_kind(&app.find_client(&administrator, &client).await?)?,
                };
                let asked = (&client, kind, previous_expires_in);
                show_answer(&app.rotate_credential(&administrator, asked, &memory, with_secret).await?)
            }
            Self::Delete { tenant, client } => {
                let administrator = admin.administrator(&tenant).await?;
                app.delete_client(&administrator, &client).await?;
                Ok(())
            }
        }
    }
}

fn granted(GrantForm { audience, scope, r#type }: GrantForm, own: &str) -> Result<Grant, String> {
    let named = |invalid| format!("--grant: {invalid}");
    let audience = audience.map_or_else(|| value(own).map_err(named), Ok)?;
    Ok(Grant { audience, scope: Scopes::of(scope).map_err(named)?, grant_type: r#type })
}

/// What a client proves itself by, if that is one thing.
fn only_kind(client: &Client) -> Result<CredentialKind, String> {
    let mut kinds = CredentialKind::ALL.into_iter().filter(|kind| !client.kept(*kind).is_empty());
    match (kinds.next(), kinds.next()) {
        (Some(kind), None) => Ok(kind),
        (Some(_), Some(_)) => Err("it has several kinds of credentials: name one with --credential".to_owned()),
        (None, _) => Err("it has no credentials".to_owned()),
    }
}

/// A client as it is shown. Times in seconds since 1970-01-01T00:00:00Z.
#[derive(Serialize)]
struct Shown<'a> {
    client_id: &'a ClientId,
    name: &'a str,
    created_at: i64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    grants: Vec<ShownGrant<'a>>,
    #[serde(skip_serializing_if = "DataScopes::is_empty")]
    data_scope: &'a DataScopes,
    credentials: Vec<ShownCredential>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
}

#[derive(Serialize)]
struct ShownGrant<'a> {
    audience: &'a Audience,
    scope: Vec<&'a str>,
    r#type: GrantType,
}

#[derive(Serialize)]
struct ShownCredential {
    kind: CredentialKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
}

impl<'a> Shown<'a> {
    fn of(client: &'a Client) -> Self {
        let grant = |Grant { audience, scope, grant_type }: &'a Grant| ShownGrant {
            audience,
            scope: scope.iter().collect(),
            r#type: *grant_type,
        };
        let kept = CredentialKind::ALL.into_iter().flat_map(|kind| {
            client.kept(kind).iter().map(move |kept| ShownCredential { kind, expires_at: kept.expires_at })
        });
        Self {
            client_id: &client.id,
            name: &client.name,
            created_at: client.created_at,
            grants: client.grants.iter().map(grant).collect(),
            data_scope: &client.data_scope,
            credentials: kept.collect(),
            api_key: None,
            access_key: None,
            secret_key: None,
            client_secret: None,
        }
    }
}

fn with_secret(client: &Client, new: &NewCredential) -> Response {
    let (shown, secret) = (Shown::of(client), Some(new.secret.reveal()));
    Response::json(
        200,
        &match new.kind {
            CredentialKind::ApiKey => Shown { api_key: secret, ..shown },
            CredentialKind::AccessKey => Shown { access_key: new.access_key.as_deref(), secret_key: secret, ..shown },
            CredentialKind::ClientSecret => Shown { client_secret: secret, ..shown },
        },
    )
}
