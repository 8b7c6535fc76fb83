use std::path::PathBuf;

use clap::Args;
use local::Data;
use shared::app::App;
use shared::app::customers::BackEnd;
use shared::clock::Clock;
use shared::config::Config;
use shared::log::Log;
use shared::store::Tenant;
use shared::types::TenantId;

use crate::Failure;

/// Where what is administered is. Credentials and region come from `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
/// `AWS_SESSION_TOKEN` and `AWS_REGION`, other endpoints from `AWS_ENDPOINT_URL_DYNAMODB` and `AWS_ENDPOINT_URL_KMS`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Where")]
pub(crate) struct Connection {
    /// The deployment's table
    #[arg(long, env = "TABLE_NAME", global = true)]
    table: Option<String>,
    /// The KMS key of its key ring: an id, ARN or alias
    #[arg(long, env = "KEY_RING_KEY", global = true, value_name = "KEY")]
    key_ring_key: Option<String>,
    /// The https URL under which its API is reached
    #[arg(long, env = "ISSUER", global = true, value_name = "URL")]
    issuer: Option<String>,
    /// Instead of a deployment, what the local server keeps in this folder, .latchkey unless named; it may be running
    #[arg(long, global = true, value_name = "DIR", num_args = 0..=1, require_equals = true, default_missing_value = ".latchkey")]
    local: Option<PathBuf>,
}

/// Where `cargo run` serves unless told otherwise.
const LOCAL_URL: &str = "http://127.0.0.1:3000";

/// What commands work on.
#[derive(Debug)]
pub struct Admin {
    pub app: App,
    /// Open for as long as the app needs it.
    _local: Option<Data>,
}

impl Admin {
    /// A tenant as it is now.
    pub(crate) async fn tenant(&self, id: &TenantId) -> Result<Tenant, Failure> {
        let tenant = self.app.store.tenant(id, self.app.clock.now()).await?;
        tenant.ok_or_else(|| format!("there is no tenant {id}").into())
    }

    /// Whoever gives the command, at work on a tenant.
    pub(crate) async fn administrator(&self, tenant: &TenantId) -> Result<BackEnd, Failure> {
        if self.app.store.key_ring(self.app.clock.now()).await?.is_none() {
            return Err("there is no key ring yet: `latchkey key-ring init` makes it".to_owned().into());
        }
        Ok(self.app.administrator(tenant).await?)
    }
}

impl Connection {
    /// Opens what was named. A deployment is sent nothing yet.
    pub(crate) async fn connect(self) -> Result<Admin, Failure> {
        let local = match &self.local {
            Some(folder) => Some(Data::open(folder, self.issuer.as_deref().unwrap_or(LOCAL_URL)).await?),
            None => None,
        };
        let config = match &local {
            Some(data) => data.config.clone(),
            None => self.deployment()?,
        };
        Ok(Admin { app: App::with(config, Log::to_standard_error(), Clock::default())?, _local: local })
    }

    fn deployment(self) -> Result<Config, String> {
        let named = |value: Option<String>, option: &str, variable: &str| {
            value.ok_or_else(|| format!("name the deployment: {option} or {variable}, or --local for this machine's"))
        };
        Config::of(
            named(self.table, "--table", "TABLE_NAME")?,
            named(self.key_ring_key, "--key-ring-key", "KEY_RING_KEY")?,
            named(self.issuer, "--issuer", "ISSUER")?,
        )
    }
}
