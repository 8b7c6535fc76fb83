//! What is sent to people: whom it reaches, and the text of its purpose with what belongs into it.

mod texts;

use crate::account::{Account, Owner};
use crate::store::{Channel, LONGEST_NAME, Message, Purpose, Tenant};
use crate::token::OneTimeCode;
use crate::types::{Email, Phone, SchemaName, shown};

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
    let client = shown::short_name(client, LONGEST_NAME);
    with_link(message(tenant, to, Purpose::DataShared, &[("client", &client), ("link", &link)]), link)
}

fn with_link(message: Message, link: String) -> Message {
    let link = message.is_for_somebody().then_some(link);
    Message { link, ..message }
}

/// In the tenant's own words where it has some.
fn message(tenant: &Tenant, (channel, to): Recipient, purpose: Purpose, slots: &[(&str, &str)]) -> Message {
    let (name, lasts) = (tenant.short_name(), purpose.lasts_seconds().map(in_words).unwrap_or_default());
    let slots = [slots, &[("tenant", name.as_str()), ("lasts", lasts.as_str())]].concat();
    let own = tenant.settings.message_texts.of(purpose);
    let body = fill(own.map_or(texts::body(purpose), |own| &own.body), &slots);
    let subject = own.and_then(|own| own.subject.as_deref()).unwrap_or(texts::subject(purpose));
    let subject = (channel == Channel::Email).then(|| fill(subject, &slots));
    Message { channel, to, purpose, subject, body, code: None, link: None }
}

/// Whole days, hours or minutes.
fn in_words(seconds: i64) -> String {
    let units = [(86_400, "day"), (3_600, "hour")];
    let (unit, name) = units.into_iter().find(|(unit, _)| seconds % unit == 0).unwrap_or((60, "minute"));
    let number = seconds / unit;
    if number == 1 { format!("1 {name}") } else { format!("{number} {name}s") }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_texts_are_such_as_a_tenant_may_have() {
        use serde_json::{from_value, json, to_value};

        let purposes = [
            "sign-in-code",
            "second-factor-code",
            "recovery-code",
            "verification-code",
            "recovery-code-used",
            "factors-changed",
            "session-ended",
            "reset-password",
            "password-changed",
            "profile-changed",
            "account-claimed",
            "data-shared",
            "email-code",
            "phone-code",
            "email-changed",
            "phone-changed",
            "invitation",
            "address-taken",
        ];
        for name in purposes {
            let purpose: Purpose = from_value(json!(name)).unwrap();
            let text = json!({ "subject": texts::subject(purpose), "body": texts::body(purpose) });
            let texts: crate::store::MessageTexts = from_value(json!({ name: text })).unwrap();
            assert_eq!(to_value(texts).unwrap()[name], text, "{name}");
            assert!(texts::body(purpose).contains("{tenant}") && texts::body(purpose).contains("If "), "{name}");
        }
    }

    #[test]
    fn how_long_it_lasts_is_said_in_words() {
        for (seconds, words) in
            [(600, "10 minutes"), (119, "1 minute"), (3_600, "1 hour"), (7_200, "2 hours"), (604_800, "7 days")]
        {
            assert_eq!(in_words(seconds), words);
        }
    }

    #[test]
    fn what_fills_a_slot_is_not_looked_into() {
        let slots = [("client", "{link}{code}"), ("link", "https://example.com/{client}")];
        assert_eq!(fill("{client} {link} {code} {", &slots), "{link}{code} https://example.com/{client} {code} {");
    }
}
