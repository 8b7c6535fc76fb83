use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::types::{Few, Invalid, Object};

/// A part of a profile that is an object.
pub(super) trait Entry {
    /// What every such object satisfies beyond its members' own rules.
    const RULE: Invalid;

    fn is_sound(&self) -> bool;
}

/// One as it came in.
struct Given<T>(T);

impl<'de, T: Entry + Deserialize<'de>> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Object(entry) = Object::<T>::deserialize(deserializer)?;
        if entry.is_sound() { Ok(Self(entry)) } else { Err(D::Error::custom(T::RULE)) }
    }
}

/// # Errors
/// When the member is there and is no such object.
pub(super) fn one<'de, T, D>(member: D) -> Result<Option<T>, D::Error>
where
    T: Entry + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Given::deserialize(member).map(|Given(entry)| Some(entry))
}

/// # Errors
/// When the member is there and is no list of at most 5 such objects.
pub(super) fn list<'de, T, D>(member: D) -> Result<Few<T>, D::Error>
where
    T: Entry + Deserialize<'de>,
    D: Deserializer<'de>,
{
    let entries = Few::<Given<T>>::deserialize(member)?;
    Ok(entries.map(|Given(entry)| entry))
}
