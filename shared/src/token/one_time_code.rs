use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::key_ring::{KeyRing, Mac};
use crate::random::Random;
use crate::types::{Invalid, TenantId};

/// A one-time code: 6 decimal digits, each value equally likely, leading zeros kept (yardstick C1).
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct OneTimeCode(Zeroizing<String>);

impl OneTimeCode {
    #[must_use]
    pub fn random(random: &Random) -> Self {
        Self(Zeroizing::new(format!("{:06}", random.below(1_000_000))))
    }

    /// The one that always belongs to `bound_to`: whoever asks again gets the same.
    #[must_use]
    pub fn derived(ring: &KeyRing, tenant: &TenantId, bound_to: &[&str]) -> Self {
        let parts: Vec<_> = ["derived", tenant.as_str()].iter().chain(bound_to).map(|part| part.as_bytes()).collect();
        let mac = ring.secrets().mac(Mac::Code, &parts);
        // Of 128 bits the bias is nothing.
        let number = mac.first_chunk::<16>().copied().map_or(0, u128::from_be_bytes);
        Self(Zeroizing::new(format!("{:06}", number % 1_000_000)))
    }

    /// The digits themselves, for the one message that carries them.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the table knows of the code: an HMAC bound to the tenant and to what the code is for, so that one
    /// code works for nothing else and a copy of the table gives none away.
    #[must_use]
    pub fn digest(&self, ring: &KeyRing, tenant: &TenantId, bound_to: &[&str]) -> String {
        let parts = [tenant.as_str()].into_iter().chain(bound_to.iter().copied()).chain([self.0.as_str()]);
        BASE64URL_NOPAD.encode(&ring.secrets().mac(Mac::Code, &parts.map(str::as_bytes).collect::<Vec<_>>()))
    }
}

impl TryFrom<String> for OneTimeCode {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let text = Zeroizing::new(text);
        if text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text))
        } else {
            Err(Invalid("must be 6 digits"))
        }
    }
}

impl std::fmt::Debug for OneTimeCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("OneTimeCode(…)")
    }
}
