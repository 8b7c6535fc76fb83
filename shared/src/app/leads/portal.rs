//! The clients of the leads surface, by each of the keys that they call with.

use crate::account::{Account, Kind};
use crate::app::{App, Caller, Proved};
use crate::error::{Code, Error};
use crate::http::Request;
use crate::key_ring::KeyRing;
use crate::session::Session;
use crate::token::{AuthKey, ClientSecret, Portal};

impl App {
    /// The portal with this access key and secret key.
    ///
    /// # Errors
    /// [`Code::InvalidAccessKey`]; [`Code::TooManyRequests`] once a source has presented too many bad ones.
    pub async fn portal_by_access_key(
        &self,
        access_key: Option<(&str, &str)>,
        request: &Request,
    ) -> Result<Caller, Error> {
        let refusal = Code::InvalidAccessKey;
        let secret = access_key.and_then(|(access_key, secret_key)| ClientSecret::access_key(access_key, secret_key));
        let secret = secret.ok_or_else(|| refusal.because("no access key and secret key, or none of ours by form"))?;
        self.caller_by_secret(&secret, refusal, request, Kind::Lead).await
    }

    /// The portal with this public key. The key is checked without a read.
    ///
    /// # Errors
    /// [`Code::InvalidPublicKey`].
    pub async fn portal_by_public_key(&self, key: Option<&str>, request: &Request) -> Result<Caller, Error> {
        let ring = self.key_ring().await?;
        let refused = || Code::InvalidPublicKey.because("no public key of ours");
        let portal = key.and_then(|key| Portal::of_public_key(key, &ring)).ok_or_else(refused)?;
        self.caller_of(portal, ring, Proved::PublicKey, request).await
    }

    /// The portal that a lead with this `AuthKey` signed in at, and the key. It is checked without a read; whether
    /// its session goes on is to be seen.
    ///
    /// # Errors
    /// [`Code::InvalidAuthKey`].
    pub async fn portal_by_auth_key(&self, key: Option<&str>, request: &Request) -> Result<(Caller, AuthKey), Error> {
        let ring = self.key_ring().await?;
        let refused = || Code::InvalidAuthKey.because("no AuthKey of ours");
        let key = key.and_then(|key| AuthKey::parse(key, &ring)).ok_or_else(refused)?;
        let caller = self.caller_of(key.portal.clone(), ring, Proved::AuthKey, request).await?;
        Ok((caller, key))
    }

    async fn caller_of(
        &self,
        portal: Portal,
        ring: std::sync::Arc<KeyRing>,
        proved: Proved,
        request: &Request,
    ) -> Result<Caller, Error> {
        let now = self.clock.now();
        let gone = || proved.refusal().because("the portal's tenant is no more");
        let tenant = self.tenant(&portal.tenant, now).await?.ok_or_else(gone)?;
        let request_id = request.request_id.clone();
        let (client_id, kind, source) = (portal.client, Kind::Lead, request.source);
        Ok(Caller { tenant, client_id, ring, now, request_id, kind, source, proved })
    }

    /// The account and session behind an `AuthKey`, as they are now.
    ///
    /// # Errors
    /// [`Code::InvalidAuthKey`]; [`Code::TooManyRequests`] when the source failed too often.
    pub async fn live_lead(&self, caller: &Caller, key: &AuthKey) -> Result<(Account, Session), Error> {
        let live = self.store.live_session(caller.tenant_id(), key.account_id, key.session_id, None, caller.now);
        let (may, live) = tokio::join!(self.source_may_fail(caller), live);
        may?;
        live?.ok_or_else(|| Code::InvalidAuthKey.because("the session or its account is no more"))
    }
}
