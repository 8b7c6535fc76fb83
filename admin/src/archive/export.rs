use std::path::PathBuf;

use age::x25519::Recipient;
use clap::Args;
use data_encoding::BASE64;
use serde::Serialize;
use shared::error::Error;
use shared::key_ring::KeyRing;
use shared::store::{Movable, Tenant};
use shared::types::TenantId;

use super::VERSION;
use super::account_line::AccountLine;
use super::line::{ConsentLine, Header, HistoryLine, IntermediaryLine, Line, PepperLine, TenantLine};
use super::sealed;
use super::writer::Writer;
use crate::output::show;
use crate::progress::Progress;
use crate::value::value;
use crate::{Admin, Failure};

/// What is exported, and for whom it is encrypted.
#[derive(Debug, Args)]
pub(crate) struct ExportCommand {
    /// Whose accounts
    #[arg(long, value_name = "ID", value_parser = value::<TenantId>)]
    tenant: TenantId,
    /// The file to write; if an export into it was interrupted, it goes on
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// The X25519 recipient of age for whom it is encrypted, as age-keygen prints it
    #[arg(long, value_name = "age1...", value_parser = sealed::recipient)]
    recipient: Recipient,
    /// How many rows of the table are read at a time
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u16).range(1..))]
    rows: u16,
}

#[derive(Serialize)]
struct Exported {
    tenant_id: TenantId,
    accounts: u64,
    lines: u64,
    /// As the footer has it.
    digest: String,
}

impl ExportCommand {
    pub(crate) async fn run(self, admin: &Admin) -> Result<(), Failure> {
        let tenant = admin.tenant(&self.tenant).await?;
        let (app, now) = (&admin.app, admin.app.clock.now());
        let ring = app.key_ring().await?;
        let (mut writer, goes_on) = Writer::open(app, &self.to, &self.tenant, self.recipient).await?;
        let mut progress = Progress::counting("accounts exported");
        if goes_on {
            progress.say(&format!("The export goes on after {} accounts.", writer.at.accounts));
        }
        progress.advance(writer.at.accounts);
        if writer.at.parts == 0 {
            let mut lines = head(&tenant, &ring, now.seconds());
            lines.extend(app.store.clients(&self.tenant).await?.into_iter().map(Line::Client));
            writer.write(&lines, None).await?;
        }
        while !writer.at.has_begun || writer.at.next.is_some() {
            let page = app.store.movable(&self.tenant, (writer.at.next.as_ref(), self.rows), now).await?;
            let lines =
                page.rows.into_iter().map(|row| line(row, &self.tenant, &ring)).collect::<Result<Vec<_>, _>>()?;
            let accounts = lines.iter().filter(|line| matches!(line, Line::Account(_))).count() as u64;
            writer.at.has_begun = true;
            writer.at.accounts += accounts;
            writer.write(&lines, page.next).await?;
            progress.advance(accounts);
        }
        let at = writer.finish().await?;
        progress.finish();
        show(&Exported { tenant_id: at.tenant_id, accounts: at.accounts, lines: at.lines, digest: at.digest })
    }
}

fn head(tenant: &Tenant, ring: &KeyRing, now: i64) -> Vec<Line> {
    let header = Header { version: VERSION, tenant_id: Some(tenant.id.clone()), exported_at: Some(now) };
    let (settings, settings_version) = (tenant.settings.clone(), tenant.settings_version);
    let peppers = ring.peppers().map(|pepper| {
        let secret = BASE64.encode(pepper.secret());
        Line::Pepper(PepperLine { id: pepper.id, secret })
    });
    let tenant = Line::Tenant(Box::new(TenantLine { settings, settings_version }));
    [Line::Header(header)].into_iter().chain(peppers).chain([tenant]).collect()
}

fn line(row: Movable, tenant: &TenantId, ring: &KeyRing) -> Result<Line, Error> {
    Ok(match row {
        Movable::Intermediary { id, variables } => {
            // They were an object when they came in.
            let variables = serde_json::from_str(&variables).unwrap_or_default();
            Line::Intermediary(IntermediaryLine { id, variables })
        }
        Movable::Account(account) => Line::Account(Box::new(AccountLine::of(*account, tenant, ring)?)),
        Movable::Consent(account_id, consent) => Line::Consent(ConsentLine { account_id, consent }),
        Movable::Entry(id, entry) => Line::History(HistoryLine { id, entry }),
    })
}
