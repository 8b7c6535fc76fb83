//! What a handler is given: the [`App`], and on it the acts. Those of one kind of account alone are in a folder of its
//! own; the rest every surface shares.
//!
//! A surface is a wire shape, not a second core: signing in, setting a password and rotating a session are
//! written here once, and answer with a [`SignedIn`] that the surface puts into its own words.

mod account_saved;
mod administration;
mod authenticate;
mod cache;
mod caller;
mod change_password;
mod claim;
mod connect;
pub mod customers;
mod forgot_password;
mod intermediaries;
mod leads;
mod limits;
mod memory;
mod messages;
mod mfa;
mod mint_for_client;
mod re_sign;
mod ring;
mod rotate_keys;
mod sends;
mod set_status;
mod sign_in;
mod signed_in;
mod standards;
pub mod transfers;

pub use authenticate::Principal;
pub use caller::{Caller, Proved};
pub use change_password::PasswordChange;
pub use forgot_password::{ForgottenPassword, ResetForm};
pub use intermediaries::{Acceptance, AccountForm, Invited, PhoneChange};
pub use leads::{FlowCodeForm, LeadForm, Registration};
pub use memory::Memory;
pub use mfa::{MfaAnswer, MfaRequired, OobChannel, Takes};
pub use set_status::NewStatus;
pub use sign_in::{PhoneCodeForm, SignInAnswers};
pub use signed_in::{Flags, Respond, SignedIn, TokenPair};
pub use standards::Introspection;

use std::sync::Arc;

use aws_types::SdkConfig;

use crate::clock::Clock;
use crate::config::Config;
use crate::key_ring::Envelope;
use crate::log::Log;
use crate::password::PasswordHasher;
use crate::random::Random;
use crate::store::{Client, Credential, Store, Tenant};
use crate::token::CredentialHash;
use crate::types::{ClientId, TenantId};

use cache::Cache;
use ring::RingCache;

/// How often an act reads what others change at the same time before it gives up.
const READS: u32 = 4;

/// One function's whole outside world, made once per process.
#[derive(Debug)]
pub struct App {
    pub clock: Clock,
    pub random: Random,
    pub log: Log,
    pub store: Store,
    pub envelope: Envelope,
    /// How AWS is reached, for the client of a service that one function alone speaks to.
    pub aws: SdkConfig,
    issuer: String,
    passwords: PasswordHasher,
    ring: RingCache,
    credentials: Cache<CredentialHash, Credential>,
    tenants: Cache<TenantId, Arc<Tenant>>,
    clients: Cache<(TenantId, ClientId), Arc<Client>>,
    /// Until when, in seconds since 1970-01-01T00:00:00Z.
    blocked_sources: Cache<(TenantId, String), i64>,
}

impl App {
    /// Connects to what `config` names. Nothing is sent yet.
    ///
    /// # Errors
    /// One line that says why no connection can be made.
    pub fn connect(config: Config) -> Result<Self, String> {
        Self::with(config, Log::default(), Clock::default())
    }

    /// As [`connect`](App::connect), with a log and a clock of the caller's own.
    ///
    /// # Errors
    /// One line that says why no connection can be made.
    pub fn with(config: Config, log: Log, clock: Clock) -> Result<Self, String> {
        config.limits.clone().choose()?;
        let random = Random::default();
        let aws = connect::aws(&config)?;
        let (dynamodb, kms) = (connect::dynamodb(&aws, &config), connect::kms(&aws, &config));
        Ok(Self {
            clock,
            log: log.of(&config.table_name),
            store: Store::new(dynamodb, config.table_name, random.clone()),
            envelope: Envelope::new(kms, config.key_ring_key),
            aws,
            random,
            issuer: config.issuer,
            passwords: PasswordHasher::new(config.password_cost, config.password_permits),
            ring: RingCache::default(),
            credentials: Cache::default(),
            tenants: Cache::default(),
            clients: Cache::default(),
            blocked_sources: Cache::default(),
        })
    }

    /// One that answers at `issuer` and has nothing behind it.
    #[cfg(test)]
    pub(crate) fn at(issuer: &str) -> Self {
        let config = Config {
            table_name: "table".to_owned(),
            key_ring_key: "key".to_owned(),
            issuer: issuer.to_owned(),
            password_cost: crate::password::Cost::FLOOR,
            password_permits: 1,
            limits: crate::limits::Limits::default(),
            region: "local".to_owned(),
            credentials: aws_sdk_dynamodb::config::Credentials::new("local", "local", None, None, "local"),
            dynamodb_endpoint: None,
            kms_endpoint: None,
        };
        Self::with(config, Log::captured(), Clock::default()).expect("nothing is sent yet")
    }

    /// Fetches the key ring, so that the first request finds keys and connections ready. A failure is logged
    /// and left to that request.
    pub async fn prime(&self) {
        if let Err(error) = self.key_ring().await {
            let line = crate::log::Line { event: "prime", reason: Some(error.reason()), ..Default::default() };
            self.log.warn(&self.clock, &line);
        }
    }
}
