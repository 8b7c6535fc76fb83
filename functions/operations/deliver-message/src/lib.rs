//! Reads the table's stream and sends the messages of the outbox, e-mails through SES and text messages through SNS, each
//! once.
//!
//! In: a batch of stream records, of which new messages matter and others are passed over. By hand, one message that
//! failed or was refused: `{"message": "<id as in the log>", "tenant": "<tenant>"}`.
//! Out: `{"batchItemFailures": [{"itemIdentifier": "<sequence number>"}]}`, the records that the stream must bring again;
//! what came after the first of them comes again, too, and is found delivered. By hand, `{"outcome": ...}`: `delivered`,
//! `repeated` (nothing was left to send), `past_use` (what it carries has run out; not sent), `refused`.
//! Fails: by hand `unavailable`, DynamoDB, KMS, SES or SNS does not take it, or another delivery has it; try again in a
//! minute. `invalid_request`, the event is none of these. A batch as such never fails.
//!
//! **Once.** The message's own row is claimed, the message sent, the row settled: that is once, whichever deliveries
//! race. Only where SES or SNS takes a message and does not say so, or the function dies before it has noted it, does the
//! person get it again: once more for each time, at once after the first silence, a minute later after any other.
//!
//! **Refused for good** is what SES or SNS will never take, such as an address that is none: it is logged, and not tried
//! again but by hand. Whatever an operator or time can mend is a failure and comes again.

mod delivery;
mod event;
mod senders;

pub use event::{Answer, Event};
pub use senders::Senders;

use futures_util::future::join_all;
use serde_json::Value;
use shared::app::App;
use shared::error::Error;
use shared::log::Line;
use shared::store::MessageId;

use delivery::deliver;
use event::{Batch, Change, Failure, One, Record};

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, senders: &Senders, event: Event) -> Result<Answer, Error> {
    match event {
        Event::Batch(Batch { records }) => {
            // Boxed, or the compiler's limit on nested futures is met; so is the one below.
            let each = records.into_iter().map(|record| Box::pin(of_record(app, senders, record)));
            let failures = join_all(each).await;
            Ok(Answer::Batch { batch_item_failures: failures.into_iter().flatten().collect() })
        }
        Event::One(One { message, tenant }) => {
            let id = MessageId { tenant, id: message };
            let outcome = Box::pin(deliver(app, senders, &id, true)).await?;
            Ok(Answer::One { outcome })
        }
    }
}

/// `Some`: the stream must bring the record again. One that cannot be read never could be, so it must not.
async fn of_record(app: &App, senders: &Senders, record: Value) -> Option<Failure> {
    let Ok(Record { event_name, dynamodb: Change { keys, sequence_number } }) = serde_json::from_value(record) else {
        let reason = Some("a record without keys or sequence number");
        app.log.error(&app.clock, &Line { event: "message.malformed", reason, ..Line::default() });
        return None;
    };
    let message = MessageId::of_row(&keys.pk.s, &keys.sk.s).filter(|_| event_name == "INSERT")?;
    let failed = deliver(app, senders, &message, false).await.is_err();
    failed.then_some(Failure { item_identifier: sequence_number })
}
