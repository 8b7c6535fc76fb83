use clap::Subcommand;
use serde::Serialize;
use shared::app::Memory;
use shared::types::{Email, IntermediaryId, Name, TenantId};
use shared::wire::intermediaries;

use crate::output::{show, show_answer};
use crate::value::value;
use crate::{Admin, Failure};

#[derive(Debug, Subcommand)]
pub(crate) enum IntermediaryCommand {
    /// Make a record, which may then get one account
    Create {
        #[arg(value_parser = value::<TenantId>)]
        tenant: TenantId,
    },
    /// Invite the owner of an e-mail address to open the record's account: the link goes there, for 7 days
    Invite {
        #[arg(value_parser = value::<TenantId>)]
        tenant: TenantId,
        /// The record's id
        #[arg(value_parser = value::<IntermediaryId>)]
        intermediary: IntermediaryId,
        #[arg(value_parser = value::<Email>)]
        email: Email,
        #[arg(long, value_parser = value::<Name>)]
        full_name: Option<Name>,
    },
}

#[derive(Serialize)]
struct Created {
    id: IntermediaryId,
}

impl IntermediaryCommand {
    pub(crate) async fn run(self, admin: &Admin) -> Result<(), Failure> {
        let app = &admin.app;
        match self {
            Self::Create { tenant } => {
                let administrator = admin.administrator(&tenant).await?;
                show(&Created { id: app.create_intermediary(&administrator).await? })
            }
            Self::Invite { tenant, intermediary, email, full_name } => {
                let caller = admin.administrator(&tenant).await?.caller;
                let (whom, memory) = ((email, full_name), Memory::default());
                show_answer(&app.invite(&caller, &intermediary, whom, &memory, intermediaries::invited).await?)
            }
        }
    }
}
