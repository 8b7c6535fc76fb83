use std::num::NonZeroU32;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::pbkdf2::{self, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA512};
use data_encoding::{BASE64, BASE64_NOPAD, Specification};
use zeroize::Zeroizing;

use super::Password;
use super::hasher::{MAX_MEMORY_KIB, MAX_PASSES};
use crate::types::Invalid;

/// A hash that another system made, taken apart and found within bounds (yardstick P5).
///
/// | scheme | as it is written | at most |
/// |---|---|---|
/// | bcrypt | `$2a$`, `$2b$` or `$2y$` cost `$` salt and tag | cost 14 |
/// | scrypt | `$scrypt$ln=16,r=8,p=1$` salt `$` tag | 256 MiB; N·r·p 2^21 |
/// | PBKDF2 | `$pbkdf2-sha256$i=600000,l=32$` salt `$` tag, or `-sha512`; passlib writes a bare number | 2,000,000 |
/// | Django's PBKDF2 | `pbkdf2_sha256$600000$` salt `$` tag | 2,000,000 |
/// | Argon2 | `$argon2id$v=19$m=65536,t=3,p=4$` salt `$` tag, or `i`, `d`, `v=16` | 256 MiB, 16 passes and lanes |
/// | Django's Argon2 | the same after `argon2` | the same |
///
/// An Argon2 hash with a `keyid` is none of them but ours.
pub(super) struct Foreign {
    scheme: Scheme,
    salt: Vec<u8>,
    tag: Vec<u8>,
}

enum Scheme {
    Bcrypt { cost: u32 },
    Scrypt(scrypt::Params),
    Pbkdf2 { algorithm: pbkdf2::Algorithm, iterations: NonZeroU32 },
    Argon2 { algorithm: Algorithm, version: Version, params: Params },
}

const MAX_BCRYPT_COST: u32 = 14;
/// Rows of scrypt's memory times lanes.
const MAX_SCRYPT_WORK: u64 = 1 << 21;
const MAX_ITERATIONS: u32 = 2_000_000;
const MAX_LANES: u32 = 16;

const UNKNOWN: Invalid = Invalid("must be a bcrypt, scrypt, PBKDF2 or Argon2 hash");
const TOO_DEAR: Invalid = Invalid("must not ask for more work than a sign-in may cost");

impl Foreign {
    /// # Errors
    /// When `hash` is of none of the schemes, or asks for more.
    pub(super) fn parse(hash: &str) -> Result<Self, Invalid> {
        let parts: Vec<_> = hash.split('$').collect();
        let parsed = match *parts.as_slice() {
            ["", "2a" | "2b" | "2y", cost, rest] => Self::bcrypt(cost, rest),
            ["", "scrypt", params, salt, tag] => Self::scrypt(params, salt, tag),
            ["", "pbkdf2-sha256", params, salt, tag] => Self::pbkdf2(PBKDF2_HMAC_SHA256, params, salt, tag),
            ["", "pbkdf2-sha512", params, salt, tag] => Self::pbkdf2(PBKDF2_HMAC_SHA512, params, salt, tag),
            ["pbkdf2_sha256", iterations, salt, tag] => Self::django(iterations, salt, tag),
            ["" | "argon2", "argon2id" | "argon2i" | "argon2d", ..] => {
                Self::argon2(hash.strip_prefix("argon2").unwrap_or(hash))
            }
            _ => Err(UNKNOWN),
        };
        parsed.and_then(|parsed| if parsed.salt.len() <= 64 && parsed.tag_fits() { Ok(parsed) } else { Err(UNKNOWN) })
    }

    /// 10 to 64 bytes, as in PHC strings: a short one would let many passwords in.
    fn tag_fits(&self) -> bool {
        (10..=64).contains(&self.tag.len())
    }

