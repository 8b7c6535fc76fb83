//! What only leads do: register, be known by several identifiers, prove a phone by a code that names its flow. Signing
//! in by password and setting one anew are everybody's and stand one floor up.

mod auto_login;
mod form;
mod portal;
mod register;
mod save;
mod send_code;
mod sign_in_by_code;

pub use form::LeadForm;
pub use register::Registration;
pub use sign_in_by_code::FlowCodeForm;
