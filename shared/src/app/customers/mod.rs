//! Acts of the customers surface: everything is done by a trusted back end ([`BackEnd`]) that holds scopes.

mod back_end;
mod client_token;
pub mod scopes;

pub use back_end::BackEnd;
pub use client_token::ClientToken;
