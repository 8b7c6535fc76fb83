use clap::Subcommand;
use serde::Serialize;
use shared::app::Memory;
use shared::http::Response;
use shared::types::{Email, IntermediaryId, Name, TenantId};
use shared::wire::intermediaries;

use crate::output::show_answer;
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
struct Created<'a> {
    id: &'a IntermediaryId,
}

impl IntermediaryCommand {
    pub(crate) async fn run(self, admin: &Admin) -> Result<(), Failure> {
        let (app, memory) = (&admin.app, Memory::default());
        match self {
            Self::Create { tenant } => {
                let caller = admin.administrator(&tenant).await?.caller;
                let id = IntermediaryId::random(&app.random);
                let answer = Response::json(200, &Created { id: &id });
                show_answer(&app.register_intermediary(&caller, &id, "{}", &memory, answer).await?)
            }
            Self::Invite { tenant, intermediary, email, full_name } => {
                let caller = admin.administrator(&tenant).await?.caller;
                let invited = app.invite(&caller, &intermediary, (email, full_name), &memory, intermediaries::invited);
                show_answer(&invited.await?)
            }
        }
    }
}
