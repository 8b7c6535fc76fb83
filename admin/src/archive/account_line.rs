use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use shared::account::{Account, Customer, FailedSignIns, Owner, Profile, SecondFactors, Status, Totp};
use shared::error::Error;
use shared::key_ring::KeyRing;
use shared::password::PasswordHash;
use shared::random::Random;
use shared::store::TenantSettings;
use shared::token::TotpSecret;
use shared::types::{AccountId, Email, Identifier, Invalid, Name, Phone, SchemaName, TenantId, Timestamp};

use super::refused::Refused;

/// An account as it travels: with its authenticator app's secret open and without what is bound to one deployment.
/// Times in seconds since 1970-01-01T00:00:00Z.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountLine {
    /// Without one, made of the tenant and the first identifier: the same each time.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    id: Option<AccountId>,
    owner: Owner,
    #[serde(default = "active")]
    status: Status,
    /// Without it, all that it can be known by.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    identifiers: Option<BTreeMap<SchemaName, String>>,
    #[serde(default)]
    identity_version: u32,
    #[serde(default)]
    revision: u32,
    #[serde(default)]
    is_unclaimed: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    email: Option<Email>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    email_verified_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    phone: Option<Phone>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    phone_verified_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    full_name: Option<Name>,
    #[serde(skip_serializing_if = "Profile::is_empty", default)]
    profile: Profile,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    password_hash: Option<PasswordHash>,
    #[serde(default)]
    password_version: u32,
    #[serde(default)]
    credentials_changed_at_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    created_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    last_active_at: Option<i64>,
    #[serde(default)]
    consents_given: u32,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    totp: Option<TotpLine>,
    /// SHA-256 of each.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    recovery_codes: Vec<String>,
    /// What disables passwords and second factors once it is a hundred goes along, locks do not.
    #[serde(default)]
    failed_since_success: u32,
    #[serde(default)]
    mfa_failures: u32,
    #[serde(default)]
    recovery_failures: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TotpLine {
    /// Base32 of 160 bits.
    secret: String,
    #[serde(default)]
    last_step: u64,
}

/// Where accounts go.
pub(super) struct Destination<'a> {
    pub tenant: &'a TenantId,
    pub settings: &'a TenantSettings,
    pub ring: &'a KeyRing,
    /// The id here of each pepper of the file.
    pub peppers: &'a BTreeMap<u8, u8>,
    pub random: &'a Random,
    pub now: Timestamp,
}

const MOST_IDENTIFIERS: usize = 40;
/// SHA-256 in base64url.
const DIGEST_LETTERS: usize = 43;
const MOST_RECOVERY_CODES: usize = 10;

fn active() -> Status {
    Status::Active
}

impl AccountLine {
    /// # Errors
    /// When the authenticator app's secret does not open.
    pub(super) fn of(account: Account, tenant: &TenantId, ring: &KeyRing) -> Result<Self, Error> {
        let totp = account.second_factors.totp.map(|totp| {
            let secret = TotpSecret::unseal(&totp.sealed_secret, ring, tenant, account.id)?;
            Ok::<_, Error>(TotpLine { secret: secret.reveal().to_string(), last_step: totp.last_step })
        });
        Ok(Self {
            id: Some(account.id),
            owner: account.owner,
            status: account.status,
            identifiers: Some(account.identifiers),
            identity_version: account.identity_version,
            revision: account.revision,
            is_unclaimed: account.is_unclaimed,
            email: account.email,
            email_verified_at: account.email_verified_at,
            phone: account.phone,
            phone_verified_at: account.phone_verified_at,
            full_name: account.full_name,
            profile: account.profile,
            password_hash: account.password_hash,
            password_version: account.password_version,
            credentials_changed_at_ms: account.credentials_changed_at_ms,
            created_at: Some(account.created_at),
            last_active_at: Some(account.last_active_at),
            consents_given: account.consents_given,
            totp: totp.transpose()?,
            recovery_codes: account.second_factors.recovery_codes,
            failed_since_success: account.failures.failed_since_success,
            mfa_failures: account.second_factors.mfa_failures,
            recovery_failures: account.second_factors.recovery_failures,
        })
    }

    /// The account as it is to be here.
    pub(super) fn into_account(self, to: &Destination<'_>) -> Result<Account, Refused> {
        let owner = owner(self.owner, to)?;
        let password_hash = self.password_hash.as_ref().map(|hash| password_hash(hash, to)).transpose()?;
        let mut account = Account {
            status: self.status,
            identity_version: self.identity_version,
            revision: self.revision,
            is_unclaimed: self.is_unclaimed,
            email: self.email,
            email_verified_at: self.email_verified_at,
            phone: self.phone,
            phone_verified_at: self.phone_verified_at,
            full_name: self.full_name,
            profile: self.profile,
            password_hash,
            password_version: self.password_version,
            credentials_changed_at_ms: self.credentials_changed_at_ms,
            consents_given: self.consents_given,
            failures: FailedSignIns { failed_since_success: self.failed_since_success, ..FailedSignIns::default() },
            ..Account::blank(AccountId::from_bytes([0; 16]), owner, to.now)
        };
        account.created_at = self.created_at.unwrap_or(account.created_at);
        account.last_active_at = self.last_active_at.unwrap_or(account.created_at);
        account.identifiers = identifiers(self.identifiers.as_ref(), &account, to.settings)?;
        account.id =
            self.id.or_else(|| made_id(&account, to.tenant)).ok_or_else(|| Refused::because("it has no id"))?;
        account.second_factors = SecondFactors {
            totp: self.totp.as_ref().map(|totp| sealed(totp, account.id, to)).transpose()?,
            recovery_codes: self.recovery_codes,
            mfa_failures: self.mfa_failures,
            recovery_failures: self.recovery_failures,
            ..SecondFactors::default()
        };
        check(&account)?;
        Ok(account)
    }
}

