//! Acts of the endpoints that RFCs describe: for clients that prove themselves by their secret.

mod introspect;
mod revoke;

pub use introspect::Introspection;

use super::App;

impl App {
    /// `iss` of every token and the address of every endpoint, without a trailing slash. One for all tenants.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whether browsers reach it by https alone; a laptop has none.
    #[must_use]
    pub fn is_on_https(&self) -> bool {
        self.issuer.starts_with("https://")
    }
}
