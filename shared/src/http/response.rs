use serde::{Deserialize, Serialize};

use crate::error::Error;

/// One answer. Prints its status only: bodies carry tokens.
#[derive(Clone, Serialize, Deserialize)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// How a surface says no: its error shape, given the refusal and the request's id.
pub type Refuse = fn(&Error, &str) -> Response;

impl Response {
    /// JSON that no cache may keep.
    #[must_use]
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        // What we answer with are structs of strings, numbers and flags: they always have a JSON form.
        let body = serde_json::to_string(body).unwrap_or_default();
        let response = Self { status, headers: Vec::new(), body };
        response.with("content-type", "application/json").with("cache-control", "no-store")
    }

    /// 303: what came of it is to be read elsewhere, so that going back or reloading does nothing again.
    #[must_use]
    pub fn see_other(location: &str) -> Self {
        Self::empty(303).with("location", location)
    }

    /// No body, and nothing to keep.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        let response = Self { status, headers: Vec::new(), body: String::new() };
        response.with("cache-control", "no-store")
    }

    /// Says how many seconds to wait, where waiting helps.
    #[must_use]
    pub fn retry_after(self, seconds: Option<u32>) -> Self {
        match seconds {
            Some(seconds) => self.with("retry-after", seconds.to_string()),
            None => self,
        }
    }

    /// Sets a header, replacing an earlier one of the same name. Names are in lower case.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.retain(|(set, _)| set != name);
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

impl std::fmt::Debug for Response {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Response({})", self.status)
    }
}
