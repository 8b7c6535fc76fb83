//! API Gateway's events, payloads 1.0 and 2.0, to a [`Request`] and back from a [`Response`].
//!
//! The event types are `lambda_http`'s; its own conversion is not used, because it panics on a body that is not
//! Base64 though declared so, and keeps one of several values of a repeated header.

use std::borrow::Cow;
use std::collections::HashMap;

use data_encoding::BASE64;
use lambda_http::aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayV2httpRequest};
use lambda_http::http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::request::LARGEST_BODY;
use super::{Request, Response};
use crate::error::{Code, Error};

/// A request, or the refusal of one whose body cannot be read; either way with its id for the answer.
pub(super) struct Received {
    pub request: Request,
    pub refusal: Option<Error>,
}

/// # Errors
/// [`Code::InvalidRequest`] when the event is none of API Gateway's.
pub(super) fn receive(event: &str) -> Result<Received, Error> {
    let payload = serde_json::from_str::<Payload>(event);
    let received = match payload.as_ref().ok().and_then(|payload| payload.version.as_deref()) {
        Some("2.0") => serde_json::from_str(event).map(from_payload_2),
        _ => serde_json::from_str(event).map(from_payload_1),
    };
    received.map_err(|_| Code::InvalidRequest.because("the event is none of API Gateway's"))
}

/// Which payload an event is. `lambda_http`'s own type tries 1.0 on every event first, at the price of reading it twice.
#[derive(Deserialize)]
struct Payload<'a> {
    /// REST APIs' events have none, and are 1.0.
    #[serde(borrow)]
    version: Option<Cow<'a, str>>,
}

fn from_payload_2(event: ApiGatewayV2httpRequest) -> Received {
    let context = event.request_context;
    let route = event.route_key.unwrap_or_default();
    Received::new(Parts {
        method: context.http.method.to_string(),
        path: event.raw_path.unwrap_or_default(),
        route,
        path_parameters: event.path_parameters,
        query: form_urlencoded::parse(event.raw_query_string.unwrap_or_default().as_bytes()).into_owned().collect(),
        headers: &event.headers,
        // Payload 2.0 has them beside the headers.
        cookies: event.cookies.unwrap_or_default(),
        body: event.body,
        is_base64: event.is_base64_encoded,
        source: context.http.source_ip,
        request_id: context.request_id,
    })
}

fn from_payload_1(event: ApiGatewayProxyRequest) -> Received {
    let context = event.request_context;
    let route = format!("{} {}", event.http_method, event.resource.unwrap_or_default());
    let path = event.path.unwrap_or_default();
    let several = &event.multi_value_query_string_parameters;
    let query = if several.is_empty() { &event.query_string_parameters } else { several };
    let headers = if event.multi_value_headers.is_empty() { &event.headers } else { &event.multi_value_headers };
    Received::new(Parts {
        method: event.http_method.to_string(),
        path,
        route,
        path_parameters: event.path_parameters,
        query: query.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        headers,
        cookies: Vec::new(),
        body: event.body,
        is_base64: event.is_base64_encoded,
        source: context.identity.source_ip,
        request_id: context.request_id,
    })
}

struct Parts<'a> {
    method: String,
    path: String,
    route: String,
    path_parameters: HashMap<String, String>,
    query: Vec<(String, String)>,
    headers: &'a HeaderMap,
    cookies: Vec<String>,
    body: Option<String>,
    is_base64: bool,
    source: Option<String>,
    request_id: Option<String>,
}

impl Received {
    fn new(parts: Parts<'_>) -> Self {
        let mut refusal = None;
        let body = read_body(parts.body.unwrap_or_default(), parts.is_base64).unwrap_or_else(|error| {
            refusal = Some(error);
            Vec::new()
        });
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes())));
        let cookies = parts.cookies.into_iter().map(|cookie| ("cookie".to_owned(), cookie));
        let decode = |(name, value): (String, String)| (name, percent_decode(&value));
        let request = Request {
            method: parts.method,
            path: parts.path,
            route: parts.route,
            path_parameters: parts.path_parameters.into_iter().map(decode).collect(),
            query: parts.query.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect(),
            headers: headers.chain(cookies).collect(),
            body,
            source: parts.source.and_then(|address| address.parse().ok()),
            request_id: parts.request_id.filter(|id| is_plain(id)).unwrap_or_default(),
        };
        Self { request, refusal }
    }
}

fn read_body(body: String, is_base64: bool) -> Result<Vec<u8>, Error> {
    // Four characters of Base64 are three bytes; a body that is too large is not even decoded.
    let largest = if is_base64 { LARGEST_BODY / 3 * 4 + 4 } else { LARGEST_BODY };
    let too_large = || Code::BodyTooLarge.because("a body over 16 KiB");
    if body.len() > largest {
        return Err(too_large());
    }
    if !is_base64 {
        return Ok(body.into_bytes());
    }
    let bytes = BASE64.decode(body.as_bytes()).map_err(|_| {
        Code::InvalidRequest
            .because("a body that is not the Base64 it is declared as")
            .saying("The request body is not Base64.")
    })?;
    if bytes.len() > LARGEST_BODY { Err(too_large()) } else { Ok(bytes) }
}

/// API Gateway decodes some path parameters and not others; what is decoded already has no `%` left in what we accept.
pub(crate) fn percent_decode(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| first == b'%');
        if let Some(decoded) = hex.and_then(|hex| data_encoding::HEXUPPER_PERMISSIVE.decode(hex).ok()) {
            bytes.extend(decoded);
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| value.to_owned())
}

/// Whether an id may go into a header and a log line.
fn is_plain(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    status_code: u16,
    headers: HashMap<&'a str, &'a str>,
    body: &'a str,
    is_base64_encoded: bool,
}

/// The form that both payloads take as an answer.
pub(super) fn send(response: &Response) -> serde_json::Value {
    let headers = response.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = Answer { status_code: response.status, headers, body: &response.body, is_base64_encoded: false };
    serde_json::to_value(answer).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_however_its_plus_is_written() {
        assert_eq!(percent_decode("%2B19172249999"), "+19172249999");
        assert_eq!(percent_decode("+19172249999"), "+19172249999");
        assert_eq!(percent_decode("%2b1%"), "+1%");
        assert_eq!(percent_decode("%zz%C3"), "%zz%C3");
    }

    #[test]
    fn bodies_are_bounded_before_they_are_decoded() {
        let status = |body: String, is_base64| read_body(body, is_base64).err().map(|error| error.code());
        assert_eq!(status("x".repeat(LARGEST_BODY), false), None);
        assert_eq!(status("x".repeat(LARGEST_BODY + 1), false), Some(Code::BodyTooLarge));
        assert_eq!(status(BASE64.encode(&vec![0; LARGEST_BODY]), true), None);
        assert_eq!(status(BASE64.encode(&vec![0; LARGEST_BODY + 1]), true), Some(Code::BodyTooLarge));
        assert_eq!(status("not base64!".to_owned(), true), Some(Code::InvalidRequest));
    }
}
