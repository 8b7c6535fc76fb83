use super::{App, Caller};
use crate::account::Account;
use crate::error::Error;
use crate::http::Response;
use crate::session::Session;
use crate::token::{AccessToken, AuthKey, Claims, PlainToken, RefreshToken};
use crate::types::SessionId;

/// A person who is signed in. Their surface asks for the keys that it hands out.
#[derive(Debug, Clone, Copy)]
pub struct SignedIn<'a> {
    app: &'a App,
    caller: &'a Caller,
    pub account: &'a Account,
    pub session: &'a Session,
}

/// How a surface puts a sign-in into its own words.
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
        Self { is_email_not_verified: !account.is_email_verified, is_mfa_incomplete: !session.proved_phone() }
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
        let Self { app, caller, account, session } = self;
        let issuer = caller.issuer(app);
        let now = caller.now;
        let claims = Claims {
            iss: issuer.url.to_owned(),
            sub: account.id,
            aud: issuer.audience(),
            exp: session.ends_at.min(now.seconds() + caller.tenant.settings.access_token_seconds()),
            iat: now.seconds(),
            jti: SessionId::random(&app.random),
            client_id: caller.client_id.clone(),
            scope: account.kind().as_str().to_owned(),
            auth_time: session.opened_at,
            amr: session.methods.clone(),
            sid: session.id,
            intermediary_id: account.owner.intermediary_id().cloned(),
        };
        let refresh = RefreshToken { account_id: account.id, session_id: session.id, generation: session.generation };
        Ok(TokenPair {
            access_token: AccessToken::mint(&claims, &caller.ring, caller.tenant.settings.signing_algorithm(), now)?,
            refresh_token: refresh.mint(&caller.ring, caller.bearer()),
        })
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
