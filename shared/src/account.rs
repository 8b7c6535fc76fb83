use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::password::PasswordHash;
use crate::session::Session;
use crate::types::{AccountId, Email, FullName, Identifier, IntermediaryId, Phone, SchemaName, Timestamp};

/// Somebody who can sign in. Times in seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    #[serde(flatten)]
    pub owner: Owner,
    pub status: Status,
    /// Field and canonical value of each unique row that is this account's.
    pub identifiers: BTreeMap<SchemaName, String>,
    /// One more with each change of what identifies or reaches the owner.
    pub identity_version: u32,
    /// One more with each change of what is known of the owner, so that of two at once one holds.
    pub revision: u32,
    /// Whether anybody may have registered it and nobody has proved an address of it. Whoever does is the owner, and
    /// what was chosen before is discarded (yardstick E6).
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub is_unclaimed: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub email: Option<Email>,
    pub is_email_verified: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phone: Option<Phone>,
    pub is_phone_verified: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub full_name: Option<FullName>,
    /// Absent while nobody has chosen one: no password signs in then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub password_hash: Option<PasswordHash>,
    /// One more with each change of the password; a hash that is only made anew keeps it.
    pub password_version: u32,
    pub created_at: i64,
    pub last_active_at: i64,
    /// The sessions that may be live, with when each was opened: at most [`SESSION_CAP`]. One that is not in
    /// here is dead, whatever its own row says.
    pub sessions: BTreeMap<String, i64>,
    #[serde(flatten)]
    pub failures: FailedSignIns,
}

impl Account {
    /// An active account of which nothing is known but whom it is for.
    #[must_use]
    pub fn blank(id: AccountId, owner: Owner, now: Timestamp) -> Self {
        Self {
            id,
            owner,
            status: Status::Active,
            identifiers: BTreeMap::new(),
            identity_version: 0,
            revision: 0,
            is_unclaimed: false,
            email: None,
            is_email_verified: false,
            phone: None,
            is_phone_verified: false,
            full_name: None,
            password_hash: None,
            password_version: 0,
            created_at: now.seconds(),
            last_active_at: now.seconds(),
            sessions: BTreeMap::new(),
            failures: FailedSignIns::default(),
        }
    }

    #[must_use]
    pub fn kind(&self) -> Kind {
        self.owner.kind()
    }

    pub fn identifiers(&self) -> impl Iterator<Item = Identifier> {
        self.identifiers.iter().map(|(field, canonical)| Identifier::kept(field.clone(), canonical.clone()))
    }

    /// Whether a back end made it known and nobody has used it: no password, no sign-in, no address proved.
    #[must_use]
    pub fn is_nobodys_yet(&self) -> bool {
        let unused = self.password_hash.is_none() && self.sessions.is_empty() && !self.is_unclaimed;
        unused && !self.is_email_verified && !self.is_phone_verified && self.status == Status::Active
    }

    /// The mailbox and the phone that reach the owner: equal for two spellings of one.
    #[must_use]
    pub fn reached_by(&self) -> (Option<&str>, Option<&str>) {
        (self.email.as_ref().map(Email::canonical), self.phone.as_ref().map(Phone::as_str))
    }

    /// What codes and links are sent out under: once the password or what reaches the owner has changed, they are
    /// void. Whoever registered an unclaimed account cannot make void what its owner was sent.
    #[must_use]
    pub fn stamp(&self) -> String {
        let password_version = if self.is_unclaimed { 0 } else { self.password_version };
        format!("{password_version}.{}", self.identity_version)
    }

    /// What the account says of its owner, which no password may be made of.
    #[must_use]
    pub fn hints(&self) -> Vec<&str> {
        let email = self.email.iter().flat_map(|email| [email.as_given(), email.canonical()]);
        let name = self.full_name.iter().map(FullName::as_str);
        let phone = self.phone.iter().map(Phone::as_str);
        let described = match &self.owner {
            Owner::Lead { fields } => fields.values().map(String::as_str).collect(),
            Owner::Intermediary { .. } => Vec::new(),
        };
        let identifiers = self.identifiers.values().map(String::as_str);
        email.chain(name).chain(phone).chain(identifiers).chain(described).collect()
    }

    /// Whether the account stands behind the session: it is active and lists it.
    #[must_use]
    pub fn keeps(&self, session: &Session) -> bool {
        self.status == Status::Active && self.sessions.contains_key(&session.id.to_string())
    }
}

/// Personal data: prints whose it is by id only.
impl std::fmt::Debug for Account {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Account({} {})", self.kind().as_str(), self.id)
    }
}

/// Whom an account is for, with what only accounts of that kind have.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Owner {
    Intermediary {
        intermediary_id: IntermediaryId,
    },
    Lead {
        /// The lead's attributes as they were given, but for e-mail and phone, which have their own places.
        fields: BTreeMap<SchemaName, String>,
    },
}

