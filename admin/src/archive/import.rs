use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use data_encoding::BASE64;
use futures_util::stream::{self, StreamExt};
use serde::Serialize;
use shared::app::App;
use shared::error::{Code, Error};
use shared::key_ring::KeyRing;
use shared::store::{Client, ClientChange, Imported, Tenant, TenantSettings};
use shared::types::{TenantId, Timestamp};
use zeroize::Zeroizing;

use super::account_line::Destination;
use super::line::{Header, Line, PepperLine, TenantLine};
use super::reader::{Numbered, Source};
use super::refused::Refused;
use super::{VERSION, sealed};
use crate::output::show;
use crate::progress::Progress;
use crate::value::value;
use crate::{Admin, Failure};

/// What is imported, and into which tenant.
#[derive(Debug, Args)]
pub(crate) struct ImportCommand {
    /// The file to read; if an import of it was interrupted, or lines were refused, the same command goes on
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The file with the identity that it is encrypted for, as age-keygen writes it
    #[arg(long, value_name = "KEYFILE", required_unless_present = "plain")]
    identity: Option<PathBuf>,
    /// The file is not encrypted: lines of JSON, as people from other systems write them
    #[arg(long, conflicts_with = "identity")]
    plain: bool,
    /// Into this tenant instead of the one that the file names
    #[arg(long, value_name = "ID", value_parser = value::<TenantId>)]
    tenant: Option<TenantId>,
    /// Refuse the file unless its export ended with this digest
    #[arg(long, value_name = "DIGEST", requires = "identity")]
    digest: Option<String>,
}

/// What of a file is not a row, and how long it is.
#[derive(Default)]
struct Head {
    header: Option<Header>,
    peppers: Vec<PepperLine>,
    tenant: Option<TenantLine>,
    digest: Option<String>,
    lines: u64,
}

/// What became of the lines.
#[derive(Default, Serialize)]
struct Tally {
    imported: u64,
    were_there: u64,
    refused: u64,
}

#[derive(Serialize)]
struct Done {
    tenant_id: TenantId,
    #[serde(flatten)]
    tally: Tally,
}

/// Where everything goes.
struct Target<'a> {
    app: &'a App,
    tenant: TenantId,
    settings: TenantSettings,
    ring: Arc<KeyRing>,
    peppers: BTreeMap<u8, u8>,
    now: Timestamp,
}

/// How many rows are written at once.
const AT_ONCE: usize = 8;

impl ImportCommand {
    pub(crate) async fn run(self, Admin { app, .. }: &Admin) -> Result<(), Failure> {
        let identity = self.identity.as_deref().map(sealed::identity).transpose()?;
        let source = Source { file: self.from, identity };
        // The file is read through before anything is written.
        let head = head(&source)?;
        if self.digest.is_some() && self.digest != head.digest {
            return Err("the file is another export: its digest is not the one that was named".to_owned().into());
        }
        let target = target(app, &head, self.tenant).await?;
        let (mut tally, mut clients) = (Tally::default(), Vec::new());
        let mut progress = Progress::of("lines", head.lines);
        // Accounts need the records, all else needs accounts, and they stand in the file as they lay in the table.
        for stage in [Stage::Records, Stage::Accounts, Stage::Rest] {
            let mut reader = source.read()?;
            while let Some(mut lines) = reader.next()? {
                lines.retain(|numbered| numbered.stage() == stage);
                let count = lines.len() as u64;
                let results = stream::iter(lines).map(|numbered| target.import(numbered)).buffered(AT_ONCE);
                let mut results = std::pin::pin!(results);
                while let Some((number, result)) = results.next().await {
                    match result? {
                        Outcome::Client(client) => clients.push((number, client)),
                        Outcome::Row(result) => tally.count(&progress, number, result),
                        Outcome::Nothing => {}
                    }
                }
                progress.advance(count);
            }
        }
        // The last, so that nobody is let in while half of it is there.
        for (number, client) in clients {
            tally.count(&progress, number, target.import_client(&client).await?);
        }
        progress.finish();
        let refused = tally.refused;
        show(&Done { tenant_id: target.tenant, tally })?;
        match refused {
            0 => Ok(()),
            refused => Err(format!("{refused} lines were refused; all others are in").into()),
        }
    }
}

impl Tally {
    fn count(&mut self, progress: &Progress, number: u64, result: Result<bool, Refused>) {
        match result {
            Ok(true) => self.imported += 1,
            Ok(false) => self.were_there += 1,
            Err(refused) => {
                self.refused += 1;
                progress.say(&format!("line {number} is refused: {refused}"));
            }
        }
    }
}

fn head(source: &Source) -> Result<Head, Failure> {
    let (mut reader, mut head) = (source.read()?, Head::default());
    while let Some(lines) = reader.next()? {
        for Numbered { number, line } in lines {
            head.lines = number;
            match line {
                Ok(Line::Header(header)) if number == 1 => head.header = Some(header),
                Ok(Line::Pepper(pepper)) => head.peppers.push(pepper),
                Ok(Line::Tenant(tenant)) => head.tenant = Some(*tenant),
                Ok(Line::Footer(footer)) => head.digest = Some(footer.digest),
                _ => {}
            }
        }
    }
    match &head.header {
        None => Err("the first line is no header".to_owned().into()),
        Some(header) if header.version != VERSION => {
            Err(format!("the file is of version {}, and this command reads {VERSION}", header.version).into())
        }
        Some(_) => Ok(head),
    }
}

