//! Limits and lifetimes that a deployment may choose (yardstick §3, O1). They are chosen once, when the process starts,
//! within bounds that keep them safe; what is said nowhere is the default, which is the number that comments elsewhere
//! give. The lines of the yardstick that ask for them are in parentheses. What a tenant chooses is in
//! [`TenantSettings`](crate::store::TenantSettings); lengths and formats are the wire's and are constants.

use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Map, Value};

static DEFAULT: Limits = Limits::DEFAULT;
static CHOSEN: OnceLock<Limits> = OnceLock::new();

/// What this process was started with.
#[must_use]
pub fn limits() -> &'static Limits {
    CHOSEN.get().unwrap_or(&DEFAULT)
}

macro_rules! limits {
    ($($(#[doc = $meaning:literal])+ $name:ident: $number:ty = $default:literal in $least:literal..=$most:literal,)+) => {
        /// Each with its default; [`parse`](Limits::parse) holds them to their bounds.
        #[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Limits {
            $($(#[doc = $meaning])+ pub $name: $number,)+
        }

        impl Limits {
            const DEFAULT: Self = Self { $($name: $default,)+ };

            fn check(&self) -> Result<(), String> {
                $(if !($least..=$most).contains(&self.$name) {
                    return Err(format!("{} must be {} to {}", stringify!($name), $least, $most));
                })+
                Ok(())
            }
        }
    };
}

limits! {
    /// Wrong passwords of an account before the first lock, of a second; each further one doubles it (E4).
    free_failures: u32 = 4 in 0..=5,
    /// The longest lock, in seconds.
    longest_lock_seconds: i64 = 900 in 60..=86_400,
    /// Seconds after a lock without a wrong password until the count of the lock starts over.
    failure_run_seconds: i64 = 900 in 300..=86_400,
    /// Wrong passwords in a row, however slow, that disable the password (E4).
    disabling_failures: u32 = 100 in 10..=100,
    /// Wrong current passwords that end a session, so that whoever finds its key does not guess on: the lock is for those
    /// who sign in, and does not hold up the owner there (E4).
    wrong_passwords_per_session: u32 = 5 in 1..=10,
    /// Changes of an account's password.
    password_changes_per_hour: u32 = 5 in 1..=20,

    /// Seconds for which a half-way sign-in, and the code of its second factor, lasts (C8).
    second_factor_seconds: i64 = 300 in 60..=600,
    /// Tries at a second factor in one sign-in, and at an authenticator app that is set up.
    second_factor_tries: u32 = 5 in 1..=5,
    /// Wrong second factors in a row after which only recovery codes do (C4).
    disabling_second_factors: u32 = 100 in 10..=100,

    /// Seconds for which a one-time code lasts (C2).
    code_seconds: i64 = 600 in 180..=600,
    /// Tries at a code that names its flow (C3); where none is named it is one.
    code_tries: u32 = 5 in 1..=5,
    /// Wrong codes in a row after which a destination gets no more (C4).
    disabling_codes: u32 = 100 in 10..=100,
    /// Seconds between two messages that are asked for, to one destination (C4).
    resend_seconds: i64 = 60 in 60..=3_600,
    /// Messages that are asked for, to one destination.
    sends_per_hour: usize = 5 in 1..=5,
    /// The same, in a day.
    sends_per_day: usize = 10 in 1..=10,
    /// Seconds for which a link that sets a password lasts.
    reset_link_seconds: i64 = 1_800 in 300..=86_400,
    /// Seconds for which an invitation lasts (E7).
    invitation_seconds: i64 = 604_800 in 3_600..=2_592_000,

    /// Sessions of an account: one more ends the least recently used (S7).
    sessions_per_account: usize = 20 in 1..=50,
    /// Milliseconds after a rotation for which the parent gets the same successor (S2).
    refresh_grace_milliseconds: i64 = 30_000 in 0..=60_000,
    /// Seconds for which the row of a session that is over tells a reused token from an unknown one.
    reuse_evidence_seconds: i64 = 604_800 in 259_200..=2_592_000,
    /// Seconds after a sign-in in which factors are changed and data is shared (C9, E8, RFC 10027).
    fresh_seconds: i64 = 300 in 60..=900,
    /// Seconds for which a password that was asked for again counts.
    password_validation_seconds: i64 = 300 in 60..=900,
    /// Seconds that clocks may differ by (T4).
    leeway_seconds: i64 = 30 in 0..=60,

    /// Failed sign-ins of one source.
    failed_sign_ins_per_day: u32 = 300 in 10..=1_000,
    /// Sign-ins of one source on the pages.
    sign_ins_per_minute: u32 = 20 in 1..=100,
    /// Codes and links that one source asks for.
    sends_per_source_and_hour: u32 = 20 in 1..=100,
    /// Registrations of one source.
    registrations_per_hour: u32 = 10 in 1..=100,
    /// Wrong credentials of clients from one source.
    bad_credentials_per_minute: u32 = 20 in 1..=100,

    /// Milliseconds between two questions how a transfer stands (E8).
    poll_milliseconds: i64 = 5_000 in 5_000..=60_000,

    /// Milliseconds that somebody waits for others' password hashes (P6).
    hash_wait_milliseconds: u64 = 2_000 in 100..=2_000,
    /// Milliseconds that a connection to AWS has (F1).
    connect_milliseconds: u64 = 1_000 in 100..=1_000,
    /// Milliseconds that one attempt of a call to AWS has.
    attempt_milliseconds: u64 = 1_500 in 200..=1_500,
    /// Milliseconds that a call to AWS has, attempts and all.
    operation_milliseconds: u64 = 4_000 in 500..=4_000,
    /// Attempts of a call to AWS.
    attempts: u32 = 3 in 1..=3,
}

impl Limits {
    /// From JSON, such as `{"sessions_per_account": 5}`; from nothing the defaults.
    ///
    /// # Errors
    /// One line that names what is unknown, mistyped or out of bounds.
    pub fn parse(json: &str) -> Result<Self, String> {
        if json.is_empty() {
            return Ok(Self::DEFAULT);
        }
        let members: Map<String, Value> = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let limits: Self = serde_json::from_value(Value::Object(members)).map_err(|error| error.to_string())?;
        limits.check().map(|()| limits)
    }

    /// Makes these the process's, once.
    ///
    /// # Errors
    /// When it has others already.
    pub(crate) fn choose(self) -> Result<(), String> {
        let chosen = CHOSEN.get_or_init(|| self.clone());
        if *chosen == self { Ok(()) } else { Err("this process has other limits already".to_owned()) }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_the_default_and_each_default_is_within_its_bounds() {
        assert_eq!(Limits::parse("{}"), Ok(Limits::default()));
        assert_eq!(Limits::parse(""), Ok(Limits::default()));
        let chosen = Limits::parse(r#"{"sessions_per_account": 5, "refresh_grace_milliseconds": 0}"#).unwrap();
        let expected = Limits { sessions_per_account: 5, refresh_grace_milliseconds: 0, ..Limits::default() };
        assert_eq!(chosen, expected);
    }

    #[test]
    fn what_is_unsafe_unknown_or_mistyped_is_named() {
        for (json, named) in [
            (r#"{"refresh_grace_milliseconds": 60001}"#, "refresh_grace_milliseconds must be 0 to 60000"),
            (r#"{"code_tries": 6}"#, "code_tries must be 1 to 5"),
            (r#"{"disabling_failures": 101}"#, "disabling_failures must be 10 to 100"),
            (r#"{"resend_seconds": 59}"#, "resend_seconds must be 60 to 3600"),
            (r#"{"sesions_per_account": 5}"#, "unknown field `sesions_per_account`"),
            (r#"{"sessions_per_account": "5"}"#, "invalid type: string \"5\""),
            (r#"{"sessions_per_account": -1}"#, "invalid value: integer `-1`"),
            ("[]", "invalid type: sequence"),
            (" ", "EOF while parsing"),
        ] {
            let why = Limits::parse(json).unwrap_err();
            assert!(why.starts_with(named), "{json}: {why}");
            assert!(!why.contains('\n'));
        }
    }
}
