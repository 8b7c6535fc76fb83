//! Messages on their way out. One row is one message however often its stream record comes: whoever delivers it claims
//! the row, sends, and settles it, and what is settled holds no message any more.
//!
//! ```text
//! written ── claim ─► claimed ── settle ─► delivered, past its use: the message is gone from the row
//!    ▲                  │ │ └─── settle ─► refused: not tried again but by hand
//!    └───── give up ────┘ └─ a minute without an end, because its holder died or heard nothing: as if it were given up
//! ```

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use uuid::Uuid;

use super::outbox::Message;
use super::read::string;
use super::write::Written;
use super::{Item, Store, keys, number, text};
use crate::error::{Code, Error};
use crate::key_ring::KeyRing;
use crate::types::{TenantId, Timestamp};

/// Which message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageId {
    pub tenant: TenantId,
    pub id: Uuid,
}

impl MessageId {
    /// The message at this address; `None` for every other row.
    #[must_use]
    pub fn of_row(pk: &str, sk: &str) -> Option<Self> {
        keys::of_message(pk, sk).map(|(tenant, id)| Self { tenant, id })
    }
}

/// What became of the wish to send a message.
#[derive(Debug)]
pub enum Claim {
    /// It is the caller's to send.
    Taken(Claimed),
    /// Somebody else is sending it just now.
    Held,
    /// There is nothing left to send.
    Settled,
}

/// A message that nobody else sends before a minute is over.
pub struct Claimed {
    message: MessageId,
    claim: String,
    row: Item,
}

/// How a message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    Delivered,
    /// Not sent: what it carries has run out.
    PastUse,
    /// SES or SNS will never take it as it is, or its tenant sends no such text message. It is kept for an operator to try
    /// again.
    Refused,
}

/// Whoever claimed a message either settled it or died within this time: a function lives for 10 s.
const CLAIM_MILLISECONDS: i64 = 60_000;

const DAY_SECONDS: i64 = 86_400;

impl Store {
    /// Claims a message; one that was refused for good only `by_hand`. Of many at once one has it.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn claim_message(&self, message: &MessageId, by_hand: bool, now: Timestamp) -> Result<Claim, Error> {
        let claim = self.random.uuid().to_string();
        let open = if by_hand { "attribute_exists(sealed)" } else { OPEN };
        let update = self
            .message_update(message)
            .update_expression("SET claim = :claim, claimed_at_ms = :now")
            .condition_expression(format!("{open} AND (attribute_not_exists(claim) OR claimed_at_ms <= :stale)"))
            .expression_attribute_values(":claim", text(&claim))
            .expression_attribute_values(":now", number(now.milliseconds()))
            .expression_attribute_values(":stale", number(now.milliseconds() - CLAIM_MILLISECONDS));
        let row = match self.update(update.build()?).await? {
            Written::Done(row) => row,
            // Ours, written before its answer was lost.
            Written::Refused(Some(row)) if string(&row, "claim") == Some(&claim) => row,
            Written::Refused(Some(row)) if row.contains_key("sealed") && row.contains_key("claim") => {
                return Ok(Claim::Held);
            }
            Written::Refused(_) => return Ok(Claim::Settled),
        };
        Ok(Claim::Taken(Claimed { message: message.clone(), claim, row }))
    }

    /// Ends a message, whoever holds its claim by now: what was sent was sent.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn settle_message(&self, claimed: &Claimed, how: Settled, now: Timestamp) -> Result<(), Error> {
        let change = match how {
            Settled::Delivered => "SET delivered_at = :now REMOVE sealed, claim, claimed_at_ms, unanswered, counted",
            Settled::PastUse => "SET past_use_at = :now REMOVE sealed, claim, claimed_at_ms",
            Settled::Refused => "SET refused_at = :now REMOVE claim, claimed_at_ms",
        };
        let update = self
            .message_update(&claimed.message)
            .update_expression(change)
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":now", number(now.seconds()));
        self.update(update.build()?).await.map(drop)
    }

    /// Lets others try to send it at once.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer; then they may in a minute.
    pub async fn give_up_message(&self, claimed: &Claimed) -> Result<(), Error> {
        let update = self
            .message_update(&claimed.message)
            .update_expression("REMOVE claim, claimed_at_ms")
            .condition_expression("claim = :claim")
            .expression_attribute_values(":claim", text(&claimed.claim));
        self.update(update.build()?).await.map(drop)
    }

    /// As [`give_up_message`](Store::give_up_message) where it may have been sent: the second time on, the claim stays for
    /// its minute, so that who answers too late does not send it over and over.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer; then others may try in a minute.
    pub async fn give_up_unanswered(&self, claimed: &Claimed) -> Result<(), Error> {
        if claimed.row.contains_key(UNANSWERED) {
            return Ok(());
        }
        let update = self
            .message_update(&claimed.message)
            .update_expression(format!("SET {UNANSWERED} = :yes REMOVE claim, claimed_at_ms"))
            .condition_expression("claim = :claim")
            .expression_attribute_values(":claim", text(&claimed.claim))
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        self.update(update.build()?).await.map(drop)
    }

    /// Counts a text message among those of its tenant's day of UTC, once however often sending it is tried; twice only
    /// where DynamoDB counts it and does not say so. `false`: the day has its `most`, and nothing was counted. No
    /// transaction, as many at once would be in each other's way at the tenant's one count.
    ///
    /// # Errors
    /// [`Code::Unavailable`] when DynamoDB does not answer.
    pub async fn count_text(&self, claimed: &Claimed, most: u32, now: Timestamp) -> Result<bool, Error> {
        if claimed.row.contains_key(COUNTED) {
            return Ok(true);
        }
        if most == 0 {
            return Ok(false);
        }
        let day = now.seconds().div_euclid(DAY_SECONDS);
        let count = self
            .update_at(&keys::texts(&claimed.message.tenant, day))
            .update_expression("ADD texts :one SET expires_at = :end")
            .condition_expression("attribute_not_exists(texts) OR texts < :most")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":most", number(most))
            .expression_attribute_values(":end", number((day + 2) * DAY_SECONDS));
        if matches!(self.update(count.build()?).await?, Written::Refused(_)) {
            return Ok(false);
        }
        let mark = self
            .message_update(&claimed.message)
            .update_expression(format!("SET {COUNTED} = :yes"))
            .condition_expression("claim = :claim")
            .expression_attribute_values(":claim", text(&claimed.claim))
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        self.update(mark.build()?).await?;
        Ok(true)
    }

    fn message_update(&self, message: &MessageId) -> UpdateBuilder {
        let key = keys::message(&message.tenant, message.id);
        self.update_at(&key)
    }
}

/// That an earlier attempt may have sent the message.
const UNANSWERED: &str = "unanswered";
/// That an earlier attempt counted the text message.
const COUNTED: &str = "counted";

const OPEN: &str = "attribute_exists(sealed) AND attribute_not_exists(refused_at)";

impl Claimed {
    #[must_use]
    pub fn id(&self) -> &MessageId {
        &self.message
    }

    /// When it was written (milliseconds), and the message.
    ///
    /// # Errors
    /// [`Code::Internal`] when the row was not sealed by this ring.
    pub fn open(&self, ring: &KeyRing) -> Result<(i64, Message), Error> {
        Message::open(&self.row, ring)?.ok_or_else(|| Code::Internal.because("a claimed row holds no message"))
    }
}

impl std::fmt::Debug for Claimed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Claimed({:?})", self.message)
    }
}
