//! The pages that a person sees who scanned a code: rendered here, whole, without scripts.
//!
//! `views` is what a page says, `shared/templates/` how, `words` in which words; `page` is what all have in common.
//! Whatever somebody typed or called themselves goes through `text` and is escaped.

mod cookie;
mod date;
mod page;
mod refuse;
#[cfg(test)]
mod tests;
mod text;
mod views;
mod visit;
mod words;

pub use cookie::keep_browser;
pub use date::date;
pub use refuse::refuse;
pub use visit::{Visit, handed_over};

pub use views::{
    Asker, ConsentPage, GivenConsent, OutcomePage, Problem, Requested, SecondFactorPage, SignInPage, YourConsentsPage,
};

use crate::http::Response;

impl SignInPage<'_> {
    #[must_use]
    pub fn render(&self, status: u16) -> Response {
        page::html(status, self)
    }

    /// The kind that was chosen before, else the first.
    fn is_chosen(&self, kind: &str) -> bool {
        let is_one = self.kinds.iter().any(|(known, _)| *known == self.kind);
        if is_one { kind == self.kind } else { self.kinds.first().is_some_and(|(first, _)| *first == kind) }
    }
}

impl SecondFactorPage<'_> {
    #[must_use]
    pub fn render(&self, status: u16) -> Response {
        page::html(status, self)
    }

    const fn sends(&self) -> bool {
        self.takes_sms || self.takes_email
    }

    /// Whether there is a code to enter at once: one that was sent, or the app's.
    const fn has_code(&self) -> bool {
        self.is_sent || self.takes_totp
    }

    /// Whether there is more than the way that is shown first.
    fn has_others(&self) -> bool {
        let ways = [self.is_sent, self.takes_totp, self.sends(), self.takes_recovery_code];
        ways.into_iter().filter(|way| *way).count() > 1
    }
}

impl<'a> ConsentPage<'a> {
    #[must_use]
    pub fn render(&self, status: u16) -> Response {
        page::html(status, self)
    }

    /// What goes out with any yes.
    fn fixed(&self) -> Vec<&Requested<'a>> {
        self.requested.iter().filter(|item| !item.is_optional).collect()
    }

    fn optional(&self) -> Vec<&Requested<'a>> {
        self.requested.iter().filter(|item| item.is_optional).collect()
    }
}

impl OutcomePage<'_> {
    #[must_use]
    pub fn render(&self, status: u16) -> Response {
        page::html(status, self)
    }
}

impl YourConsentsPage<'_> {
    #[must_use]
    pub fn render(&self, status: u16) -> Response {
        page::html(status, self)
    }
}

impl Problem<'_> {
    #[must_use]
    pub fn render(&self, status: u16) -> Response {
        page::html(status, self)
    }

    fn wait(&self) -> Option<String> {
        self.retry_after_seconds.map(words::wait)
    }
}
