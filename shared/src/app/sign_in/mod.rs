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
use crate::http::Response;
use crate::log::Line;
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
        Code::InvalidCredentials.because(reason)
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
        let remember = self.remember(caller, memory, &answer)?;
        let opening = Opening { account, session, proof, remember: remember.as_ref() };
        match self.store.open_session(caller.tenant_id(), opening, caller.now).await? {
            Opened::Opened => {
                let methods = session.methods.join(" ");
                let line = Line {
                    account: Some(account.id.to_string()),
                    session: Some(session.id.to_string()),
                    reason: Some(if methods.is_empty() { "vouched for by the client" } else { &methods }),
                    ..caller.line("sign_in.ok")
                };
                self.log.info(&self.clock, &line);
                Ok(answer)
            }
            Opened::Remembered => Err(answered_by_twin()),
            Opened::CodeSpent => Err(self.refuse(caller, "the code was spent at the same time")),
            Opened::OverBudget => Err(over_budget(60)),
            Opened::AccountChanged => Err(self.refuse(caller, "the account changed at the same time")),
        }
    }
}

fn over_budget(wait: i64) -> Error {
    Code::TooManyRequests.because("too much guessing of codes in this tenant").retry_after(wait)
}