    fn bcrypt(cost: &str, rest: &str) -> Result<Self, Invalid> {
        let cost = number(cost).filter(|cost| *cost >= 4).ok_or(UNKNOWN)?;
        let (salt, tag) = rest.split_at_checked(22).filter(|(_, tag)| tag.len() == 31).ok_or(UNKNOWN)?;
        let mut base64 = Specification::new();
        base64.symbols.push_str("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
        // Some systems drew all 22 letters of the salt by chance, though the last one says only two bits.
        base64.check_trailing_bits = false;
        let base64 = base64.encoding().map_err(|_| UNKNOWN)?;
        let decoded = |text: &str| base64.decode(text.as_bytes()).map_err(|_| UNKNOWN);
        if cost > MAX_BCRYPT_COST {
            return Err(TOO_DEAR);
        }
        Ok(Self { scheme: Scheme::Bcrypt { cost }, salt: decoded(salt)?, tag: decoded(tag)? })
    }

    fn scrypt(params: &str, salt: &str, tag: &str) -> Result<Self, Invalid> {
        let named = |part: Option<&str>, name| part?.strip_prefix(name).and_then(number);
        let mut params = params.split(',');
        let (log_n, r, p) = (named(params.next(), "ln="), named(params.next(), "r="), named(params.next(), "p="));
        let (Some(log_n @ 1..=63), Some(r @ 1..), Some(p @ 1..), None) = (log_n, r, p, params.next()) else {
            return Err(UNKNOWN);
        };
        let rows = u64::from(r).checked_shl(log_n).filter(|rows| rows >> log_n == u64::from(r)).ok_or(TOO_DEAR)?;
        let work = rows.checked_mul(p.into()).ok_or(TOO_DEAR)?;
        if work > MAX_SCRYPT_WORK {
            return Err(TOO_DEAR);
        }
        let log_n = u8::try_from(log_n).map_err(|_| UNKNOWN)?;
        let params = scrypt::Params::new(log_n, r, p).map_err(|_| UNKNOWN)?;
        Ok(Self { scheme: Scheme::Scrypt(params), salt: unpadded(salt)?, tag: unpadded(tag)? })
    }

    fn pbkdf2(algorithm: pbkdf2::Algorithm, params: &str, salt: &str, tag: &str) -> Result<Self, Invalid> {
        let tag = unpadded(tag)?;
        let iterations = match params.split_once(',') {
            Some((iterations, length)) => {
                let length = length.strip_prefix("l=").and_then(number);
                length.filter(|length| usize::try_from(*length) == Ok(tag.len())).ok_or(UNKNOWN)?;
                iterations
            }
            None => params,
        };
        let iterations = number(iterations.strip_prefix("i=").unwrap_or(iterations)).ok_or(UNKNOWN)?;
        Ok(Self { scheme: iterated(algorithm, iterations)?, salt: unpadded(salt)?, tag })
    }

    /// Django's own form: the salt as it stands, the tag in padded Base64.
    fn django(iterations: &str, salt: &str, tag: &str) -> Result<Self, Invalid> {
        let scheme = iterated(PBKDF2_HMAC_SHA256, number(iterations).ok_or(UNKNOWN)?)?;
        let tag = BASE64.decode(tag.as_bytes()).map_err(|_| UNKNOWN)?;
        Ok(Self { scheme, salt: salt.as_bytes().to_vec(), tag })
    }

    fn argon2(hash: &str) -> Result<Self, Invalid> {
        let parsed = phc::PasswordHash::new(hash).map_err(|_| UNKNOWN)?;
        let algorithm = Algorithm::try_from(parsed.algorithm.as_str()).map_err(|_| UNKNOWN)?;
        let version = Version::try_from(parsed.version.unwrap_or(0x10)).map_err(|_| UNKNOWN)?;
        let params = Params::try_from(&parsed).map_err(|_| UNKNOWN)?;
        if !params.keyid().is_empty() || !params.data().is_empty() {
            return Err(UNKNOWN);
        }
        if params.m_cost() > MAX_MEMORY_KIB || params.t_cost() > MAX_PASSES || params.p_cost() > MAX_LANES {
            return Err(TOO_DEAR);
        }
        let (salt, tag) = parsed.salt.filter(|salt| salt.len() >= 8).zip(parsed.hash).ok_or(UNKNOWN)?;
        let scheme = Scheme::Argon2 { algorithm, version, params };
        Ok(Self { scheme, salt: salt.to_vec(), tag: tag.as_bytes().to_vec() })
    }

    /// Whether the password is the right one, as it was typed or NFC-normalised: not every system did that.
    pub(super) fn matches(&self, password: &Password) -> bool {
        let is_right = |spelling: &[u8]| {
            let tag = self.tag_of(spelling).unwrap_or_default();
            verify_slices_are_equal(&tag, &self.tag).is_ok()
        };
        let typed = password.typed.as_ref().is_some_and(|typed| is_right(typed.as_bytes()));
        typed || is_right(password.as_bytes())
    }

    fn tag_of(&self, password: &[u8]) -> Option<Vec<u8>> {
        let mut tag = vec![0; self.tag.len()];
        match &self.scheme {
            Scheme::Bcrypt { cost } => {
                let salt = self.salt.as_slice().try_into().ok()?;
                // 72 bytes count, with the NUL at the end of shorter ones.
                let ended = Zeroizing::new([password, &[0]].concat());
                let made = bcrypt::bcrypt(*cost, salt, ended.get(..ended.len().min(72))?);
                // Some systems stop at another NUL and the rest refuse it.
                let made = made.get(..tag.len()).filter(|_| !password.contains(&0));
                tag.copy_from_slice(made?);
            }
            Scheme::Scrypt(params) => scrypt::scrypt(password, &self.salt, params, &mut tag).ok()?,
            Scheme::Pbkdf2 { algorithm, iterations } => {
                pbkdf2::derive(*algorithm, *iterations, &self.salt, password, &mut tag);
            }
            Scheme::Argon2 { algorithm, version, params } => {
                let argon2 = Argon2::new(*algorithm, *version, params.clone());
                argon2.hash_password_into(password, &self.salt, &mut tag).ok()?;
            }
        }
        Some(tag)
    }
}

fn iterated(algorithm: pbkdf2::Algorithm, iterations: u32) -> Result<Scheme, Invalid> {
    let iterations = NonZeroU32::new(iterations).ok_or(UNKNOWN)?;
    if iterations.get() > MAX_ITERATIONS { Err(TOO_DEAR) } else { Ok(Scheme::Pbkdf2 { algorithm, iterations }) }
}

/// Decimal digits and nothing else.
fn number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Base64 without padding; passlib has a dot for the plus.
fn unpadded(text: &str) -> Result<Vec<u8>, Invalid> {
    BASE64_NOPAD.decode(text.replace('.', "+").as_bytes()).map_err(|_| UNKNOWN)
}

#[cfg(test)]
mod tests;
