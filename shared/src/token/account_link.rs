use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use super::LinkSecret;
use crate::random::Random;
use crate::types::AccountId;

/// The token of a link that was sent to somebody, to set a password or to accept an invitation: which account, and a
/// secret of 256 bits, of which the table knows the SHA-256.
///
/// ```text
/// lkl_ base64url( account 16 · secret 32 )    68 characters
/// ```
#[derive(Debug, Clone)]
pub struct AccountLink {
    pub account_id: AccountId,
    /// The whole of it.
    pub secret: LinkSecret,
}

/// Tells scanners and people what it is.
const PREFIX: &str = "lkl_";

impl AccountLink {
    #[must_use]
    pub fn random(account_id: AccountId, random: &Random) -> Self {
        let secret = Zeroizing::new(random.bytes::<32>());
        let content = Zeroizing::new([account_id.as_bytes().as_slice(), secret.as_slice()].concat());
        Self { account_id, secret: LinkSecret::from(format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&content))) }
    }

    /// What `text` says that it stands for, if it has the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let content = Zeroizing::new(BASE64URL_NOPAD.decode(text.strip_prefix(PREFIX)?.as_bytes()).ok()?);
        let (account, secret) = content.split_first_chunk::<16>()?;
        let account_id = AccountId::from_bytes(*account);
        (secret.len() == 32).then(|| Self { account_id, secret: LinkSecret::from(text.to_owned()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_read_back_and_nothing_else_is() {
        let random = Random::default();
        let link = AccountLink::random(AccountId::random(&random), &random);
        let text = link.secret.reveal().to_owned();
        assert_eq!(text.len(), 68);
        let read = AccountLink::parse(&text).unwrap();
        assert_eq!((read.account_id, read.secret.digest()), (link.account_id, link.secret.digest()));
        assert!(!format!("{link:?}").contains(&text[40..]));
        for other in ["", "lkl_", &text[4..], &text[..67], &format!("{text}A"), &text.replace("lkl_", "lkt_")] {
            assert!(AccountLink::parse(other).is_none(), "{other}");
        }
    }
}
