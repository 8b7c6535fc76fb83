use serde::Serialize;

use crate::app::{App, Caller};
use crate::error::Error;
use crate::session::{Presented, Session};
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
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<Audience>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Scopes>,
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
        let (tenant, record, now) = (caller.tenant_id(), claims.intermediary_id.as_ref(), caller.now);
        // Past the cache: a client that was deleted a moment ago has no active token (yardstick K1).
        let client = self.store.client(tenant, &claims.client_id, now);
        let Some((account, session)) = claims.person() else {
            return Ok(claims.is_of_client() && client.await?.is_some());
        };
        let (client, live) = tokio::join!(client, self.store.live_session(tenant, account, session, record, now));
        Ok(client?.is_some() && live?.is_some())
    }

    async fn introspect_refresh(&self, caller: &Caller, token: RefreshToken) -> Result<Option<Introspection>, Error> {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let client = self.store.client(tenant, &caller.client_id, now);
        let live = self.store.live_session(tenant, token.account_id, token.session_id, None, now);
        let (client, live) = tokio::join!(client, live);
        let Some((_, session)) = live?.filter(|(_, session)| is_refreshable(session)) else { return Ok(None) };
        let is_known = client?.is_some();
        let is_live = matches!(session.judge(token.generation, now), Presented::Current | Presented::Parent);
        let iat = session.last_used_at_ms().div_euclid(1000);
        let (aud, scope) = session.grant.map(|grant| (grant.audience, grant.scope)).unzip();
        Ok((is_known && is_live).then(|| {
            Introspection::Refresh(RefreshClaims {
                iss: self.issuer.clone(),
                sub: session.account_id,
                client_id: session.client_id,
                tenant: tenant.clone(),
                sid: session.id,
                iat,
                exp: session.idle_until.min(session.ends_at),
                aud,
                scope,
            })
        }))
    }
}

/// Sessions without a grant are re-signed on their own surface, with no more ado.
fn is_refreshable(session: &Session) -> bool {
    session.grant.as_ref().is_none_or(|grant| grant.is_refreshable)
}
