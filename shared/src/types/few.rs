use serde::{Deserialize, Serialize};

use super::Invalid;

/// At most 5 of something, in the order in which they were given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<T>")]
pub struct Few<T>(Vec<T>);

const MOST: usize = 5;

impl<T> Few<T> {
    /// The first 5 of what may be more.
    #[must_use]
    pub fn first_of(items: impl IntoIterator<Item = T>) -> Self {
        Self(items.into_iter().take(MOST).collect())
    }

    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    /// As many others, each made of one of these.
    #[must_use]
    pub fn map<U>(self, make: impl Fn(T) -> U) -> Few<U> {
        Few(self.0.into_iter().map(make).collect())
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> TryFrom<Vec<T>> for Few<T> {
    type Error = Invalid;

    fn try_from(items: Vec<T>) -> Result<Self, Invalid> {
        if items.len() <= MOST { Ok(Self(items)) } else { Err(Invalid("must be at most 5")) }
    }
}

impl<'a, T> IntoIterator for &'a Few<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
