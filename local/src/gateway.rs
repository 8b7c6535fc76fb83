//! API Gateway's part: an HTTP request becomes a payload 2.0 event, the function's answer an HTTP response.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use serde_json::{Value, json};
use shared::app::App;
use tower_http::cors::{Any, CorsLayer};

use crate::functions::{FUNCTIONS, Function};
use crate::template::{Cors, Template};

/// Routes, and what they lead to.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub app: App,
    pub template: Template,
    /// By their logical ids.
    functions: HashMap<String, Function>,
}

impl Gateway {
    pub(crate) fn new(app: App, template: Template) -> Self {
        let functions = FUNCTIONS.iter().map(|function| (function.logical_id(), *function)).collect();
        Self { app, template, functions }
    }

    pub(crate) async fn answer(
        &self,
        caller: SocketAddr,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Response {
        let Some((route, parameters)) = self.template.route(method.as_str(), uri.path()) else {
            return not_found();
        };
        let Some(Function { refuse, handler, .. }) = self.functions.get(&route.function).copied() else {
            return not_found();
        };
        let route_key = format!("{} {}", route.method, route.path);
        let (body, is_base64) = encode_body(headers, body);
        let event = json!({
            "version": "2.0",
            "routeKey": route_key,
            "rawPath": uri.path(),
            "rawQueryString": uri.query().unwrap_or_default(),
            "cookies": cookies(headers),
            "headers": join_headers(headers),
            "pathParameters": parameters,
            "requestContext": {
                "http": { "method": method.as_str(), "path": uri.path(), "protocol": "HTTP/1.1",
                          "sourceIp": caller.ip().to_string() },
                "requestId": self.app.random.uuid().to_string(),
                "routeKey": route_key,
                "stage": "$default",
                "timeEpoch": self.app.clock.now().milliseconds(),
            },
            "body": body,
            "isBase64Encoded": is_base64,
        });
        into_response(&shared::http::answer(&self.app, refuse, handler, &event.to_string()).await)
    }
}

/// What API Gateway itself does for browsers, with every origin let in.
pub(crate) fn cors(template: &Cors) -> CorsLayer {
    let names = |names: &[String]| names.iter().filter_map(|name| name.parse().ok()).collect::<Vec<HeaderName>>();
    let methods: Vec<Method> = template.allow_methods.iter().filter_map(|method| method.parse().ok()).collect();
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods(methods)
        .allow_headers(names(&template.allow_headers))
        .expose_headers(names(&template.expose_headers))
        .max_age(Duration::from_secs(template.max_age))
}

/// What API Gateway itself answers where no route leads.
pub(crate) fn not_found() -> Response {
    (StatusCode::NOT_FOUND, axum::Json(json!({ "message": "Not Found" }))).into_response()
}

/// What API Gateway itself answers to a body over 10 MiB.
pub(crate) fn too_long() -> Response {
    (StatusCode::PAYLOAD_TOO_LARGE, axum::Json(json!({ "message": "Request Too Long" }))).into_response()
}

/// Several values of one header are joined by commas, as payload 2.0 has them.
fn join_headers(headers: &HeaderMap) -> Value {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let beside = headers.keys().filter(|name| *name != COOKIE);
    let joined = beside.map(|name| {
        let values: Vec<_> = headers.get_all(name).iter().map(text).collect();
        (name.to_string(), Value::from(values.join(",")))
    });
    Value::Object(joined.collect())
}

/// Payload 2.0 has cookies beside the headers, one by one.
fn cookies(headers: &HeaderMap) -> Vec<String> {
    let sent = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    sent.flat_map(|value| value.split(';')).map(|cookie| cookie.trim().to_owned()).collect()
}

/// Text goes as it is, everything else as Base64.
fn encode_body(headers: &HeaderMap, body: &Bytes) -> (Option<String>, bool) {
    if body.is_empty() {
        return (None, false);
    }
    let content_type = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_text = content_type.starts_with("text/") || content_type.starts_with("application/json");
    match String::from_utf8(body.to_vec()) {
        Ok(text) if is_text => (Some(text), false),
        _ => (Some(BASE64.encode(body)), true),
    }
}

fn into_response(answer: &Value) -> Response {
    let status = answer.get("statusCode").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
    let status = status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::BAD_GATEWAY);
    let body = answer.get("body").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut response = (status, body).into_response();
    response.headers_mut().remove("content-type");
    for (name, value) in answer.get("headers").and_then(Value::as_object).into_iter().flatten() {
        let name = HeaderName::try_from(name.as_str());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value.as_str().unwrap_or_default())) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
