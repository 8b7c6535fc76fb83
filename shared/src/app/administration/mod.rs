//! What only whoever runs the deployment does, by a command of theirs and not by a request: tenants are made, listed and
//! changed, and accounts of every kind are looked up. What back ends do, too, an administrator does by the same acts, as a
//! [`BackEnd`] of the tenant with every scope.

mod accounts;
mod tenants;

use std::sync::Arc;

use super::customers::{BackEnd, scopes};
use super::{App, Caller, Proved};
use crate::account::Kind;
use crate::error::{Code, Error};
use crate::store::Client;
use crate::types::{ClientId, Scopes, TenantId};

impl App {
    /// Whoever runs the deployment, at work on one of its tenants: past every cache, under an id of this command's own.
    ///
    /// # Errors
    /// [`Code::NotFound`] when there is no such tenant; [`Code::Unavailable`] also where there is no key ring yet.
    pub async fn administrator(&self, tenant: &TenantId) -> Result<BackEnd, Error> {
        let now = self.clock.now();
        let found = self.store.tenant(tenant, now).await?;
        let tenant =
            found.ok_or_else(|| Code::NotFound.because("no such tenant").saying("There is no such tenant."))?;
        let client = Client::blank(ClientId::administrator(), "Administrator".to_owned(), now);
        let caller = Caller {
            tenant: Arc::new(tenant),
            client_id: client.id.clone(),
            ring: self.key_ring().await?,
            now,
            request_id: self.random.uuid().to_string(),
            kind: Kind::Intermediary,
            source: None,
            proved: Proved::Secret,
        };
        let every = Scopes::of(scopes::ALL.map(str::to_owned));
        let scopes = every.map_err(|_| Code::Internal.because("every scope is too many for a token"))?;
        Ok(BackEnd { caller, client: Arc::new(client), scopes })
    }
}
