//! The clients of the leads surface: who they are, and that they may call once more.

use super::{App, Caller, Proved};
use crate::account::{Account, Kind};
use crate::error::{Code, Error};
use crate::http::Request;
use crate::key_ring::KeyRing;
use crate::session::Session;
use crate::store::{Admission, SourceLimit};
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

    /// Counts the call, and proves by the same write that its client is still there. Surfaces without a limit of
    /// their own let every call in.
    ///
    /// # Errors
    /// [`Code::TooManyRequests`] over the limit; the refusal of the caller's key when its client is no more.
    pub async fn admit(&self, caller: &Caller) -> Result<(), Error> {
        if caller.kind != Kind::Lead {
            return Ok(());
        }
        self.refuse_blocked_source(caller)?;
        let limit = caller.tenant.settings.lead_calls();
        match self.store.admit_call(caller.tenant_id(), &caller.client_id, limit, caller.now).await? {
            Admission::Admitted => Ok(()),
            Admission::Gone => Err(caller.proved.refusal().because("the client is no more")),
            Admission::OverLimit { wait_ms } => {
                let message = format!("API calls exceeded the limit of {} in {} second(s)", limit.calls, limit.seconds);
                let wait = (wait_ms + 999).div_euclid(1000);
                Err(Code::TooManyRequests.because("over the client's limit").saying(message).retry_after(wait))
            }
        }
    }

    /// A source that was found to have failed too often uses up none of the portal's calls for a minute.
    fn refuse_blocked_source(&self, caller: &Caller) -> Result<(), Error> {
        let Some(act) = caller.act(SourceLimit::FAILED_SIGN_INS) else { return Ok(()) };
        let until = self.blocked_sources.get(&(caller.tenant_id().clone(), act.network), caller.now);
        let blocked = until.is_some_and(|until| caller.now.seconds() < until);
        if blocked { Err(caller.over(act.limit)) } else { Ok(()) }
    }

    /// Whether the caller's source may fail once more.
    pub(super) async fn source_may_fail(&self, caller: &Caller) -> Result<(), Error> {
        let Some(act) = caller.act(SourceLimit::FAILED_SIGN_INS) else { return Ok(()) };
        if self.store.source_may(caller.tenant_id(), &act, caller.now).await? {
            return Ok(());
        }
        let until = caller.now.seconds() + act.limit.wait(caller.now);
        self.blocked_sources.put((caller.tenant_id().clone(), act.network), until, caller.now);
        Err(caller.over(act.limit))
    }

    pub(super) async fn count_source_failure(&self, caller: &Caller) -> Result<(), Error> {
        let Some(act) = caller.act(SourceLimit::FAILED_SIGN_INS) else { return Ok(()) };
        self.store.count_source(caller.tenant_id(), &act, caller.now).await?;
        Ok(())
    }

    /// Counts one act of the caller's source.
    ///
    /// # Errors
    /// [`Code::TooManyRequests`] when it may not act again.
    pub(super) async fn count_source(&self, caller: &Caller, limit: SourceLimit) -> Result<(), Error> {
        let Some(act) = caller.act(limit) else { return Ok(()) };
        let may = self.store.count_source(caller.tenant_id(), &act, caller.now).await?;
        if may { Ok(()) } else { Err(caller.over(limit)) }
    }

    /// The account and session behind an `AuthKey`, as they are now.
    pub(super) async fn live_lead(&self, caller: &Caller, key: &AuthKey) -> Result<(Account, Session), Error> {
        let live = self.store.live_session(caller.tenant_id(), key.account_id, key.session_id, None, caller.now);
        live.await?.ok_or_else(|| Code::InvalidAuthKey.because("the session or its account is no more"))
    }
}
