use std::sync::Arc;

use crate::app::{App, Caller};
use crate::error::{Code, Error};
use crate::http::Request;
use crate::store::Client;
use crate::token::PlainToken;
use crate::types::{Audience, DataScopes, Scopes, TenantId};

/// Somebody else's back end, which asks people of this tenant for their data by an access token of its own.
#[derive(Debug, Clone)]
pub struct ThirdParty {
    pub caller: Caller,
    pub client: Arc<Client>,
    /// Of the token that it showed.
    pub scope: DataScopes,
}

/// A third party's own access token. Times in seconds since 1970-01-01T00:00:00Z.
#[derive(Debug)]
pub struct ThirdPartyToken {
    pub token: PlainToken,
    pub issuer: String,
    pub issued_at: i64,
    pub expires_in: i64,
}

/// The client token lives a day (contract §3.1).
const TOKEN_SECONDS: i64 = 86_400;

impl App {
    /// A token for the third party itself. Costs no call.
    ///
    /// # Errors
    /// [`Code::UnauthorizedClient`] when the client may ask nobody for data; [`Code::InvalidScope`] when a scope that
    /// is `asked` for was not granted. Without one, all that was granted.
    pub fn third_party_token(
        &self,
        caller: &Caller,
        client: &Client,
        asked: Option<DataScopes>,
    ) -> Result<ThirdPartyToken, Error> {
        if client.data_scope.is_empty() {
            return Err(Code::UnauthorizedClient.because("a client that may ask nobody for data"));
        }
        let scope = asked.unwrap_or_else(|| client.data_scope.clone());
        if scope.is_empty() || scope.beyond(&client.data_scope).is_some() {
            return Err(Code::InvalidScope.because("none, or more than was granted").at("scope"));
        }
        let unfit = |_| Code::Internal.because("the issuer makes no audience");
        let audience = Audience::try_from(self.transfers_audience(caller.tenant_id())).map_err(unfit)?;
        // In their own names.
        let scope = Scopes::of(scope.iter().map(|scope| scope.as_str().to_owned())).unwrap_or_default();
        let token = self.mint_for_client(caller, audience, scope, TOKEN_SECONDS)?;
        let (issuer, issued_at) = (self.issuer.clone(), caller.now.seconds());
        Ok(ThirdPartyToken { token, issuer, issued_at, expires_in: TOKEN_SECONDS })
    }

    /// The third party whose token this is.
    ///
    /// # Errors
    /// [`Code::MissingToken`], [`Code::InvalidToken`]; [`Code::Forbidden`] for a person's token.
    pub async fn third_party(&self, token: Option<&str>, request: &Request) -> Result<ThirdParty, Error> {
        let (caller, claims) = self.token_holder(token, request).await?;
        let refused = |reason: &'static str| Code::InvalidToken.because(reason);
        if claims.aud.as_str() != self.transfers_audience(caller.tenant_id()) {
            return Err(refused("for another audience"));
        }
        if !claims.is_of_client() {
            return Err(Code::Forbidden.because("a person's token").saying("This call takes a client's own token."));
        }
        let client = self.client(&caller).await?.ok_or_else(|| refused("the client is no more"))?;
        let scope = DataScopes::try_from(claims.scope.to_string());
        Ok(ThirdParty { caller, client, scope: scope.map_err(|_| refused("with other scopes"))? })
    }

    fn transfers_audience(&self, tenant: &TenantId) -> String {
        format!("{}/{tenant}/transfers", self.issuer)
    }
}
