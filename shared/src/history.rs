//! An account's history: what happened to it that its owner may want to know of (yardstick D3).
//!
//! Each entry is a row under its account, written with what it tells of, and a line of the log.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::account::Kind;
use crate::metric::Metric;
use crate::types::{AccountId, ClientId, Invalid, SessionId, Timestamp};

/// How long an entry is kept, in seconds.
pub const KEPT_SECONDS: i64 = 90 * 86_400;

/// One thing that happened to an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub account_id: AccountId,
    pub event: Happened,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    pub client_id: ClientId,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub session_id: Option<SessionId>,
    /// The address of whoever called.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
    pub request_id: String,
    /// More of it, as fixed words: how somebody signed in, why they were refused.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Written for the work alone and never shown: nobody shall tell by the time whether there is an account.
    #[serde(skip)]
    pub is_unlisted: bool,
}

/// A place in the order of an account's entries. It names no account, so it leads into no other's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub(crate) at_ms: i64,
    /// Of the entry that is there.
    pub(crate) id: Uuid,
}

/// Some of an account's entries, the newest first.
#[derive(Debug)]
pub struct Page {
    pub entries: Vec<(Uuid, Entry)>,
    /// Behind the last of them, if there are more.
    pub next: Option<Place>,
}

/// What can happen to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Happened {
    AccountOpened,
    AccountInvited,
    AccountBlocked,
    AccountUnblocked,
    /// Too many wrong passwords in a row.
    AccountLocked,
    SignedIn,
    SignInRefused,
    SignedOut,
    /// An old refresh token came back, so its session was ended.
    SessionReuse,
    /// A wrong current password in a session.
    PasswordRefused,
    ResetRequested,
    PasswordReset,
    PasswordChanged,
    EmailVerified,
    EmailChanged,
    /// Somebody else proved the address, which was never proved for this account.
    EmailLost,
    PhoneVerified,
    PhoneChanged,
    PhoneRemoved,
    /// A wrong code was entered in a session.
    CodeRefused,
    NameChanged,
}

impl Happened {
    const ALL: [Self; 21] = [
        Self::AccountOpened,
        Self::AccountInvited,
        Self::AccountBlocked,
        Self::AccountUnblocked,
        Self::AccountLocked,
        Self::SignedIn,
        Self::SignInRefused,
        Self::SignedOut,
        Self::SessionReuse,
        Self::PasswordRefused,
        Self::ResetRequested,
        Self::PasswordReset,
        Self::PasswordChanged,
        Self::EmailVerified,
        Self::EmailChanged,
        Self::EmailLost,
        Self::PhoneVerified,
        Self::PhoneChanged,
        Self::PhoneRemoved,
        Self::CodeRefused,
        Self::NameChanged,
    ];

    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccountOpened => "account.opened",
            Self::AccountInvited => "account.invited",
            Self::AccountBlocked => "account.blocked",
            Self::AccountUnblocked => "account.unblocked",
            Self::AccountLocked => "account.locked",
            Self::SignedIn => "sign_in.ok",
            Self::SignInRefused => "sign_in.refused",
            Self::SignedOut => "sign_out",
            Self::SessionReuse => "session.reuse",
            Self::PasswordRefused => "password.refused",
            Self::ResetRequested => "password.reset_requested",
            Self::PasswordReset => "password.reset",
            Self::PasswordChanged => "password.changed",
            Self::EmailVerified => "email.verified",
            Self::EmailChanged => "email.changed",
            Self::EmailLost => "email.lost",
            Self::PhoneVerified => "phone.verified",
            Self::PhoneChanged => "phone.changed",
            Self::PhoneRemoved => "phone.removed",
            Self::CodeRefused => "code.refused",
            Self::NameChanged => "name.changed",
        }
    }

    /// What it is counted as.
    #[must_use]
    pub const fn metric(self) -> Option<Metric> {
        match self {
            Self::SignedIn => Some(Metric::SignInOk),
            Self::SignInRefused => Some(Metric::SignInRefused),
            Self::AccountLocked => Some(Metric::AccountLocked),
            Self::SessionReuse => Some(Metric::RefreshReused),
            _ => None,
        }
    }

    /// Whether it is good news.
    #[must_use]
    pub const fn is_harmless(self) -> bool {
        matches!(
            self,
            Self::AccountOpened
                | Self::AccountInvited
                | Self::SignedIn
                | Self::SignedOut
                | Self::EmailVerified
                | Self::PhoneVerified
                | Self::NameChanged
        )
    }
}

impl TryFrom<String> for Place {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let invalid = Invalid("must be the next of an answer before");
        let (at, id) = text.split_once('.').ok_or(invalid)?;
        let is_time = at.len() == 13 && at.bytes().all(|byte| byte.is_ascii_digit());
        let at_ms = at.parse().ok().filter(|_| is_time).ok_or(invalid)?;
        Ok(Self { at_ms, id: Uuid::try_parse(id).map_err(|_| invalid)? })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:013}.{}", self.at_ms, self.id)
    }
}

impl TryFrom<String> for Happened {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::ALL.into_iter().find(|happened| happened.name() == text).ok_or(Invalid("must be an event's name"))
    }
}

impl From<Happened> for String {
    fn from(happened: Happened) -> Self {
        happened.name().to_owned()
    }
}

impl Entry {
    #[must_use]
    pub fn in_session(self, session: SessionId) -> Self {
        Self { session_id: Some(session), ..self }
    }

    #[must_use]
    pub fn because(self, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }

    #[must_use]
    pub fn unlisted(self) -> Self {
        Self { is_unlisted: true, ..self }
    }

    /// The entry where accounts of this kind have a history that somebody can read; others have their log lines.
    #[must_use]
    pub fn kept_of(&self, kind: Kind) -> Option<&Self> {
        (kind == Kind::Intermediary).then_some(self)
    }

    /// When its row goes, in seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn ends_at(&self) -> i64 {
        Timestamp::from_milliseconds(self.at_ms).seconds() + KEPT_SECONDS
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::types::tests::mangled;

    proptest! {
        #[test]
        fn a_place_is_read_as_it_was_written_and_nothing_else_is(
            at_ms in 1_000_000_000_000..=9_999_999_999_999_i64,
            id in any::<u128>(),
            text in mangled("1780000000000.a822e018-80a4-4a86-bd9d-9855710109ff"),
        ) {
            let place = Place { at_ms, id: Uuid::from_u128(id) };
            prop_assert_eq!(Place::try_from(place.to_string()), Ok(place));
            let Ok(place) = Place::try_from(text.clone()) else { return Ok(()) };
            prop_assert_eq!(Place::try_from(place.to_string()), Ok(place));
            prop_assert!(text.is_ascii(), "{}", text);
        }

        #[test]
        fn an_event_has_one_name(text in mangled("sign_in.refused")) {
            if let Ok(happened) = Happened::try_from(text.clone()) {
                prop_assert_eq!(happened.name(), text);
            }
        }
    }
}
