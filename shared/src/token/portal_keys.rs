//! The keys of the leads surface (contract §2): opaque, signed here, kept nowhere. Each names the client that it
//! came from, so none needs a read to be told from a forged one; a purpose of its own keeps one from passing as
//! another.

use data_encoding::{BASE64, HEXLOWER};

use super::{PlainToken, signed};
use crate::key_ring::{KeyRing, Mac};
use crate::types::{AccountId, ClientId, SessionId, TenantId, Timestamp};

/// A portal: a client of a tenant, whose id is its `x-lsq-portalid`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portal {
    pub tenant: TenantId,
    pub client: ClientId,
}

const TENANT_BYTES: usize = 9;

impl Portal {
    fn bytes(&self) -> Vec<u8> {
        [self.tenant.as_str().as_bytes(), self.client.as_str().as_bytes()].concat()
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (tenant, client) = std::str::from_utf8(bytes).ok()?.split_at_checked(TENANT_BYTES)?;
        let tenant = TenantId::try_from(tenant.to_owned()).ok()?;
        Some(Self { tenant, client: ClientId::try_from(client.to_owned()).ok()? })
    }

    /// The public auth key (contract §2.1). It never expires, is always the same, and may be in a browser.
    #[must_use]
    pub fn public_key(&self, ring: &KeyRing) -> PlainToken {
        PlainToken::new(encode(&signed::sign(ring, Mac::PublicKey, &[], &self.bytes())))
    }

    /// Whose public key `text` is. Reads nothing.
    #[must_use]
    pub fn of_public_key(text: &str, ring: &KeyRing) -> Option<Self> {
        let bytes = decode(text)?;
        Self::parse(signed::open(ring, Mac::PublicKey, &[], &bytes)?)
    }

    /// The portal registration token (contract §2.2): a digest in hexadecimal digits, then the tenant.
    #[must_use]
    pub fn registration_token(&self, ring: &KeyRing) -> PlainToken {
        let digest = signed::sign(ring, Mac::RegistrationToken, &[&self.bytes()], &[]);
        PlainToken::new(format!("{}{}", HEXLOWER.encode(&digest), self.tenant))
    }

    /// Whether `text` is this portal's registration token.
    #[must_use]
    pub fn has_registration_token(&self, text: &str, ring: &KeyRing) -> bool {
        let digest = text.strip_suffix(self.tenant.as_str()).and_then(|digest| HEXLOWER.decode(digest.as_bytes()).ok());
        digest.is_some_and(|digest| {
            signed::open(ring, Mac::RegistrationToken, &[&self.bytes()], &digest) == Some([].as_slice())
        })
    }

    /// The tenant's auto-login key (contract §2.10), until `ends_at` (seconds since 1970-01-01T00:00:00Z).
    #[must_use]
    pub fn auto_login_key(&self, ring: &KeyRing, ends_at: i64) -> PlainToken {
        PlainToken::new(encode(&signed::sign(ring, Mac::AutoLoginKey, &[&self.bytes()], &ends_at.to_be_bytes())))
    }

    /// Whether `text` is this portal's auto-login key and has not run out.
    #[must_use]
    pub fn has_auto_login_key(&self, text: &str, ring: &KeyRing, now: Timestamp) -> bool {
        let Some(bytes) = decode(text) else { return false };
        let ends_at = signed::open(ring, Mac::AutoLoginKey, &[&self.bytes()], &bytes);
        let ends_at = ends_at.and_then(|bytes| bytes.try_into().ok()).map(i64::from_be_bytes);
        ends_at.is_some_and(|ends_at| now.seconds() < ends_at)
    }
}

/// The private key of a signed-in lead (document 002): which session of which account, at which portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthKey {
    pub portal: Portal,
    pub account_id: AccountId,
    pub session_id: SessionId,
}

