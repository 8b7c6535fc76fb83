//! Values of the command line, by the doors that requests and rows come in by.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// A value by its type's own door.
pub(crate) fn value<T: TryFrom<String>>(text: &str) -> Result<T, T::Error> {
    T::try_from(text.to_owned())
}

/// A value, or with nothing in it that there is none.
#[derive(Debug, Clone)]
pub(crate) struct OrNone<T>(pub Option<T>);

pub(crate) fn or_none<T: TryFrom<String>>(text: &str) -> Result<OrNone<T>, T::Error> {
    if text.is_empty() { Ok(OrNone(None)) } else { value(text).map(Some).map(OrNone) }
}

/// One of a few fixed words.
pub(crate) fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(Value::String(text.to_owned())).map_err(|error| error.to_string())
}

/// What JSON says.
pub(crate) fn json<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}
