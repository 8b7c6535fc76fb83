mod customer;
mod failures;
mod profile;
mod second_factors;

pub use customer::{Customer, CustomerType};
pub use failures::FailedSignIns;
pub use profile::{
    AccountNumber, Address, BankAccount, Currency, Document, DocumentType, Gender, Handle, Iban, Language, Preferences,
    Profile, TimeZone,
};
pub use second_factors::{PendingTotp, SecondFactors, Totp};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::password::PasswordHash;
use crate::session::Session;
use crate::types::{AccountId, Email, Identifier, IntermediaryId, Name, Phone, SchemaName, Timestamp};

/// Somebody who can sign in. Times in seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    #[serde(flatten)]
    pub owner: Owner,
    pub status: Status,
    /// Field and canonical value of each unique row that is this account's.
    pub identifiers: BTreeMap<SchemaName, String>,
    /// One more with each change of what identifies or reaches the owner, and with each authenticator app.
    pub identity_version: u32,
    /// One more with each change of what is known of the owner or proves who it is, so that of two at once one holds.
    pub revision: u32,
    /// Whether anybody may have registered it and nobody has proved an address of it. Whoever does is the owner, and
    /// what was chosen before is discarded (yardstick E6).
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub is_unclaimed: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub email: Option<Email>,
    /// When the e-mail address was proved.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub email_verified_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phone: Option<Phone>,
    /// When the phone was proved.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phone_verified_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub full_name: Option<Name>,
    #[serde(skip_serializing_if = "Profile::is_empty", default)]
    pub profile: Profile,
    /// Absent while nobody has chosen one: no password signs in then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub password_hash: Option<PasswordHash>,
    /// One more with each change of the password; a hash that is only made anew keeps it.
    pub password_version: u32,
    /// When the password, an address, the status or the authenticator app last changed, in milliseconds: a sign-in code
    /// that was sent before is void.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub credentials_changed_at_ms: i64,
    pub created_at: i64,
    pub last_active_at: i64,
    /// The sessions that may be live, with when each was opened: at most
    /// [`sessions_per_account`](crate::limits::Limits::sessions_per_account). One that is not in here is dead, whatever
    /// its own row says.
    pub sessions: BTreeMap<String, i64>,
    /// One more with each consent, so that none is given while the account is taken away.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub consents_given: u32,
    #[serde(flatten)]
    pub failures: FailedSignIns,
    #[serde(flatten)]
    pub second_factors: SecondFactors,
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
            email_verified_at: None,
            phone: None,
            phone_verified_at: None,
            full_name: None,
            profile: Profile::default(),
            password_hash: None,
            password_version: 0,
            credentials_changed_at_ms: 0,
            created_at: now.seconds(),
            last_active_at: now.seconds(),
            sessions: BTreeMap::new(),
            consents_given: 0,
            failures: FailedSignIns::default(),
            second_factors: SecondFactors::default(),
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
        unused && self.email_verified_at.is_none() && self.phone_verified_at.is_none() && self.status == Status::Active
    }

    /// In the place of one that nobody accepted: what was sent out for that is void.
    #[must_use]
    pub fn in_place_of(self, pending: &Self) -> Self {
        let (identity_version, revision) = (pending.identity_version + 1, pending.revision + 1);
        let credentials_changed_at_ms = self.created_at * 1000;
        Self { id: pending.id, identity_version, revision, credentials_changed_at_ms, ..self }
    }

    /// Whether it has an e-mail address that nobody has proved: whoever proves it is its owner (yardstick E6).
    #[must_use]
    pub fn has_unproved_email(&self) -> bool {
        self.email.is_some() && self.email_verified_at.is_none()
    }

    /// After a change by `now` of what identifies or reaches the owner: whatever was sent out is void.
    #[must_use]
    pub fn with_new_identity(self, now: Timestamp) -> Self {
        let (identity_version, revision) = (self.identity_version + 1, self.revision + 1);
        Self { identity_version, revision, credentials_changed_at_ms: now.milliseconds(), ..self }
    }

    /// After `now` with another password, or none: no session goes on, failures are forgotten.
    #[must_use]
    pub fn with_new_password(self, password_hash: Option<PasswordHash>, now: Timestamp) -> Self {
        let (password_version, credentials_changed_at_ms) = (self.password_version + 1, now.milliseconds());
        let (sessions, failures) = (BTreeMap::new(), FailedSignIns::default());
        Self { password_hash, password_version, credentials_changed_at_ms, sessions, failures, ..self }
    }

    /// The mailbox and the phone that reach the owner: equal for two spellings of one.
    #[must_use]
    pub fn reached_by(&self) -> (Option<&str>, Option<&str>) {
        (self.email.as_ref().map(Email::canonical), self.phone.as_ref().map(Phone::as_str))
    }

    /// An address that is not what it was before is not proved.
    pub fn unprove_what_moved(&mut self, before: &Self) {
        if self.reached_by().0 != before.reached_by().0 {
            self.email_verified_at = None;
        }
        if self.reached_by().1 != before.reached_by().1 {
            self.phone_verified_at = None;
        }
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
        let name = self.full_name.iter().map(Name::as_str);
        let phone = self.phone.iter().map(Phone::as_str);
        let described = match &self.owner {
            Owner::Lead { fields } => fields.values().map(String::as_str).collect(),
            Owner::Customer(customer) => customer.hints(),
            Owner::Intermediary { .. } => Vec::new(),
        };
        let identifiers = self.identifiers.values().map(String::as_str);
        email.chain(name).chain(phone).chain(identifiers).chain(described).chain(self.profile.hints()).collect()
    }

    /// Whether the account stands behind the session: it is active and lists it.
    #[must_use]
    pub fn keeps(&self, session: &Session) -> bool {
        self.status == Status::Active && self.sessions.contains_key(&session.id.to_string())
    }
}

fn is_zero<N: Default + PartialEq>(count: &N) -> bool {
    *count == N::default()
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
    /// A customer, a company, or one of those who cannot sign in.
    Customer(Customer),
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
            Self::Customer(customer) => Kind::Customer(customer.customer_type),
        }
    }

    /// The record without which an intermediary's account opens nothing.
    #[must_use]
    pub fn intermediary_id(&self) -> Option<&IntermediaryId> {
        match self {
            Self::Intermediary { intermediary_id } => Some(intermediary_id),
            Self::Lead { .. } | Self::Customer(_) => None,
        }
    }

    #[must_use]
    pub fn customer(&self) -> Option<&Customer> {
        match self {
            Self::Customer(customer) => Some(customer),
            Self::Intermediary { .. } | Self::Lead { .. } => None,
        }
    }
}

/// Which surface an account signs in on. An identifier may exist once per kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Intermediary,
    Lead,
    Customer(CustomerType),
}

impl Kind {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Intermediary => "intermediary",
            Self::Lead => "lead",
            Self::Customer(customer_type) => customer_type.as_str(),
        }
    }

    /// The surface's name, as in the audience of its tokens.
    #[must_use]
    pub fn surface(self) -> &'static str {
        match self {
            Self::Intermediary => "intermediaries",
            Self::Lead => "leads",
            Self::Customer(_) => "customers",
        }
    }
}

/// A kind of account that people sign in to, as they are asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signer {
    Customer,
    Company,
    Lead,
    Intermediary,
}

impl Signer {
    pub const ALL: [Self; 4] = [Self::Customer, Self::Company, Self::Lead, Self::Intermediary];

    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Customer => Kind::Customer(CustomerType::Customer),
            Self::Company => Kind::Customer(CustomerType::Company),
            Self::Lead => Kind::Lead,
            Self::Intermediary => Kind::Intermediary,
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
