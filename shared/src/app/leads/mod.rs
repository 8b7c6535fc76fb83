//! What only leads do: register, be known by several identifiers, prove a phone by a code that names its flow, set a
//! password anew. Signing in by password and opening a session are everybody's and stand one floor up.

mod auto_login;
mod change_password;
mod claim;
mod forgot_password;
mod form;
mod portal;
mod register;
mod save;
mod send_code;
mod sign_in_by_code;

pub use change_password::PasswordChange;
pub use forgot_password::{ForgottenPassword, ResetForm};
pub use form::LeadForm;
pub use register::Registration;
pub use sign_in_by_code::FlowCodeForm;
