use std::sync::Arc;

use crate::account::Kind;
use crate::app::{App, Caller, Proved};
use crate::error::Error;
use crate::http::Request;
use crate::store::Client;
use crate::token::TransferToken;
use crate::transfer::{Transfer, TransferStatus};
use crate::types::{ClientId, TenantId};

/// A transfer that somebody opened by its code, on whatever device.
#[derive(Debug, Clone)]
pub struct Scanned {
    /// Nobody yet: a browser of the tenant's pages.
    pub caller: Caller,
    pub transfer: Transfer,
    /// The third party.
    pub client: Arc<Client>,
    pub token: TransferToken,
}

impl App {
    /// Opens a transfer by its code, which marks it as scanned; `None` where there is no such transfer (any more), or
    /// its third party is gone.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB or KMS does not answer.
    pub async fn scan(&self, caller: &Caller, token: TransferToken) -> Result<Option<Scanned>, Error> {
        let (caller, digest) = (caller.clone(), token.digest());
        let found = self.store.retrieve_transfer(&token.tenant, (token.id, &digest), caller.now).await?;
        let Some(transfer) = found else { return Ok(None) };
        let third_party = Caller { client_id: transfer.client_id.clone(), ..caller.clone() };
        let client = self.client(&third_party).await?;
        Ok(client.map(|client| Scanned { caller, transfer, client, token }))
    }

    /// Where a code leads that nobody scanned yet. Looking is not scanning.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB does not answer.
    pub async fn url_to_scan(&self, code: &str) -> Result<Option<String>, Error> {
        let Some(token) = TransferToken::parse(code) else { return Ok(None) };
        let now = self.clock.now();
        let found = self.store.transfer(&token.tenant, token.id, now).await?;
        let waits = |transfer: &Transfer| {
            transfer.is_opened_by(&token.digest()) && transfer.status_at(now) == TransferStatus::Initialized
        };
        Ok(found.filter(waits).map(|_| self.page_of(&token)))
    }

    /// A browser on the pages of a tenant, if there is such a tenant.
    ///
    /// # Errors
    /// [`crate::error::Code::Unavailable`] when DynamoDB or KMS does not answer.
    pub async fn browsing(&self, tenant: &TenantId, request: &Request) -> Result<Option<Caller>, Error> {
        let (ring, now) = (self.key_ring().await?, self.clock.now());
        let Some(tenant) = self.tenant(tenant, now).await? else { return Ok(None) };
        let (request_id, source) = (request.request_id.clone(), request.source);
        let (kind, proved, client_id) = (Kind::Lead, Proved::Nothing, ClientId::pages());
        Ok(Some(Caller { tenant, client_id, ring, now, request_id, kind, source, proved }))
    }
}
