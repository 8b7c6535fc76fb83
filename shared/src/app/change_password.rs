use super::sign_in::identifier_digest;
use super::{App, Caller, messages};
use crate::account::Account;
use crate::error::{Code, Error};
use crate::history::Happened;
use crate::http::Response;
use crate::password::{Password, Verdict};
use crate::session::Session;
use crate::store::{Entitled, Purpose};

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
    /// [`Code::TooManyRequests`] when the source failed too often. A lock does not stand in the way.
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
        self.prove_current_password(caller, (&account, &session), current, ended).await?;
        if unchanged {
            self.store.uncount_current_password(tenant, &session).await?;
            let message = "The new password must not be the current one.";
            return Err(Code::WeakPassword.because("the password is the same").saying(message).at(field));
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
        ended: Code,
    ) -> Result<(), Error> {
        let attempt = self.random.uuid().to_string();
        if !self.store.count_current_password(caller.tenant_id(), session, &attempt).await? {
            return Err(ended.because("too many wrong passwords in this session"));
        }
        let stored = account.password_hash.clone();
        let verdict = self.passwords.verify(typed, stored, &caller.ring, &self.random).await;
        let Verdict::Right { .. } = self.or_uncount(caller, session, verdict).await? else {
            let allowed = account.failures.allow(caller.now);
            let digest = account.identifiers().next().map(|identifier| identifier_digest(caller, &identifier));
            let (event, digest) = (Happened::PasswordRefused, digest.unwrap_or_default());
            return Err(self.refuse_password(caller, (event, Some(account)), allowed, &digest).await);
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
