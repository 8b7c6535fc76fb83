use super::{App, Caller};
use crate::account::Account;
use crate::error::Error;
use crate::session::Session;
use crate::token::{AccessToken, Claims, PlainToken, RefreshToken};
use crate::types::SessionId;

/// A person who is signed in: the pair of tokens, and what may still be asked of them.
#[derive(Debug)]
pub struct SignedIn {
    pub access_token: PlainToken,
    pub refresh_token: PlainToken,
    pub flags: Flags,
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
    /// The tokens of `session` at its present generation.
    pub(super) fn tokens(&self, caller: &Caller, account: &Account, session: &Session) -> Result<SignedIn, Error> {
        let issuer = caller.issuer(self);
        let now = caller.now;
        let claims = Claims {
            iss: issuer.url.to_owned(),
            sub: account.id,
            aud: issuer.audience(),
            exp: session.ends_at.min(now.seconds() + caller.tenant.settings.access_token_seconds()),
            iat: now.seconds(),
            jti: SessionId::random(&self.random),
            client_id: caller.client_id.clone(),
            scope: account.kind.as_str().to_owned(),
            auth_time: session.opened_at,
            amr: session.methods.clone(),
            sid: session.id,
            intermediary_id: account.intermediary_id.clone(),
        };
        let refresh = RefreshToken { account_id: account.id, session_id: session.id, generation: session.generation };
        Ok(SignedIn {
            access_token: AccessToken::mint(&claims, &caller.ring, now)?,
            refresh_token: refresh.mint(&caller.ring, caller.bearer()),
            flags: Flags::of(account, session),
        })
    }
}
