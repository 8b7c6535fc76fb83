use super::{App, Caller};
use crate::account::Account;
use crate::error::{Code, Error};
use crate::session::Session;
use crate::token::{AccessToken, Claims};

impl App {
    /// The account and session behind an access token, read as they are now: a session that was ended a moment
    /// ago opens nothing here, whatever its token's `exp` says (yardstick S8).
    ///
    /// # Errors
    /// [`Code::InvalidAccessToken`], for every reason alike.
    pub async fn authenticate(&self, caller: &Caller, token: Option<&str>) -> Result<(Account, Session), Error> {
        let claims = self.verify(caller, token)?;
        let tenant = caller.tenant_id();
        let record = claims.intermediary_id.as_ref();
        let live = self.store.live_session(tenant, claims.sub, claims.sid, record, caller.now).await?;
        live.ok_or_else(|| Code::InvalidAccessToken.because("the session, its account or its record is no more"))
    }

    /// Ends the session that an access token is tied to. Ending it again changes nothing and is no error.
    ///
    /// # Errors
    /// [`Code::InvalidAccessToken`] when the token is not ours or out of date.
    pub async fn sign_out(&self, caller: &Caller, token: Option<&str>) -> Result<(), Error> {
        let claims = self.verify(caller, token)?;
        self.store.end_session(caller.tenant_id(), claims.sub, claims.sid, caller.now).await
    }

    fn verify(&self, caller: &Caller, token: Option<&str>) -> Result<Claims, Error> {
        let token = token.ok_or_else(|| Code::InvalidAccessToken.because("no access token"))?;
        AccessToken::verify(token, &caller.ring, caller.issuer(self), caller.now)
            .map_err(|reason| Code::InvalidAccessToken.because(reason))
    }
}
