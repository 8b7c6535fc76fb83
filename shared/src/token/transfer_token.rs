use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use super::LinkSecret;
use crate::random::Random;
use crate::types::{TenantId, TransferId};

/// The `session_token` of contract §3.2: which data transfer, and a secret of 256 bits, of which the table knows the
/// SHA-256. Whoever scanned the code has it; it opens the question and nothing of the answer.
///
/// ```text
/// lkt_ base64url( tenant 9 · transfer 16 · secret 32 )    80 characters
/// ```
#[derive(Debug, Clone)]
pub struct TransferToken {
    pub tenant: TenantId,
    pub id: TransferId,
    /// The whole of it.
    text: LinkSecret,
}

/// Tells scanners and people what it is.
const PREFIX: &str = "lkt_";

impl TransferToken {
    #[must_use]
    pub fn random(tenant: TenantId, random: &Random) -> Self {
        let (id, secret) = (TransferId::random(random), Zeroizing::new(random.bytes::<32>()));
        let content = Zeroizing::new([tenant.as_str().as_bytes(), id.as_bytes(), secret.as_slice()].concat());
        let text = LinkSecret::from(format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&content)));
        Self { tenant, id, text }
    }

    /// What the table knows of it.
    #[must_use]
    pub fn digest(&self) -> String {
        self.text.digest()
    }

    /// The token itself, for the one answer that carries it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.text.reveal()
    }

    /// Whether somebody means `text` to be one.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// What `text` says that it stands for, if it has the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let content = Zeroizing::new(BASE64URL_NOPAD.decode(text.strip_prefix(PREFIX)?.as_bytes()).ok()?);
        let (tenant, rest) = content.split_at_checked(9)?;
        let (id, secret) = rest.split_first_chunk::<16>()?;
        if secret.len() != 32 {
            return None;
        }
        let tenant = TenantId::try_from(String::from_utf8(tenant.to_vec()).ok()?).ok()?;
        Some(Self { tenant, id: TransferId::from_bytes(*id), text: LinkSecret::from(text.to_owned()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_and_nothing_else_is() {
        let tenant = TenantId::try_from("T00000001".to_owned()).unwrap();
        let token = TransferToken::random(tenant, &Random::default());
        let text = token.reveal().to_owned();
        assert_eq!(text.len(), 80);
        let read = TransferToken::parse(&text).unwrap();
        assert_eq!((read.tenant.clone(), read.id, read.digest()), (token.tenant.clone(), token.id, token.digest()));
        assert!(!format!("{token:?}").contains(&text[40..]));
        for other in ["", "lkt_", &text[4..], &text[..79], &format!("{text}A"), &text.replace("lkt_", "lkm_")] {
            assert!(TransferToken::parse(other).is_none(), "{other}");
        }
    }
}
