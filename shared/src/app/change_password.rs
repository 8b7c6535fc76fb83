use super::sign_in::identifier_digest;
use super::{App, Caller, messages};
use crate::account::{Account, Kind};
use crate::error::{Code, Error};
use crate::history::Happened;
use crate::http::Response;
use crate::password::{Password, Verdict};
use crate::session::Session;
use crate::store::{Entitled, Purpose, SourceAct, SourceLimit};

/// An old password and a new one, by whoever is signed in to the account.
#[derive(Debug)]
pub struct PasswordChange {
    pub account: Account,
    pub session: Session,
    pub current: Password,
    pub new: Password,
    /// What the surface calls the new one.
    pub field: &'static str,
    /// The surface's refusal of a session that is no more.
    pub ended: Code,
}

impl App {
    /// Changes the password of somebody who is signed in (contract §1.12, §2.7). Every other session ends, every code
    /// and link that is out is void, the owner is told (yardstick P8).
    ///
    /// # Errors
    /// `ended`; [`Code::InvalidCredentials`] when the current password is wrong, which counts as a failed sign-in and,
    /// the fifth time, ends the session; [`Code::WeakPassword`], also when old and new are the same;
    /// [`Code::TooManyRequests`] when the source failed too often, or after five changes in an hour of an intermediary's
    /// password; [`Code::Unavailable`] while five others are compared in the session. A lock does not stand in the way.
    pub async fn change_password(
        &self,
        caller: &Caller,
        change: PasswordChange,
        answer: Response,
    ) -> Result<Response, Error> {
        let PasswordChange { account, session, current, new, field, ended } = change;
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let unchanged = current == new;
        let new = caller.new_password(&account, &new).map_err(|error| error.at(field))?;
        self.prove_current_password(caller, (&account, &session), current).await?;
        if unchanged {
            self.store.uncount_current_password(tenant, &session).await?;
            let message = "The new password must not be the current one.";
            return Err(Code::WeakPassword.because("the password is the same").saying(message).at(field));
        }
        if account.kind() == Kind::Intermediary {
            let may = self.count_password_change(caller, &account).await;
            self.or_uncount(caller, &session, may).await?;
        }
        let hash = self.passwords.hash(new, &caller.ring, &self.random).await;
        let hash = self.or_uncount(caller, &session, hash).await?;
        let notice = messages::notice(&caller.tenant, messages::recipient(&account), Purpose::PasswordChanged);
        let entry = caller.entry(Happened::PasswordChanged, account.id).in_session(session.id);
        let entitled = Entitled::BySession(&session, entry.kept_of(account.kind()));
        let set = self.store.set_password(tenant, (&account, &hash), entitled, &notice, &caller.ring, now).await;
        if !self.or_uncount(caller, &session, set).await? {
            return Err(ended.because("the account changed at the same time"));
        }
        self.log_entry(caller, &entry);
        Ok(answer)
    }

    /// Its owner is told of each, at an address that perhaps nobody proved.
    async fn count_password_change(&self, caller: &Caller, account: &Account) -> Result<(), Error> {
        let limit = SourceLimit::password_changes();
        let act = SourceAct { whose: account.id.to_string(), limit };
        let may = self.store.count_source(caller.tenant_id(), &act, caller.now).await?;
        if may { Ok(()) } else { Err(caller.over(limit)) }
    }

    /// That whoever is signed in knows the account's password. A right one stays counted in the session until it is
    /// uncounted or a new one is set.
    ///
    /// # Errors
    /// As [`change_password`](App::change_password).
    pub(super) async fn prove_current_password(
        &self,
        caller: &Caller,
        (account, session): (&Account, &Session),
        typed: Password,
    ) -> Result<(), Error> {
        let attempt = self.random.uuid().to_string();
        let tenant = caller.tenant_id();
        if !self.store.count_current_password(tenant, session, &attempt).await? {
            return Err(Code::Unavailable.because("five passwords are being compared in this session"));
        }
        let stored = account.password_hash.clone();
        let ring = self.ring_for(caller, stored.as_ref()).await;
        let ring = self.or_uncount(caller, session, ring).await?;
        let verdict = self.passwords.verify(typed, stored, &ring, &self.random).await;
        let Verdict::Right { .. } = self.or_uncount(caller, session, verdict).await? else {
            let allowed = account.failures.allow(caller.now);
            let digest = account.identifiers().next().map(|identifier| identifier_digest(caller, &identifier));
            let refused = caller.entry(Happened::PasswordRefused, account.id).in_session(session.id);
            let digest = digest.unwrap_or_default();
            let (refusal, counted) = tokio::join!(
                self.refuse_password(caller, (&refused, Some(account)), allowed, &digest),
                self.store.refuse_current_password(tenant, session, caller.now)
            );
            counted?;
            return Err(refusal);
        };
        Ok(())
    }

    /// Nothing wrong was compared where we failed ourselves. If that cannot be taken back either, it was one of five.
    async fn or_uncount<T>(&self, caller: &Caller, session: &Session, outcome: Result<T, Error>) -> Result<T, Error> {
        if outcome.is_err() {
            self.store.uncount_current_password(caller.tenant_id(), session).await.ok();
        }
        outcome
    }
}
