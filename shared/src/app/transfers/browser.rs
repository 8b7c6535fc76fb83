use aws_lc_rs::constant_time::verify_slices_are_equal;
use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use crate::account::Account;
use crate::app::{App, Caller};
use crate::error::{Code, Error};
use crate::key_ring::{KeyRing, Mac};
use crate::random::Random;
use crate::session::{self, Session};
use crate::token::{BrowserToken, LinkSecret, MfaToken};
use crate::types::{Email, Name, Phone};

/// What a browser has in its one cookie. Each form that it is shown is bound to it, and each stage has another one.
///
/// ```text
/// lka_…                  nobody is signed in
/// lkm_… or lkm_….handle  a second factor is missing; with the handle of the code that was sent
/// lkb_…                  somebody is signed in
/// ```
#[derive(Clone)]
pub struct Browser {
    cookie: Zeroizing<String>,
}

/// Somebody who is signed in on the pages.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The browser, now with the kind of account.
    pub caller: Caller,
    pub account: Account,
    pub session: Session,
}

const NOBODY: &str = "lka_";

impl Browser {
    /// One that has shown no cookie, or none of ours.
    #[must_use]
    pub fn fresh(random: &Random) -> Self {
        Self { cookie: Zeroizing::new(format!("{NOBODY}{}", LinkSecret::random(random).reveal())) }
    }

    #[must_use]
    pub fn of_cookie(value: &str) -> Option<Self> {
        let is_ours = value.starts_with(NOBODY) || MfaToken::is_meant(value) || BrowserToken::is_meant(value);
        (is_ours && value.len() <= 512).then(|| Self { cookie: Zeroizing::new(value.to_owned()) })
    }

    /// One in which a second factor is missing.
    #[must_use]
    pub fn half_way(token: &str, handle: Option<&LinkSecret>) -> Self {
        let handle = handle.map(|handle| format!(".{}", handle.reveal())).unwrap_or_default();
        Self { cookie: Zeroizing::new(format!("{token}{handle}")) }
    }

    /// One in which somebody is signed in.
    #[must_use]
    pub fn signed_in(caller: &Caller, account: &Account, session: &Session) -> Self {
        let tenant = caller.tenant_id().clone();
        let token = BrowserToken { tenant, account_id: account.id, session_id: session.id }.mint(&caller.ring);
        Self { cookie: Zeroizing::new(token.reveal().to_owned()) }
    }

    /// What to keep in the cookie.
    #[must_use]
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// The `mfa_token` of a sign-in that a second factor is missing to, and the handle of the code that was sent.
    #[must_use]
    pub fn second_factor(&self) -> Option<(&str, Option<LinkSecret>)> {
        let cookie = Some(self.cookie.as_str()).filter(|cookie| MfaToken::is_meant(cookie))?;
        Some(match cookie.split_once('.') {
            Some((token, handle)) => (token, Some(LinkSecret::from(handle.to_owned()))),
            None => (cookie, None),
        })
    }

    /// Whose token it has, if it was minted here.
    #[must_use]
    pub fn token(&self, ring: &KeyRing) -> Option<BrowserToken> {
        BrowserToken::parse(&self.cookie, ring)
    }

    /// What proves that a form was filled in by this browser, where it was shown.
    #[must_use]
    pub fn form_token(&self, ring: &KeyRing, form: &str) -> String {
        BASE64URL_NOPAD.encode(&ring.secrets().mac(Mac::Form, &[self.cookie.as_bytes(), form.as_bytes()]))
    }

    /// # Errors
    /// [`Code::Forbidden`] when the form was not shown to this browser (ASVS 3.5.1).
    pub fn check_form(&self, ring: &KeyRing, form: &str, token: Option<&str>) -> Result<(), Error> {
        let expected = self.form_token(ring, form);
        let token = token.unwrap_or_default().as_bytes();
        verify_slices_are_equal(token, expected.as_bytes()).map_err(|_| form_expired())
    }
}

/// What is said where a form came from elsewhere, or from long ago.
#[must_use]
pub(in crate::app) fn form_expired() -> Error {
    let message =
        "This page was open for too long, or your browser keeps no cookies. Go back, reload it and try again.";
    Code::Forbidden.because("a form that was not shown to this browser").saying(message)
}

impl std::fmt::Debug for Browser {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Browser(…)")
    }
}

impl Visitor {
    /// Whether they proved who they are recently enough, and with every factor, to agree to something.
    #[must_use]
    pub fn may_agree(&self) -> bool {
        self.session.is_fresh(self.caller.now) && self.proved_every_factor()
    }

    /// Whether they proved who they are by every factor that their account needs now.
    #[must_use]
    pub fn proved_every_factor(&self) -> bool {
        let by_two = self.session.methods.iter().any(|method| method == session::SEVERAL);
        by_two || !self.caller.needs_second_factor(&self.account)
    }

    /// What they know themselves by.
    #[must_use]
    pub fn name(&self) -> &str {
        let Account { email, phone, full_name, .. } = &self.account;
        let email = email.as_ref().map(Email::as_given);
        let phone = || phone.as_ref().map(Phone::as_str);
        email.or_else(phone).or_else(|| full_name.as_ref().map(Name::as_str)).unwrap_or("your account")
    }
}

impl App {
    /// Who is signed in to this tenant's pages in this browser, by a session that is live.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn visitor(&self, caller: &Caller, browser: &Browser) -> Result<Option<Visitor>, Error> {
        let token = browser.token(&caller.ring).filter(|token| token.tenant == *caller.tenant_id());
        let Some(BrowserToken { account_id, session_id, .. }) = token else { return Ok(None) };
        let live = self.store.live_session(caller.tenant_id(), account_id, session_id, None, caller.now).await?;
        Ok(live.map(|(account, session)| {
            let caller = Caller { kind: account.kind(), ..caller.clone() };
            Visitor { caller, account, session }
        }))
    }

    /// Ends the session of who is signed in.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn sign_visitor_out(&self, visitor: &Visitor) -> Result<(), Error> {
        let Visitor { caller, account, session } = visitor;
        self.store.end_session(caller.tenant_id(), account.id, session.id, caller.now).await.map(drop)
    }
}
