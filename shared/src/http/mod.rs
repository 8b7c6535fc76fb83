//! The door for HTTP: API Gateway events in (payloads 1.0 and 2.0), answers out.
//!
//! ```text
//! event ─► event.rs ─► Request ─► the function's handle() ─► Response ─► event.rs ─► API Gateway
//!                                   └─► Error ─► the surface's refuse() ─┘
//! ```

mod event;
mod form;
mod json;
mod request;
mod response;
mod run;
mod serve;

pub use crate::types::{Object, present};
pub(crate) use event::percent_decode;
pub use form::Form;
pub use json::Patch;
pub use request::Request;
pub use response::{Refuse, Response};
pub(crate) use run::start;
pub use run::{Failure, run, run_without_keys};
pub(crate) use serve::within_bounds;
pub use serve::{Handler, answer};

#[cfg(test)]
mod tests;
