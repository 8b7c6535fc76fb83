use super::{App, Caller};
use crate::account::Account;
use crate::error::{Code, Error};
use crate::http::Response;
use crate::session::Session;
use crate::token::{AccessToken, AuthKey, Claims, PlainToken, RefreshToken, Subject};
use crate::types::{Audience, Scopes, SessionId};

/// A person who is signed in. Their surface asks for the keys that it hands out.
#[derive(Debug, Clone, Copy)]
pub struct SignedIn<'a> {
    app: &'a App,
    pub caller: &'a Caller,
    pub account: &'a Account,
    pub session: &'a Session,
}

/// How a surface puts into its own words what became of a signed-in person's request.
pub type Respond = fn(&SignedIn<'_>) -> Result<Response, Error>;

/// The tokens of a session at its present generation.
#[derive(Debug)]
pub struct TokenPair {
    pub access_token: PlainToken,
    pub refresh_token: PlainToken,
}

/// What a portal may insist on (documents 000 and 001). Neither blocks a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flags {
    /// Of the account.
    pub is_email_not_verified: bool,
    /// Of the session: it has not proved a phone.
    pub is_mfa_incomplete: bool,
}

impl Flags {
    #[must_use]
    pub fn of(account: &Account, session: &Session) -> Self {
        Self { is_mfa_incomplete: !session.proved_phone(), ..Self::without_session(account) }
    }

    /// Those that are the account's own.
    #[must_use]
    pub fn without_session(account: &Account) -> Self {
        Self { is_email_not_verified: account.email_verified_at.is_none(), is_mfa_incomplete: false }
    }
}

impl App {
    pub(super) fn signed_in<'a>(
        &'a self,
        caller: &'a Caller,
        account: &'a Account,
        session: &'a Session,
    ) -> SignedIn<'a> {
        SignedIn { app: self, caller, account, session }
    }
}

impl SignedIn<'_> {
    /// # Errors
    /// As [`AccessToken::mint`].
    pub fn tokens(&self) -> Result<TokenPair, Error> {
        Ok(TokenPair { access_token: self.access_token(None)?.0, refresh_token: self.refresh_token() })
    }

    /// An access token, with the seconds that it lives. `narrowed` takes the place of the session's scope, of which
    /// it is a part.
    ///
    /// # Errors
    /// As [`AccessToken::mint`].
    pub fn access_token(&self, narrowed: Option<&Scopes>) -> Result<(PlainToken, i64), Error> {
        let Self { app, caller, account, session } = self;
        let (now, settings) = (caller.now, &caller.tenant.settings);
        let (audience, scope, seconds) = if let Some(grant) = &session.grant {
            (grant.audience.clone(), grant.scope.clone(), settings.customer_token_seconds())
        } else {
            let unfit = |_| Code::Internal.because("the issuer makes no audience");
            let audience = Audience::try_from(caller.audience(app)).map_err(unfit)?;
            let scope = Scopes::try_from(account.kind().as_str().to_owned()).unwrap_or_default();
            (audience, scope, settings.access_token_seconds())
        };
        let exp = session.ends_at.min(now.seconds() + seconds);
        let claims = Claims {
            iss: app.issuer.clone(),
            sub: Subject::Account(account.id),
            aud: audience,
            exp,
            iat: now.seconds(),
            jti: SessionId::random(&app.random),
            client_id: caller.client_id.clone(),
            scope: narrowed.cloned().unwrap_or(scope),
            tenant: caller.tenant.id.clone(),
            auth_time: Some(session.opened_at),
            amr: Some(session.methods.clone()),
            sid: Some(session.id),
            intermediary_id: account.owner.intermediary_id().cloned(),
            customer_id: account.owner.customer().map(|customer| customer.customer_id.clone()),
        };
        Ok((AccessToken::mint(&claims, &caller.ring, settings.signing_algorithm(), now)?, exp - now.seconds()))
    }

    #[must_use]
    pub fn refresh_token(&self) -> PlainToken {
        let Self { account, session, .. } = self;
        let refresh = RefreshToken { account_id: account.id, session_id: session.id, generation: session.generation };
        refresh.mint(&self.caller.ring, self.caller.bearer())
    }

    /// The `AuthKey` of document 002, as long-lived as the session.
    #[must_use]
    pub fn auth_key(&self) -> PlainToken {
        let (portal, account_id, session_id) = (self.caller.portal(), self.account.id, self.session.id);
        AuthKey { portal, account_id, session_id }.mint(&self.caller.ring)
    }

    #[must_use]
    pub fn flags(&self) -> Flags {
        Flags::of(self.account, self.session)
    }
}
