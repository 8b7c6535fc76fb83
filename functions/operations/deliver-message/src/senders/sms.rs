//! Text messages, through SNS (`Publish` to a phone number).

use aws_sdk_sns::Client;
use aws_sdk_sns::types::MessageAttributeValue;
use aws_types::SdkConfig;
use shared::config::Delivery;
use shared::store::Message;
use shared::types::Phone;

use super::{Unsent, judge};

#[derive(Debug)]
pub(super) struct Sender {
    sns: Client,
    sender_id: Option<String>,
}

/// Of the number or the text of one message, such as a number that is none or that opted out.
const FOR_GOOD: [&str; 5] =
    ["InvalidParameter", "ParameterValueInvalid", "ValidationException", "EndpointDisabled", "OptedOut"];

impl Sender {
    pub(super) fn new(aws: &SdkConfig, delivery: &Delivery) -> Self {
        let mut config = aws_sdk_sns::config::Builder::from(aws);
        config.set_endpoint_url(delivery.sns_endpoint.clone());
        Self { sns: Client::from_conf(config.build()), sender_id: delivery.sms_sender_id.clone() }
    }

    pub(super) async fn send(&self, message: &Message) -> Result<(), Unsent> {
        let unusable = |_| Unsent::Refused("the message makes no text message".to_owned());
        let no_number = |_| Unsent::Refused("the message has no telephone number".to_owned());
        let to = Phone::try_from(message.to.clone()).map_err(no_number)?;
        let text = |value: &str| {
            let attribute = MessageAttributeValue::builder().data_type("String").string_value(value);
            attribute.build().map_err(unusable)
        };
        let mut publish = self
            .sns
            .publish()
            .phone_number(to.as_str())
            .message(&message.body)
            .message_attributes("AWS.SNS.SMS.SMSType", text("Transactional")?);
        if let Some(id) = &self.sender_id {
            publish = publish.message_attributes("AWS.SNS.SMS.SenderID", text(id)?);
        }
        publish.send().await.map(drop).map_err(|failure| judge("SNS", &failure, &FOR_GOOD))
    }
}
