use crate::app::{App, Caller, Principal};
use crate::error::{Code, Error};
use crate::limits::limits;
use crate::password::Password;
use crate::token::{PasswordValidation, PlainToken};

impl App {
    /// Says for 5 minutes that whoever is signed in knows the account's password (contract §1.12).
    ///
    /// # Errors
    /// [`Code::InvalidCredentials`] when it is wrong, which counts as a failed sign-in and, the fifth time, ends the
    /// session.
    pub async fn check_password(
        &self,
        caller: &Caller,
        principal: &Principal,
        password: Password,
    ) -> Result<PlainToken, Error> {
        let Principal { account, session } = principal;
        self.prove_current_password(caller, (account, session), password).await?;
        self.store.uncount_current_password(caller.tenant_id(), session).await?;
        let validation = PasswordValidation {
            iss: self.issuer.clone(),
            sub: account.id,
            sid: session.id,
            tenant: caller.tenant_id().clone(),
            client_id: caller.client_id.clone(),
            stamp: account.stamp(),
            exp: caller.now.seconds() + limits().password_validation_seconds,
            iat: caller.now.seconds(),
        };
        validation.mint(&caller.ring, caller.tenant.settings.signing_algorithm(), caller.now)
    }

    /// That the password was checked in this very session, and nothing has changed since.
    ///
    /// # Errors
    /// [`Code::InvalidPasswordValidation`], for every reason alike.
    pub fn require_checked_password(
        &self,
        caller: &Caller,
        principal: &Principal,
        token: Option<&str>,
    ) -> Result<(), Error> {
        let refused = |reason| Code::InvalidPasswordValidation.because(reason);
        let token = token.ok_or_else(|| refused("no validation token"))?;
        let checked = PasswordValidation::open(token, &caller.ring, &self.issuer, caller.now).map_err(refused)?;
        let Principal { account, session } = principal;
        let is_its = checked.tenant == *caller.tenant_id()
            && checked.client_id == caller.client_id
            && checked.sub == account.id
            && checked.sid == session.id;
        if !is_its {
            return Err(refused("of another session"));
        }
        if checked.stamp == account.stamp() { Ok(()) } else { Err(refused("of before a change")) }
    }
}
