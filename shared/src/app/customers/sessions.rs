use futures_util::future::join_all;

use super::back_end::for_another;
use super::scopes::Accepted;
use crate::account::{Account, Kind};
use crate::app::{App, Caller};
use crate::error::{Code, Error};
use crate::http::Request;
use crate::log::Line;
use crate::session::Session;
use crate::types::{AccountId, SessionId};

/// Who may see to sessions: of everybody where a back end asks, else of the person whose own token it is.
#[derive(Debug)]
pub struct SessionKeeper {
    caller: Caller,
    /// The person and the session of the token, where it is a person's.
    own: Option<(AccountId, Session)>,
}

impl SessionKeeper {
    /// The caller, if it may look at this person's sessions. To a person everybody else is nobody (yardstick S7).
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub fn of(&self, person: AccountId) -> Result<&Caller, Error> {
        let may = self.own.as_ref().is_none_or(|(own, _)| *own == person);
        may.then_some(&self.caller).ok_or_else(nobody)
    }

    /// As [`of`](SessionKeeper::of), if it may end them as well: a stolen token must not throw its owner out (ASVS 7.5.2).
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::ReauthenticationRequired`] when the person signed in over 5 minutes ago.
    pub fn who_ends(&self, person: AccountId) -> Result<&Caller, Error> {
        let caller = self.of(person)?;
        let is_stale = self.own.as_ref().is_some_and(|(_, session)| !session.is_fresh(caller.now));
        if is_stale { Err(Code::ReauthenticationRequired.because("signed in too long ago")) } else { Ok(caller) }
    }
}

impl App {
    /// Whoever shows an own token of a client with one of these scopes, or a person's own access token.
    ///
    /// # Errors
    /// [`Code::MissingToken`], [`Code::InvalidToken`]; [`Code::Forbidden`] for another tenant's token;
    /// [`Code::InsufficientScope`].
    pub async fn session_keeper(
        &self,
        token: Option<&str>,
        tenant: &str,
        request: &Request,
        accepted: Accepted,
    ) -> Result<SessionKeeper, Error> {
        let (caller, claims) = self.holder_in(token, tenant, request).await?;
        let person = claims.person();
        let portal = || Caller { kind: Kind::Intermediary, ..caller.clone() }.audience(self);
        if !self.is_for_tenant(&caller, &claims) && (person.is_none() || claims.aud.as_str() != portal()) {
            return Err(for_another());
        }
        let Some(person) = person else {
            let back_end = self.back_end_of(caller, claims).await?;
            back_end.require(accepted)?;
            return Ok(SessionKeeper { caller: back_end.caller, own: None });
        };
        let (client, record) = (&claims.client_id, claims.intermediary_id.as_ref());
        let live = self.store.live_session_of_client(caller.tenant_id(), client, person, record, caller.now).await?;
        let gone = || Code::InvalidToken.because("the session, its client or its record is no more");
        let (account, session) = live.ok_or_else(gone)?;
        Ok(SessionKeeper { caller, own: Some((account.id, session)) })
    }

    /// The live sessions of a person of this tenant, of whatever kind, the newest first (yardstick S7).
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub async fn sessions_of(&self, caller: &Caller, person: AccountId) -> Result<Vec<Session>, Error> {
        let account = self.person(caller, person).await?;
        let mut sessions = self.store.sessions(caller.tenant_id(), person).await?;
        sessions.retain(|session| session.is_live(caller.now) && account.keeps(session));
        sessions.sort_by_key(|session| std::cmp::Reverse(session.opened_at));
        Ok(sessions)
    }

    /// Ends one session of a person. Nothing of it is accepted afterwards.
    ///
    /// # Errors
    /// [`Code::NotFound`], also for a session of somebody else and for one that has ended.
    pub async fn end_session_of(
        &self,
        caller: &Caller,
        (person, session): (AccountId, SessionId),
    ) -> Result<(), Error> {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let live = self.store.live_session(tenant, person, session, None, now).await?;
        live.ok_or_else(|| Code::NotFound.because("no such session").saying("There is no such session."))?;
        self.store.end_session(tenant, person, session, now).await?;
        self.log_ended(caller, person, Some(session));
        Ok(())
    }

    /// Ends every session of a person.
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub async fn end_sessions_of(&self, caller: &Caller, person: AccountId) -> Result<(), Error> {
        self.person(caller, person).await?;
        self.store.end_sessions(caller.tenant_id(), person).await?;
        self.retire_sessions(caller, person).await;
        self.log_ended(caller, person, None);
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

    async fn person(&self, caller: &Caller, person: AccountId) -> Result<Account, Error> {
        self.store.account(caller.tenant_id(), person, caller.now).await?.ok_or_else(nobody)
    }

    pub(in crate::app) fn log_ended(&self, caller: &Caller, person: AccountId, session: Option<SessionId>) {
        let session = session.map(|session| session.to_string());
        let line = Line { account: Some(person.to_string()), session, ..caller.line("session.ended") };
        self.log.warn(&self.clock, &line);
    }
}

fn nobody() -> Error {
    Code::NotFound.because("nobody of this id").saying("There is no such person.")
}
