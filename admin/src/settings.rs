use std::path::PathBuf;

use clap::Args;
use clap::builder::RangedI64ValueParser;
use shared::account::Signer;
use shared::key_ring::Algorithm;
use shared::password::PasswordPolicy;
use shared::store::{CallLimit, LeadKey, MfaSettings, TenantSettings};
use shared::types::{Audience, Format, HttpsUrl, Invalid, Name, PhonePrefix, SchemaName, Text};

use crate::Failure;
use crate::value::{OrNone, json, or_none, value, word};

/// What a tenant chooses. What is not named stays as it is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Settings")]
pub(crate) struct Settings {
    /// What people know the tenant by; empty: by its id
    #[arg(long, value_name = "NAME", value_parser = or_none::<Name>)]
    display_name: Option<OrNone<Name>>,
    /// Where links in messages lead: an https URL without a trailing slash; empty: to the API itself
    #[arg(long, value_name = "URL", value_parser = or_none::<PortalUrl>)]
    portal_url: Option<OrNone<PortalUrl>>,
    /// A file with texts of messages in place of ours, as JSON (README, Messages); {} for ours
    #[arg(long, value_name = "FILE")]
    message_texts: Option<PathBuf>,
    /// What access tokens are signed by: `RS256`, `ES256` or `EdDSA`
    #[arg(long, value_parser = word::<Algorithm>)]
    signing_algorithm: Option<Algorithm>,
    /// What access tokens open Latchkey's own calls for customers, beside the API's URL; again for each
    #[arg(long = "audience", value_parser = value::<Audience>)]
    audiences: Vec<Audience>,
    /// The absolute end of a session: 1800 to 7776000
    #[arg(long, value_name = "SECONDS", value_parser = within(TenantSettings::SESSION_ABSOLUTE_SECONDS))]
    session_absolute_seconds: Option<i64>,
    /// The life of an access token: 60 to 3600
    #[arg(long, value_name = "SECONDS", value_parser = within(TenantSettings::ACCESS_TOKEN_SECONDS))]
    access_token_seconds: Option<i64>,
    /// The life of a customer's access token: 60 to 86400
    #[arg(long, value_name = "SECONDS", value_parser = within(TenantSettings::CUSTOMERS_TOKEN_SECONDS))]
    customer_token_seconds: Option<i64>,
    /// The life of a client's own access token: 60 to 86400
    #[arg(long, value_name = "SECONDS", value_parser = within(TenantSettings::CUSTOMERS_TOKEN_SECONDS))]
    client_token_seconds: Option<i64>,
    /// How long a data transfer waits for an answer: 60 to 3600
    #[arg(long, value_name = "SECONDS", value_parser = within(TenantSettings::TRANSFER_SECONDS))]
    transfer_seconds: Option<i64>,
    /// What numbers that get text messages begin with, such as +47,+46; empty: every number does
    #[arg(long, value_name = "PREFIXES", value_delimiter = ',', value_parser = or_none::<PhonePrefix>)]
    sms_prefixes: Vec<OrNone<PhonePrefix>>,
    /// How many text messages leave in a day: 0 to 1000000
    #[arg(long, value_name = "MESSAGES", value_parser = within(TenantSettings::SMS_PER_DAY))]
    sms_per_day: Option<u32>,
    /// Whose accounts sign in to answer one: customer, company, lead, intermediary, with commas between them
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = word::<Signer>)]
    consenting: Vec<Signer>,
    /// A field that identifies a lead, and how it is written: email, phone or text; again for each
    #[arg(long = "lead-key", value_name = "FIELD=FORMAT", value_parser = lead_key)]
    lead_keys: Vec<LeadKey>,
    /// How many calls an access key has: 1 to 100
    #[arg(long, value_name = "CALLS", value_parser = within(TenantSettings::LEAD_CALLS))]
    lead_calls: Option<u32>,
    /// In how many seconds: 1 to 3600
    #[arg(long, value_name = "SECONDS", value_parser = within(TenantSettings::LEAD_CALLS_SECONDS))]
    lead_calls_seconds: Option<u32>,
    /// The shortest password: 8 to 255 characters
    #[arg(long, value_name = "CHARACTERS", value_parser = within(8..=255_u16))]
    password_minimum_length: Option<u16>,
    /// Whether passwords need a digit, a lower and an upper case letter; those of intermediaries always do
    #[arg(long, value_name = "BOOL")]
    password_character_classes: Option<bool>,
    /// Whether the case of letters counts where passwords are compared with the most common ones: false if it does
    #[arg(long, value_name = "BOOL")]
    password_fold_case: Option<bool>,
    /// The lowest zxcvbn score of a password: 0 to 4
    #[arg(long, value_name = "SCORE", value_parser = within(0..=4_u8))]
    password_minimum_score: Option<u8>,
    /// A word that no password may contain; again for each
    #[arg(long = "password-forbidden-word", value_name = "WORD", value_parser = value::<Name>)]
    password_forbidden_words: Vec<Name>,
    /// Whether every customer needs a second factor
    #[arg(long, value_name = "BOOL")]
    mfa_enabled: Option<bool>,
    /// Whether a code by e-mail passes for one
    #[arg(long, value_name = "BOOL")]
    mfa_takes_email: Option<bool>,
    /// Whether customers may share telephone numbers, which sign nobody in then
    #[arg(long, value_name = "BOOL")]
    customers_share_phones: Option<bool>,
}

