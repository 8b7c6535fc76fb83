//! A session: one sign-in, and what becomes of it.
//!
//! ```text
//!                      g presented: ONE conditional write
//!                   ┌───────────────────────────────────────┐
//!   sign-in         │                                       ▼
//!  ─────────► live, generation g                 live, generation g + 1 ──► …
//!                   │   ▲                                   │
//!                   │   └── g presented ≤ 30 s after: the SAME successor again, nothing is written
//!                   │                                       │
//!                   │          g presented > 30 s after, or g − 1 or older at any time: reuse
//!                   │                                       │
//!        sign-out   ▼                                       ▼
//!                 ended ◄───────────────────────────────────┘
//!
//!   live ──► ended      5 wrong current passwords were entered in it
//!   live ──► expired    `idle_until` or `ends_at` passes; rotating moves the first, never the second
//! ```
//!
//! No token is stored: a refresh token is session + generation + HMAC ([`crate::token::RefreshToken`]), so the
//! successor of a generation is one and the same however often it is worked out. A retry after a lost answer,
//! two browser tabs and the SDK's own retry therefore all end up with the same token, and no race leaves two
//! live ones. Ended and expired are final.

use serde::{Deserialize, Serialize};

use crate::limits::limits;
use crate::types::{AccountId, Audience, ClientId, Scopes, SessionId, Timestamp};

/// A session as the table holds it. Times in seconds since 1970-01-01T00:00:00Z unless they say otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub id: SessionId,
    pub account_id: AccountId,
    pub client_id: ClientId,
    pub generation: u32,
    /// When `generation` replaced its parent, in milliseconds; absent before the first rotation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rotated_at_ms: Option<i64>,
    /// Which network asked for it, as limits count them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rotated_from: Option<String>,
    pub lifetime_seconds: i64,
    pub opened_at: i64,
    /// The end of the caller-chosen lifetime, moved on by each rotation.
    pub idle_until: i64,
    /// The absolute end, never moved.
    pub ends_at: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_at: Option<i64>,
    /// How the person proved who they are (RFC 8176): `pwd`, `sms`; empty where a client vouched for them.
    pub methods: Vec<String>,
    /// Current passwords that were entered in it and were wrong, or are not compared yet.
    pub wrong_passwords: u32,
    /// Those of them that were wrong.
    #[serde(default)]
    pub refused_passwords: u32,
    /// On the customers surface, what the client signed the person in for. Fixed for good.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grant: Option<SessionGrant>,
}

/// What a session's tokens are for (document 004). A refresh may narrow the scope, never widen it (yardstick S5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionGrant {
    pub audience: Audience,
    pub scope: Scopes,
    /// Whether there is a refresh token; without one the session ends with its access token.
    pub is_refreshable: bool,
}

/// How long a session lives, in seconds: between two uses, and in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifespan {
    pub idle_seconds: i64,
    pub absolute_seconds: i64,
}

impl Lifespan {
    /// Until somebody ends it (document 004, "essentially forever"): a hundred years.
    pub const UNTIL_REVOKED: Self = Self::of(100 * 365 * 86_400);

    /// One that no use prolongs.
    #[must_use]
    pub const fn of(seconds: i64) -> Self {
        Self { idle_seconds: seconds, absolute_seconds: seconds }
    }
}

/// What presenting a generation of a session's token means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// The live one: rotate.
    Current,
    /// Its parent, within the grace: hand out the current generation again.
    Parent,
    /// A parent after the grace or any older ancestor: end the session. The gap is how many generations old.
    Reused { gap: u32 },
    /// Ended, expired, or a generation that never was.
    Dead,
}

