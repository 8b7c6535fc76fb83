//! The pages that a person sees who scanned a code: rendered here, whole, without scripts.

mod cookie;
mod date;
mod refuse;
mod views;
mod visit;

pub use date::date;
pub use refuse::refuse;
pub use visit::Visit;

pub use views::{
    Asker, ConsentPage, GivenConsent, OutcomePage, Problem, Requested, SecondFactorPage, SignInPage, YourConsentsPage,
};

use crate::http::Response;

impl SignInPage<'_> {
    #[must_use]
    pub fn render(&self, status: u16) -> Response {
        Response::empty(status)
    }
}

impl SecondFactorPage<'_> {
    #[must_use]
    pub fn render(&self, status: u16) -> Response {
        Response::empty(status)
    }
}

impl ConsentPage<'_> {
    #[must_use]
    pub fn render(&self, status: u16) -> Response {
        Response::empty(status)
    }
}

impl OutcomePage<'_> {
    #[must_use]
    pub fn render(&self, status: u16) -> Response {
        Response::empty(status)
    }
}

impl YourConsentsPage<'_> {
    #[must_use]
    pub fn render(&self, status: u16) -> Response {
        Response::empty(status)
    }
}

impl Problem<'_> {
    #[must_use]
    pub fn render(&self, status: u16) -> Response {
        Response::empty(status)
    }
}
