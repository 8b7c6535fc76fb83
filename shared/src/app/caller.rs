use std::net::IpAddr;
use std::sync::Arc;

use super::App;
use crate::account::{Account, Kind};
use crate::error::{Code, Error};
use crate::history::{Entry, Happened};
use crate::http::Request;
use crate::key_ring::KeyRing;
use crate::limits::limits;
use crate::log::Line;
use crate::metric;
use crate::password::{NewPassword, Password};
use crate::session::Lifespan;
use crate::store::{Credential, SourceAct, SourceLimit, Tenant};
use crate::token::{Bearer, ClientSecret, Portal};
use crate::types::{AccountId, ClientId, RefreshLifetime, TenantId, Timestamp};

/// Which client of which tenant a request is from, and when.
#[derive(Debug, Clone)]
pub struct Caller {
    pub tenant: Arc<Tenant>,
    pub client_id: ClientId,
    pub ring: Arc<KeyRing>,
    pub now: Timestamp,
    pub request_id: String,
    /// Whom the surface that was called signs in.
    pub kind: Kind,
    /// The caller's address as API Gateway saw it.
    pub source: Option<IpAddr>,
    pub proved: Proved,
}

/// What a request showed to be its client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proved {
    /// A secret of the client, which only its back end has.
    Secret,
    /// The public key, which any browser may have.
    PublicKey,
    /// A lead's `AuthKey`.
    AuthKey,
    /// Nothing: a person's own browser, on the pages.
    Nothing,
}

impl Proved {
    pub(super) fn refusal(self) -> Code {
        match self {
            Self::Secret => Code::InvalidAccessKey,
            Self::PublicKey => Code::InvalidPublicKey,
            Self::AuthKey => Code::InvalidAuthKey,
            Self::Nothing => Code::InvalidCredentials,
        }
    }
}

/// More is not taken where customers sign in (document 004).
const LONGEST_OF_CUSTOMERS: usize = 255;

impl Caller {
    #[must_use]
    pub fn tenant_id(&self) -> &TenantId {
        &self.tenant.id
    }

    #[must_use]
    pub fn portal(&self) -> Portal {
        Portal { tenant: self.tenant.id.clone(), client: self.client_id.clone() }
    }

    /// A password for the account, as the tenant wants one.
    pub(super) fn new_password(&self, account: &Account, typed: &Password) -> Result<NewPassword, Error> {
        if matches!(self.kind, Kind::Customer(_)) && typed.length() > LONGEST_OF_CUSTOMERS {
            let rule = "The password must have at most 255 characters.";
            return Err(Code::WeakPassword.because("too long to sign in with").saying(rule).at("password"));
        }
        NewPassword::parse(typed, &self.tenant.settings.password_policy(self.kind), &account.hints())
    }

    /// What this call counts against. Only one that any device could make is held against its address: a back
    /// end's address is not the person's.
    pub(super) fn act(&self, limit: SourceLimit) -> Option<SourceAct> {
        (self.proved != Proved::Secret).then(|| SourceAct { whose: self.network(), limit })
    }

    pub(super) fn over(&self, limit: SourceLimit) -> Error {
        Code::TooManyRequests.because("too much of it from one source").retry_after(limit.wait(self.now))
    }

    /// How long a session lives that its caller may prolong for so long at a time.
    pub(super) fn lifespan(&self, lifetime: RefreshLifetime) -> Lifespan {
        let absolute_seconds = self.tenant.settings.session_absolute_seconds();
        Lifespan { idle_seconds: lifetime.seconds(), absolute_seconds }
    }

    pub(super) fn bearer(&self) -> Bearer<'_> {
        Bearer { tenant: &self.tenant.id, client: &self.client_id }
    }

    /// `{issuer}/{tenant}/{surface}`: a gateway that checks one audience lets one tenant's tokens in.
    pub(super) fn audience(&self, app: &App) -> String {
        format!("{}/{}/{}", app.issuer, self.tenant.id, self.kind.surface())
    }

    /// What happened to an account just now, at this caller's request.
    pub(super) fn entry(&self, event: Happened, account_id: AccountId) -> Entry {
        Entry {
            account_id,
            event,
            at_ms: self.now.milliseconds(),
            client_id: self.client_id.clone(),
            session_id: None,
            source: self.source.map(|address| address.to_string()),
            request_id: self.request_id.clone(),
            reason: None,
            is_unlisted: false,
        }
    }

    /// Where it comes from, as limits count it.
    pub(super) fn network(&self) -> String {
        network(self.source)
    }

    pub(super) fn line<'a>(&'a self, event: &'a str) -> Line<'a> {
        Line {
            event,
            request_id: &self.request_id,
            tenant: Some(self.tenant.id.as_str()),
            client: Some(self.client_id.as_str()),
            source: self.source.map(|address| address.to_string()),
            ..Line::default()
        }
    }
}

