//! Messages on their way out. One row is one message however often its stream record comes: whoever delivers it claims
//! the row, sends, and settles it, and what is settled holds no message any more.
//!
//! ```text
//! written ── claim ─► claimed ── settle ─► delivered, past its use: the message is gone from the row
//!    ▲                  │ │ └─── settle ─► refused: not tried again but by hand
//!    └───── give up ────┘ └─ a minute without an end, because its holder died or heard nothing: as if it were given up
//! ```

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Update};
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
    /// SES or SNS will never take it as it is. It is kept for an operator to try again.
    Refused,
}

/// Whoever claimed a message either settled it or died within this time: a function lives for 10 s.
const CLAIM_MILLISECONDS: i64 = 60_000;

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
        let row = match self.update(built(update)?).await? {
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
            Settled::Delivered => "SET delivered_at = :now REMOVE sealed, claim, claimed_at_ms, unanswered",
            Settled::PastUse => "SET past_use_at = :now REMOVE sealed, claim, claimed_at_ms",
            Settled::Refused => "SET refused_at = :now REMOVE claim, claimed_at_ms",
        };
        let update = self
            .message_update(&claimed.message)
            .update_expression(change)
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":now", number(now.seconds()));
        self.update(built(update)?).await.map(drop)
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
        self.update(built(update)?).await.map(drop)
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
        self.update(built(update)?).await.map(drop)
    }

    fn message_update(&self, message: &MessageId) -> UpdateBuilder {
        let key = keys::message(&message.tenant, message.id);
        Update::builder().table_name(&self.table).set_key(Some(key.attributes()))
    }
}

/// That an earlier attempt may have sent the message.
const UNANSWERED: &str = "unanswered";

const OPEN: &str = "attribute_exists(sealed) AND attribute_not_exists(refused_at)";

fn built(update: UpdateBuilder) -> Result<Update, Error> {
    update.build().map_err(|_| Code::Internal.because("an incomplete update"))
}

impl Claimed {
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
