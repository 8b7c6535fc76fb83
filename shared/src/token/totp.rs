use data_encoding::BASE32_NOPAD;
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::Zeroizing;

use super::OneTimeCode;
use crate::error::{Code, Error};
use crate::key_ring::KeyRing;
use crate::random::Random;
use crate::types::{AccountId, TenantId, Timestamp};

/// What an authenticator app and we know: 160 bits, for codes of 6 digits every 30 seconds by SHA-1, as every app
/// makes them (RFC 6238, yardstick C6).
pub struct TotpSecret(Zeroizing<[u8; 20]>);

const STEP_SECONDS: u64 = 30;
/// Steps that a phone's clock may be off.
const SKEW: u16 = 1;

impl TotpSecret {
    #[must_use]
    pub fn random(random: &Random) -> Self {
        Self(Zeroizing::new(random.bytes()))
    }

    /// One that was set up elsewhere, as [`reveal`](TotpSecret::reveal) writes it.
    #[must_use]
    pub fn parse(base32: &str) -> Option<Self> {
        let bytes = Zeroizing::new(BASE32_NOPAD.decode(base32.as_bytes()).ok()?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    /// As the table holds it: sealed, for this account alone.
    ///
    /// # Errors
    /// [`Code::Internal`] when the cipher fails.
    pub fn seal(
        &self,
        ring: &KeyRing,
        random: &Random,
        tenant: &TenantId,
        account: AccountId,
    ) -> Result<String, Error> {
        ring.secrets().seal(random, &context(tenant, account), self.0.as_slice())
    }

    /// # Errors
    /// [`Code::Internal`] when it was sealed by another ring, for another account, or changed since.
    pub fn unseal(sealed: &str, ring: &KeyRing, tenant: &TenantId, account: AccountId) -> Result<Self, Error> {
        let bytes = Zeroizing::new(ring.unseal(&context(tenant, account), sealed)?);
        let secret = bytes.as_slice().try_into().map_err(|_| Code::Internal.because("a secret of another length"))?;
        Ok(Self(Zeroizing::new(secret)))
    }

    /// The time step that this is the code of, at most one step from `now`.
    ///
    /// # Errors
    /// [`Code::Internal`] when the library refuses the secret.
    pub fn step_of(&self, code: &OneTimeCode, now: Timestamp) -> Result<Option<u64>, Error> {
        let seconds = u64::try_from(now.seconds()).unwrap_or_default();
        Ok(self.totp("", "")?.check(code.reveal(), seconds))
    }

    /// In base32, for people who type it in.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32_NOPAD.encode(self.0.as_slice()))
    }

    /// The `otpauth:` address that authenticator apps scan. It holds the secret.
    ///
    /// # Errors
    /// [`Code::Internal`] when the library refuses a name.
    pub fn uri(&self, issuer: &str, owner: &str) -> Result<Zeroizing<String>, Error> {
        let refused = |_| Code::Internal.because("no otpauth address can be made");
        // The two are parted by a colon.
        let totp = self.totp(&issuer.replace(':', " "), &owner.replace(':', " "))?;
        totp.to_url().map(Zeroizing::new).map_err(refused)
    }

    fn totp(&self, issuer: &str, owner: &str) -> Result<Totp, Error> {
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_skew(SKEW)
            .with_step_duration(STEP_SECONDS)
            .with_secret(*self.0)
            .with_issuer(Some(issuer).filter(|issuer| !issuer.is_empty()))
            .with_account_name(owner)
            .build()
            .map_err(|_| Code::Internal.because("the library refuses the secret"))
    }
}

fn context(tenant: &TenantId, account: AccountId) -> String {
    format!("totp {tenant} {account}")
}

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("TotpSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, the last six of its eight digits.
    #[test]
    fn the_rfcs_own_codes_are_right_within_one_step_and_no_further() {
        let secret = TotpSecret(Zeroizing::new(*b"12345678901234567890"));
        let at = |seconds: i64| Timestamp::from_milliseconds(seconds * 1000);
        for (seconds, code) in [
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let code = OneTimeCode::try_from(code.to_owned()).unwrap();
            let step = u64::try_from(seconds / 30).unwrap();
            for (off, found) in [(-30, Some(step)), (0, Some(step)), (30, Some(step)), (-60, None), (60, None)] {
                assert_eq!(secret.step_of(&code, at(seconds + off)).unwrap(), found, "{seconds} {off}");
            }
        }
    }

    #[test]
    fn the_address_names_both_and_debug_nothing() {
        let secret = TotpSecret(Zeroizing::new(*b"12345678901234567890"));
        let uri = secret.uri("Bank: One", "jane@example.com").unwrap();
        assert!(uri.starts_with("otpauth://totp/Bank%20%20One:jane%40example.com?secret=GEZDGNBVGY3TQOJQ"), "{}", *uri);
        assert_eq!(format!("{secret:?}"), "TotpSecret(…)");
    }
}
