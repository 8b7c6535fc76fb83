use crate::account::{Account, PendingTotp, Totp};
use crate::app::{App, Caller, messages};
use crate::error::{Code, Error};
use crate::history::Happened;
use crate::http::Request;
use crate::log::Line;
use crate::session::{self, Session};
use crate::store::{Enrolled, FactorChange, Purpose};
use crate::token::{OneTimeCode, RecoveryCode, TotpSecret};
use zeroize::Zeroizing;

/// A customer who shows a token of their own, signed in within the last 5 minutes.
#[derive(Debug)]
pub struct Person {
    caller: Caller,
    account: Account,
    session: Session,
}

/// What an authenticator app is given, once.
#[derive(Debug)]
pub struct Enrolment {
    pub secret: TotpSecret,
    /// The `otpauth:` address; it holds the secret.
    pub uri: Zeroizing<String>,
}

/// How long an app may take to be tried for the first time.
const PENDING_SECONDS: i64 = 600;

impl App {
    /// The customer whose own access token this is.
    ///
    /// # Errors
    /// [`Code::MissingToken`], [`Code::InvalidToken`]; [`Code::Forbidden`] for another tenant's and a client's token;
    /// [`Code::ReauthenticationRequired`] when they signed in over 5 minutes ago, or by one factor though the account
    /// has two.
    pub async fn fresh_person(&self, token: Option<&str>, tenant: &str, request: &Request) -> Result<Person, Error> {
        let (caller, claims) = self.bearer(token, tenant, request).await?;
        let Some((account, session)) = claims.person() else {
            let message = "This call takes a customer's own token.";
            return Err(Code::Forbidden.because("a client's token").saying(message));
        };
        let (live, client) = tokio::join!(
            self.store.live_session(caller.tenant_id(), account, session, None, caller.now),
            self.client(&caller)
        );
        client?.ok_or_else(|| Code::InvalidToken.because("the client is no more"))?;
        let live = live?;
        let (account, session) = live.ok_or_else(|| Code::InvalidToken.because("the session is no more"))?;
        let caller = Caller { kind: account.kind(), ..caller };
        let is_fresh = session.is_fresh(caller.now);
        let by_two = session.methods.iter().any(|method| method == session::SEVERAL);
        if !is_fresh || caller.needs_second_factor(&account) && !by_two {
            return Err(Code::ReauthenticationRequired.because("signed in too long ago, or by one factor"));
        }
        Ok(Person { caller, account, session })
    }

    /// Begins to set up an authenticator app. Nothing changes until its first code is confirmed.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when the account changes at the same time.
    pub async fn enrol_totp(&self, person: &Person) -> Result<Enrolment, Error> {
        let Person { caller, account, .. } = person;
        let secret = TotpSecret::random(&self.random);
        let owner = account.email.as_ref().map_or_else(|| account.id.to_string(), |email| email.as_given().to_owned());
        let host = self.issuer.split("://").last().unwrap_or_default();
        let issuer = caller.tenant.settings.display_name.as_deref().unwrap_or(host);
        let uri = secret.uri(issuer, &owner)?;
        let sealed_secret = secret.seal(&caller.ring, &self.random, caller.tenant_id(), account.id)?;
        let ends_at = caller.now.seconds() + PENDING_SECONDS;
        self.change_factors(person, FactorChange::Enrol(PendingTotp { sealed_secret, tries: 0, ends_at })).await?;
        Ok(Enrolment { secret, uri })
    }

    /// Confirms the app by its first code. Every other session ends, as does every sign-in that is half-way, and what was
    /// sent out is void. From then on no sign-in does without it, but those that a back end with the scope for it makes.
    /// Answers with recovery codes, which nobody sees again.
    ///
    /// # Errors
    /// [`Code::InvalidGrant`] when the code is wrong, or none is expected; five end the enrolment.
    pub async fn confirm_totp(&self, person: &Person, code: &OneTimeCode) -> Result<Vec<RecoveryCode>, Error> {
        let Person { caller, account, session } = person;
        let tenant = caller.tenant_id();
        let refused = |reason: &'static str| {
            let entry = caller.entry(Happened::CodeRefused, account.id).in_session(session.id);
            self.log_entry(caller, &entry.because(reason));
            let message = "The code is not the authenticator app's, or the app was set up over 10 minutes ago.";
            Code::InvalidGrant.because(reason).saying(message).at("code")
        };
        let pending = self.store.try_pending_totp(tenant, account.id, caller.now).await?;
        let pending = pending.ok_or_else(|| refused("no enrolment under way, or out of tries"))?;
        let secret = TotpSecret::unseal(&pending.sealed_secret, &caller.ring, tenant, account.id)?;
        let step = secret.step_of(code, caller.now)?.ok_or_else(|| refused("another code"))?;
        let codes = self.recovery_codes();
        let totp = Totp { sealed_secret: pending.sealed_secret, last_step: step };
        let change = FactorChange::Confirm(totp, codes.iter().map(RecoveryCode::digest).collect());
        self.change_factors(person, change).await?;
        self.retire_sessions(caller, account.id).await;
        self.log_factors(person, "mfa.enrolled");
        Ok(codes)
    }

    /// Replaces all recovery codes.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] when there is no authenticator app that they would stand in for.
    pub async fn renew_recovery_codes(&self, person: &Person) -> Result<Vec<RecoveryCode>, Error> {
        must_have_totp(person)?;
        let codes = self.recovery_codes();
        let change = FactorChange::RecoveryCodes(codes.iter().map(RecoveryCode::digest).collect());
        self.change_factors(person, change).await?;
        self.log_factors(person, "mfa.recovery_codes_renewed");
        Ok(codes)
    }

    /// Takes the authenticator app away, and the recovery codes with it.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] when there is none.
    pub async fn remove_totp(&self, person: &Person) -> Result<(), Error> {
        must_have_totp(person)?;
        self.change_factors(person, FactorChange::Remove).await?;
        self.log_factors(person, "mfa.removed");
        Ok(())
    }

    fn recovery_codes(&self) -> Vec<RecoveryCode> {
        (0..RecoveryCode::SET).map(|_| RecoveryCode::random(&self.random)).collect()
    }

    async fn change_factors(&self, person: &Person, change: FactorChange) -> Result<(), Error> {
        let Person { caller, account, session } = person;
        let notice = messages::notice(&caller.tenant, messages::recipient(account), Purpose::FactorsChanged);
        let notice = (!matches!(change, FactorChange::Enrol(_))).then_some(&notice);
        let changed = self.store.change_factors(
            caller.tenant_id(),
            (account, session),
            &change,
            notice,
            &caller.ring,
            caller.now,
        );
        match changed.await? {
            Enrolled::Done => Ok(()),
            Enrolled::AccountChanged => Err(Error::conflict("the account was changed at the same time")),
        }
    }

    fn log_factors(&self, person: &Person, event: &str) {
        let line = Line {
            account: Some(person.account.id.to_string()),
            session: Some(person.session.id.to_string()),
            ..person.caller.line(event)
        };
        self.log.warn(&self.clock, &line);
    }
}

fn must_have_totp(person: &Person) -> Result<(), Error> {
    let message = "There is no authenticator app. Set one up first.";
    let missing = || Code::InvalidRequest.because("no authenticator app").saying(message);
    person.account.second_factors.totp.as_ref().map(|_| ()).ok_or_else(missing)
}
