use email_address::{EmailAddress, Options};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::Invalid;

/// An e-mail address (yardstick I3): ASCII local part of at most 64 octets, at most 254 in all.
///
/// Mail goes to the address as it was given; accounts are told apart by its [`canonical`](Email::canonical)
/// form. Only that form may become a key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email {
    given: String,
    canonical: String,
}

impl Email {
    /// The address as it was given: where mail goes, and what the owner is shown.
    #[must_use]
    pub fn as_given(&self) -> &str {
        &self.given
    }

    /// ASCII lower case, the domain as UTS-46 A-labels: equal for two spellings of one mailbox.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// As mail is addressed: the part before the @ as it was given, the domain as A-labels. ASCII without blanks, control
    /// characters, quotes or angle brackets.
    #[must_use]
    pub fn mailbox(&self) -> String {
        let (local, _) = self.given.rsplit_once('@').unwrap_or_default();
        let (_, domain) = self.canonical.rsplit_once('@').unwrap_or_default();
        format!("{local}@{domain}")
    }
}

impl TryFrom<String> for Email {
    type Error = Invalid;

    fn try_from(given: String) -> Result<Self, Invalid> {
        const REFUSED: Invalid = Invalid("must be an e-mail address");
        let (local, domain) = given.rsplit_once('@').ok_or(REFUSED)?;
        if !local.is_ascii() || given.len() > 254 {
            return Err(REFUSED);
        }
        let domain = to_a_labels(domain).ok_or(REFUSED)?;
        let canonical = format!("{}@{domain}", local.to_ascii_lowercase());
        let options = Options::default().with_required_tld().without_display_text().without_domain_literal();
        // A percent sign once sent mail on through other hosts, and in a path it would be read as another address.
        let is_plain = !local.contains(['"', '\\', '%']);
        if canonical.len() > 254 || !is_plain || EmailAddress::parse_with_options(&canonical, options).is_err() {
            return Err(REFUSED);
        }
        Ok(Self { given, canonical })
    }
}

/// The domain's A-labels, of which each may be given as it is or as its U-label (RFC 5890); `None` where that would lose
/// or change more than letter case, as with characters that nobody sees.
fn to_a_labels(domain: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii_strict(domain).ok()?;
    let (unicode, sound) = idna::domain_to_unicode(&ascii);
    let as_given: String = domain.chars().flat_map(char::to_lowercase).nfc().collect();
    let mut labels = as_given.split('.').zip(ascii.split('.').zip(unicode.split('.')));
    let is_kept = as_given.split('.').count() == ascii.split('.').count()
        && labels.all(|(given, (a_label, u_label))| given == a_label || given == u_label);
    let named = ascii.rsplit('.').next()?.contains(|letter: char| letter.is_ascii_alphabetic());
    (sound.is_ok() && is_kept && named).then_some(ascii)
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.given
    }
}

/// Personal data: logs and panics get the domain only.
impl std::fmt::Debug for Email {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let domain = self.canonical.rsplit_once('@').map_or("", |(_, domain)| domain);
        write!(formatter, "Email(…@{domain})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Option<String> {
        Email::try_from(text.to_owned()).ok().map(|email| email.canonical)
    }

    #[test]
    fn spellings_of_one_mailbox_share_a_canonical_form() {
        for spelling in ["Jane.Broker@Example.COM", "jane.broker@example.com", "JANE.BROKER@EXAMPLE.COM"] {
            assert_eq!(canonical(spelling).as_deref(), Some("jane.broker@example.com"));
        }
        for spelling in ["jane@Bücher.example", "jane@xn--bcher-kva.example", "Jane@XN--BCHER-KVA.example"] {
            assert_eq!(canonical(spelling).as_deref(), Some("jane@xn--bcher-kva.example"));
        }
        assert_eq!(canonical("jane@xn--bcher-kva.Bücher.example"), canonical("jane@Bücher.xn--bcher-kva.example"));
        assert_eq!(canonical("jane+loans@example.com").as_deref(), Some("jane+loans@example.com"));
    }

    #[test]
    fn mail_is_addressed_in_ascii_and_to_the_local_part_as_it_was_given() {
        let email = Email::try_from("Jane.O'Neil@Bücher.example".to_owned()).unwrap();
        assert_eq!(email.mailbox(), "Jane.O'Neil@xn--bcher-kva.example");
    }

    #[test]
    fn a_kelvin_sign_is_not_a_k() {
        assert_eq!(canonical("\u{212A}ate@example.com"), None, "U+212A would fold onto k");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long_local = format!("{}@example.com", "a".repeat(65));
        let long = format!("a@{}.com", "a.".repeat(130));
        for text in [
            "",
            "jane",
            "@example.com",
            "jane@",
            "jane@localhost",
            "jane@@example.com",
            "jane broker@example.com",
            "jane\r\nbcc:x@example.com",
            "jane@exam\u{200B}ple.com",
            "jane@exam\u{AD}ple.com",
            "jane@\u{FF45}xample.com",
            "jane@example..com",
            "jane@127.0.0.1",
            "jane@[127.0.0.1]",
            "\"jane\"@example.com",
            "jane%40example.org@example.com",
            "j%61ne@example.com",
            "Jane <jane@example.com>",
            "jané@example.com",
            "jane@example.com\0",
            &long_local,
            &long,
        ] {
            assert_eq!(canonical(text), None, "{text:?}");
        }
    }

    #[test]
    fn debug_hides_the_person() {
        let email = Email::try_from("jane.broker@example.com".to_owned()).unwrap();
        assert_eq!(format!("{email:?}"), "Email(…@example.com)");
    }
}
