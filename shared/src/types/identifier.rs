use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::{CustomerId, Email, Invalid, Phone, SchemaName, shown};

/// A value by which exactly one account of a kind is known in its tenant: an e-mail address, a telephone or tax
/// number. Two spellings of one value are one identifier.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identifier {
    pub field: SchemaName,
    canonical: String,
}

/// How the values of an identifying field are written, and so which spellings are the same value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// As [`Email`].
    Email,
    /// As [`Phone`], with spaces, hyphens, dots and parentheses for the eye only.
    Phone,
    /// 1 to 255 letters, digits, ASCII signs and single spaces, NFKC-normalised; the case of ASCII letters and
    /// spaces at either end do not count.
    Text,
}

impl Identifier {
    /// # Errors
    /// When `given` is not written as the field's format wants it.
    pub fn parse(field: SchemaName, format: Format, given: &str) -> Result<Self, Invalid> {
        let canonical = match format {
            Format::Email => Email::try_from(given.to_owned())?.canonical().to_owned(),
            Format::Phone => Phone::written(given)?.into(),
            Format::Text => canonical_text(given)?,
        };
        Ok(Self { field, canonical })
    }

    #[must_use]
    pub fn email(email: &Email) -> Self {
        Self { field: SchemaName::email_address(), canonical: email.canonical().to_owned() }
    }

    #[must_use]
    pub fn phone(phone: &Phone) -> Self {
        Self { field: SchemaName::phone(), canonical: phone.as_str().to_owned() }
    }

    #[must_use]
    pub fn customer_id(id: &CustomerId) -> Self {
        Self { field: SchemaName::customer_id(), canonical: id.as_str().to_owned() }
    }

    /// One that an account has, as it was kept.
    #[must_use]
    pub fn kept(field: SchemaName, canonical: String) -> Self {
        Self { field, canonical }
    }

    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
}

fn canonical_text(given: &str) -> Result<String, Invalid> {
    // Before, because some letters exist in one case only; after, because other letters become ASCII.
    let folded: String = given.to_ascii_lowercase().nfkc().map(|letter| letter.to_ascii_lowercase()).collect();
    // Only now are blanks of every kind spaces.
    let text = folded.trim_matches(' ');
    let fits = (1..=255).contains(&text.chars().count()) && !text.contains("  ");
    let allowed = |letter: char| letter.is_alphanumeric() || letter.is_ascii_punctuation() || letter == ' ';
    if fits && text.chars().all(allowed) && shown::plain(text) == text {
        Ok(text.to_owned())
    } else {
        Err(Invalid("must be 1 to 255 letters, digits, signs and single spaces"))
    }
}

/// Personal data: logs and panics get the field's name only.
impl std::fmt::Debug for Identifier {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Identifier({} …)", self.field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(format: Format, given: &str) -> Option<String> {
        Identifier::parse(SchemaName::phone(), format, given).ok().map(|identifier| identifier.canonical)
    }

    #[test]
    fn spellings_of_one_value_are_one_identifier() {
        for spelling in ["SSKKPPYY222", "sskkppyy222", " SskkPpyy222 ", "\u{a0}SSKKPPYY222\u{3000}"] {
            assert_eq!(canonical(Format::Text, spelling).as_deref(), Some("sskkppyy222"));
        }
        for spelling in ["+14-157415569", "+1 (415) 741-5569", "+14157415569"] {
            assert_eq!(canonical(Format::Phone, spelling).as_deref(), Some("+14157415569"));
        }
        assert_eq!(canonical(Format::Email, "JANE@Example.com").as_deref(), Some("jane@example.com"));
        assert_eq!(canonical(Format::Text, "e\u{301}"), canonical(Format::Text, "\u{e9}"));
        assert_eq!(
            canonical(Format::Text, "H\u{331}"),
            canonical(Format::Text, "h\u{331}"),
            "composed in one case only"
        );
        assert_eq!(canonical(Format::Text, "\u{FF21}\u{FF11}").as_deref(), Some("a1"), "full width");
    }

    #[test]
    fn what_nobody_sees_is_refused() {
        for text in [
            "",
            " ",
            "\u{a0}",
            "a\u{200B}b",
            "a\u{202E}b",
            "a\nb",
            "a\0b",
            "a  b",
            "\u{FEFF}a",
            "a\u{3164}b",
            "a\u{1160}b",
        ] {
            assert_eq!(canonical(Format::Text, text), None, "{text:?}");
        }
        assert_eq!(canonical(Format::Text, &"x".repeat(256)), None);
        assert_eq!(canonical(Format::Phone, "9845098450"), None, "no country code");
        assert_eq!(canonical(Format::Phone, "+1415741556x"), None);
    }

    #[test]
    fn debug_hides_the_value() {
        let identifier = Identifier::parse(SchemaName::phone(), Format::Phone, "+14157415569").unwrap();
        assert_eq!(format!("{identifier:?}"), "Identifier(Phone …)");
    }
}
