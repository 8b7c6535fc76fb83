use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::outbox::Purpose;
use crate::types::Invalid;

/// The texts that a tenant's people get instead of ours, by purpose.
///
/// What would lose a code or a link is none of these: it is refused here, where texts from requests and from rows alike
/// come in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<Purpose, MessageText>")]
pub struct MessageTexts(BTreeMap<Purpose, MessageText>);

/// One of them, with `{code}`, `{link}`, `{lasts}`, `{client}` and `{tenant}` where those belong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageText {
    /// Of e-mails; ours unless set. Its slots are `{tenant}` and `{client}`: others read subjects over one's shoulder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    pub body: String,
}

/// What SNS takes in one text message, in bytes of UTF-8.
const LONGEST_BODY: usize = 1_600;
const LONGEST_SUBJECT: usize = 100;

/// What a message shows of a name, in characters.
pub const LONGEST_NAME: usize = 64;

impl MessageTexts {
    #[must_use]
    pub fn of(&self, purpose: Purpose) -> Option<&MessageText> {
        self.0.get(&purpose)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryFrom<BTreeMap<Purpose, MessageText>> for MessageTexts {
    type Error = Invalid;

    fn try_from(texts: BTreeMap<Purpose, MessageText>) -> Result<Self, Invalid> {
        texts.iter().try_for_each(|(purpose, text)| check(*purpose, text))?;
        Ok(Self(texts))
    }
}

fn check(purpose: Purpose, text: &MessageText) -> Result<(), Invalid> {
    let secret = purpose.secret_slot();
    let names: &[&str] = if purpose == Purpose::DataShared { &["tenant", "client"] } else { &["tenant"] };
    let lasts = purpose.lasts_seconds().is_some();
    let in_body = slots(&text.body).ok_or(STRAY)?;
    if secret.is_some_and(|secret| in_body.iter().filter(|slot| **slot == secret).count() != 1) {
        return Err(Invalid("must have the {code} or {link} that it is sent for in its body, once"));
    }
    if in_body.iter().any(|slot| secret != Some(slot) && !names.contains(slot) && !(lasts && *slot == "lasts")) {
        return Err(STRAY);
    }
    let filled = text.body.len() + in_body.iter().map(|slot| longest(slot)).sum::<usize>();
    let is_blank = text.body.trim().is_empty();
    if is_blank || filled > LONGEST_BODY || text.body.contains(|letter: char| letter.is_control() && letter != '\n') {
        return Err(Invalid("must have a body without control characters that fills at most 1600 bytes"));
    }
    let Some(subject) = &text.subject else { return Ok(()) };
    if slots(subject).is_none_or(|slots| slots.iter().any(|slot| !names.contains(slot))) {
        return Err(STRAY);
    }
    let is_blank = subject.trim().is_empty();
    if is_blank || subject.chars().count() > LONGEST_SUBJECT || subject.contains(char::is_control) {
        return Err(Invalid("must have a subject of 1 to 100 characters on one line, or none"));
    }
    Ok(())
}

const STRAY: Invalid = Invalid("must have no braces but those of its slots");

/// How many bytes are left room for where the slot is.
fn longest(slot: &str) -> usize {
    match slot {
        "code" => 6,
        "lasts" => 16,
        "link" => 512,
        _ => 4 * LONGEST_NAME,
    }
}

/// The names between braces; `None` where a brace has no partner.
fn slots(text: &str) -> Option<Vec<&str>> {
    let mut parts = text.split('{');
    let before = parts.next().unwrap_or_default();
    let slots = parts.map(|part| part.split_once('}').filter(|(_, after)| !after.contains('}')).map(|(slot, _)| slot));
    if before.contains('}') { None } else { slots.collect() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::types::tests::mangled;

    fn takes(texts: &Value) -> bool {
        serde_json::from_value::<MessageTexts>(texts.clone()).is_ok()
    }

    #[test]
    fn a_text_keeps_what_it_is_sent_for() {
        let body = |purpose: &str, body: &str| json!({ purpose: { "body": body } });
        for (purpose, text) in [
            ("sign-in-code", "{code}"),
            ("email-code", "Din kode hos {tenant}:\n{code}"),
            ("reset-password", "{link} – {tenant}, {lasts}"),
            ("data-shared", "{client} {link} {tenant} {tenant}"),
            ("password-changed", "Passordet er endret."),
        ] {
            assert!(takes(&body(purpose, text)), "{purpose}: {text}");
        }
        let long = format!("{{code}}{}", "a".repeat(1_595));
        for (purpose, text) in [
            ("sign-in-code", "Your code"),
            ("sign-in-code", "{Code}"),
            ("sign-in-code", "{ code }"),
            ("sign-in-code", "{code} {code}"),
            ("sign-in-code", "{code} {link}"),
            ("sign-in-code", "{code} {client}"),
            ("password-changed", "{lasts}"),
            ("data-shared", "{link} {lasts}"),
            ("sign-in-code", "{code"),
            ("sign-in-code", "{{code}}"),
            ("sign-in-code", "}{code}"),
            ("sign-in-code", "{code}\r"),
            ("sign-in-code", "{code}\0"),
            ("sign-in-code", &long),
            ("reset-password", "{code}"),
            ("data-shared", "{client}"),
            ("password-changed", " \n"),
            ("password-changed", "{link}"),
            ("password-changed", &"{tenant}".repeat(7)),
            ("no-such-purpose", "text"),
        ] {
            assert!(!takes(&body(purpose, text)), "{purpose}: {text:?}");
        }
    }

    #[test]
    fn a_subject_is_one_line_without_the_secret() {
        let subject = |subject: Value| json!({ "sign-in-code": { "subject": subject, "body": "{code}" } });
        for text in ["Din kode hos {tenant}", &"é".repeat(100)] {
            assert!(takes(&subject(json!(text))), "{text}");
        }
        let long = "é".repeat(101);
        for text in ["", " ", "{code}", "{client}", "{tenant", "a\nBcc: b", "a\r\n", "a\0", &long] {
            assert!(!takes(&subject(json!(text))), "{text:?}");
        }
        assert!(!takes(&json!({ "sign-in-code": { "body": "{code}", "topic": "x" } })));
    }

    proptest! {
        #[test]
        fn whatever_is_taken_says_its_code_once_fits_and_is_read_back(
            body in mangled("Din kode hos {tenant}:\n{code}"),
            subject in mangled("Din kode hos {tenant}"),
        ) {
            let given = json!({ "sign-in-code": { "subject": subject, "body": body } });
            let Ok(texts) = serde_json::from_value::<MessageTexts>(given.clone()) else { return Ok(()) };
            prop_assert_eq!(serde_json::to_value(&texts).unwrap(), given);
            prop_assert_eq!(body.matches("{code}").count(), 1);
            let filled = body.replace("{code}", "123456").replace("{tenant}", &"\u{1f3e6}".repeat(LONGEST_NAME));
            prop_assert!(filled.len() <= LONGEST_BODY && !filled.contains(['{', '}', '\r', '\0']), "{}", filled);
            let filled = subject.replace("{tenant}", "");
            prop_assert!(!filled.contains(['{', '}']) && !filled.contains(char::is_control), "{}", filled);
        }
    }
}
