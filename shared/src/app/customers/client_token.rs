use crate::app::{App, Caller};
use crate::error::{Code, Error};
use crate::store::{Client, GrantType};
use crate::token::PlainToken;
use crate::types::{Audience, Scopes};

/// A client's own access token.
#[derive(Debug)]
pub struct ClientToken {
    pub token: PlainToken,
    /// Seconds that it lives.
    pub expires_in: i64,
    pub scope: Scopes,
}

impl App {
    /// A token for the client itself (`client_credentials`, RFC 6749 §4.4). Costs no call.
    ///
    /// # Errors
    /// [`Code::InvalidTarget`] when no grant has this audience; [`Code::InvalidScope`] when a scope that is `asked`
    /// for is in none. Without one, all that was granted.
    pub fn client_token(
        &self,
        caller: &Caller,
        client: &Client,
        audience: Audience,
        asked: Option<Scopes>,
    ) -> Result<ClientToken, Error> {
        let too_many = |_| Code::Internal.because("a client with too many scopes for one audience");
        let granted = client.granted(&audience, GrantType::ClientCredentials).map_err(too_many)?;
        let granted = granted.ok_or_else(|| Code::InvalidTarget.because("no such grant").at("audience"))?;
        let scope = asked.unwrap_or_else(|| granted.clone());
        if !scope.are_some_of(&granted) {
            return Err(Code::InvalidScope.because("none, or more than was granted").at("scope"));
        }
        let expires_in = caller.tenant.settings.client_token_seconds();
        Ok(ClientToken { token: self.mint_for_client(caller, audience, scope.clone(), expires_in)?, expires_in, scope })
    }
}