impl Settings {
    /// What was chosen before with what is chosen now.
    pub(crate) fn applied_to(self, before: TenantSettings) -> Result<TenantSettings, Failure> {
        let policy = self.password_policy(before.own_password_policy().clone());
        let CallLimit { calls, seconds } = before.lead_calls();
        let lead_calls =
            CallLimit { calls: self.lead_calls.unwrap_or(calls), seconds: self.lead_calls_seconds.unwrap_or(seconds) };
        let mut after = before.with_password_policy(policy).with_lead_calls(lead_calls);
        if let Some(OrNone(name)) = self.display_name {
            after.display_name = name.map(String::from);
        }
        if let Some(OrNone(url)) = self.portal_url {
            after.portal_url = url.map(|PortalUrl(url)| url.into());
        }
        if let Some(file) = self.message_texts {
            let named = |why: String| format!("{}: {why}", file.display());
            let text = std::fs::read_to_string(&file).map_err(|error| named(error.to_string()))?;
            after.message_texts = json(&text).map_err(named)?;
        }
        after.mfa = MfaSettings {
            is_enabled: self.mfa_enabled.unwrap_or(after.mfa.is_enabled),
            takes_email: self.mfa_takes_email.unwrap_or(after.mfa.takes_email),
        };
        after.customers_share_phones = self.customers_share_phones.unwrap_or(after.customers_share_phones);
        let after = with(after, self.signing_algorithm, TenantSettings::with_signing_algorithm);
        let after = with(after, self.session_absolute_seconds, TenantSettings::with_session_absolute_seconds);
        let after = with(after, self.access_token_seconds, TenantSettings::with_access_token_seconds);
        let after = with(after, self.customer_token_seconds, TenantSettings::with_customer_token_seconds);
        let after = with(after, self.client_token_seconds, TenantSettings::with_client_token_seconds);
        let after = with(after, self.transfer_seconds, TenantSettings::with_transfer_seconds);
        let after = with(after, named(self.sms_prefixes), |after, prefixes| {
            after.with_sms_prefixes(prefixes.into_iter().filter_map(|OrNone(prefix)| prefix).collect())
        });
        let after = with(after, self.sms_per_day, TenantSettings::with_sms_per_day);
        let after = with(after, named(self.audiences), TenantSettings::with_audiences);
        let after = with(after, named(self.consenting), |after, kinds| after.with_consenting(&kinds));
        Ok(with(after, named(distinct(self.lead_keys)?), TenantSettings::with_lead_keys))
    }

    fn password_policy(&self, before: PasswordPolicy) -> PasswordPolicy {
        let words = named(self.password_forbidden_words.clone());
        PasswordPolicy {
            minimum_length: self.password_minimum_length.unwrap_or(before.minimum_length),
            character_classes: self.password_character_classes.unwrap_or(before.character_classes),
            fold_case: self.password_fold_case.unwrap_or(before.fold_case),
            minimum_score: self.password_minimum_score.unwrap_or(before.minimum_score),
            forbidden_words: words
                .map_or(before.forbidden_words, |words| words.into_iter().map(String::from).collect()),
        }
    }
}

fn with<T>(before: TenantSettings, chosen: Option<T>, with: fn(TenantSettings, T) -> TenantSettings) -> TenantSettings {
    match chosen {
        Some(chosen) => with(before, chosen),
        None => before,
    }
}

/// A list replaces the one before, if anything of it was named.
fn named<T>(list: Vec<T>) -> Option<Vec<T>> {
    if list.is_empty() { None } else { Some(list) }
}

fn within<N>(range: std::ops::RangeInclusive<N>) -> RangedI64ValueParser<N>
where
    N: TryFrom<i64> + Into<i64> + Copy + Clone + Send + Sync + 'static,
    <N as TryFrom<i64>>::Error: Send + Sync + 'static + std::error::Error + ToString,
{
    RangedI64ValueParser::new().range((*range.start()).into()..=(*range.end()).into())
}

/// Where a portal is reached; paths are put behind it.
#[derive(Debug, Clone)]
struct PortalUrl(Text<HttpsUrl>);

impl TryFrom<String> for PortalUrl {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        if text.ends_with('/') || text.contains(['?', '#']) {
            return Err(Invalid("must be an https URL without a trailing slash, a query and a fragment"));
        }
        Text::try_from(text).map(Self)
    }
}

fn lead_key(text: &str) -> Result<LeadKey, String> {
    let (field, format) = text.split_once('=').ok_or("must be a field, = and its format")?;
    let field: SchemaName = value(field).map_err(|invalid: Invalid| invalid.to_string())?;
    let format = word(format)?;
    let own = [(SchemaName::email_address(), Format::Email), (SchemaName::phone(), Format::Phone)];
    if own.iter().any(|(known, own)| *known == field && *own != format) {
        return Err("must have EmailAddress as email and Phone as phone".to_owned());
    }
    Ok(LeadKey { field, format })
}

fn distinct(keys: Vec<LeadKey>) -> Result<Vec<LeadKey>, Failure> {
    let twice = keys.iter().enumerate().any(|(at, key)| keys.iter().take(at).any(|known| known.field == key.field));
    if twice { Err(Failure::from("--lead-key names a field twice".to_owned())) } else { Ok(keys) }
}
