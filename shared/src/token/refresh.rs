use data_encoding::BASE64URL_NOPAD;

use super::{PlainToken, signed};
use crate::key_ring::{KeyRing, Mac};
use crate::types::{AccountId, ClientId, SessionId, TenantId};

/// A refresh token: the account, the session, a generation, and an HMAC-SHA-256 over them under a key outside
/// the table (yardstick S1). Nothing of it is stored, and a forged one is refused before any read.
///
/// ```text
/// lkr_ base64url( form 1 · secrets 1 · account 16 · session 16 · generation 4 · HMAC 32 )    98 characters
/// ```
///
/// The HMAC also covers tenant and client, so another client's token is as good as a forged one (S5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshToken {
    pub account_id: AccountId,
    pub session_id: SessionId,
    /// 0 for the token that the sign-in gave, one more with each rotation.
    pub generation: u32,
}

/// Whom a token was given to.
#[derive(Debug, Clone, Copy)]
pub struct Bearer<'a> {
    pub tenant: &'a TenantId,
    pub client: &'a ClientId,
}

/// Tells scanners and people what it is. Never change it: tokens in use begin with it.
const PREFIX: &str = "lkr_";

impl RefreshToken {
    #[must_use]
    pub fn mint(&self, ring: &KeyRing, bearer: Bearer<'_>) -> PlainToken {
        let generation = self.generation.to_be_bytes();
        let content = [self.account_id.as_bytes().as_slice(), self.session_id.as_bytes(), &generation].concat();
        let signed = signed::sign(ring, Mac::RefreshToken, &bearer.parts(), &content);
        PlainToken::new(format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&signed)))
    }

    /// What `text` stands for, if it was minted here for this bearer. Reads nothing.
    #[must_use]
    pub fn parse(text: &str, ring: &KeyRing, bearer: Bearer<'_>) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.strip_prefix(PREFIX)?.as_bytes()).ok()?;
        let content = signed::open(ring, Mac::RefreshToken, &bearer.parts(), &bytes)?;
        let (account, rest) = content.split_first_chunk::<16>()?;
        let (session, generation) = rest.split_first_chunk::<16>()?;
        Some(Self {
            account_id: AccountId::from_bytes(*account),
            session_id: SessionId::from_bytes(*session),
            generation: u32::from_be_bytes(generation.try_into().ok()?),
        })
    }
}

impl<'a> Bearer<'a> {
    pub(super) fn parts(&self) -> [&'a [u8]; 2] {
        [self.tenant.as_str().as_bytes(), self.client.as_str().as_bytes()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::key_ring::Material;
    use crate::random::Random;

    #[test]
    fn a_token_opens_for_its_own_bearer_and_unchanged_only() {
        let random = Random::default();
        let ring = |_| KeyRing::open(&Material::generate(&random, Clock::default().now()).unwrap()).unwrap();
        let (ours, other) = (ring(1), ring(2));
        let tenants = ["T00000001", "T00000002"].map(|id| TenantId::try_from(id.to_owned()).unwrap());
        let clients = ["portal", "other"].map(|id| ClientId::try_from(id.to_owned()).unwrap());
        let bearer = |tenant: usize, client: usize| Bearer { tenant: &tenants[tenant], client: &clients[client] };
        let token = RefreshToken {
            account_id: AccountId::random(&random),
            session_id: SessionId::random(&random),
            generation: 7,
        };
        let plain = token.mint(&ours, bearer(0, 0));
        let text = plain.reveal();

        assert_eq!(RefreshToken::parse(text, &ours, bearer(0, 0)), Some(token));
        assert_eq!(text, token.mint(&ours, bearer(0, 0)).reveal(), "the successor is the same for every racer");
        assert_eq!(RefreshToken::parse(text, &ours, bearer(1, 0)), None, "another tenant");
        assert_eq!(RefreshToken::parse(text, &ours, bearer(0, 1)), None, "another client");
        assert_eq!(RefreshToken::parse(text, &other, bearer(0, 0)), None, "another key ring");
        for position in 0..text.len() {
            let mut forged = text.as_bytes().to_vec();
            forged[position] = if forged[position] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            assert_eq!(RefreshToken::parse(&forged, &ours, bearer(0, 0)), None, "changed at {position}");
        }
        for malformed in ["", "lkr_", "lkr_AQ", &text[..97], &format!("{text}A"), &format!("{text}="), &text[4..]] {
            assert_eq!(RefreshToken::parse(malformed, &ours, bearer(0, 0)), None, "{malformed}");
        }
        assert_eq!(format!("{plain:?}"), "PlainToken(…)");
    }
}
