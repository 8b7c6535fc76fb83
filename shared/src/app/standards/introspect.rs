use serde::Serialize;

use crate::app::{App, Caller};
use crate::error::Error;
use crate::session::{Presented, SessionGrant};
use crate::token::{AccessToken, Claims, RefreshToken};
use crate::types::{AccountId, Audience, ClientId, Scopes, SessionId, TenantId};

/// What an active token is, as RFC 7662 §2.2 names it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Introspection {
    Access {
        token_type: &'static str,
        #[serde(flatten)]
        claims: Claims,
    },
    Refresh(RefreshClaims),
}

/// What a refresh token stands for. Times in seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Serialize)]
pub struct RefreshClaims {
    iss: String,
    sub: AccountId,
    client_id: ClientId,
    tenant: TenantId,
    sid: SessionId,
    /// When this generation was handed out.
    iat: i64,
    /// When the session ends unless it is refreshed before.
    exp: i64,
    aud: Audience,
    scope: Scopes,
}

impl App {
    /// What a token is, as its session, account and client are now (yardstick S8); `None` for everything that is no
    /// active token of the caller's tenant. A refresh token is active for its own client only.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer: then nothing is said to be inactive.
    pub async fn introspect(&self, caller: &Caller, token: &str) -> Result<Option<Introspection>, Error> {
        if let Some(refresh) = RefreshToken::parse(token, &caller.ring, caller.bearer()) {
            return self.introspect_refresh(caller, refresh).await;
        }
        let Ok(claims) = AccessToken::open(token, &caller.ring, &self.issuer, caller.now) else { return Ok(None) };
        let is_active = claims.tenant == *caller.tenant_id() && self.stands(caller, &claims).await?;
        Ok(is_active.then_some(Introspection::Access { token_type: "Bearer", claims }))
    }

    /// Whether everything is there that an access token was issued on.
    async fn stands(&self, caller: &Caller, claims: &Claims) -> Result<bool, Error> {
        let (tenant, client, now) = (caller.tenant_id(), &claims.client_id, caller.now);
        // The client past the cache: one that was deleted a moment ago has no active token (yardstick K1).
        let Some(person) = claims.person() else {
            return Ok(claims.is_of_client() && self.store.client(tenant, client, now).await?.is_some());
        };
        let record = claims.intermediary_id.as_ref();
        Ok(self.store.live_session_of_client(tenant, client, person, record, now).await?.is_some())
    }

    async fn introspect_refresh(&self, caller: &Caller, token: RefreshToken) -> Result<Option<Introspection>, Error> {
        let (tenant, client, now) = (caller.tenant_id(), &caller.client_id, caller.now);
        let person = (token.account_id, token.session_id);
        let live = self.store.live_session_of_client(tenant, client, person, None, now).await?;
        let Some((_, session)) = live else { return Ok(None) };
        let grant = session.grant.as_ref().filter(|grant| grant.is_refreshable);
        let Some(SessionGrant { audience, scope, .. }) = grant.cloned() else { return Ok(None) };
        let is_live = matches!(session.judge(token.generation, now), Presented::Current | Presented::Parent);
        let iat = session.last_used_at_ms().div_euclid(1000);
        Ok(is_live.then(|| {
            Introspection::Refresh(RefreshClaims {
                iss: self.issuer.clone(),
                sub: session.account_id,
                client_id: session.client_id,
                tenant: tenant.clone(),
                sid: session.id,
                iat,
                exp: session.idle_until.min(session.ends_at),
                aud: audience,
                scope,
            })
        }))
    }
}
