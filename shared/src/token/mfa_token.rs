use data_encoding::BASE64URL_NOPAD;

use super::{Bearer, PlainToken, signed};
use crate::key_ring::{KeyRing, Mac};
use crate::types::{AccountId, SessionId};

/// The `mfa_token` of contract §4: which sign-in of which account a second factor is missing to. Its HMAC also covers
/// tenant and client. It opens nothing else, and its flow counts the tries and says when it ends (yardstick C8).
///
/// ```text
/// lkm_ base64url( form 1 · secrets 1 · account 16 · session to be 16 · HMAC 32 )    92 characters
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MfaToken {
    pub account_id: AccountId,
    pub flow_id: SessionId,
}

/// Tells scanners and people what it is.
const PREFIX: &str = "lkm_";

impl MfaToken {
    #[must_use]
    pub fn mint(&self, ring: &KeyRing, bearer: Bearer<'_>) -> PlainToken {
        let content = [self.account_id.as_bytes().as_slice(), self.flow_id.as_bytes()].concat();
        let signed = signed::sign(ring, Mac::MfaToken, &bearer.parts(), &content);
        PlainToken::new(format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&signed)))
    }

    /// Whether somebody means `text` to be one.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// What `text` stands for, if it was minted here for this bearer. Reads nothing.
    #[must_use]
    pub fn parse(text: &str, ring: &KeyRing, bearer: Bearer<'_>) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.strip_prefix(PREFIX)?.as_bytes()).ok()?;
        let content = signed::open(ring, Mac::MfaToken, &bearer.parts(), &bytes)?;
        let (account, flow) = content.split_first_chunk::<16>()?;
        let (account_id, flow_id) = (AccountId::from_bytes(*account), SessionId::from_bytes(flow.try_into().ok()?));
        Some(Self { account_id, flow_id })
    }
}
