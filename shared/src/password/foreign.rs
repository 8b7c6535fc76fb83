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
mod tests {
    use super::*;

    const PASSWORD: &str = "Zug nach K\u{f6}ln 7!";

    /// Made by Python 3.11 (`hashlib.scrypt`, `hashlib.pbkdf2_hmac`), bcrypt 5.0.0, argon2-cffi 25.1.0, passlib 1.7.4
    /// and Django 5.2.19; bcrypt's third is its first kind renamed, as PHP writes it.
    const HASHES: [&str; 19] = [
        "$2b$10$TNDiLYDViKW74NI9Foc5BOdoIu3yby.4vFj58HQzftEMvSLY2l1pS",
        "$2a$06$MMZbCG8pwE2ZKH7nCS/ytehHchgPUIwAFEW9Wa4o4yCn9OaMd3spa",
        "$2y$06$E85BCpldbehGbsb6mpuQnO0YIxqZTdtV/zAwmw72MOHEty/fOadRq",
        "$scrypt$ln=14,r=8,p=1$c2FsdCBvZiAxNiBieXRlcw$doGi926iWaQAAA5+tu4t1DxCejS8V/uglG6jFUcZQqM",
        "$scrypt$ln=10,r=8,p=5$c2FsdCBvZiAxNiBieXRlcw$w451vaA4n+iY+E/7rU0TgozoSNE4hslnXMrEcQWz/TZR2qDhWATvGtigbNNKPVzu\
         Z9i1ooV6pKGOSHmEIpF66w",
        "$scrypt$ln=10,r=8,p=1$em8tJaRUyvnf25szxvhfiw$xpXUgEznX+EfDAS2VN6D03deAj6oUMHcOIm3L1KXnaA",
        "$pbkdf2-sha256$i=20000,l=32$c2FsdCBvZiAxNiBieXRlcw$bmNImXe3Yf1pG4t9U3VosPc8R42LUUTax4kxsmbTYUo",
        "$pbkdf2-sha512$i=20000$c2FsdCBvZiAxNiBieXRlcw$oe4E7Nwl293sna0y0bE1HqIqWEuv/2TfA23+qrnXeB23weIoOXvZKYu75L6Mu2vy\
         QCRQ9AiLWS2QyH9rmAiUsw",
        "$pbkdf2-sha256$20000$aU1pTeldK.Vci9G6V0qJ8Q$1sCE1SeZfKj2ggoXw028gypaGRKX1d9fuazt9qbYoXw",
        "$pbkdf2-sha512$20000$4JwTQshZ610r5VzLuTcGgA$jatoglvMXpBTHEaQsFa.JYWpgSRHqgOwkVHWZEBEzeT2s4dWHnJ0tUNqZgu6lqAsGi\
         5s2XspABE.BXtFxq/tyQ",
        "pbkdf2_sha256$20000$seasalt2seasalt2$CobAZQn2BZ56zl/hfw7rQEkHFq0/7+TkxKEs87+OgzQ=",
        "argon2$argon2id$v=19$m=102400,t=2,p=8$c2Vhc2FsdDJzZWFzYWx0Mg$wQIxUArJ4Op7kinwG2DefBgEI3okVxA5lH89L3HQSzE",
        "$argon2id$v=19$m=65536,t=3,p=4$RKyTshqSoRejyllpXcFwJg$fK4v0PWiqkZpVjYWlnublTWD1JwGitLx43UJJUPqkOI",
        "$argon2id$v=19$m=8192,t=2,p=2$c2FsdCBvZiAxNiBieXRlcw$3TgoBAkGFCKH3TcY8YaxY2fpJKI4sSopx3KKy8sCfa0",
        "$argon2i$v=19$m=8192,t=2,p=2$c2FsdCBvZiAxNiBieXRlcw$iycg5dh6KboyVonJF5kdN/1oJ0/bLIi/UNRjWZxSDjk",
        "$argon2d$v=19$m=8192,t=2,p=2$c2FsdCBvZiAxNiBieXRlcw$tvxyGR30c/XOfjbZRBk7j50npxbbojDGPABoPC6tIx4",
        "$argon2id$v=16$m=8192,t=2,p=1$c2FsdCBvZiAxNiBieXRlcw$+M97qavnHr93x9X3oDXaTT9xgd6dRxz+/9+Llc/jfRc",
        // jBCrypt's own test, of the empty password.
        "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.",
        // Of the letters "Zug nach Ko", a combining diaeresis and "ln 7!": nothing was normalised there.
        "$2b$06$mzaW0NLzCKu8KVJERwTQTuXONKAFSCwC.8PqjyfWSDFwAzK.hmmYW",
    ];

    fn matches(hash: &str, password: &str) -> bool {
        Foreign::parse(hash).unwrap().matches(&Password::from(password.to_owned()))
    }

    #[test]
    fn what_others_made_matches_the_password_and_no_other() {
        for hash in &HASHES[..17] {
            assert!(matches(hash, PASSWORD), "{hash}");
            assert!(matches(hash, "Zug nach Ko\u{308}ln 7!"), "as decomposed letters: {hash}");
            assert!(!matches(hash, "Zug nach K\u{f6}ln 8!"), "{hash}");
            assert!(!matches(hash, ""), "{hash}");
        }
        let [empty, decomposed] = [HASHES[17], HASHES[18]];
        assert!(matches(empty, "") && !matches(empty, "\0") && !matches(empty, "\0a"));
        assert!(matches(decomposed, "Zug nach Ko\u{308}ln 7!") && !matches(decomposed, PASSWORD));
    }

