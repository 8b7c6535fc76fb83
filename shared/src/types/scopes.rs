use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Invalid;

/// What a token or a grant allows: a set of scopes, written with single spaces between them (RFC 6749 §3.3). At most
/// 50 of them and 1,024 characters in all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scopes(BTreeSet<String>);

const MOST_SCOPES: usize = 50;
const LONGEST: usize = 1_024;

impl Scopes {
    /// # Errors
    /// When there are too many of them or one has a character that no scope has.
    pub fn of(scopes: impl IntoIterator<Item = String>) -> Result<Self, Invalid> {
        let scopes: BTreeSet<String> = scopes.into_iter().collect();
        let allowed = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        let sound = scopes.iter().all(|scope| !scope.is_empty() && scope.bytes().all(allowed));
        let length = scopes.iter().map(|scope| scope.len() + 1).sum::<usize>();
        if sound && scopes.len() <= MOST_SCOPES && length <= LONGEST {
            Ok(Self(scopes))
        } else {
            Err(Invalid("must be at most 50 scopes of visible ASCII characters, 1024 characters in all"))
        }
    }

    #[must_use]
    pub fn contains(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// Whether there are any, and each is among the `others`.
    #[must_use]
    pub fn are_some_of(&self, others: &Self) -> bool {
        !self.0.is_empty() && self.0.is_subset(&others.0)
    }

    /// # Errors
    /// When together they are too many.
    pub fn and(self, others: Self) -> Result<Self, Invalid> {
        Self::of(self.0.into_iter().chain(others.0))
    }

    /// Those that `keep` wants.
    #[must_use]
    pub fn only(mut self, keep: impl Fn(&str) -> bool) -> Self {
        self.0.retain(|scope| keep(scope));
        self
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl TryFrom<String> for Scopes {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::of(text.split_ascii_whitespace().map(str::to_owned))
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        scopes.to_string()
    }
}

impl std::fmt::Display for Scopes {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (position, scope) in self.iter().enumerate() {
            formatter.write_str(if position == 0 { "" } else { " " })?;
            formatter.write_str(scope)?;
        }
        Ok(())
    }
}