impl App {
    /// Tells the log what the account's history is told, and counts it.
    pub(super) fn log_entry(&self, caller: &Caller, entry: &Entry) {
        count_happened(entry.event);
        let line = Line {
            account: Some(entry.account_id.to_string()),
            session: entry.session_id.map(|session| session.to_string()),
            reason: entry.reason.as_deref(),
            ..caller.line(entry.event.name())
        };
        if entry.event.is_harmless() {
            self.log.info(&self.clock, &line);
        } else {
            self.log.warn(&self.clock, &line);
        }
    }

    /// Tells the account's history by itself, where it has one. `id` is random; of one id the last stands.
    pub(super) async fn note(&self, caller: &Caller, id: &str, entry: &Entry) -> Result<(), Error> {
        match entry.kept_of(caller.kind) {
            Some(entry) => self.store.note(caller.tenant_id(), id, entry).await,
            None => Ok(()),
        }
    }

    pub(super) fn log_entries(&self, caller: &Caller, entries: &[Entry]) {
        for entry in entries {
            self.log_entry(caller, entry);
        }
    }

    /// The client that holds `api_key`. Costs no call while the answer is known from the last minute.
    ///
    /// # Errors
    /// [`Code::InvalidApiKey`]; [`Code::TooManyRequests`] once a source has presented too many bad ones.
    pub async fn caller(&self, api_key: Option<&str>, request: &Request, kind: Kind) -> Result<Caller, Error> {
        let refusal = Code::InvalidApiKey;
        let secret = api_key.and_then(ClientSecret::api_key);
        let secret = secret.ok_or_else(|| refusal.because("no api key, or none of ours by its form"))?;
        self.caller_by_secret(&secret, refusal, request, kind).await
    }

    pub(super) async fn caller_by_secret(
        &self,
        secret: &ClientSecret,
        refusal: Code,
        request: &Request,
        kind: Kind,
    ) -> Result<Caller, Error> {
        let now = self.clock.now();
        let ring = self.key_ring().await?;
        let Some(credential) = self.credential(secret, now).await? else {
            return Err(self.refuse_credential(refusal, request, now).await);
        };
        let gone = || Code::Internal.because("a credential of no tenant");
        let tenant = self.tenant(&credential.tenant_id, now).await?.ok_or_else(gone)?;
        let (request_id, source, proved) = (request.request_id.clone(), request.source, Proved::Secret);
        Ok(Caller { tenant, client_id: credential.client_id, ring, now, request_id, kind, source, proved })
    }

    pub(super) async fn credential(&self, secret: &ClientSecret, now: Timestamp) -> Result<Option<Credential>, Error> {
        let hash = secret.hash();
        if let Some(known) = self.credentials.get(&hash, now) {
            return Ok(Some(known).filter(|known| known.expires_at.is_none_or(|end| now.seconds() < end)));
        }
        let found = self.store.credential(&hash, now).await?;
        if let Some(credential) = &found {
            self.credentials.put(hash, credential.clone(), now);
        }
        Ok(found)
    }

    /// A tenant as this instance read it, at most a minute ago.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn tenant(&self, id: &TenantId, now: Timestamp) -> Result<Option<Arc<Tenant>>, Error> {
        if let Some(known) = self.tenants.get(id, now) {
            return Ok(Some(known));
        }
        let Some(tenant) = self.store.tenant(id, now).await?.map(Arc::new) else { return Ok(None) };
        self.tenants.put(id.clone(), Arc::clone(&tenant), now);
        Ok(Some(tenant))
    }

    /// Counted by the address that API Gateway saw.
    pub(super) async fn refuse_credential(&self, refusal: Code, request: &Request, now: Timestamp) -> Error {
        let (request_id, source) = (request.request_id.as_str(), request.source);
        let address = source.map(|address| address.to_string());
        let line = Line { event: "client.refused", request_id, source: address, ..Line::default() };
        self.log.warn(&self.clock, &line);
        match self.store.count_bad_credential(&network(source), now).await {
            Err(error) => error,
            Ok(tries) if tries <= limits().bad_credentials_per_minute => refusal.because("an unknown credential"),
            Ok(_) => {
                let wait = 60 - now.seconds().rem_euclid(60);
                Code::TooManyRequests.because("too many bad credentials from one source").retry_after(wait)
            }
        }
    }
}

/// Counts it where it is one of the metrics.
pub(super) fn count_happened(event: Happened) {
    if let Some(metric) = event.metric() {
        metric::count(metric);
    }
}

/// An address as limits count it: an IPv6 one by its /64 (yardstick I6).
fn network(source: Option<IpAddr>) -> String {
    match source {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}")
        }
        None => "unknown".to_owned(),
    }
}
