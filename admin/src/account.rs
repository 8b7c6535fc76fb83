use clap::{Args, Subcommand};
use serde::Serialize;
use shared::account::{Account, Signer, Status};
use shared::app::NewStatus;
use shared::types::{
    AccountId, CustomerId, Email, Format, Identifier, IntermediaryId, Invalid, Name, Phone, SchemaName, SessionId,
    TenantId,
};
use shared::wire::customers;

use crate::output::{show, show_answer};
use crate::value::{value, word};
use crate::{Admin, Failure};

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Show the account that somebody is known by
    Find {
        #[arg(value_parser = value::<TenantId>)]
        tenant: TenantId,
        /// Of whom: customer, company, lead or intermediary
        #[arg(value_parser = word::<Signer>)]
        kind: Signer,
        /// Their e-mail address, or what another field says
        identifier: String,
        /// Which: `Phone`, `CustomerId` or one that identifies the tenant's leads
        #[arg(long, default_value = "EmailAddress", value_parser = value::<SchemaName>)]
        field: SchemaName,
    },
    /// Show an account
    Show(Whose),
    /// Block an account: its sessions end at once and for good, and what was sent out is void
    Block(Whose),
    /// Let a blocked account sign in again
    Unblock(Whose),
    /// Show the sessions that are live, the newest first
    Sessions(Whose),
    /// End every session, or one
    EndSessions {
        #[command(flatten)]
        whose: Whose,
        /// This one alone
        #[arg(long, value_parser = value::<SessionId>)]
        session: Option<SessionId>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Whose {
    #[arg(value_parser = value::<TenantId>)]
    tenant: TenantId,
    /// The account's id
    #[arg(value_parser = value::<AccountId>)]
    account: AccountId,
}

impl AccountCommand {
    pub(crate) async fn run(self, admin: &Admin) -> Result<(), Failure> {
        let app = &admin.app;
        match self {
            Self::Find { tenant, kind, identifier, field } => {
                let administrator = admin.administrator(&tenant).await?;
                let format = administrator.caller.tenant.settings.lead_key(&field);
                let identifier = parse(field, format, &identifier).map_err(|invalid| format!("it {invalid}"))?;
                let account = app.account_known_by(&administrator, (kind.kind(), &identifier)).await?;
                show(&Shown::of(&account))
            }
            Self::Show(Whose { tenant, account }) => {
                let administrator = admin.administrator(&tenant).await?;
                show(&Shown::of(&app.any_account(&administrator, account).await?))
            }
            Self::Block(whose) => set_status(admin, whose, NewStatus::Blocked).await,
            Self::Unblock(whose) => set_status(admin, whose, NewStatus::Active).await,
            Self::Sessions(Whose { tenant, account }) => {
                let administrator = admin.administrator(&tenant).await?;
                show_answer(&customers::sessions(&app.sessions_of(&administrator.caller, account).await?))
            }
            Self::EndSessions { whose: Whose { tenant, account }, session } => {
                let administrator = admin.administrator(&tenant).await?;
                match session {
                    Some(session) => app.end_session_of(&administrator.caller, (account, session)).await?,
                    None => app.end_sessions_of(&administrator.caller, account).await?,
                }
                Ok(())
            }
        }
    }
}

async fn set_status(admin: &Admin, Whose { tenant, account }: Whose, status: NewStatus) -> Result<(), Failure> {
    let administrator = admin.administrator(&tenant).await?;
    show(&Shown::of(&admin.app.set_any_status(&administrator, account, status).await?))
}

/// `format`: of a field that identifies leads.
fn parse(field: SchemaName, format: Option<Format>, given: &str) -> Result<Identifier, Invalid> {
    if field == SchemaName::customer_id() {
        return value::<CustomerId>(given).map(|id| Identifier::customer_id(&id));
    }
    let known = [(SchemaName::email_address(), Format::Email), (SchemaName::phone(), Format::Phone)];
    let known = known.into_iter().find(|(known, _)| *known == field).map(|(_, format)| format);
    Identifier::parse(field, known.or(format).unwrap_or(Format::Text), given)
}

/// An account as it is shown. Times in seconds since 1970-01-01T00:00:00Z.
#[derive(Serialize)]
struct Shown<'a> {
    account_id: AccountId,
    kind: &'a str,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    intermediary_id: Option<&'a IntermediaryId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_id: Option<&'a CustomerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    full_name: Option<&'a Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a Email>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a Phone>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_verified_at: Option<i64>,
    has_password: bool,
    has_authenticator_app: bool,
    /// In a row; five or more lock it for a while.
    wrong_passwords: u32,
    created_at: i64,
    last_active_at: i64,
    /// How many may be live.
    sessions: usize,
}

impl<'a> Shown<'a> {
    fn of(account: &'a Account) -> Self {
        Self {
            account_id: account.id,
            kind: account.kind().as_str(),
            status: account.status,
            intermediary_id: account.owner.intermediary_id(),
            customer_id: account.owner.customer().map(|customer| &customer.customer_id),
            full_name: account.full_name.as_ref(),
            email: account.email.as_ref(),
            email_verified_at: account.email_verified_at,
            phone: account.phone.as_ref(),
            phone_verified_at: account.phone_verified_at,
            has_password: account.password_hash.is_some(),
            has_authenticator_app: account.second_factors.totp.is_some(),
            wrong_passwords: account.failures.failed_sign_ins,
            created_at: account.created_at,
            last_active_at: account.last_active_at,
            sessions: account.sessions.len(),
        }
    }
}
