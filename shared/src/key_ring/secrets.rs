use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::hmac::{self, HMAC_SHA256};
use data_encoding::BASE64;

use super::material::RawSecret;
use crate::error::{Code, Error};
use crate::random::Random;

/// Keys derived (HKDF-SHA-256) from one secret of the ring, one for each purpose, so that none can stand in for
/// another.
pub struct Secrets {
    id: u8,
    refresh_tokens: hmac::Key,
    mfa_tokens: hmac::Key,
    browser_tokens: hmac::Key,
    forms: hmac::Key,
    public_keys: hmac::Key,
    registration_tokens: hmac::Key,
    auth_keys: hmac::Key,
    auto_login_keys: hmac::Key,
    codes: hmac::Key,
    identifiers: hmac::Key,
    requests: hmac::Key,
    sealing: LessSafeKey,
}

/// What a MAC is made for.
#[derive(Debug, Clone, Copy)]
pub enum Mac {
    RefreshToken,
    MfaToken,
    BrowserToken,
    /// That a form was filled in where it was shown.
    Form,
    PublicKey,
    RegistrationToken,
    AuthKey,
    AutoLoginKey,
    /// One-time codes at rest (yardstick C1).
    Code,
    /// Identifiers that may be nobody's (yardstick E3).
    Identifier,
    /// Requests remembered under an idempotency key; they may hold a password.
    Request,
}

impl Secrets {
    pub(super) fn derive(raw: &RawSecret) -> Result<Self, Error> {
        let failed = |_| Code::Internal.because("a key could not be derived");
        let root = Salt::new(HKDF_SHA256, b"latchkey").extract(&raw.secret.0);
        let mac = |purpose: &'static [u8]| -> Result<hmac::Key, Error> {
            Ok(root.expand(&[purpose], HMAC_SHA256).map_err(failed)?.into())
        };
        let sealing: UnboundKey = root.expand(&[b"sealing"], &AES_256_GCM).map_err(failed)?.into();
        Ok(Self {
            id: raw.id,
            refresh_tokens: mac(b"refresh-token")?,
            mfa_tokens: mac(b"mfa-token")?,
            browser_tokens: mac(b"browser-token")?,
            forms: mac(b"form")?,
            public_keys: mac(b"public-key")?,
            registration_tokens: mac(b"registration-token")?,
            auth_keys: mac(b"auth-key")?,
            auto_login_keys: mac(b"auto-login-key")?,
            codes: mac(b"code")?,
            identifiers: mac(b"identifier")?,
            requests: mac(b"request")?,
            sealing: LessSafeKey::new(sealing),
        })
    }

    #[must_use]
    pub fn id(&self) -> u8 {
        self.id
    }

    /// HMAC-SHA-256 over `parts`, each preceded by its length so that no two lists collide.
    #[must_use]
    pub fn mac(&self, purpose: Mac, parts: &[&[u8]]) -> [u8; 32] {
        let key = match purpose {
            Mac::RefreshToken => &self.refresh_tokens,
            Mac::MfaToken => &self.mfa_tokens,
            Mac::BrowserToken => &self.browser_tokens,
            Mac::Form => &self.forms,
            Mac::PublicKey => &self.public_keys,
            Mac::RegistrationToken => &self.registration_tokens,
            Mac::AuthKey => &self.auth_keys,
            Mac::AutoLoginKey => &self.auto_login_keys,
            Mac::Code => &self.codes,
            Mac::Identifier => &self.identifiers,
            Mac::Request => &self.requests,
        };
        let mut context = hmac::Context::with_key(key);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut mac = [0; 32];
        mac.copy_from_slice(context.sign().as_ref());
        mac
    }

    /// Encrypts and authenticates (AES-256-GCM, random nonce) what belongs to `context`, so that sealed bytes
    /// cannot be moved to where they mean something else.
    ///
    /// # Errors
    /// [`Code::Internal`] when the cipher fails.
    pub fn seal(&self, random: &Random, context: &str, plain: &[u8]) -> Result<String, Error> {
        let nonce = random.bytes::<NONCE_LEN>();
        let mut sealed = plain.to_vec();
        self.sealing
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut sealed)
            .map_err(|_| Code::Internal.because("sealing failed"))?;
        Ok(BASE64.encode(&[&[self.id], nonce.as_slice(), &sealed].concat()))
    }
}

/// Opens what [`Secrets::seal`] made, with the secrets it names.
pub(super) fn unseal<'ring>(
    secrets: impl Fn(u8) -> Option<&'ring Secrets>,
    context: &str,
    sealed: &str,
) -> Result<Vec<u8>, Error> {
    let failed = || Code::Internal.because("a sealed value does not open");
    let bytes = BASE64.decode(sealed.as_bytes()).map_err(|_| failed())?;
    let (id, rest) = bytes.split_first().ok_or_else(failed)?;
    let (nonce, ciphertext) = rest.split_at_checked(NONCE_LEN).ok_or_else(failed)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| failed())?;
    let mut opened = ciphertext.to_vec();
    let key = &secrets(*id).ok_or_else(failed)?.sealing;
    let length = key.open_in_place(nonce, Aad::from(context), &mut opened).map_err(|_| failed())?.len();
    opened.truncate(length);
    Ok(opened)
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Secrets({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{KeyRing, Material};
    use super::*;
    use crate::clock::Clock;

    fn ring() -> KeyRing {
        KeyRing::open(&Material::generate(&Random::default(), Clock::default().now()).unwrap()).unwrap()
    }

    #[test]
    fn a_sealed_value_opens_in_its_own_context_only() {
        let (ring, random) = (ring(), Random::default());
        let sealed = ring.secrets().seal(&random, "row-1", b"123456").unwrap();
        assert_eq!(ring.unseal("row-1", &sealed).unwrap(), b"123456");
        assert!(ring.unseal("row-2", &sealed).is_err());
        let mut bytes = BASE64.decode(sealed.as_bytes()).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        assert!(ring.unseal("row-1", &BASE64.encode(&bytes)).is_err());
        assert!(ring.unseal("row-1", "").is_err());
        assert_ne!(sealed, ring.secrets().seal(&random, "row-1", b"123456").unwrap());
    }

    #[test]
    fn macs_of_different_purposes_and_splits_differ() {
        let ring = ring();
        let mac = |purpose, parts: &[&[u8]]| ring.secrets().mac(purpose, parts);
        assert_ne!(mac(Mac::Code, &[b"1"]), mac(Mac::RefreshToken, &[b"1"]));
        assert_ne!(mac(Mac::Code, &[b"ab", b"c"]), mac(Mac::Code, &[b"a", b"bc"]));
    }
}
