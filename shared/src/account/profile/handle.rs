use crate::types::{Invalid, Rule};

/// What somebody calls themselves on a social network: 1 to 30 ASCII letters, digits, dots and underscores. Kept
/// without the `@` that may come first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handle;

impl Rule for Handle {
    const RULE: Invalid = Invalid("must be a user name of 1 to 30 letters, digits, dots and underscores");

    fn keep(given: String) -> Option<String> {
        let kept = given.strip_prefix('@').unwrap_or(&given);
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_';
        ((1..=30).contains(&kept.len()) && kept.bytes().all(allowed)).then(|| kept.to_owned())
    }
}