/// Takes in the peppers and registers the tenant, unless they are there.
async fn target<'a>(app: &'a App, head: &Head, named: Option<TenantId>) -> Result<Target<'a>, Failure> {
    let now = app.clock.now();
    let tenant = named.or_else(|| head.header.as_ref().and_then(|header| header.tenant_id.clone()));
    let tenant = tenant.ok_or_else(|| "the file names no tenant: name one with --tenant".to_owned())?;
    let known = app.store.tenant(&tenant, now).await?;
    let settings = match (known, &head.tenant) {
        (Some(known), _) => known.settings,
        (None, Some(line)) => {
            let new = Tenant {
                settings_version: line.settings_version,
                ..Tenant::new(tenant.clone(), line.settings.clone())
            };
            app.store.register_tenant(&new, now).await?;
            new.settings
        }
        (None, None) => return Err(format!("there is no tenant {tenant}, and the file has no settings of one").into()),
    };
    let mut peppers = BTreeMap::new();
    for pepper in &head.peppers {
        let secret =
            BASE64.decode(pepper.secret.as_bytes()).map(Zeroizing::new).ok().filter(|secret| secret.len() >= 32);
        let secret = secret.ok_or_else(|| format!("pepper {} of the file is not 32 bytes in Base64", pepper.id))?;
        peppers.insert(pepper.id, app.adopt_pepper(&secret).await?);
    }
    Ok(Target { app, tenant, settings, ring: app.key_ring().await?, peppers, now })
}

/// When a line's turn is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Records,
    Accounts,
    Rest,
}

impl Numbered {
    fn stage(&self) -> Stage {
        match self.line {
            Ok(Line::Intermediary(_)) => Stage::Records,
            Ok(Line::Account(_)) => Stage::Accounts,
            _ => Stage::Rest,
        }
    }
}

enum Outcome {
    /// Whether it was new.
    Row(Result<bool, Refused>),
    /// To be registered after everything else.
    Client(Client),
    /// It was seen to before.
    Nothing,
}

impl Target<'_> {
    /// Only a fault ends the import.
    async fn import(&self, Numbered { number, line }: Numbered) -> (u64, Result<Outcome, Error>) {
        let outcome = match line {
            Ok(Line::Client(client)) => Ok(Outcome::Client(client)),
            Ok(Line::Header(_)) if number != 1 => Ok(Outcome::Row(Err(Refused::because("a header is the first line")))),
            Ok(Line::Header(_) | Line::Pepper(_) | Line::Tenant(_) | Line::Footer(_)) => Ok(Outcome::Nothing),
            Ok(line) => self.import_row(line).await.map(Outcome::Row),
            Err(refused) => Ok(Outcome::Row(Err(refused))),
        };
        (number, outcome)
    }

    async fn import_row(&self, line: Line) -> Result<Result<bool, Refused>, Error> {
        let (store, tenant, now) = (&self.app.store, &self.tenant, self.now);
        let imported = match line {
            Line::Intermediary(record) => {
                let variables = serde_json::to_string(&record.variables);
                let variables = variables.map_err(|_| Code::Internal.because("an object without a JSON form"))?;
                store.import_intermediary(tenant, &record.id, variables, now).await?
            }
            Line::Account(account) => match account.into_account(&self.destination()) {
                Ok(account) => store.import_account(tenant, &account, now).await?,
                Err(refused) => return Ok(Err(refused)),
            },
            Line::Consent(line) => store.import_consent(tenant, (line.account_id, &line.consent), now).await?,
            Line::History(line) if line.entry.ends_at() <= now.seconds() => Imported::WasThere,
            Line::History(line) => store.import_entry(tenant, (line.id, &line.entry), now).await?,
            Line::Header(_) | Line::Pepper(_) | Line::Tenant(_) | Line::Client(_) | Line::Footer(_) => {
                Imported::WasThere
            }
        };
        Ok(match imported {
            Imported::Done => Ok(true),
            Imported::WasThere => Ok(false),
            Imported::IdentifierTaken(field) => Err(Refused::taken(&field)),
            Imported::IntermediaryMissing => Err(Refused::because("there is no such intermediary")),
            Imported::IntermediaryHasAccount => Err(Refused::because("the intermediary has an account")),
            Imported::AccountMissing => Err(Refused::because("its account is not here")),
        })
    }

    async fn import_client(&self, client: &Client) -> Result<Result<bool, Refused>, Error> {
        let (store, tenant, now) = (&self.app.store, &self.tenant, self.now);
        match store.create_client(tenant, client, None, now).await? {
            ClientChange::Done => Ok(Ok(true)),
            ClientChange::Changed | ClientChange::Remembered => {
                let is_there = store.client(tenant, &client.id, now).await?.is_some();
                Ok(if is_there {
                    Ok(false)
                } else {
                    Err(Refused::because("a key or secret of it is another client's here"))
                })
            }
        }
    }

    fn destination(&self) -> Destination<'_> {
        Destination {
            tenant: &self.tenant,
            settings: &self.settings,
            ring: &self.ring,
            peppers: &self.peppers,
            random: &self.app.random,
            now: self.now,
        }
    }
}
