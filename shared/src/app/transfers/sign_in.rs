use crate::account::{Account, Kind, Signer};
use crate::app::sign_in::Proven;
use crate::app::{App, Caller, Memory, OobChannel, SignInAnswers};
use crate::error::{Code, Error};
use crate::http::Response;
use crate::password::Password;
use crate::session::{self, SessionGrant};
use crate::store::{FirstFactor, Proof, SourceLimit};
use crate::token::LinkSecret;
use crate::types::{Audience, Email, Identifier, Phone, SchemaName, Scopes, SessionId};

/// How somebody signs in on the pages: by whatever identifies their kind of account, and a password.
#[derive(Debug)]
pub struct PageSignIn {
    pub signer: Signer,
    /// An e-mail address, a telephone number, or what else the tenant knows a lead by.
    pub identifier: String,
    pub password: Password,
}

impl App {
    /// Signs somebody in to the pages, or asks for their second factor. The session lasts as long as a request
    /// waits and 5 minutes, and gives no tokens.
    ///
    /// # Errors
    /// [`Code::InvalidCredentials`], for every reason alike; [`Code::TooManyRequests`] after 20 in a minute from one
    /// source.
    pub async fn sign_in_on_page(
        &self,
        caller: &Caller,
        form: PageSignIn,
        answers: SignInAnswers<'_>,
    ) -> Result<Response, Error> {
        let PageSignIn { signer, identifier, password } = form;
        let caller = &Caller { kind: signer.kind(), ..caller.clone() };
        let (admitted, identifier) =
            tokio::join!(self.count_source(caller, SourceLimit::sign_ins()), self.identified(caller, &identifier));
        admitted?;
        let is_pin = password.is_pin();
        let kept = |account: &Account| match account.owner.customer() {
            // A pin does where a second factor follows (contract §4.3).
            Some(customer) if is_pin && caller.needs_second_factor(account) => customer.pin_hash.clone(),
            _ => account.password_hash.clone(),
        };
        let proven = self.prove_password(caller, &identifier?, password, kept).await?;
        let (Proven { account, rehashed }, grant) = (&proven, self.pages_grant()?);
        if caller.needs_second_factor(account) {
            let first = FirstFactor::Password { rehashed: rehashed.as_ref().filter(|_| !is_pin) };
            let methods = [session::PASSWORD.to_owned()];
            let required = self.require_second_factor(caller, account, grant, &methods, first).await?;
            return Ok((answers.mfa_required)(&required));
        }
        let session = caller.granted_session(SessionId::random(&self.random), account, &[session::PASSWORD], grant);
        let proof = Proof::Password { rehashed: rehashed.as_ref() };
        self.open_session(caller, account, &session, proof, &Memory::default(), answers.signed_in).await
    }

    /// Sends the code of a second factor to somebody who signs in on the pages.
    ///
    /// # Errors
    /// As [`challenge_mfa`](App::challenge_mfa); [`Code::TooManyRequests`] after 20 in an hour from one source.
    pub async fn send_code_on_page(
        &self,
        caller: &Caller,
        (token, channel): (&str, OobChannel),
        respond: impl FnOnce(&LinkSecret) -> Response,
    ) -> Result<Response, Error> {
        self.count_source(caller, SourceLimit::sends()).await?;
        self.challenge_mfa(caller, token, channel, respond).await
    }

    /// What somebody is known by, of all that the text may mean; what identifies nobody stands for a stranger, and costs
    /// what a stranger costs.
    async fn identified(&self, caller: &Caller, text: &str) -> Result<Identifier, Error> {
        let text = text.trim();
        let mut candidates = whom(caller, text);
        let mut known = None;
        if candidates.len() > 1 {
            let owners = self.store.owners(caller.tenant_id(), caller.kind, &candidates, caller.now).await?;
            known = owners.iter().position(Option::is_some);
        }
        let stranger = || Identifier::kept(SchemaName::email_address(), text.chars().take(256).collect());
        let first = known.unwrap_or_default();
        Ok(if candidates.is_empty() { stranger() } else { candidates.swap_remove(first) })
    }

    /// Opens nothing but the pages.
    fn pages_grant(&self) -> Result<SessionGrant, Error> {
        let unfit = |_| Code::Internal.because("the issuer makes no audience");
        let audience = Audience::try_from(format!("{}/authorize", self.issuer)).map_err(unfit)?;
        Ok(SessionGrant { audience, scope: Scopes::default(), is_refreshable: false })
    }
}

/// Everybody whom a text may identify.
fn whom(caller: &Caller, text: &str) -> Vec<Identifier> {
    let settings = &caller.tenant.settings;
    match caller.kind {
        Kind::Lead => settings.lead_identifiers(text),
        Kind::Customer(_) | Kind::Intermediary => {
            let email = Email::try_from(text.to_owned()).ok().as_ref().map(Identifier::email);
            let phone = Phone::written(text).ok().filter(|_| !settings.customers_share_phones);
            email.or(phone.as_ref().map(Identifier::phone)).into_iter().collect()
        }
    }
}
