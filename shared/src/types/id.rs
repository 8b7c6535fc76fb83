use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Invalid;
use crate::random::Random;

/// What something is called for good: a random UUID (version 4). Not a secret: it opens nothing by itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String", bound(serialize = "Of: Clone", deserialize = ""))]
pub struct Id<Of>(Uuid, PhantomData<Of>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfAccount {}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfSession {}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfTransfer {}

/// An account, the subject of its tokens.
pub type AccountId = Id<OfAccount>;

/// A session, that is one sign-in.
pub type SessionId = Id<OfSession>;

/// A data transfer, the `session_id` of contract §3.2.
pub type TransferId = Id<OfTransfer>;

impl<Of> Id<Of> {
    #[must_use]
    pub fn random(random: &Random) -> Self {
        Self(random.uuid(), PhantomData)
    }

    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes), PhantomData)
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl<Of> TryFrom<String> for Id<Of> {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Uuid::try_parse(&text).map(|uuid| Self(uuid, PhantomData)).map_err(|_| Invalid("must be a UUID"))
    }
}

impl<Of> From<Id<Of>> for String {
    fn from(id: Id<Of>) -> Self {
        id.to_string()
    }
}

impl<Of> std::fmt::Display for Id<Of> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

impl<Of> std::fmt::Debug for Id<Of> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}
