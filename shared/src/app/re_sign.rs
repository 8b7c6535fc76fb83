use super::memory::answered_by_twin;
use super::{App, Caller, Memory, SignedIn, messages};
use crate::account::{Account, Kind};
use crate::error::{Code, Error};
use crate::history::Happened;
use crate::http::Response;
use crate::log::Line;
use crate::metric::{self, Metric};
use crate::session::Session;
use crate::store::{Purpose, Rotation};
use crate::token::RefreshToken;

impl App {
    /// Re-signs a session by its refresh token (contract §1.5, mode B). The state diagram is in
    /// [`crate::session`].
    ///
    /// # Errors
    /// [`Code::InvalidRefreshToken`], for every reason alike. A forged token is refused before any call.
    pub async fn re_sign(
        &self,
        caller: &Caller,
        token: &str,
        memory: &Memory,
        respond: impl FnOnce(&SignedIn<'_>) -> Result<Response, Error>,
    ) -> Result<Response, Error> {
        let refused = |reason: &str| Code::InvalidRefreshToken.because(reason);
        let token = RefreshToken::parse(token, &caller.ring, caller.bearer()).ok_or_else(|| refused("forged"))?;
        let has_grant = matches!(caller.kind, Kind::Customer(_));
        let (tenant, network) = (caller.tenant_id(), caller.network());
        let (rotation, account) = self.store.rotate_session(tenant, (token, has_grant), &network, caller.now).await?;
        let account = account.ok_or_else(|| refused("the account is gone"))?;
        let (session, counted) = match rotation {
            Rotation::Rotated(session) => (session, Metric::RefreshOk),
            Rotation::Repeated(session) => (session, Metric::RefreshRepeated),
            Rotation::Dead => return Err(refused("ended or expired")),
            Rotation::Reused { session, gap } => {
                self.end_reused(caller, &session, &account, gap).await?;
                return Err(refused("an old generation came back"));
            }
        };
        if !account.keeps(&session) {
            return Err(refused("the account is blocked or dropped the session"));
        }
        let answer = respond(&self.signed_in(caller, &account, &session))?;
        metric::count(counted);
        let Some(remember) = self.remember_tokens(caller, memory, (&answer, &session))? else { return Ok(answer) };
        match self.store.remember_afterwards(caller.tenant_id(), &remember, caller.now).await {
            Ok(true) => Ok(answer),
            Ok(false) => Err(answered_by_twin()),
            // The rotation stands, and its caller is better off with the answer than with a 503.
            Err(error) => {
                self.log.warn(&self.clock, &Line { reason: Some(error.reason()), ..caller.line("answer.forgotten") });
                Ok(answer)
            }
        }
    }

    /// One security event, one message to the owner, and the end of the session (yardstick S9).
    async fn end_reused(&self, caller: &Caller, session: &Session, owner: &Account, gap: u32) -> Result<(), Error> {
        let notice = messages::notice(&caller.tenant, messages::recipient(owner), Purpose::SessionEnded);
        let entry = caller.entry(Happened::SessionReuse, owner.id).in_session(session.id);
        let what = format!("an old refresh token, generation gap {gap}");
        let entry = entry.because(what.clone());
        let (notice, kept) = ((&notice, &*caller.ring), entry.kept_of(owner.kind()));
        if self.store.end_reused_session(caller.tenant_id(), session, notice, kept, caller.now).await? {
            let network = session.rotated_from.as_deref().unwrap_or("unknown");
            self.log_entry(caller, &entry.because(format!("{what}, rotated from {network}")));
        }
        Ok(())
    }
}
