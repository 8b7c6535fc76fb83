//! Signing in: one file a way of proving who one is, and what all ways end in.

mod by_password;
mod by_phone_code;

pub(super) use by_password::{Proven, first_half, identifier_digest};
pub use by_phone_code::PhoneCodeForm;
pub(super) use by_phone_code::SIGN_IN_CODE;

use super::memory::answered_by_twin;
use super::{App, Caller, Memory, MfaRequired, SignedIn};
use crate::account::Account;
use crate::error::{Code, Error};
use crate::history::Happened;
use crate::http::Response;
use crate::log::Line;
use crate::metric::Metric;
use crate::session::{Lifespan, Session};
use crate::store::{Opened, Opening, Proof};
use crate::types::SessionId;

/// How a surface says that somebody is signed in, and that a second factor is missing.
#[derive(Clone, Copy)]
pub struct SignInAnswers<'a> {
    pub signed_in: &'a (dyn Fn(&SignedIn<'_>) -> Result<Response, Error> + Sync),
    pub mfa_required: &'a (dyn Fn(&MfaRequired) -> Response + Sync),
}

impl std::fmt::Debug for SignInAnswers<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SignInAnswers")
    }
}

impl App {
    pub(super) fn refuse(&self, caller: &Caller, reason: &'static str) -> Error {
        self.log.warn(&self.clock, &Line { reason: Some(reason), ..caller.line("sign_in.refused") });
        Code::InvalidCredentials.because(reason).counted(Metric::SignInRefused)
    }

    pub(super) fn new_session(
        &self,
        caller: &Caller,
        account: &Account,
        methods: &[&str],
        lifespan: Lifespan,
    ) -> Session {
        let (id, client) = (SessionId::random(&self.random), caller.client_id.clone());
        Session::open(id, account.id, client, lifespan, methods, caller.now)
    }

    pub(super) async fn open_session(
        &self,
        caller: &Caller,
        account: &Account,
        session: &Session,
        proof: Proof<'_>,
        memory: &Memory,
        respond: impl FnOnce(&SignedIn<'_>) -> Result<Response, Error>,
    ) -> Result<Response, Error> {
        let answer = respond(&self.signed_in(caller, account, session))?;
        let remember = self.remember_tokens(caller, memory, (&answer, session))?;
        let methods = session.methods.join(" ");
        let how = if methods.is_empty() { "vouched for by the client" } else { &methods };
        let entry = caller.entry(Happened::SignedIn, account.id).in_session(session.id).because(how);
        let (remember, kept) = (remember.as_ref(), entry.kept_of(account.kind()));
        let opening = Opening { account, session, proof, remember, entry: kept };
        match self.store.open_session(caller.tenant_id(), opening, caller.now).await? {
            Opened::Opened => {
                self.log_entry(caller, &entry);
                Ok(answer)
            }
            Opened::Remembered => Err(answered_by_twin()),
            Opened::OverBudget => Err(over_budget(60)),
            Opened::CodeSpent => Err(self.refuse_opening(caller, session, "the code was spent at the same time").await),
            Opened::AccountChanged => {
                Err(self.refuse_opening(caller, session, "the account changed at the same time").await)
            }
        }
    }

    /// Refuses whoever proved everything and came too late. The entry stands in the place of the session's.
    async fn refuse_opening(&self, caller: &Caller, session: &Session, reason: &'static str) -> Error {
        let entry = caller.entry(Happened::SignInRefused, session.account_id).because(reason);
        if let Err(error) = self.note(caller, &session.id.to_string(), &entry).await {
            return error;
        }
        self.log_entry(caller, &entry);
        Code::InvalidCredentials.because(reason)
    }
}

fn over_budget(wait: i64) -> Error {
    Code::TooManyRequests.because("too much guessing of codes in this tenant").retry_after(wait)
}
