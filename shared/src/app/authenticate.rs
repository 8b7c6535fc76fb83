use super::{App, Caller, Flags};
use crate::account::Account;
use crate::error::{Code, Error};
use crate::history::Happened;
use crate::session::Session;
use crate::token::{AccessToken, Claims};
use crate::types::{AccountId, SessionId};

/// Who is signed in: the account and session behind a token, as they are at this moment.
#[derive(Debug, Clone)]
pub struct Principal {
    pub account: Account,
    pub session: Session,
}

impl Principal {
    #[must_use]
    pub fn flags(&self) -> Flags {
        Flags::of(&self.account, &self.session)
    }
}

impl App {
    /// The account and session behind an access token, read as they are now: a session that was ended a moment
    /// ago opens nothing here, whatever its token's `exp` says (yardstick S8).
    ///
    /// # Errors
    /// [`Code::InvalidAccessToken`], for every reason alike.
    pub async fn authenticate(&self, caller: &Caller, token: Option<&str>) -> Result<Principal, Error> {
        let (claims, account, session) = self.verify(caller, token)?;
        let (tenant, record) = (caller.tenant_id(), claims.intermediary_id.as_ref());
        let live = self.store.live_session(tenant, account, session, record, caller.now).await?;
        let (account, session) =
            live.ok_or_else(|| Code::InvalidAccessToken.because("the session, its account or its record is no more"))?;
        Ok(Principal { account, session })
    }

    /// Ends the session that an access token is tied to. Ending it again changes nothing and is no error.
    ///
    /// # Errors
    /// [`Code::InvalidAccessToken`] when the token is not ours or out of date.
    pub async fn sign_out(&self, caller: &Caller, token: Option<&str>) -> Result<(), Error> {
        let (_, account, session) = self.verify(caller, token)?;
        let entry = caller.entry(Happened::SignedOut, account).in_session(session);
        if self.store.end_live_session(caller.tenant_id(), session, &entry, caller.now).await? {
            self.log_entry(caller, &entry);
        }
        Ok(())
    }

    fn verify(&self, caller: &Caller, token: Option<&str>) -> Result<(Claims, AccountId, SessionId), Error> {
        let refused = |reason| Code::InvalidAccessToken.because(reason);
        let token = token.ok_or_else(|| refused("no access token"))?;
        let claims = AccessToken::open(token, &caller.ring, &self.issuer, caller.now).map_err(refused)?;
        let is_anothers = claims.tenant != *caller.tenant_id() || claims.customer_id.is_some();
        if claims.aud.as_str() != caller.audience(self) || is_anothers {
            return Err(refused("for another audience"));
        }
        let (account, session) = claims.person().ok_or_else(|| refused("not a person's"))?;
        Ok((claims, account, session))
    }
}
