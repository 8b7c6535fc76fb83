use std::net::IpAddr;
use std::sync::Arc;

use super::App;
use crate::account::Kind;
use crate::error::{Code, Error};
use crate::key_ring::KeyRing;
use crate::log::Line;
use crate::store::{Credential, Tenant};
use crate::token::{ApiKey, Bearer, Issuer};
use crate::types::{ClientId, TenantId, Timestamp};

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
}

/// Bad credentials a minute that one source gets a 401 for (yardstick §3, per source).
const BAD_CREDENTIALS_PER_MINUTE: u32 = 20;

impl Caller {
    #[must_use]
    pub fn tenant_id(&self) -> &TenantId {
        &self.tenant.id
    }

    pub(super) fn bearer(&self) -> Bearer<'_> {
        Bearer { tenant: &self.tenant.id, client: &self.client_id }
    }

    pub(super) fn issuer<'a>(&'a self, app: &'a App) -> Issuer<'a> {
        Issuer { url: &app.issuer, tenant: &self.tenant.id, surface: self.kind.surface() }
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
    /// The client that holds `api_key`. Costs no call while the answer is known from the last minute.
    ///
    /// # Errors
    /// [`Code::InvalidApiKey`]; [`Code::TooManyRequests`] once a source has presented too many bad ones.
    pub async fn caller(
        &self,
        api_key: Option<&str>,
        source: Option<IpAddr>,
        kind: Kind,
        request_id: &str,
    ) -> Result<Caller, Error> {
        let now = self.clock.now();
        let Some(key) = api_key.and_then(ApiKey::parse) else {
            return Err(Code::InvalidApiKey.because("no api key, or none of ours by its form"));
        };
        let ring = self.key_ring().await?;
        let Some(credential) = self.credential(&key, now).await? else {
            return Err(self.refuse_credential(source, request_id, now).await);
        };
        let tenant = self.tenant(&credential.tenant_id, now).await?;
        let request_id = request_id.to_owned();
        Ok(Caller { tenant, client_id: credential.client_id, ring, now, request_id, kind, source })
    }

    async fn credential(&self, key: &ApiKey, now: Timestamp) -> Result<Option<Credential>, Error> {
        let hash = key.hash();
        if let Some(known) = self.credentials.get(&hash, now) {
            return Ok(Some(known).filter(|known| known.expires_at.is_none_or(|end| now.seconds() < end)));
        }
        let found = self.store.credential(&hash, now).await?;
        if let Some(credential) = &found {
            self.credentials.put(hash, credential.clone(), now);
        }
        Ok(found)
    }

    async fn tenant(&self, id: &TenantId, now: Timestamp) -> Result<Arc<Tenant>, Error> {
        if let Some(known) = self.tenants.get(id, now) {
            return Ok(known);
        }
        let found = self.store.tenant(id, now).await?;
        let tenant = Arc::new(found.ok_or_else(|| Code::Internal.because("a credential of no tenant"))?);
        self.tenants.put(id.clone(), Arc::clone(&tenant), now);
        Ok(tenant)
    }

    /// Counted by the address that API Gateway saw, an IPv6 one by its /64 (yardstick I6).
    async fn refuse_credential(&self, source: Option<IpAddr>, request_id: &str, now: Timestamp) -> Error {
        let address = source.map(|address| address.to_string());
        let line = Line { event: "client.refused", request_id, source: address, ..Line::default() };
        self.log.warn(&self.clock, &line);
        let network = match source {
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}")
            }
            None => "unknown".to_owned(),
        };
        match self.store.count_bad_credential(&network, now).await {
            Err(error) => error,
            Ok(tries) if tries <= BAD_CREDENTIALS_PER_MINUTE => Code::InvalidApiKey.because("an unknown api key"),
            Ok(_) => {
                let wait = 60 - now.seconds().rem_euclid(60);
                Code::TooManyRequests.because("too many bad api keys from one source").retry_after(wait)
            }
        }
    }
}
