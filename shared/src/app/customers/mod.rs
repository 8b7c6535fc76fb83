//! Acts of the customers surface: everything is done by a trusted back end ([`BackEnd`]) that holds scopes.

mod back_end;
mod client_token;
mod mfa;
mod profile;
pub mod scopes;
mod sign_in;

pub use back_end::BackEnd;
pub use client_token::ClientToken;
pub use mfa::{MfaAnswer, MfaRequired, OobChannel};
pub use profile::{CustomerForm, PhoneNumber};
pub use sign_in::{SignInAnswers, SignInForm};