impl AuthKey {
    #[must_use]
    pub fn mint(&self, ring: &KeyRing) -> PlainToken {
        let ids = [self.account_id.as_bytes().as_slice(), self.session_id.as_bytes()].concat();
        let content = [ids, self.portal.bytes()].concat();
        PlainToken::new(encode(&signed::sign(ring, Mac::AuthKey, &[], &content)))
    }

    /// What `text` stands for, if it was minted here. Reads nothing.
    #[must_use]
    pub fn parse(text: &str, ring: &KeyRing) -> Option<Self> {
        let bytes = decode(text)?;
        let content = signed::open(ring, Mac::AuthKey, &[], &bytes)?;
        let (account, rest) = content.split_first_chunk::<16>()?;
        let (session, portal) = rest.split_first_chunk::<16>()?;
        Some(Self {
            portal: Portal::parse(portal)?,
            account_id: AccountId::from_bytes(*account),
            session_id: SessionId::from_bytes(*session),
        })
    }
}

/// Base64 of Base64, as in document 002's sample: it has neither `+` nor `/`, so it may stand in a URL as it is.
fn encode(signed: &[u8]) -> String {
    BASE64.encode(BASE64.encode(signed).as_bytes())
}

fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(&BASE64.decode(text.as_bytes()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::key_ring::Material;
    use crate::random::Random;

    fn portal(tenant: &str, client: &str) -> Portal {
        let (tenant, client) = (TenantId::try_from(tenant.to_owned()), ClientId::try_from(client.to_owned()));
        Portal { tenant: tenant.unwrap(), client: client.unwrap() }
    }

    #[test]
    fn each_key_opens_unchanged_for_its_own_portal_and_purpose_only() {
        let (random, now) = (Random::default(), Clock::default().now());
        let ring = |_| KeyRing::open(&Material::generate(&random, now).unwrap()).unwrap();
        let (ours, other) = (ring(1), ring(2));
        let (here, there) = (portal("T00000001", "portal"), portal("T00000001", "portal-2"));
        let key = AuthKey {
            portal: here.clone(),
            account_id: AccountId::random(&random),
            session_id: SessionId::random(&random),
        };
        let (public, auth) = (here.public_key(&ours), key.mint(&ours));
        let login = here.auto_login_key(&ours, now.seconds() + 1);
        let token = here.registration_token(&ours);
        assert_eq!(Portal::of_public_key(public.reveal(), &ours), Some(here.clone()));
        assert_eq!(AuthKey::parse(auth.reveal(), &ours), Some(key));
        assert!(here.has_auto_login_key(login.reveal(), &ours, now));
        assert!(here.has_registration_token(token.reveal(), &ours));
        for text in [&public, &auth, &login, &token] {
            let text = text.reveal();
            assert!(!text.contains(['+', '/']), "{text}");
            assert_eq!(Portal::of_public_key(text, &ours).is_some(), text == public.reveal());
            assert_eq!(AuthKey::parse(text, &ours).is_some(), text == auth.reveal());
            assert_eq!(here.has_auto_login_key(text, &ours, now), text == login.reveal());
            assert_eq!(here.has_registration_token(text, &ours), text == token.reveal());
            assert!(Portal::of_public_key(text, &other).is_none() && AuthKey::parse(text, &other).is_none());
            assert!(!there.has_auto_login_key(text, &ours, now) && !there.has_registration_token(text, &ours));
            for position in 0..text.len() {
                let mut forged = text.as_bytes().to_vec();
                forged[position] = if forged[position] == b'Q' { b'R' } else { b'Q' };
                let forged = String::from_utf8(forged).unwrap();
                assert!(Portal::of_public_key(&forged, &ours).is_none() && AuthKey::parse(&forged, &ours).is_none());
                assert!(!here.has_auto_login_key(&forged, &ours, now), "{position}");
                assert!(!here.has_registration_token(&forged, &ours), "{position}");
            }
        }
        let ended = here.auto_login_key(&ours, now.seconds());
        assert!(!here.has_auto_login_key(ended.reveal(), &ours, now));
    }
}