impl Session {
    #[must_use]
    pub fn open(
        id: SessionId,
        account_id: AccountId,
        client_id: ClientId,
        lifespan: Lifespan,
        methods: &[&str],
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            account_id,
            client_id,
            generation: 0,
            rotated_at_ms: None,
            rotated_from: None,
            lifetime_seconds: lifespan.idle_seconds,
            opened_at: now.seconds(),
            idle_until: now.seconds() + lifespan.idle_seconds,
            ends_at: now.seconds() + lifespan.absolute_seconds,
            ended_at: None,
            methods: methods.iter().map(|method| (*method).to_owned()).collect(),
            wrong_passwords: 0,
            refused_passwords: 0,
            grant: None,
        }
    }

    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now.seconds() < self.idle_until && now.seconds() < self.ends_at
    }

    /// Whether this session proved a phone (`isMfaIncomplete` is its opposite, document 000).
    #[must_use]
    pub fn proved_phone(&self) -> bool {
        self.methods.iter().any(|method| method == PHONE_CODE)
    }

    /// Whether it began with the account's password.
    #[must_use]
    pub fn knows_password(&self) -> bool {
        self.methods.iter().any(|method| method == PASSWORD)
    }

    /// Once it has proved a phone.
    #[must_use]
    pub fn with_phone(&self) -> Self {
        let mut session = self.clone();
        if !session.proved_phone() {
            session.methods.push(PHONE_CODE.to_owned());
        }
        session
    }

    /// Whether it began lately enough for what a thief of its key must not do (yardstick C9).
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now.seconds() <= self.opened_at + limits().fresh_seconds
    }

    #[must_use]
    pub fn judge(&self, generation: u32, now: Timestamp) -> Presented {
        if !self.is_live(now) || generation > self.generation {
            return Presented::Dead;
        }
        let gap = self.generation - generation;
        let rotated_at = self.rotated_at_ms.unwrap_or(i64::MIN);
        match gap {
            0 => Presented::Current,
            1 if now.milliseconds() <= rotated_at.saturating_add(limits().refresh_grace_milliseconds) => {
                Presented::Parent
            }
            _ => Presented::Reused { gap },
        }
    }

    /// When the session was last used, in milliseconds.
    #[must_use]
    pub fn last_used_at_ms(&self) -> i64 {
        self.rotated_at_ms.unwrap_or(self.opened_at * 1000)
    }
}

/// The authentication methods of RFC 8176 that sign-ins here use.
pub const PASSWORD: &str = "pwd";
pub const PHONE_CODE: &str = "sms";
pub const TOTP: &str = "otp";
/// More than one of different kinds.
pub const SEVERAL: &str = "mfa";
/// Not in RFC 8176: a code sent by e-mail, and one of the codes kept for when all else is lost.
pub const EMAIL_CODE: &str = "email";
pub const RECOVERY_CODE: &str = "recovery";
/// One that a back end handed over itself.
pub const HANDED_CODE: &str = "code";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    const OPENED: i64 = 1_800_000_000_000;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_milliseconds(OPENED + milliseconds)
    }

    fn session(generation: u32, rotated_after_ms: Option<i64>) -> Session {
        let random = Random::default();
        let client = ClientId::try_from("portal".to_owned()).unwrap();
        let (id, account) = (SessionId::random(&random), AccountId::random(&random));
        let lifespan = Lifespan { idle_seconds: 1_800, absolute_seconds: 86_400 };
        let opened = Session::open(id, account, client, lifespan, &[PASSWORD], at(0));
        Session { generation, rotated_at_ms: rotated_after_ms.map(|after| OPENED + after), ..opened }
    }

    #[test]
    fn the_diagram_holds() {
        let fresh = session(0, None);
        assert_eq!(fresh.judge(0, at(0)), Presented::Current);
        assert_eq!(fresh.judge(1, at(0)), Presented::Dead, "a generation that never was");

        let rotated = session(2, Some(60_000));
        assert_eq!(rotated.judge(2, at(60_000)), Presented::Current);
        assert_eq!(rotated.judge(1, at(60_000)), Presented::Parent);
        assert_eq!(rotated.judge(1, at(90_000)), Presented::Parent, "30 s after");
        assert_eq!(rotated.judge(1, at(90_001)), Presented::Reused { gap: 1 }, "just over 30 s after");
        assert_eq!(rotated.judge(0, at(60_001)), Presented::Reused { gap: 2 }, "inside the 30 s too");

        let ended = Session { ended_at: Some(OPENED / 1000), ..rotated.clone() };
        assert_eq!(ended.judge(2, at(60_000)), Presented::Dead);
        let last = at(30 * 60_000 - 1);
        assert_eq!(rotated.judge(2, last), Presented::Current, "one millisecond before idle_until");
        assert_eq!(rotated.judge(2, at(30 * 60_000)), Presented::Dead, "at idle_until");
        let absolute = Session { idle_until: i64::MAX, ..rotated };
        assert_eq!(absolute.judge(2, at(86_400_000)), Presented::Dead, "at ends_at");
    }
}