    #[test]
    fn bcrypt_counts_72_bytes_and_stops_at_no_other_nul() {
        // Python's bcrypt, of the first 72 bytes.
        let hash = "$2b$06$nIcP3y42/RGrqV0jww4s5uNrj4sO4BSWFRE8CgjQ/uqwePGsjyVz2";
        let whole = "long enough to be cut ".repeat(5);
        assert!(matches(hash, &whole) && matches(hash, &whole[..72]) && matches(hash, &format!("{}x", &whole[..72])));
        assert!(!matches(hash, &whole[..71]) && !matches(hash, &whole.replacen('l', "L", 1)));
        assert!(!matches(HASHES[0], &format!("{PASSWORD}\0")) && !matches(HASHES[0], &format!("{PASSWORD}\0x")));
    }

    #[test]
    fn what_would_cost_too_much_is_refused_before_it_is_computed() {
        let salt_and_tag = "c2FsdCBvZiAxNiBieXRlcw$doGi926iWaQAAA5+tu4t1DxCejS8V/uglG6jFUcZQqM";
        let bcrypt = "DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.";
        for (dear, borne) in [
            (format!("$2b$15${bcrypt}"), format!("$2b$14${bcrypt}")),
            (format!("$scrypt$ln=19,r=8,p=1${salt_and_tag}"), format!("$scrypt$ln=18,r=8,p=1${salt_and_tag}")),
            (format!("$scrypt$ln=63,r=4294967295,p=1${salt_and_tag}"), format!("$scrypt$ln=1,r=1,p=1${salt_and_tag}")),
            (
                format!("$scrypt$ln=1,r=4294967295,p=4294967295${salt_and_tag}"),
                format!("$scrypt$ln=14,r=8,p=16${salt_and_tag}"),
            ),
            (format!("$pbkdf2-sha256$2000001${salt_and_tag}"), format!("$pbkdf2-sha256$2000000${salt_and_tag}")),
            (
                format!("pbkdf2_sha256$4294967295$s${}=", &salt_and_tag[23..]),
                format!("pbkdf2_sha256$1$s${}=", &salt_and_tag[23..]),
            ),
            (
                format!("$argon2id$v=19$m=262145,t=1,p=1${salt_and_tag}"),
                format!("$argon2id$v=19$m=262144,t=1,p=1${salt_and_tag}"),
            ),
            (
                format!("$argon2d$v=19$m=64,t=17,p=1${salt_and_tag}"),
                format!("$argon2d$v=19$m=64,t=16,p=1${salt_and_tag}"),
            ),
            (
                format!("$argon2i$v=19$m=4096,t=1,p=17${salt_and_tag}"),
                format!("$argon2i$v=19$m=4096,t=1,p=16${salt_and_tag}"),
            ),
        ] {
            assert_eq!(Foreign::parse(&dear).err(), Some(TOO_DEAR), "{dear}");
            assert!(Foreign::parse(&borne).is_ok(), "{borne}");
        }
    }

    #[test]
    fn what_is_no_such_hash_is_refused() {
        let good = "$scrypt$ln=4,r=8,p=1$c2FsdA$doGi926iWaQAAA5+tu4t1DxCejS8V/uglG6jFUcZQqM";
        assert!(Foreign::parse(good).is_ok());
        for hash in [
            "",
            "$",
            PASSWORD,
            "5f4dcc3b5aa765d61d8327deb882cf99",
            "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/",
            "$6$saltsalt$abc",
            "{SSHA}c2FsdA==",
            "$2x$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.",
            "$2b$03$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.",
            "$2b$+6$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.",
            "$2b$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s",
            "$2b$06$DCq7YPn5Rq63x1Lad4cll!TV4S6ytwfsfvkgY8jIucDrjc8deX1s.",
            &good.replace("ln=4", "ln=0"),
            &good.replace("ln=4", "ln=-4"),
            &good.replace("r=8", "r=0"),
            &good.replace("p=1", "p=1,q=1"),
            &good.replace("r=8,p=1", "p=1,r=8"),
            &good.replace("doGi926iWaQAAA5+tu4t1DxCejS8V/uglG6jFUcZQqM", "doGi"),
            "$pbkdf2-sha256$i=0$c2FsdA$doGi926iWaQAAA5+tu4t1DxCejS8V/uglG6jFUcZQqM",
            "$pbkdf2-sha256$i=1,l=31$c2FsdA$doGi926iWaQAAA5+tu4t1DxCejS8V/uglG6jFUcZQqM",
            "$pbkdf2-sha1$i=1$c2FsdA$doGi926iWaQAAA5+tu4t1DxCejS8V/uglG6jFUcZQqM",
            "$pbkdf2-sha256$i=1$c2FsdA$",
            "$argon2id$v=19$m=8192,t=2,p=2,keyid=AQ$c2FsdCBvZiAxNiBieXRlcw$3TgoBAkGFCKH3TcY8YaxY2fpJKI4sSopx3KKy8sCfa0",
            "$argon2id$v=18$m=8192,t=2,p=2$c2FsdCBvZiAxNiBieXRlcw$3TgoBAkGFCKH3TcY8YaxY2fpJKI4sSopx3KKy8sCfa0",
            "$argon2id$v=19$m=1,t=2,p=2$c2FsdCBvZiAxNiBieXRlcw$3TgoBAkGFCKH3TcY8YaxY2fpJKI4sSopx3KKy8sCfa0",
            "argon2$$argon2id$v=19$m=8192,t=2,p=2$c2FsdCBvZiAxNiBieXRlcw$3TgoBAkGFCKH3TcY8YaxY2fpJKI4sSopx3KKy8sCfa0",
        ] {
            assert_eq!(Foreign::parse(hash).err(), Some(UNKNOWN), "{hash}");
        }
    }
}
