use futures_util::future::join_all;

use super::BackEnd;
use crate::account::Account;
use crate::app::{App, Caller};
use crate::error::{Code, Error};
use crate::log::Line;
use crate::session::Session;
use crate::types::{AccountId, SessionId};

impl App {
    /// The live sessions of a person of this tenant, of whatever kind, the newest first (yardstick S7).
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub async fn sessions_of(&self, back_end: &BackEnd, person: AccountId) -> Result<Vec<Session>, Error> {
        let account = self.person(back_end, person).await?;
        let (tenant, now) = (back_end.caller.tenant_id(), back_end.caller.now);
        let mut sessions = self.store.sessions(tenant, person).await?;
        sessions.retain(|session| session.is_live(now) && account.keeps(session));
        sessions.sort_by_key(|session| std::cmp::Reverse(session.opened_at));
        Ok(sessions)
    }

    /// Ends one session of a person. Nothing of it is accepted afterwards.
    ///
    /// # Errors
    /// [`Code::NotFound`], also for a session of somebody else and for one that has ended.
    pub async fn end_session_of(
        &self,
        back_end: &BackEnd,
        (person, session): (AccountId, SessionId),
    ) -> Result<(), Error> {
        let (tenant, now) = (back_end.caller.tenant_id(), back_end.caller.now);
        let live = self.store.live_session(tenant, person, session, None, now).await?;
        live.ok_or_else(|| Code::NotFound.because("no such session").saying("There is no such session."))?;
        self.store.end_session(tenant, person, session, now).await?;
        self.log_ended(back_end, person, Some(session));
        Ok(())
    }

    /// Ends every session of a person.
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub async fn end_sessions_of(&self, back_end: &BackEnd, person: AccountId) -> Result<(), Error> {
        self.person(back_end, person).await?;
        self.store.end_sessions(back_end.caller.tenant_id(), person).await?;
        self.retire_sessions(&back_end.caller, person).await;
        self.log_ended(back_end, person, None);
        Ok(())
    }

    /// Lets the rows of sessions that the account lists no more go in a week: each may have been meant to live for a
    /// century. They are dead already, so a fault changes nothing.
    pub(in crate::app) async fn retire_sessions(&self, caller: &Caller, person: AccountId) {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let rows = self.store.sessions(tenant, person).await;
        let (Ok(rows), Ok(Some(account))) = (rows, self.store.account(tenant, person, now).await) else { return };
        let is_over = |session: &Session| session.ended_at.is_none() && !account.keeps(session);
        let over = rows.into_iter().filter(is_over);
        join_all(over.map(|session| self.store.end_session(tenant, person, session.id, now))).await;
    }

    async fn person(&self, back_end: &BackEnd, person: AccountId) -> Result<Account, Error> {
        let account = self.store.account(back_end.caller.tenant_id(), person, back_end.caller.now).await?;
        account.ok_or_else(|| Code::NotFound.because("nobody of this id").saying("There is no such person."))
    }

    fn log_ended(&self, back_end: &BackEnd, person: AccountId, session: Option<SessionId>) {
        let session = session.map(|session| session.to_string());
        let line = Line { account: Some(person.to_string()), session, ..back_end.caller.line("session.ended") };
        self.log.warn(&self.clock, &line);
    }
}