/// Personal data: prints the kind only.
impl std::fmt::Debug for Owner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Owner({})", self.kind().as_str())
    }
}

impl Owner {
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Intermediary { .. } => Kind::Intermediary,
            Self::Lead { .. } => Kind::Lead,
        }
    }

    /// The record without which an intermediary's account opens nothing.
    #[must_use]
    pub fn intermediary_id(&self) -> Option<&IntermediaryId> {
        match self {
            Self::Intermediary { intermediary_id } => Some(intermediary_id),
            Self::Lead { .. } => None,
        }
    }
}

/// Which surface an account signs in on. An identifier may exist once per kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Intermediary,
    Lead,
}

impl Kind {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Intermediary => "intermediary",
            Self::Lead => "lead",
        }
    }

    /// The surface's name, as in the audience of its tokens.
    #[must_use]
    pub fn surface(self) -> &'static str {
        match self {
            Self::Intermediary => "intermediaries",
            Self::Lead => "leads",
        }
    }
}

/// `status` of contract §1.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Active,
    Blocked,
    Pending,
}

impl Status {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Blocked => "blocked",
            Self::Pending => "pending",
        }
    }
}

/// The most sessions an account has at once; one more ends the least recently used (yardstick S7).
pub const SESSION_CAP: usize = 20;

/// Wrong passwords in a row, over all identifiers of the account (yardstick E4).
///
/// ```text
///  4 free ──5th──► locked 1 s ──6th──► locked 2 s ──► 4 s ──► … ──► locked 900 s
///    ▲                │ tries while locked neither count nor show
///    └── a success, or 15 minutes without a failure ──┘        100 in a row, however slow: password disabled
///                                                   until the phone is proved or a reset link used
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FailedSignIns {
    /// In this run; a quarter of an hour without one, counted from the end of a lock, starts a new run.
    pub failed_sign_ins: u32,
    /// Since the last success, whatever the time between.
    pub failed_since_success: u32,
    pub failed_at: i64,
    pub locked_until: i64,
    /// Which try was counted last, so that a repeated write counts once.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub failed_attempt: String,
}

const FREE_FAILURES: u32 = 4;
const LONGEST_LOCK_SECONDS: i64 = 900;
const RUN_SECONDS: i64 = 900;
/// Wrong passwords in a row that disable the password until it is reset.
pub const DISABLING_FAILURES: u32 = 100;

impl FailedSignIns {
    #[must_use]
    pub fn allow(&self, now: Timestamp) -> bool {
        self.locked_until <= now.seconds() && !self.disable_password()
    }

    #[must_use]
    pub fn disable_password(&self) -> bool {
        self.failed_since_success >= DISABLING_FAILURES
    }

    /// The state after one more failure.
    #[must_use]
    pub fn and_one_more(&self, attempt: &str, now: Timestamp) -> Self {
        let run_goes_on = self.locked_until + RUN_SECONDS > now.seconds();
        let failed_sign_ins = if run_goes_on { self.failed_sign_ins + 1 } else { 1 };
        let lock_seconds = match failed_sign_ins.checked_sub(FREE_FAILURES + 1) {
            None => 0,
            Some(doublings) => 1_i64.checked_shl(doublings).filter(|_| doublings < 10).unwrap_or(LONGEST_LOCK_SECONDS),
        };
        Self {
            failed_sign_ins,
            failed_since_success: self.failed_since_success + 1,
            failed_at: now.seconds(),
            locked_until: now.seconds() + lock_seconds.min(LONGEST_LOCK_SECONDS),
            failed_attempt: attempt.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_milliseconds(seconds * 1000)
    }

    #[test]
    fn locks_double_from_the_fifth_failure_and_stop_at_a_quarter_of_an_hour() {
        let (mut failures, mut now, mut locks) = (FailedSignIns::default(), 1_800_000_000, Vec::new());
        for attempt in 0..18 {
            assert!(failures.allow(at(now)));
            failures = failures.and_one_more(&attempt.to_string(), at(now));
            locks.push(failures.locked_until - now);
            now = failures.locked_until;
        }
        assert_eq!(locks[..6], [0, 0, 0, 0, 1, 2]);
        assert_eq!(locks[13], 512);
        assert_eq!(locks[14..], [900; 4]);
    }

    #[test]
    fn a_quiet_quarter_of_an_hour_starts_a_new_run_but_a_hundred_disable() {
        let (mut failures, mut now) = (FailedSignIns::default(), 1_800_000_000);
        for attempt in 0..100 {
            assert!(failures.allow(at(now)), "try {attempt}");
            failures = failures.and_one_more("", at(now));
            assert_eq!((failures.failed_sign_ins, failures.locked_until), (1, now));
            now += RUN_SECONDS;
        }
        assert!(!failures.allow(at(now + 1_000_000)));
    }
}
