use super::{BackEnd, scopes};
use crate::account::Account;
use crate::app::mfa::MfaRequired;
use crate::app::sign_in::{Proven, SignInAnswers};
use crate::app::{App, Memory};
use crate::error::{Code, Error};
use crate::http::Response;
use crate::password::Password;
use crate::session::{self, SessionGrant};
use crate::store::{FirstFactor, GrantType, Proof};
use crate::types::{Audience, Identifier, Scopes, SessionId};

/// Who signs in, for which audience, and the password or pin.
#[derive(Debug)]
pub struct SignInForm {
    pub identifier: Identifier,
    pub audience: Audience,
    pub secret: Password,
}

impl BackEnd {
    /// What a person signed in by this client gets: an audience of the client's grants, with their scopes but those
    /// that open Latchkey's own calls, and the kind of account.
    pub(super) fn session_grant(&self, audience: &Audience, asked: GrantType) -> Result<SessionGrant, Error> {
        let too_many = |_| Code::Internal.because("a client with too many scopes for one audience");
        let granted = self.client.granted(audience, asked).map_err(too_many)?;
        let granted = granted.ok_or_else(|| Code::InvalidTarget.because("no such grant").at("audience"))?;
        let kind = Scopes::try_from(self.caller.kind.as_str().to_owned()).unwrap_or_default();
        let scope = kind.and(granted.only(|scope| !scopes::ALL.contains(&scope))).map_err(too_many)?;
        let is_refreshable = self.scopes.contains(scopes::REFRESH_TOKEN);
        Ok(SessionGrant { audience: audience.clone(), scope, is_refreshable })
    }

    /// # Errors
    /// [`Code::InvalidTarget`] when the client could sign nobody in for this audience.
    pub fn audience_is_granted(&self, audience: &Audience) -> Result<(), Error> {
        self.session_grant(audience, GrantType::Password).map(drop)
    }

    /// Whether this account needs two factors to be signed in by this back end.
    pub(super) fn needs_second_factor(&self, account: &Account) -> bool {
        self.caller.needs_second_factor(account) && !self.scopes.contains(scopes::NO_MFA)
    }
}

impl App {
    /// Signs a customer in by a password (document 004). Where a second factor is needed and the back end's token
    /// does not do without, the answer is a token to go on with; there a pin does as well.
    ///
    /// # Errors
    /// [`Code::InvalidTarget`]; [`Code::InvalidCredentials`], for every reason alike.
    pub async fn sign_in_customer(
        &self,
        back_end: &BackEnd,
        form: SignInForm,
        answers: SignInAnswers<'_>,
    ) -> Result<Response, Error> {
        let caller = &back_end.caller;
        back_end.may_identify(&form.identifier)?;
        let grant = back_end.session_grant(&form.audience, GrantType::Password)?;
        let is_pin = form.secret.is_pin();
        let kept = |account: &Account| {
            if is_pin && back_end.needs_second_factor(account) {
                return account.owner.customer().and_then(|customer| customer.pin_hash.clone());
            }
            account.password_hash.clone()
        };
        let proven = self.prove_password(caller, &form.identifier, form.secret, kept).await?;
        if back_end.needs_second_factor(&proven.account) {
            let required = self.second_factor_after(back_end, &proven, grant, is_pin).await?;
            return Ok((answers.mfa_required)(&required));
        }
        let Proven { account, rehashed } = &proven;
        let session = caller.granted_session(SessionId::random(&self.random), account, &[session::PASSWORD], grant);
        let proof = Proof::Password { rehashed: rehashed.as_ref() };
        self.open_session(caller, account, &session, proof, &Memory::default(), answers.signed_in).await
    }

    /// Begins a sign-in with two factors by a password or pin (contract §4.3).
    ///
    /// # Errors
    /// As [`sign_in_customer`](App::sign_in_customer).
    pub async fn begin_mfa_sign_in(
        &self,
        back_end: &BackEnd,
        form: SignInForm,
        respond: fn(&MfaRequired) -> Response,
    ) -> Result<Response, Error> {
        back_end.may_identify(&form.identifier)?;
        let grant = back_end.session_grant(&form.audience, GrantType::Password)?;
        let is_pin = form.secret.is_pin();
        let kept = |account: &Account| match account.owner.customer() {
            Some(customer) if is_pin => customer.pin_hash.clone(),
            _ => account.password_hash.clone(),
        };
        let proven = self.prove_password(&back_end.caller, &form.identifier, form.secret, kept).await?;
        Ok(respond(&self.second_factor_after(back_end, &proven, grant, is_pin).await?))
    }

    async fn second_factor_after(
        &self,
        back_end: &BackEnd,
        Proven { account, rehashed }: &Proven,
        grant: SessionGrant,
        is_pin: bool,
    ) -> Result<MfaRequired, Error> {
        // Only a password's hash is made anew on the way.
        let first = FirstFactor::Password { rehashed: rehashed.as_ref().filter(|_| !is_pin) };
        self.require_second_factor(&back_end.caller, account, grant, &[session::PASSWORD.to_owned()], first).await
    }
}
