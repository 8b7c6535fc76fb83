use std::marker::PhantomData;

use lambda_http::http::Uri;
use serde::{Deserialize, Serialize};

use super::Invalid;

/// A text that satisfies a [`Rule`], such as `Text<HttpsUrl>`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String", bound = "R: Rule + Clone")]
pub struct Text<R>(String, PhantomData<R>);

/// Which texts are meant, and how each is kept.
pub trait Rule {
    const RULE: Invalid;

    /// `given` as it is kept, if it satisfies the rule.
    fn keep(given: String) -> Option<String>;
}

impl<R> Text<R> {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<R: Rule> TryFrom<String> for Text<R> {
    type Error = Invalid;

    fn try_from(given: String) -> Result<Self, Invalid> {
        R::keep(given).map(|kept| Self(kept, PhantomData)).ok_or(R::RULE)
    }
}

impl<R> From<Text<R>> for String {
    fn from(text: Text<R>) -> Self {
        text.0
    }
}

/// Personal data: prints nothing of it.
impl<R> std::fmt::Debug for Text<R> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Text(…)")
    }
}

/// One line: 1 to 256 characters, of which one is visible and none a control character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line;

impl Rule for Line {
    const RULE: Invalid = Invalid("must be 1 to 256 characters, not all blank and none a control character");

    fn keep(given: String) -> Option<String> {
        let fits = (1..=256).contains(&given.chars().count()) && !given.trim().is_empty();
        (fits && !given.contains(char::is_control)).then_some(given)
    }
}

/// A name as its bearer writes it.
pub type Name = Text<Line>;

/// An absolute `https` URL without user information, as RFC 3986 writes it: at most 2,048 ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpsUrl;

impl Rule for HttpsUrl {
    const RULE: Invalid = Invalid("must be an https URL of at most 2048 characters");

    fn keep(given: String) -> Option<String> {
        let allowed = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
        if !given.starts_with("https://") || given.len() > 2_048 || !given.bytes().all(allowed) {
            return None;
        }
        let url: Uri = given.parse().ok()?;
        let has_host = url.host().is_some_and(|host| !host.is_empty());
        let names_user = url.authority().is_some_and(|authority| authority.as_str().contains('@'));
        (has_host && !names_user).then_some(given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is<R: Rule>(text: &str) -> bool {
        Text::<R>::try_from(text.to_owned()).is_ok()
    }

    #[test]
    fn a_line_has_something_to_see_and_nothing_that_controls() {
        for text in ["1", "Åsgårdstrandsveien 7", &"é".repeat(256)] {
            assert!(is::<Line>(text), "{text}");
        }
        for text in ["", " ", "a\nb", "a\tb", "a\0", "a\u{7f}", "a\u{85}b", &"é".repeat(257)] {
            assert!(!is::<Line>(text), "{text:?}");
        }
    }

    #[test]
    fn only_https_is_a_url() {
        let longest = format!("https://example.com/{}", "a".repeat(2_028));
        for text in ["https://example.com", "https://example.com:8443/a/b.png?size=2&x=%20#face", &longest] {
            assert!(is::<HttpsUrl>(text), "{text}");
        }
        for text in [
            "",
            "https://",
            "https:///a.png",
            "https://:443/a.png",
            "http://example.com/a.png",
            "HTTPS://example.com",
            "javascript:alert(1)",
            "data:image/png;base64,AA==",
            "//example.com/a.png",
            "https://user@example.com/",
            "https://user:secret@example.com/",
            "https://example.com/a b.png",
            "https://example.com/\"onerror=",
            "https://example.com/<b>",
            "https://example.com\\@evil.example/",
            "https://exämple.com/",
            "https://example.com/\n",
            &format!("{longest}a"),
        ] {
            assert!(!is::<HttpsUrl>(text), "{text:?}");
        }
    }

    #[test]
    fn debug_hides_it() {
        assert_eq!(format!("{:?}", Text::<Line>::try_from("Åse".to_owned()).unwrap()), "Text(…)");
    }
}
