use super::{App, Caller};
use crate::error::Error;
use crate::token::{AccessToken, Claims, PlainToken, Subject};
use crate::types::{Audience, Scopes, SessionId};

impl App {
    /// An access token for the caller's client itself, which lives so many seconds.
    pub(super) fn mint_for_client(
        &self,
        caller: &Caller,
        audience: Audience,
        scope: Scopes,
        seconds: i64,
    ) -> Result<PlainToken, Error> {
        let now = caller.now;
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: Subject::Client(caller.client_id.clone()),
            aud: audience,
            exp: now.seconds() + seconds,
            iat: now.seconds(),
            jti: SessionId::random(&self.random),
            client_id: caller.client_id.clone(),
            scope,
            tenant: caller.tenant_id().clone(),
            auth_time: None,
            amr: None,
            sid: None,
            intermediary_id: None,
            customer_id: None,
        };
        AccessToken::mint(&claims, &caller.ring, caller.tenant.settings.signing_algorithm(), now)
    }
}
