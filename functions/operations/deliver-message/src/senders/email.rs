//! E-mails, through SES (API v2, `SendEmail`).

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::ProvideErrorMetadata;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message as Mail, MessageHeader};
use aws_types::SdkConfig;
use data_encoding::BASE64;
use shared::config::Delivery;
use shared::store::Message;
use shared::types::Email;

use super::{Unsent, judge};

#[derive(Debug)]
pub(super) struct Sender {
    ses: Client,
    from: String,
    configuration_set: Option<String>,
}

/// Of the content or the address of one message. Everything else is the deployment's or passes: throttling, sending that
/// is paused or suspended, a domain or configuration set that is not set up.
const FOR_GOOD: [&str; 2] = ["MessageRejected", "BadRequestException"];

impl Sender {
    pub(super) fn new(aws: &SdkConfig, delivery: &Delivery) -> Self {
        let mut config = aws_sdk_sesv2::config::Builder::from(aws);
        config.set_endpoint_url(delivery.sesv2_endpoint.clone());
        Self {
            ses: Client::from_conf(config.build()),
            from: delivery.sender.mailbox(),
            configuration_set: delivery.configuration_set.clone(),
        }
    }

    /// `name`: who writes, as people know them.
    pub(super) async fn send(&self, name: &str, message: &Message) -> Result<(), Unsent> {
        let unusable = |_| Unsent::Refused("the message makes no e-mail".to_owned());
        let no_address = |_| Unsent::Refused("the message has no e-mail address".to_owned());
        let to = Email::try_from(message.to.clone()).map_err(no_address)?.mailbox();
        let content = |text: &str| Content::builder().data(text).charset("UTF-8").build().map_err(unusable);
        // Nobody's absence note answers it (RFC 3834).
        let automatic = MessageHeader::builder().name("Auto-Submitted").value("auto-generated").build();
        let mail = Mail::builder()
            .subject(content(message.subject.as_deref().unwrap_or(name))?)
            .body(Body::builder().text(content(&message.body)?).build())
            .headers(automatic.map_err(unusable)?)
            .build();
        let sent = self
            .ses
            .send_email()
            .from_email_address(from(name, &self.from))
            .destination(Destination::builder().to_addresses(to).build())
            .content(EmailContent::builder().simple(mail).build())
            .set_configuration_set_name(self.configuration_set.clone())
            .send()
            .await;
        sent.map(drop).map_err(|failure| {
            // In the words of SES "Email address is not verified": of the sender, or of everybody in the sandbox.
            let words = failure.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or_default();
            judge("SES", &failure, if words.contains("not verified") { &[] } else { &FOR_GOOD })
        })
    }
}

/// What SES allows in a From header is 320 characters, its address included.
const LONGEST_NAME_BYTES: usize = 90;
/// An encoded word has at most 75 characters (RFC 2047 §2), so this many bytes in Base64.
const WORD_BYTES: usize = 45;

/// A From header (RFC 5322 §3.4): the name as a quoted string, or as encoded words where it is not ASCII.
fn from(name: &str, mailbox: &str) -> String {
    if name.is_empty() {
        return mailbox.to_owned();
    }
    if name.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
        return format!("\"{quoted}\" <{mailbox}>");
    }
    let mut words = vec![String::new()];
    let mut bytes = 0;
    for letter in name.chars() {
        bytes += letter.len_utf8();
        if bytes > LONGEST_NAME_BYTES {
            break;
        }
        match words.last_mut() {
            Some(word) if word.len() + letter.len_utf8() <= WORD_BYTES => word.push(letter),
            _ => words.push(letter.to_string()),
        }
    }
    let words = words.iter().map(|word| format!("=?UTF-8?B?{}?=", BASE64.encode(word.as_bytes())));
    format!("{} <{mailbox}>", words.collect::<Vec<_>>().join(" "))
}
