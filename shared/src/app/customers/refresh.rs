use crate::app::{App, Caller, Memory, SignedIn};
use crate::error::{Code, Error};
use crate::http::Response;
use crate::session::{Presented, Session, SessionGrant};
use crate::token::RefreshToken;
use crate::types::{AccountId, Audience, Scopes, SessionId};

/// A refresh token, and what its next access token shall be at most.
#[derive(Debug)]
pub struct RefreshForm {
    pub token: String,
    pub scope: Option<Scopes>,
    pub audience: Option<Audience>,
}

impl App {
    /// Rotates a refresh token of this client's own (contract §4.1). The next access token may have less scope, never
    /// more, and no other audience (yardstick S5).
    ///
    /// # Errors
    /// [`Code::InvalidGrant`], for every reason alike; [`Code::InvalidScope`] and [`Code::InvalidTarget`] for more or
    /// another than the session has, and then nothing is rotated.
    pub async fn refresh(
        &self,
        caller: &Caller,
        form: &RefreshForm,
        respond: fn(&SignedIn<'_>, Option<&Scopes>) -> Result<Response, Error>,
    ) -> Result<Response, Error> {
        let RefreshForm { token, scope, audience } = form;
        let refused = |reason: &str| Code::InvalidGrant.because(reason);
        let parsed = RefreshToken::parse(token, &caller.ring, caller.bearer()).ok_or_else(|| refused("forged"))?;
        if scope.is_some() || audience.is_some() {
            self.allow_narrowing(caller, parsed, form).await?;
        }
        let answer = |signed_in: &SignedIn<'_>| {
            refreshable(signed_in.session)?;
            respond(signed_in, scope.as_ref())
        };
        let outcome = self.re_sign(caller, token, &Memory::default(), answer).await;
        outcome.map_err(|error| match error.code() {
            Code::InvalidRefreshToken => refused(error.reason()),
            _ => error,
        })
    }

    /// Refuses what was not granted: what a session is for never changes, so it may be looked at before it is rotated.
    /// A token that is no longer the session's is left to the rotation, which knows what to do about it.
    async fn allow_narrowing(&self, caller: &Caller, token: RefreshToken, form: &RefreshForm) -> Result<(), Error> {
        let (tenant, account, session) = (caller.tenant_id(), token.account_id, token.session_id);
        let live = self.store.live_session(tenant, account, session, None, caller.now).await?;
        let Some((_, session)) = live else { return Ok(()) };
        if !matches!(session.judge(token.generation, caller.now), Presented::Current | Presented::Parent) {
            return Ok(());
        }
        let SessionGrant { audience, scope, .. } = refreshable(&session)?;
        if form.audience.as_ref().is_some_and(|asked| asked != audience) {
            return Err(Code::InvalidTarget.because("another audience than the session's").at("audience"));
        }
        if form.scope.as_ref().is_some_and(|asked| !asked.are_some_of(scope)) {
            return Err(Code::InvalidScope.because("more scope than the session's").at("scope"));
        }
        Ok(())
    }

    /// Ends the session of a refresh token of this client's own (contract §4.7). Ending it again is no error.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn revoke_refresh_token(&self, caller: &Caller, token: &str) -> Result<(), Error> {
        match RefreshToken::parse(token, &caller.ring, caller.bearer()) {
            Some(token) => self.revoke_session(caller, token.account_id, token.session_id).await,
            None => Ok(()),
        }
    }

    /// Ends a session by one of its tokens.
    pub(in crate::app) async fn revoke_session(
        &self,
        caller: &Caller,
        account: AccountId,
        session: SessionId,
    ) -> Result<(), Error> {
        if self.store.end_session(caller.tenant_id(), account, session, caller.now).await? {
            self.log_ended(caller, account, Some(session));
        }
        Ok(())
    }
}

/// What the session was granted, if anything was: those of other surfaces are re-signed there.
fn refreshable(session: &Session) -> Result<&SessionGrant, Error> {
    let grant = session.grant.as_ref().filter(|grant| grant.is_refreshable);
    grant.ok_or_else(|| Code::InvalidGrant.because("a session that is not refreshed here"))
}
