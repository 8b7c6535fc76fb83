use crate::app::sign_in::identifier_digest;
use crate::app::{App, Caller, messages};
use crate::error::{Code, Error};
use crate::http::Response;
use crate::log::Line;
use crate::password::{Password, Verdict};
use crate::session::Session;
use crate::store::{Entitled, Purpose};
use crate::token::AuthKey;

/// An old password and a new one.
#[derive(Debug)]
pub struct PasswordChange {
    pub current: Password,
    pub new: Password,
}

impl App {
    /// Changes the password of a signed-in lead (contract §2.7). Every other session ends, every code and link that
    /// is out is void, the owner is told (yardstick P8).
    ///
    /// # Errors
    /// [`Code::InvalidAuthKey`]; [`Code::InvalidCredentials`] when the current password is wrong, which counts as a
    /// failed sign-in and, the fifth time, ends the session; [`Code::WeakPassword`], also when old and new are the
    /// same; [`Code::TooManyRequests`] when the source failed too often. A lock does not stand in the way.
    pub async fn change_password(
        &self,
        caller: &Caller,
        key: &AuthKey,
        change: PasswordChange,
        answer: Response,
    ) -> Result<Response, Error> {
        let (tenant, now) = (caller.tenant_id(), caller.now);
        let (may, found) = tokio::join!(self.source_may_fail(caller), self.live_lead(caller, key));
        may?;
        let (account, session) = found?;
        let unchanged = change.current == change.new;
        let new = caller.new_password(&account, &change.new)?;
        let attempt = self.random.uuid().to_string();
        if !self.store.count_current_password(tenant, &session, &attempt).await? {
            return Err(Code::InvalidAuthKey.because("too many wrong passwords in this session"));
        }
        let stored = account.password_hash.clone();
        let verdict = self.passwords.verify(change.current, stored, &caller.ring, &self.random).await;
        let verdict = self.or_uncount(caller, &session, verdict).await?;
        let Verdict::Right { .. } = verdict else {
            let allowed = account.failures.allow(now);
            let digest = account.identifiers().next().map(|identifier| identifier_digest(caller, &identifier));
            return Err(self.refuse_password(caller, Some(&account), allowed, &digest.unwrap_or_default()).await);
        };
        if unchanged {
            self.store.uncount_current_password(tenant, &session).await?;
            let message = "The new password must not be the current one.";
            return Err(Code::WeakPassword.because("the password is the same").saying(message).at("NewPassword"));
        }
        let hash = self.passwords.hash(new, &caller.ring, &self.random).await;
        let hash = self.or_uncount(caller, &session, hash).await?;
        let notice = messages::notice(&caller.tenant, messages::recipient(&account), Purpose::PasswordChanged);
        let entitled = Entitled::BySession(&session);
        let set = self.store.set_password(tenant, (&account, &hash), entitled, &notice, &caller.ring, now).await;
        if !self.or_uncount(caller, &session, set).await? {
            return Err(Code::InvalidAuthKey.because("the account changed at the same time"));
        }
        let line = Line {
            account: Some(account.id.to_string()),
            session: Some(session.id.to_string()),
            ..caller.line("password.changed")
        };
        self.log.warn(&self.clock, &line);
        Ok(answer)
    }

    /// Nothing wrong was compared where we failed ourselves. If that cannot be taken back either, it was one of five.
    async fn or_uncount<T>(&self, caller: &Caller, session: &Session, outcome: Result<T, Error>) -> Result<T, Error> {
        if outcome.is_err() {
            self.store.uncount_current_password(caller.tenant_id(), session).await.ok();
        }
        outcome
    }
}
