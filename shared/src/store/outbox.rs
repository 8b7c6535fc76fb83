//! The outbox: a message is a row written in the transaction of what it announces. Delivery reads the table's
//! stream, so nothing is sent after the answer and nothing is lost between the two.

use aws_sdk_dynamodb::types::Put;
use serde::{Deserialize, Serialize};

use super::read::string;
use super::{Item, Store, keys};
use crate::error::{Code, Error};
use crate::key_ring::KeyRing;
use crate::limits::limits;
use crate::types::{Phone, TenantId, Timestamp};

/// How a message reaches its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    Email,
    Sms,
    /// For nobody: it takes as long to write as one that is sent, so that a caller cannot tell them apart.
    None,
}

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    SignInCode,
    SecondFactorCode,
    RecoveryCode,
    VerificationCode,
    RecoveryCodeUsed,
    FactorsChanged,
    SessionEnded,
    ResetPassword,
    PasswordChanged,
    ProfileChanged,
    AccountClaimed,
    DataShared,
    /// Proves an intermediary's e-mail address.
    EmailCode,
    /// Proves an intermediary's phone.
    PhoneCode,
    EmailChanged,
    PhoneChanged,
    Invitation,
    /// The owner of an address proved it, whom an account had named without proof.
    AddressTaken,
}

/// A message as its person gets it. It carries secrets, so at rest it is sealed; it prints nothing.
#[derive(Serialize, Deserialize)]
pub struct Message {
    pub channel: Channel,
    pub to: String,
    pub purpose: Purpose,
    /// Of an e-mail.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subject: Option<String>,
    pub body: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub link: Option<String>,
}

impl Purpose {
    /// What a message is sent for, if not for itself: the slot of its text that must not be lost.
    #[must_use]
    pub fn secret_slot(self) -> Option<&'static str> {
        match self {
            Self::SignInCode
            | Self::SecondFactorCode
            | Self::RecoveryCode
            | Self::VerificationCode
            | Self::EmailCode
            | Self::PhoneCode => Some("code"),
            Self::ResetPassword | Self::DataShared | Self::Invitation => Some("link"),
            Self::RecoveryCodeUsed
            | Self::FactorsChanged
            | Self::SessionEnded
            | Self::PasswordChanged
            | Self::ProfileChanged
            | Self::AccountClaimed
            | Self::EmailChanged
            | Self::PhoneChanged
            | Self::AddressTaken => None,
        }
    }

    /// For how many seconds it is of use: as long as what it carries, or until it is deleted.
    fn use_seconds(self) -> i64 {
        self.lasts_seconds().unwrap_or(KEPT_SECONDS)
    }

    /// For how many seconds what it carries lasts, if that runs out.
    #[must_use]
    pub fn lasts_seconds(self) -> Option<i64> {
        match self {
            Self::SecondFactorCode | Self::RecoveryCode => Some(limits().second_factor_seconds),
            Self::SignInCode | Self::VerificationCode | Self::EmailCode | Self::PhoneCode => {
                Some(limits().code_seconds)
            }
            Self::ResetPassword => Some(limits().reset_link_seconds),
            Self::Invitation => Some(limits().invitation_seconds),
            Self::RecoveryCodeUsed
            | Self::FactorsChanged
            | Self::SessionEnded
            | Self::PasswordChanged
            | Self::ProfileChanged
            | Self::AccountClaimed
            | Self::DataShared
            | Self::EmailChanged
            | Self::PhoneChanged
            | Self::AddressTaken => None,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Row {
    channel: Channel,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    created_at_ms: i64,
    sealed: String,
}

const KEPT_SECONDS: i64 = 7 * 86_400;

impl Store {
    pub(super) fn message(
        &self,
        tenant: &TenantId,
        message: &Message,
        ring: &KeyRing,
        now: Timestamp,
    ) -> Result<Put, Error> {
        let key = keys::message(tenant, self.random.uuid());
        let json = serde_json::to_vec(message).map_err(|_| Code::Internal.because("a message has no JSON form"))?;
        let sealed = ring.secrets().seal(&self.random, &key.pk, &json)?;
        let row = Row { channel: message.channel, created_at_ms: now.milliseconds(), sealed };
        self.new_row(&key, &row, Some(now.seconds() + KEPT_SECONDS), now)
    }
}

impl Message {
    #[must_use]
    pub fn is_for_somebody(&self) -> bool {
        self.channel != Channel::None
    }

    /// The number that a text message goes to.
    #[must_use]
    pub fn phone(&self) -> Option<Phone> {
        (self.channel == Channel::Sms).then(|| Phone::try_from(self.to.clone()).ok()).flatten()
    }

    /// Whether what was written then is of no use any more, such as a code that has run out.
    #[must_use]
    pub fn is_past_use(&self, written_at_ms: i64, now: Timestamp) -> bool {
        now.milliseconds() - written_at_ms >= self.purpose.use_seconds() * 1_000
    }

    /// Opens a message row of the table, with when it was written (milliseconds); `None` for every other row,
    /// and for one that was sent, because that holds no message any more.
    ///
    /// # Errors
    /// [`Code::Internal`] when the row was not sealed by this ring.
    pub fn open(item: &Item, ring: &KeyRing) -> Result<Option<(i64, Self)>, Error> {
        let (Some(pk), Some(sk)) = (string(item, "pk"), string(item, "sk")) else { return Ok(None) };
        let Some(sealed) = string(item, "sealed").filter(|_| keys::of_message(pk, sk).is_some()) else {
            return Ok(None);
        };
        let row: Row = super::from_item(item.clone())?;
        let json = ring.unseal(pk, sealed)?;
        let message = serde_json::from_slice(&json).map_err(|_| Code::Internal.because("a message does not parse"))?;
        Ok(Some((row.created_at_ms, message)))
    }
}

impl std::fmt::Debug for Message {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Message({:?}, {:?})", self.channel, self.purpose)
    }
}
