use proptest::prelude::*;

use super::*;

const PASSWORD: &str = "Zug nach K\u{f6}ln 7!";

/// Made by Python 3.11 (`hashlib.scrypt`, `hashlib.pbkdf2_hmac`), bcrypt 5.0.0, argon2-cffi 25.1.0, passlib 1.7.4 and
/// Django 5.2.19; the `$2y$` is a `$2b$` renamed, as PHP writes it.
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
        (format!("$argon2d$v=19$m=64,t=17,p=1${salt_and_tag}"), format!("$argon2d$v=19$m=64,t=16,p=1${salt_and_tag}")),
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

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused(
        text in any::<String>(),
        params in "([a-z]{1,2}=)?[0-9]{1,20}(,[rptl]=[0-9]{1,20}){0,2}",
    ) {
        Foreign::parse(&text).ok();
        for scheme in ["2b", "scrypt", "pbkdf2-sha256", "pbkdf2-sha512", "argon2id$v=19", "argon2d"] {
            let hash = format!("${scheme}${params}$c2FsdCBvZiAxNiBieXRlcw$doGi926iWaQAAA5+tu4t1DxCejS8V/uglG6jFUcZQqM");
            Foreign::parse(&hash).ok();
        }
    }
}
