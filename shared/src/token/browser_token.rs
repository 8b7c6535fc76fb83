use data_encoding::BASE64URL_NOPAD;

use super::{PlainToken, signed};
use crate::key_ring::{KeyRing, Mac};
use crate::types::{AccountId, SessionId, TenantId};

/// Who is signed in to the pages in one browser, as its cookie says. The session is looked up each time.
///
/// ```text
/// lkb_ base64url( form 1 · secrets 1 · tenant 9 · account 16 · session 16 · HMAC 32 )    104 characters
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserToken {
    pub tenant: TenantId,
    pub account_id: AccountId,
    pub session_id: SessionId,
}

/// Tells scanners and people what it is.
const PREFIX: &str = "lkb_";

impl BrowserToken {
    #[must_use]
    pub fn mint(&self, ring: &KeyRing) -> PlainToken {
        let tenant = self.tenant.as_str().as_bytes();
        let content = [tenant, self.account_id.as_bytes(), self.session_id.as_bytes()].concat();
        let signed = signed::sign(ring, Mac::BrowserToken, &[], &content);
        PlainToken::new(format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&signed)))
    }

    /// Whether somebody means `text` to be one.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// What `text` stands for, if it was minted here. Reads nothing.
    #[must_use]
    pub fn parse(text: &str, ring: &KeyRing) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.strip_prefix(PREFIX)?.as_bytes()).ok()?;
        let content = signed::open(ring, Mac::BrowserToken, &[], &bytes)?;
        let (tenant, rest) = content.split_at_checked(9)?;
        let (account, session) = rest.split_first_chunk::<16>()?;
        let tenant = TenantId::try_from(String::from_utf8(tenant.to_vec()).ok()?).ok()?;
        let (account_id, session_id) =
            (AccountId::from_bytes(*account), SessionId::from_bytes(session.try_into().ok()?));
        Some(Self { tenant, account_id, session_id })
    }
}
