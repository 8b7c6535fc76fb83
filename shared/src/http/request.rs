use std::collections::HashMap;
use std::net::IpAddr;

use serde::de::DeserializeOwned;

use super::json;
use crate::error::{Code, Error};
use crate::types::Invalid;

/// One request, from whichever payload it came. Prints its route and size only: headers and paths carry secrets.
pub struct Request {
    /// `GET`, `POST` and so on.
    pub method: String,
    /// As it was sent.
    pub path: String,
    /// `METHOD /route/{template}` as `template.yaml` has it, for the log.
    pub route: String,
    /// By the names of the route's template, percent-decoded.
    pub path_parameters: HashMap<String, String>,
    /// Names in lower case, one entry a parameter sent, percent-decoded.
    pub query: Vec<(String, String)>,
    /// Names in lower case, one entry a header sent.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The caller's address as API Gateway saw it; no header can change it (yardstick I6).
    pub source: Option<IpAddr>,
    pub request_id: String,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Request({}, {} bytes)", self.route, self.body.len())
    }
}

/// The largest body that is read (yardstick I2).
pub(super) const LARGEST_BODY: usize = 16 * 1024;

impl Request {
    /// The header's one value.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] when it was sent more than once; payload 2.0 joins such values by commas, which
    /// no credential of ours contains.
    pub fn header(&self, name: &str) -> Result<Option<&str>, Error> {
        let mut values = self.headers.iter().filter(|(sent, _)| sent == name).map(|(_, value)| value.as_str());
        let first = values.next();
        if values.next().is_some() || first.is_some_and(|value| value.contains(',')) {
            return Err(Error::invalid(name, Invalid("must be sent once, without a comma")));
        }
        Ok(first)
    }

    /// The cookie's value, if it was sent once.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let sent = self.headers.iter().filter(|(header, _)| header == "cookie").flat_map(|(_, value)| value.split(';'));
        let mut values = sent.filter_map(|pair| pair.trim().split_once('=')).filter(|(sent, _)| *sent == name);
        let (_, first) = values.next()?;
        values.next().is_none().then_some(first)
    }

    /// The query parameter's one value; its name in lower case, as it is looked for.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] when it was sent more than once.
    pub fn query(&self, name: &str) -> Result<Option<&str>, Error> {
        let mut values = self.queries(name);
        let first = values.next();
        if values.next().is_some() {
            return Err(Error::invalid(name, Invalid("must be sent once")));
        }
        Ok(first)
    }

    /// The values of a query parameter that may be sent several times, in their order; its name in lower case.
    pub fn queries<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(sent, _)| sent == name).map(|(_, value)| value.as_str())
    }

    /// # Errors
    /// [`Code::InvalidRequest`] when the parameter is not what `T` wants.
    pub fn path_parameter<T: TryFrom<String, Error = Invalid>>(&self, name: &str) -> Result<T, Error> {
        let text = self.path_parameters.get(name).cloned().unwrap_or_default();
        T::try_from(text).map_err(|invalid| Error::invalid(name, invalid))
    }

    /// What stands in the path where a secret does, whatever it is.
    #[must_use]
    pub fn path_secret(&self, name: &str) -> &str {
        self.path_parameters.get(name).map_or("", String::as_str)
    }

    /// Whether the body holds nothing, or nothing but an empty JSON object: some clients cannot send less.
    #[must_use]
    pub fn has_no_body(&self) -> bool {
        let text = self.body.trim_ascii();
        text.is_empty() || text.strip_prefix(b"{").is_some_and(|rest| rest.trim_ascii() == b"}")
    }

    /// Whether the body is declared as being of this type.
    pub(super) fn declares(&self, media_type: &str) -> Result<bool, Error> {
        let declared = self.header("content-type")?.unwrap_or_default();
        Ok(declared.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(media_type))
    }

    /// The JSON body as `T`. Members that `T` does not know are ignored.
    ///
    /// # Errors
    /// [`Code::UnsupportedMediaType`] when it is not declared as JSON; [`Code::InvalidRequest`], naming the field,
    /// when it is no JSON, repeats a member, nests too deep, or is not a `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        if !self.declares("application/json")? {
            return Err(Code::UnsupportedMediaType.because("a body with another content type"));
        }
        json::parse(&self.body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_header_path_or_body() {
        let request = Request {
            method: "POST".to_owned(),
            path: "/sessions/+19172249999".to_owned(),
            route: "POST /sessions/{phone}".to_owned(),
            path_parameters: HashMap::from([("phone".to_owned(), "+19172249999".to_owned())]),
            query: vec![("secretkey".to_owned(), "secret".to_owned())],
            headers: vec![("api-key".to_owned(), "secret".to_owned())],
            body: b"hunter2".to_vec(),
            source: None,
            request_id: "id".to_owned(),
        };
        assert_eq!(format!("{request:?}"), "Request(POST /sessions/{phone}, 7 bytes)");
        assert_eq!(request.header("api-key").unwrap(), Some("secret"));
    }
}
