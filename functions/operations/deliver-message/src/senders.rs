//! The two ways out, and what their refusals mean.

mod email;
mod sms;

use std::time::Duration;

use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::timeout::TimeoutConfig;
use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_types::SdkConfig;
use shared::app::App;
use shared::config::Delivery;
use shared::store::{Channel, Claimed, Message};

/// What SES and SNS have for an answer.
const TO_SEND: Duration = Duration::from_millis(2500);

/// The ways out of here.
#[derive(Debug)]
pub struct Senders {
    email: email::Sender,
    sms: sms::Sender,
}

impl Senders {
    /// # Errors
    /// One line that names the variable of the environment that is missing or unsafe.
    pub fn connect(app: &App) -> Result<Self, String> {
        Ok(Self::new(app, &Delivery::from_environment()?))
    }

    #[must_use]
    pub fn new(app: &App, delivery: &Delivery) -> Self {
        let aws = once(&app.aws);
        Self { email: email::Sender::new(&aws, delivery), sms: sms::Sender::new(&aws, delivery) }
    }

    pub(super) async fn send(&self, app: &App, claimed: &Claimed, message: &Message) -> Result<(), Unsent> {
        let sent = tokio::time::timeout(TO_SEND, async {
            match message.channel {
                Channel::Email => self.email.send(&sender_name(app, claimed).await?, message).await,
                Channel::Sms => self.sms.send(message).await,
                Channel::None => Ok(()),
            }
        });
        sent.await.unwrap_or_else(|_| Err(Unsent::Unanswered("no answer in time".to_owned())))
    }
}

/// Who writes, as people know them.
async fn sender_name(app: &App, claimed: &Claimed) -> Result<String, Unsent> {
    let tenant = app.tenant(&claimed.id().tenant, app.clock.now()).await;
    let tenant = tenant.map_err(|error| Unsent::Failed(error.reason().to_owned()))?;
    Ok(tenant.map(|tenant| tenant.short_name()).unwrap_or_default())
}

/// One attempt: the stream repeats what failed. The SDK would also repeat, at once, what was taken but not answered.
fn once(aws: &SdkConfig) -> SdkConfig {
    let timeouts = aws.timeout_config().cloned().unwrap_or_else(TimeoutConfig::disabled).into_builder();
    let timeouts = timeouts.operation_attempt_timeout(TO_SEND).operation_timeout(TO_SEND).build();
    aws.clone().into_builder().timeout_config(timeouts).retry_config(RetryConfig::disabled()).build()
}

/// Why a message did not leave. Neither has anything of the message or its person in it.
#[derive(Debug)]
pub(super) enum Unsent {
    /// It will never be taken as it is.
    Refused(String),
    /// It was not taken, this time.
    Failed(String),
    /// It may have been taken.
    Unanswered(String),
}

/// What a service's refusal means. Its own words are left out: they repeat addresses.
fn judge<E: ProvideErrorMetadata, R>(service: &str, failure: &SdkError<E, R>, for_good: &[&str]) -> Unsent {
    let reason = |what: &str| format!("{service}: {what}");
    let answered = failure.as_service_error().map(|error| error.code().unwrap_or("no readable answer"));
    match (answered, failure) {
        (Some(code), _) if for_good.contains(&code) => Unsent::Refused(reason(code)),
        (Some(code), _) => Unsent::Failed(reason(code)),
        (None, SdkError::TimeoutError(_)) => Unsent::Unanswered(reason("no answer in time")),
        (None, SdkError::DispatchFailure(_)) => Unsent::Unanswered(reason("no connection")),
        (None, _) => Unsent::Unanswered(reason("no readable answer")),
    }
}
