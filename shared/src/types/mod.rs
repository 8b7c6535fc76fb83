//! Values that are valid because they exist: one type per meaning, one fallible door each.
//!
//! Requests and table rows come in through the same doors, so neither can bring a value that the other
//! would refuse. What a door refuses it explains in an [`Invalid`], which never repeats the input.

mod audience;
mod client_id;
mod customer_id;
mod data_scope;
mod data_scopes;
mod date;
mod email;
mod few;
mod id;
mod identifier;
mod intermediary_id;
mod object;
mod phone;
mod phone_prefix;
mod refresh_lifetime;
mod schema_name;
mod scopes;
pub mod shown;
mod tenant_id;
mod text;
mod timestamp;

pub use audience::Audience;
pub use client_id::ClientId;
pub use customer_id::CustomerId;
pub use data_scope::DataScope;
pub use data_scopes::{DataScopes, NoDataScopes};
pub use date::Date;
pub use email::Email;
pub use few::Few;
pub use id::{AccountId, Id, OfAccount, OfSession, OfTransfer, SessionId, TransferId};
pub use identifier::{Format, Identifier};
pub use intermediary_id::IntermediaryId;
pub use object::{Object, present};
pub use phone::Phone;
pub use phone_prefix::PhonePrefix;
pub use refresh_lifetime::RefreshLifetime;
pub use schema_name::SchemaName;
pub use scopes::Scopes;
pub use tenant_id::TenantId;
pub use text::{HttpsUrl, Line, Name, Rule, Text};
pub use timestamp::Timestamp;

/// Why a value was refused: a public sentence that completes "`field` …" and never repeats the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invalid(pub &'static str);

impl std::fmt::Display for Invalid {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.0)
    }
}

impl std::error::Error for Invalid {}

#[cfg(test)]
pub(crate) mod tests;
