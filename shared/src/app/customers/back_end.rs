use std::sync::Arc;

use super::scopes::Accepted;
use crate::account::{CustomerType, Kind};
use crate::app::{App, Caller, Proved};
use crate::error::{Code, Error};
use crate::http::Request;
use crate::store::Client;
use crate::token::{AccessToken, Claims, ClientSecret};
use crate::types::{Identifier, SchemaName, Scopes, TenantId};

/// A client of the customers surface: a trusted back end that acts by an access token of its own.
#[derive(Debug, Clone)]
pub struct BackEnd {
    pub caller: Caller,
    pub client: Arc<Client>,
    /// Of the token that it showed.
    pub scopes: Scopes,
}

impl BackEnd {
    /// The one place where scopes are checked.
    ///
    /// # Errors
    /// [`Code::InsufficientScope`], naming what would do.
    pub fn require(&self, accepted: Accepted) -> Result<(), Error> {
        let has_one = accepted.iter().any(|scope| self.scopes.contains(scope));
        if has_one { Ok(()) } else { Err(Error::lacking_scope(accepted)) }
    }

    /// A number that several may have says of nobody who it is.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] when this identifier is such a number.
    pub fn may_identify(&self, identifier: &Identifier) -> Result<(), Error> {
        if self.caller.tenant.settings.customers_share_phones && identifier.field == SchemaName::phone() {
            let message = "Customers of this tenant may share telephone numbers, so none says who it is.";
            return Err(Code::InvalidRequest.because("numbers are shared").saying(message));
        }
        Ok(())
    }

    /// The back end with the kind of people that this call is about.
    #[must_use]
    pub fn about(mut self, customer_type: CustomerType) -> Self {
        self.caller.kind = Kind::Customer(customer_type);
        self
    }
}

/// Of whom a call may be.
const ANY_CUSTOMER: Kind = Kind::Customer(CustomerType::Customer);

impl App {
    /// The client whose id and secret these are, without a look at the path.
    ///
    /// # Errors
    /// [`Code::InvalidClient`], alike for an unknown id and a wrong secret; [`Code::TooManyRequests`] once a source
    /// has shown too many bad ones.
    pub async fn client_by_secret(
        &self,
        (client_id, secret): (&str, &str),
        request: &Request,
    ) -> Result<(Caller, Arc<Client>), Error> {
        let refusal = Code::InvalidClient;
        let secret = ClientSecret::oauth(client_id, secret).ok_or_else(|| refusal.because("no secret by its form"))?;
        let caller = self.caller_by_secret(&secret, refusal, request, ANY_CUSTOMER).await?;
        let client = self.client(&caller).await?.ok_or_else(|| refusal.because("the client is no more"))?;
        Ok((caller, client))
    }

    /// The client whose own access token this is, for calls under this tenant's path.
    ///
    /// # Errors
    /// [`Code::MissingToken`], [`Code::InvalidToken`]; [`Code::Forbidden`] for another tenant, whether or not it
    /// exists, and for a person's token.
    pub async fn back_end(&self, token: Option<&str>, tenant: &str, request: &Request) -> Result<BackEnd, Error> {
        let (caller, claims) = self.bearer(token, tenant, request).await?;
        self.back_end_of(caller, claims).await
    }

    pub(super) async fn back_end_of(&self, caller: Caller, claims: Claims) -> Result<BackEnd, Error> {
        if !claims.is_of_client() {
            return Err(Code::Forbidden.because("a person's token").saying("This call takes a client's own token."));
        }
        let client = self.client(&caller).await?;
        let client = client.ok_or_else(|| Code::InvalidToken.because("the client is no more"))?;
        Ok(BackEnd { caller, client, scopes: claims.scope })
    }

    /// Whose token this is, for calls under this tenant's path: it was issued for one of the tenant's own audiences.
    pub(super) async fn bearer(
        &self,
        token: Option<&str>,
        tenant: &str,
        request: &Request,
    ) -> Result<(Caller, Claims), Error> {
        let (caller, claims) = self.holder_in(token, tenant, request).await?;
        if self.is_for_tenant(&caller, &claims) { Ok((caller, claims)) } else { Err(for_another()) }
    }

    /// Whose token this is, whatever it is for, for calls under this tenant's path.
    pub(super) async fn holder_in(
        &self,
        token: Option<&str>,
        tenant: &str,
        request: &Request,
    ) -> Result<(Caller, Claims), Error> {
        let (caller, claims) = self.token_holder(token, request).await?;
        if claims.tenant.as_str() != tenant {
            return Err(Code::Forbidden.because("another tenant's token"));
        }
        Ok((caller, claims))
    }

    /// Whether a token was issued for one of the tenant's own audiences.
    pub(super) fn is_for_tenant(&self, caller: &Caller, claims: &Claims) -> bool {
        claims.aud.as_str() == self.own_audience(caller.tenant_id()) || caller.tenant.settings.has_audience(&claims.aud)
    }

    /// Whose token this is, whatever it is for.
    pub(in crate::app) async fn token_holder(
        &self,
        token: Option<&str>,
        request: &Request,
    ) -> Result<(Caller, Claims), Error> {
        let token = token.ok_or_else(|| Code::MissingToken.because("no bearer token"))?;
        let (ring, now) = (self.key_ring().await?, self.clock.now());
        let refused = |reason: &'static str| Code::InvalidToken.because(reason);
        let claims = AccessToken::open(token, &ring, &self.issuer, now).map_err(refused)?;
        let tenant = self.tenant(&claims.tenant, now).await?.ok_or_else(|| refused("a tenant that is no more"))?;
        let (client_id, request_id) = (claims.client_id.clone(), request.request_id.clone());
        let (kind, source, proved) = (ANY_CUSTOMER, request.source, Proved::Secret);
        Ok((Caller { tenant, client_id, ring, now, request_id, kind, source, proved }, claims))
    }

    /// The audience that every tenant's own calls on the customers surface have.
    #[must_use]
    pub fn own_audience(&self, tenant: &TenantId) -> String {
        format!("{}/v1/accounts/{tenant}", self.issuer)
    }

    /// The caller's client as it was in the last minute.
    pub(in crate::app) async fn client(&self, caller: &Caller) -> Result<Option<Arc<Client>>, Error> {
        let key = (caller.tenant_id().clone(), caller.client_id.clone());
        if let Some(known) = self.clients.get(&key, caller.now) {
            return Ok(Some(known));
        }
        let found = self.store.client(caller.tenant_id(), &caller.client_id, caller.now).await?.map(Arc::new);
        if let Some(client) = &found {
            self.clients.put(key, Arc::clone(client), caller.now);
        }
        Ok(found)
    }
}

pub(super) fn for_another() -> Error {
    Code::InvalidToken.because("for another audience")
}
