use clap::Subcommand;
use serde::Serialize;
use shared::store::{Tenant, TenantSettings};
use shared::types::TenantId;

use crate::output::{progress, show};
use crate::settings::Settings;
use crate::value::value;
use crate::{Admin, Failure};

#[derive(Debug, Subcommand)]
pub(crate) enum TenantCommand {
    /// Make a tenant: T (test) or P (live) and eight digits
    Create {
        #[arg(value_parser = value::<TenantId>)]
        tenant: TenantId,
        #[command(flatten)]
        settings: Box<Settings>,
    },
    /// Show every tenant
    List,
    /// Show a tenant with all that it has chosen
    Show {
        #[arg(value_parser = value::<TenantId>)]
        tenant: TenantId,
    },
    /// Change what a tenant has chosen; running functions know within a minute
    Set {
        #[arg(value_parser = value::<TenantId>)]
        tenant: TenantId,
        #[command(flatten)]
        settings: Box<Settings>,
    },
    /// Take a tenant away with every account, client and message of its own, for good
    Delete {
        #[arg(value_parser = value::<TenantId>)]
        tenant: TenantId,
        /// The tenant's id once more: yes, this one
        #[arg(long, value_name = "TENANT", value_parser = value::<TenantId>)]
        yes: TenantId,
    },
}

#[derive(Serialize)]
struct Listed<'a> {
    id: &'a TenantId,
    name: &'a str,
}

impl TenantCommand {
    pub(crate) async fn run(self, admin: &Admin) -> Result<(), Failure> {
        match self {
            Self::Create { tenant, settings } => {
                let settings = settings.applied_to(TenantSettings::default())?;
                show(&admin.app.create_tenant(tenant, settings).await?)
            }
            Self::List => {
                let tenants = admin.app.store.tenants(admin.app.clock.now()).await?;
                let mut tenants = tenants.iter().map(|tenant| Listed { id: &tenant.id, name: tenant.name() });
                tenants.try_for_each(|tenant| show(&tenant))
            }
            Self::Show { tenant } => show::<Tenant>(&admin.tenant(&tenant).await?),
            Self::Set { tenant, settings } => {
                let administrator = admin.administrator(&tenant).await?;
                let settings = settings.applied_to(administrator.caller.tenant.settings.clone())?;
                show(&admin.app.choose_settings(&administrator, settings).await?)
            }
            Self::Delete { tenant, yes } if tenant != yes => {
                Err(format!("--yes names {yes}, not {tenant}: nothing was deleted").into())
            }
            Self::Delete { tenant, .. } => {
                let looked_at = |rows| progress(&format!("{rows} rows of the table looked at"));
                admin.app.delete_tenant(&tenant, looked_at).await?;
                progress(&format!(
                    "{tenant} is deleted. What running functions wrote in the last minute, another run takes away."
                ));
                Ok(())
            }
        }
    }
}