/// A pin is worth little enough: it must be kept our way.
fn owner(owner: Owner, to: &Destination<'_>) -> Result<Owner, Refused> {
    let Owner::Customer(Customer { pin_hash: Some(pin), customer_type, customer_id, first_name, last_name }) = owner
    else {
        return Ok(owner);
    };
    if pin.pepper().is_none() {
        return Err(Refused::because("pin_hash must be a hash that Latchkey made"));
    }
    let pin_hash = Some(password_hash(&pin, to)?);
    Ok(Owner::Customer(Customer { customer_type, customer_id, first_name, last_name, pin_hash }))
}

fn password_hash(hash: &PasswordHash, to: &Destination<'_>) -> Result<PasswordHash, Refused> {
    let refused = |rule: Invalid| Refused::invalid("password_hash", rule);
    match hash.pepper() {
        None => PasswordHash::foreign(hash.as_str().to_owned()).map_err(refused),
        Some(pepper) => {
            let here = to.peppers.get(&pepper);
            let here = here.ok_or_else(|| Refused::because("password_hash names a pepper that the file has not"))?;
            hash.moved(*here).map_err(refused)
        }
    }
}

fn sealed(totp: &TotpLine, account: AccountId, to: &Destination<'_>) -> Result<Totp, Refused> {
    let secret = TotpSecret::parse(&totp.secret);
    let secret = secret.ok_or_else(|| Refused::because("totp.secret must be 160 bits in base32"))?;
    let sealed_secret = secret.seal(to.ring, to.random, to.tenant, account);
    let sealed_secret = sealed_secret.map_err(|_| Refused::because("totp.secret cannot be sealed"))?;
    Ok(Totp { sealed_secret, last_step: totp.last_step })
}

/// Those that were chosen, of all that the account can be known by.
fn identifiers(
    chosen: Option<&BTreeMap<SchemaName, String>>,
    account: &Account,
    settings: &TenantSettings,
) -> Result<BTreeMap<SchemaName, String>, Refused> {
    let email = account.email.as_ref().map(Identifier::email);
    let phone = account.phone.as_ref().map(Identifier::phone);
    let mut known: Vec<Identifier> = match &account.owner {
        Owner::Intermediary { .. } => email.into_iter().collect(),
        Owner::Customer(customer) => {
            let phone = phone.filter(|_| chosen.is_some() || !settings.customers_share_phones);
            [Identifier::customer_id(&customer.customer_id)].into_iter().chain(email).chain(phone).collect()
        }
        Owner::Lead { fields } => {
            let keyed = |identifier: &Identifier| settings.lead_key(&identifier.field).is_some();
            let described = fields.iter().filter_map(|(field, value)| {
                let format = settings.lead_key(field)?;
                Some(
                    Identifier::parse(field.clone(), format, value)
                        .map_err(|rule| Refused::invalid(field.as_str(), rule)),
                )
            });
            let described = described.collect::<Result<Vec<_>, _>>()?;
            email.into_iter().chain(phone).filter(keyed).chain(described).collect()
        }
    };
    if let Some(chosen) = chosen {
        known.retain(|identifier| chosen.get(&identifier.field).is_some_and(|value| value == identifier.canonical()));
        if known.len() != chosen.len() {
            return Err(Refused::because(
                "identifiers has one that the account does not say or the tenant does not know",
            ));
        }
    }
    if known.len() > MOST_IDENTIFIERS {
        return Err(Refused::because(format!("identifiers must be at most {MOST_IDENTIFIERS}")));
    }
    Ok(known.into_iter().map(|identifier| (identifier.field.clone(), identifier.canonical().to_owned())).collect())
}

fn made_id(account: &Account, tenant: &TenantId) -> Option<AccountId> {
    let first = account.identifiers().next()?;
    let parts = [tenant.as_str(), account.kind().as_str(), first.field.as_str(), first.canonical()];
    let digest = digest(&SHA256, parts.join("\n").as_bytes());
    let half = digest.as_ref().get(..16)?.try_into().ok()?;
    Some(AccountId::from_bytes(half))
}

fn check(account: &Account) -> Result<(), Refused> {
    let refuse = |why: &str| Err(Refused::because(why));
    let factors = &account.second_factors;
    if account.email_verified_at.is_some() && account.email.is_none() {
        return refuse("email_verified_at is of no e-mail address");
    }
    if account.phone_verified_at.is_some() && account.phone.is_none() {
        return refuse("phone_verified_at is of no phone");
    }
    if account.identifiers.is_empty() && account.password_hash.is_some() {
        return refuse("it has a password and nothing that it is known by");
    }
    let is_digest = |code: &String| code.len() == DIGEST_LETTERS && code.is_ascii();
    if factors.recovery_codes.len() > MOST_RECOVERY_CODES || !factors.recovery_codes.iter().all(is_digest) {
        return refuse("recovery_codes must be at most 10, each a SHA-256 in base64url");
    }
    Ok(())
}
