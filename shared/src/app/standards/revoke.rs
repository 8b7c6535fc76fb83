use crate::app::{App, Caller};
use crate::error::{Code, Error};
use crate::token::AccessToken;

impl App {
    /// Ends the session behind a token that was issued to the caller: a refresh token of any generation, or a
    /// person's access token (RFC 7009 §2.1). Every other token, and one that is over, changes nothing and is no error.
    /// After it neither is active, whatever refresh was in flight (yardstick S6).
    ///
    /// # Errors
    /// [`Code::UnsupportedTokenType`] for the caller's own token, behind which there is no session.
    pub async fn revoke(&self, caller: &Caller, token: &str) -> Result<(), Error> {
        let Ok(claims) = AccessToken::open(token, &caller.ring, &self.issuer, caller.now) else {
            return self.revoke_refresh_token(caller, token).await;
        };
        if claims.tenant != *caller.tenant_id() || claims.client_id != caller.client_id {
            return Ok(());
        }
        match claims.person() {
            Some((account, session)) => self.revoke_session(caller, account, session).await,
            None => Err(Code::UnsupportedTokenType.because("a client's own token")),
        }
    }
}
