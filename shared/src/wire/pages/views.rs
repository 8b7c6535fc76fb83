//! What each page says. How it says it is in `shared/templates/`.

use askama::Template;

use super::{page, text};
use crate::app::transfers::Outcome;
use crate::types::DataScope;

/// Who asks, and where the person's account is.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The third party, which is who gets the data.
    pub client: &'a str,
    /// The tenant, as people know it.
    pub tenant: &'a str,
    /// Seconds since the third party asked.
    pub age_seconds: i64,
    /// Seconds until the request is void.
    pub seconds_left: i64,
}

/// Signing in, to answer a request or to look at past consents.
///
/// Posts `csrf`, `kind`, `identifier`, `password` to `action`; with a request, `decision=decline` and `csrf` to
/// `decline_action`, so that nobody has to sign in to say no.
#[derive(Debug, Template)]
#[template(path = "sign_in.html")]
pub struct SignInPage<'a> {
    /// Absent where past consents are looked at.
    pub asker: Option<Asker<'a>>,
    /// The tenant, as people know it.
    pub tenant: &'a str,
    pub action: &'a str,
    pub decline_action: Option<&'a str>,
    pub csrf: &'a str,
    /// Value and words of each kind of account that may sign in here; with one alone nothing is asked.
    pub kinds: &'a [(&'static str, &'static str)],
    /// What was typed before, when it was wrong.
    pub kind: &'a str,
    pub identifier: &'a str,
    /// One sentence on what was wrong.
    pub error: Option<&'a str>,
    /// One sentence on why to sign in again.
    pub notice: Option<&'a str>,
}

/// The second factor of a sign-in.
///
/// Posts `csrf` and one of: `send=sms`, `send=email` (sends a code); `code` (the code that was sent); `totp`;
/// `recovery_code`; `start_over=1`, all to `action`.
#[derive(Debug, Template)]
#[expect(clippy::struct_excessive_bools, reason = "each is a way of its own")]
#[template(path = "second_factor.html")]
pub struct SecondFactorPage<'a> {
    pub asker: Option<Asker<'a>>,
    pub tenant: &'a str,
    pub action: &'a str,
    pub decline_action: Option<&'a str>,
    pub csrf: &'a str,
    pub takes_totp: bool,
    pub takes_sms: bool,
    pub takes_email: bool,
    pub takes_recovery_code: bool,
    /// Whether a code is out that can be entered.
    pub is_sent: bool,
    /// The name of the field that was filled in wrong, if any.
    pub wrong: &'a str,
    pub error: Option<&'a str>,
}

/// One thing that is asked for.
#[derive(Debug)]
pub struct Requested<'a> {
    pub scope: DataScope,
    pub is_optional: bool,
    /// What is known of it, as people read it; several are picked from. None: nothing is known, nothing is shared.
    pub entries: Vec<&'a str>,
}

/// The question itself.
///
/// Posts to `action`: `csrf`, `shown`, `decision=agree|decline`, `scope.NAME=on` for each optional scope that is
/// ticked (they are not at first), `pick.NAME=POSITION` for each scope with several entries (0 at first).
#[derive(Debug, Template)]
#[template(path = "consent.html")]
pub struct ConsentPage<'a> {
    pub asker: Asker<'a>,
    pub action: &'a str,
    pub csrf: &'a str,
    /// Stands for everything that is shown here.
    pub shown: &'a str,
    /// Who is signed in, such as the e-mail address.
    pub signed_in_as: &'a str,
    /// Where somebody else signs in.
    pub switch_url: &'a str,
    pub consents_url: &'a str,
    pub requested: Vec<Requested<'a>>,
    pub error: Option<&'a str>,
}

#[derive(Debug, Template)]
#[template(path = "outcome.html")]
pub struct OutcomePage<'a> {
    /// The tenant, as people know it, where the code is one of its.
    pub tenant: Option<&'a str>,
    pub outcome: Outcome,
    /// The third party, where it may be named.
    pub client: Option<&'a str>,
    /// What was handed over, for [`Outcome::Agreed`]: at least an ID.
    pub shared: &'a [DataScope],
    /// Where past consents are, for who is signed in or may be asked to.
    pub consents_url: Option<&'a str>,
}

/// One consent that was given.
#[derive(Debug)]
pub struct GivenConsent<'a> {
    pub id: String,
    pub client: &'a str,
    pub scopes: &'a [DataScope],
    /// Such as `22 November 2026, 14:05 UTC`.
    pub given_at: String,
    pub revoked_at: Option<String>,
}

/// Past consents.
///
/// Posts `csrf` and `revoke=ID`, or `csrf` and `sign_out=1`, to `action`.
#[derive(Debug, Template)]
#[template(path = "your_consents.html")]
pub struct YourConsentsPage<'a> {
    pub tenant: &'a str,
    pub signed_in_as: &'a str,
    pub action: &'a str,
    pub csrf: &'a str,
    /// The newest first.
    pub consents: Vec<GivenConsent<'a>>,
}

/// What else cannot go on: a refusal that no form can show.
#[derive(Debug, Template)]
#[template(path = "problem.html")]
pub struct Problem<'a> {
    pub title: &'a str,
    pub text: &'a str,
    pub retry_after_seconds: Option<u32>,
}
