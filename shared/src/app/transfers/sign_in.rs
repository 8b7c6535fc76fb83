use crate::account::{Account, Kind, Signer};
use crate::app::sign_in::Proven;
use crate::app::{App, Caller, Memory, OobChannel, SignInAnswers};
use crate::error::{Code, Error};
use crate::http::Response;
use crate::password::Password;
use crate::session::{self, SessionGrant};
use crate::store::{FirstFactor, Proof, SourceLimit};
use crate::token::LinkSecret;
use crate::types::{Audience, Email, Format, Identifier, Phone, SchemaName, Scopes, SessionId};

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
        self.count_source(caller, SourceLimit::SIGN_INS).await?;
        let is_pin = password.is_pin();
        let kept = |account: &Account| match account.owner.customer() {
            // A pin does where a second factor follows (contract §4.3).
            Some(customer) if is_pin && caller.needs_second_factor(account) => customer.pin_hash.clone(),
            _ => account.password_hash.clone(),
        };
        let proven = self.prove_password(caller, &who(caller, &identifier), password, kept).await?;
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
        self.count_source(caller, SourceLimit::SENDS).await?;
        self.challenge_mfa(caller, token, channel, respond).await
    }

    /// Opens nothing but the pages.
    fn pages_grant(&self) -> Result<SessionGrant, Error> {
        let unfit = |_| Code::Internal.because("the issuer makes no audience");
        let audience = Audience::try_from(format!("{}/authorize", self.issuer)).map_err(unfit)?;
        Ok(SessionGrant { audience, scope: Scopes::default(), is_refreshable: false })
    }
}

/// Whom a text identifies; one that identifies nobody stands for a stranger, and costs what a stranger costs.
fn who(caller: &Caller, text: &str) -> Identifier {
    let text = text.trim();
    if let Ok(email) = Email::try_from(text.to_owned()) {
        return Identifier::email(&email);
    }
    let settings = &caller.tenant.settings;
    let is_shared = settings.customers_share_phones && matches!(caller.kind, Kind::Customer(_));
    if let Ok(phone) = Phone::written(text)
        && !is_shared
    {
        return Identifier::phone(&phone);
    }
    let key = settings.lead_texts().next().filter(|_| caller.kind == Kind::Lead);
    let of_key = key.and_then(|field| Identifier::parse(field.clone(), Format::Text, text).ok());
    of_key.unwrap_or_else(|| Identifier::kept(SchemaName::email_address(), text.chars().take(256).collect()))
}
