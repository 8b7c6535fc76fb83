use crate::app::{App, Caller, Memory, SignedIn};
use crate::error::{Code, Error};
use crate::http::Response;
use crate::session::{Presented, Session, SessionGrant};
use crate::token::RefreshToken;
use crate::types::{Audience, Scopes};

/// What a refresh asks for, of what its session was granted.
#[derive(Debug)]
pub struct Narrowing {
    /// One that is not the session's is refused.
    pub audience: Option<Audience>,
    /// A part of the session's scope; all of it unless given.
    pub scope: Option<Scopes>,
}

impl App {
    /// Rotates a session of the customers surface by its refresh token (RFC 6749 §6). One that asks for more than was
    /// granted is refused before anything is rotated (yardstick S5).
    ///
    /// # Errors
    /// [`Code::InvalidGrant`], for every reason alike; [`Code::InvalidScope`], [`Code::InvalidTarget`].
    pub async fn refresh(
        &self,
        caller: &Caller,
        token: &str,
        narrowing: Narrowing,
        respond: impl FnOnce(&SignedIn<'_>, Option<&Scopes>) -> Result<Response, Error>,
    ) -> Result<Response, Error> {
        if narrowing.audience.is_some() || narrowing.scope.is_some() {
            self.allow_narrowing(caller, token, &narrowing).await?;
        }
        let respond = |signed_in: &SignedIn<'_>| {
            refreshable(signed_in.session)?;
            respond(signed_in, narrowing.scope.as_ref())
        };
        self.re_sign(caller, token, &Memory::default(), respond).await
    }

    /// Refuses what was not granted. A token that is no longer the session's is left to the rotation, which knows
    /// what to do about it.
    async fn allow_narrowing(&self, caller: &Caller, token: &str, asked: &Narrowing) -> Result<(), Error> {
        let Some(token) = RefreshToken::parse(token, &caller.ring, caller.bearer()) else { return Ok(()) };
        let (tenant, account, session) = (caller.tenant_id(), token.account_id, token.session_id);
        let live = self.store.live_session(tenant, account, session, None, caller.now).await?;
        let Some((_, session)) = live else { return Ok(()) };
        if !matches!(session.judge(token.generation, caller.now), Presented::Current | Presented::Parent) {
            return Ok(());
        }
        let SessionGrant { audience, scope, .. } = refreshable(&session)?;
        if asked.audience.as_ref().is_some_and(|asked| asked != audience) {
            return Err(Code::InvalidTarget.because("another audience than the session's"));
        }
        if asked.scope.as_ref().is_some_and(|asked| !asked.are_within(scope)) {
            return Err(Code::InvalidScope.because("more than the session was granted").at("scope"));
        }
        Ok(())
    }
}

/// What the session was granted, if anything was: those of other surfaces are re-signed there.
fn refreshable(session: &Session) -> Result<&SessionGrant, Error> {
    let grant = session.grant.as_ref().filter(|grant| grant.is_refreshable);
    grant.ok_or_else(|| Code::InvalidGrant.because("a session that is not refreshed here"))
}
