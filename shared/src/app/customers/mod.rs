//! Acts of the customers surface: done by a trusted back end ([`BackEnd`]) that holds scopes, but for what people do
//! themselves: their second factors ([`Person`]), their sessions ([`SessionKeeper`]).

mod back_end;
mod client_token;
mod clients;
mod communication;
mod passwordless;
mod profile;
mod recovery;
mod refresh;
pub mod scopes;
mod sessions;
mod settings;
mod sign_in;
mod totp;

pub use back_end::BackEnd;
pub use client_token::ClientToken;
pub use clients::{ClientForm, NewCredential, OLD_SECRET_SECONDS};
pub use passwordless::{PasswordlessForm, Who, scopes_to_send};
pub use profile::{CustomerForm, PhoneNumber};
pub use recovery::RecoveryBegun;
pub use refresh::RefreshForm;
pub use sessions::SessionKeeper;
pub use settings::SettingsForm;
pub use sign_in::SignInForm;
pub use totp::{Enrolment, Person};
