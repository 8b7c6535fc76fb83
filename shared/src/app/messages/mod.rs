//! What is sent to people: whom it reaches, and the text of its purpose with what belongs into it.

mod texts;

use crate::account::{Account, Owner};
use crate::store::{Channel, Message, Purpose, Tenant};
use crate::token::OneTimeCode;
use crate::types::{Email, Phone, SchemaName};

/// Where a person is reached.
pub(super) type Recipient = (Channel, String);

/// An account's e-mail address, else its phone, else nobody. Those of an unclaimed one may be a stranger's.
pub(super) fn recipient(account: &Account) -> Recipient {
    let fields = [SchemaName::email_address(), SchemaName::phone()];
    let mut reached = fields.iter().filter_map(|field| recipient_in(account, field));
    reached.next().filter(|_| !account.is_unclaimed).unwrap_or_else(nobody)
}

/// Who is reached by what a field of the account holds.
pub(super) fn recipient_in(account: &Account, field: &SchemaName) -> Option<Recipient> {
    let email = |email: &Email| (Channel::Email, email.as_given().to_owned());
    let phone = |phone: &Phone| (Channel::Sms, phone.as_str().to_owned());
    if *field == SchemaName::email_address() {
        return account.email.as_ref().map(email);
    }
    if *field == SchemaName::phone() {
        return account.phone.as_ref().map(phone);
    }
    let Owner::Lead { fields } = &account.owner else { return None };
    let value = fields.get(field)?;
    let written = Phone::written(value).ok().as_ref().map(phone);
    written.or_else(|| Email::try_from(value.clone()).ok().as_ref().map(email))
}

/// The e-mail address and phone that are the account's no longer.
pub(super) fn left(before: &Account, after: &Account) -> Vec<Recipient> {
    let (old, new) = (before.reached_by(), after.reached_by());
    let moved = [(SchemaName::email_address(), old.0 != new.0), (SchemaName::phone(), old.1 != new.1)];
    let moved = moved.iter().filter(|(_, moved)| *moved && !before.is_unclaimed);
    moved.filter_map(|(field, _)| recipient_in(before, field)).collect()
}

pub(super) fn nobody() -> Recipient {
    (Channel::None, String::new())
}

/// A message that says what happened.
pub(super) fn notice(tenant: &Tenant, to: Recipient, purpose: Purpose) -> Message {
    message(tenant, to, purpose, &[])
}

/// A message that carries a code.
pub(super) fn code(tenant: &Tenant, to: Recipient, purpose: Purpose, code: &OneTimeCode) -> Message {
    let message = message(tenant, to, purpose, &[("code", code.reveal())]);
    let code = message.is_for_somebody().then(|| code.reveal().to_owned());
    Message { code, ..message }
}

/// A message that carries a link.
pub(super) fn link(tenant: &Tenant, to: Recipient, purpose: Purpose, link: String) -> Message {
    with_link(message(tenant, to, purpose, &[("link", &link)]), link)
}

/// What somebody agreed to share with a client, and the link to take it back.
pub(super) fn data_shared(tenant: &Tenant, to: Recipient, client: &str, link: String) -> Message {
    with_link(message(tenant, to, Purpose::DataShared, &[("client", client), ("link", &link)]), link)
}

fn with_link(message: Message, link: String) -> Message {
    let link = message.is_for_somebody().then_some(link);
    Message { link, ..message }
}

fn message(tenant: &Tenant, (channel, to): Recipient, purpose: Purpose, slots: &[(&str, &str)]) -> Message {
    let body = fill(texts::body(purpose), &[slots, &[("tenant", tenant.name())]].concat());
    Message { channel, to, purpose, body, code: None, link: None }
}

/// The text with each `{name}` replaced once: what a value holds is not looked into.
fn fill(text: &str, slots: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let slot = after.split_once('}').and_then(|(name, after)| {
            let (_, value) = slots.iter().find(|(slot, _)| *slot == name)?;
            Some((value, after))
        });
        if let Some((value, after)) = slot {
            filled.push_str(value);
            rest = after;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled + rest
}
