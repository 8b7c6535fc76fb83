//! One message: claimed, sent, settled, logged.

use std::time::Duration;

use shared::app::App;
use shared::error::{Code, Error};
use shared::log::Line;
use shared::metric::{self, Metric};
use shared::store::{Channel, Claim, Claimed, Message, MessageId, Purpose, Settled};
use tokio::time::Instant;

use super::event::Outcome;
use super::senders::{Senders, Unsent};

/// What may pass before and after sending: with the 2.5 s for that less than the 8 s after which every function ends, so
/// that what was sent is noted.
const BEFORE_SENDING: Duration = Duration::from_secs(3);
const TO_SETTLE: Duration = Duration::from_secs(2);

/// Delivers one message and logs how it ended, whichever way.
pub(super) async fn deliver(app: &App, senders: &Senders, id: &MessageId, by_hand: bool) -> Result<Outcome, Error> {
    let mut about = None;
    let ended = attempt(app, senders, id, by_hand, &mut about).await;
    let (event, reason) = match &ended {
        Ok((Outcome::Delivered, None)) => ("message.delivered", None),
        Ok((Outcome::Delivered, unsettled)) => ("message.unsettled", unsettled.as_deref()),
        Ok((Outcome::Repeated, _)) => ("message.repeated", None),
        Ok((Outcome::PastUse, _)) => ("message.past_use", None),
        Ok((Outcome::Refused, reason)) => ("message.refused", reason.as_deref()),
        Err(error) => ("message.failed", Some(error.reason())),
    };
    match &ended {
        Ok((Outcome::Delivered, _)) => metric::count(Metric::MessageDelivered),
        Ok((Outcome::Refused, _)) => metric::count(Metric::MessageRefused),
        Ok((Outcome::Repeated | Outcome::PastUse, _)) => {}
        Err(_) => metric::count(Metric::MessageFailed),
    }
    let (channel, purpose): (Option<Channel>, Option<Purpose>) = about.unzip();
    let (message, tenant) = (Some(id.id.to_string()), Some(id.tenant.as_str()));
    let line = Line { event, reason, message, channel, purpose, tenant, ..Line::default() };
    match &ended {
        Err(_) => app.log.error(&app.clock, &line),
        Ok(_) if reason.is_some() => app.log.warn(&app.clock, &line),
        Ok(_) => app.log.info(&app.clock, &line),
    }
    ended.map(|(outcome, _)| outcome)
}

/// What came of it, with the reason for what is amiss; `about` is what the log may know of the message.
async fn attempt(
    app: &App,
    senders: &Senders,
    id: &MessageId,
    by_hand: bool,
    about: &mut Option<(Channel, Purpose)>,
) -> Result<(Outcome, Option<String>), Error> {
    let (now, before_sending) = (app.clock.now(), Instant::now() + BEFORE_SENDING);
    let claiming = async {
        let ring = app.key_ring().await?;
        Ok((ring, app.store.claim_message(id, by_hand, now).await?))
    };
    let (ring, claim) = in_time(before_sending, claiming).await?;
    let claimed = match claim {
        Claim::Taken(claimed) => claimed,
        Claim::Settled => return Ok((Outcome::Repeated, None)),
        Claim::Held => return Err(Code::Unavailable.because("another delivery has it")),
    };
    let (written_at_ms, message) = match claimed.open(&ring) {
        Ok(opened) => opened,
        Err(error) => return give_up(app, &claimed, error).await,
    };
    *about = Some((message.channel, message.purpose));
    if message.is_for_somebody() {
        let age_ms = now.milliseconds() - written_at_ms;
        metric::measure(Metric::MessageAge, u64::try_from(age_ms / 1000).unwrap_or_default());
    }
    if !message.is_for_somebody() || message.is_past_use(written_at_ms, now) {
        let settled = settle(app, &claimed, Settled::PastUse).await;
        return Ok((Outcome::PastUse, settled.err()));
    }
    match in_time(before_sending, why_not(app, &claimed, &message)).await {
        Ok(None) => {}
        Ok(Some(reason)) => {
            let settled = settle(app, &claimed, Settled::Refused).await;
            return Ok((Outcome::Refused, Some(settled.err().unwrap_or(reason.to_owned()))));
        }
        Err(error) => return give_up(app, &claimed, error).await,
    }
    match senders.send(app, &claimed, &message).await {
        Ok(()) => Ok((Outcome::Delivered, settle(app, &claimed, Settled::Delivered).await.err())),
        Err(Unsent::Refused(reason)) => {
            let settled = settle(app, &claimed, Settled::Refused).await;
            Ok((Outcome::Refused, Some(settled.err().unwrap_or(reason))))
        }
        Err(Unsent::Failed(reason)) => give_up(app, &claimed, Code::Unavailable.because(reason)).await,
        Err(Unsent::Unanswered(reason)) => {
            in_time(Instant::now() + TO_SETTLE, app.store.give_up_unanswered(&claimed)).await.ok();
            Err(Code::Unavailable.because(reason))
        }
    }
}

/// Why a message may not be sent. A text message goes to the numbers that its tenant has them sent to, and so many leave in
/// a day: whoever asks for them to numbers that cost spends no more of the tenant's money than that (yardstick C4).
async fn why_not(app: &App, claimed: &Claimed, message: &Message) -> Result<Option<&'static str>, Error> {
    let Some(to) = message.phone() else { return Ok(None) };
    let now = app.clock.now();
    let tenant = app.tenant(&claimed.id().tenant, now).await?;
    let settings = tenant.map(|tenant| tenant.settings.clone()).unwrap_or_default();
    if !settings.texts_go_to(&to) {
        return Ok(Some("the tenant sends no text messages to such numbers"));
    }
    let counted = app.store.count_text(claimed, settings.sms_per_day(), now).await?;
    Ok((!counted).then_some("the tenant's text messages of the day are used up"))
}

/// That what was sent could not be noted does not make it unsent: the record must not come again, or the message would.
async fn settle(app: &App, claimed: &Claimed, how: Settled) -> Result<(), String> {
    let settled = in_time(Instant::now() + TO_SETTLE, app.store.settle_message(claimed, how, app.clock.now())).await;
    settled.map_err(|error| error.reason().to_owned())
}

/// Where giving up fails as well, the claim runs out by itself.
async fn give_up<T>(app: &App, claimed: &Claimed, error: Error) -> Result<T, Error> {
    in_time(Instant::now() + TO_SETTLE, app.store.give_up_message(claimed)).await.ok();
    Err(error)
}

async fn in_time<T>(end: Instant, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let late = |_| Err(Code::Unavailable.because("DynamoDB or KMS: no answer in time"));
    tokio::time::timeout_at(end, work).await.unwrap_or_else(late)
}
