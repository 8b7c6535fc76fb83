//! Every answer that a test gets is one that `openapi.yaml` names: its status, its headers, its body, its code. And every
//! body that was taken is one that it allows.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::{Registry, Validator};
use local::{ApiDocument, Template};
use serde_json::{Value, json};
use shared::error::Code;

use super::Answer;

static TEMPLATE: LazyLock<Template> = LazyLock::new(|| Template::built_in().expect("template.yaml"));

/// What clients read by JSON pointers.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let document = ApiDocument::built_in().expect("openapi.yaml");
    serde_json::to_value(document.yaml).expect("JSON")
});

static REGISTRY: LazyLock<Registry<'static>> = LazyLock::new(|| {
    Registry::new()
        .add(DOCUMENT_URI, &*DOCUMENT)
        .expect("a document")
        .prepare()
        .expect("references that lead somewhere")
});

const DOCUMENT_URI: &str = "urn:latchkey:openapi";

/// Headers of HTTP itself, of CORS, and those that whole surfaces share; the rest is named with each answer.
const UNNAMED: [&str; 18] = [
    "access-control-allow-origin",
    "access-control-expose-headers",
    "cache-control",
    "connection",
    "content-length",
    "content-security-policy",
    "content-type",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "date",
    "permissions-policy",
    "pragma",
    "referrer-policy",
    "strict-transport-security",
    "transfer-encoding",
    "vary",
    "x-content-type-options",
    "x-frame-options",
];

/// Panics with what `openapi.yaml` does not name of an answer, or of the body that was sent for it.
#[track_caller]
pub fn check(method: &str, path: &str, sent: &[u8], answer: &Answer) {
    let path = path.split('?').next().expect("a path");
    // What the gateway answers by itself, and what only the local server has.
    let Some((route, _)) = TEMPLATE.route(method, path).filter(|_| method != "OPTIONS") else { return };
    let name = if route.method == "ANY" { "x-amazon-apigateway-any-method" } else { &route.method.to_lowercase() };
    let of = format!("{} {}: {}", route.method, route.path, answer.status);
    let operation = format!("/paths/{}/{name}", escaped(&route.path));
    let pointer = format!("{operation}/responses/{}", answer.status);
    let named = DOCUMENT.pointer(&pointer).unwrap_or_else(|| panic!("openapi.yaml has no {of}: {answer:?}"));
    let pointer = resolved(pointer);
    let whole = DOCUMENT.pointer(&pointer).unwrap_or_else(|| panic!("openapi.yaml has no {pointer}"));
    check_headers(&of, &whole["headers"], answer);
    match content(whole) {
        // An answer to HEAD has the headers of a body, and none.
        None => assert_eq!(answer.text, "", "{of} has no body in openapi.yaml"),
        Some(_) if method == "HEAD" => {}
        Some(kind) => {
            let sent = answer.header("content-type").unwrap_or_default();
            assert_eq!(sent.split(';').next(), Some(kind), "{of}: {answer:?}");
            if kind == JSON {
                check_body(&of, &format!("{pointer}/content/{}/schema", escaped(kind)), &answer.json());
            }
        }
    }
    check_code(&of, named["description"].as_str().unwrap_or_default(), answer);
    if answer.status < 400 && !sent.is_empty() {
        check_sent(&format!("what was sent for {of}"), &resolved(format!("{operation}/requestBody")), sent);
    }
}

const JSON: &str = "application/json";

/// Where the `$ref` leads that stands here, else the place itself.
fn resolved(pointer: String) -> String {
    let reference = DOCUMENT.pointer(&pointer).and_then(|value| value["$ref"].as_str());
    reference.map_or(pointer, |reference| reference.trim_start_matches('#').to_owned())
}

/// The one media type of a body, if there is one.
fn content(holder: &'static Value) -> Option<&'static str> {
    holder["content"].as_object()?.keys().next().map(String::as_str)
}

#[track_caller]
fn check_sent(of: &str, pointer: &str, sent: &[u8]) {
    // Some calls take no body and ignore it.
    let Some(kind) = DOCUMENT.pointer(pointer).and_then(content) else { return };
    let body = if kind == JSON {
        serde_json::from_slice(sent).expect("a body that was taken is JSON")
    } else {
        let form = reqwest::Url::parse(&format!("http://form?{}", String::from_utf8_lossy(sent))).expect("a form");
        form.query_pairs().map(|(name, value)| (name.into_owned(), Value::from(value))).collect()
    };
    check_body(of, &format!("{pointer}/content/{}/schema", escaped(kind)), &body);
}

fn check_headers(of: &str, named: &Value, answer: &Answer) {
    for (name, header) in named.as_object().into_iter().flatten() {
        let header =
            header["$ref"].as_str().map_or(header, |reference| DOCUMENT.pointer(&reference[1..]).expect("one"));
        let is_there = answer.header(name).is_some();
        assert!(is_there || header["required"] != true, "{of} has {name} in openapi.yaml: {answer:?}");
    }
    for name in answer.headers.keys().map(reqwest::header::HeaderName::as_str) {
        assert!(UNNAMED.contains(&name) || named.get(name).is_some(), "{of} has no {name} in openapi.yaml: {answer:?}");
    }
}

#[track_caller]
fn check_body(of: &str, pointer: &str, body: &Value) {
    let validator = validator(pointer);
    let errors: Vec<_> =
        validator.iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{of} is not as openapi.yaml has it: {errors:#?}\n{body:#}");
}

/// What a schema of the document takes; each is compiled once.
pub fn validator(pointer: &str) -> Arc<Validator> {
    static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    let mut validators = VALIDATORS.lock().expect("nobody panicked here");
    let known = validators.entry(pointer.to_owned()).or_insert_with(|| {
        let options = jsonschema::options().with_registry(&REGISTRY).should_validate_formats(true);
        let pointer = pointer.replace('{', "%7B").replace('}', "%7D");
        let schema = json!({ "$ref": format!("{DOCUMENT_URI}#{pointer}") });
        Arc::new(options.build(&schema).unwrap_or_else(|error| panic!("openapi.yaml, {pointer}: {error}")))
    });
    Arc::clone(known)
}

/// Where an operation says which codes its answer may have, this is one of them.
fn check_code(of: &str, description: &str, answer: &Answer) {
    let Some(code) = code_of(answer) else { return };
    let named: BTreeSet<_> = description.split('`').skip(1).step_by(2).filter(|word| is_code(word)).collect();
    assert!(named.is_empty() || named.contains(code.as_str()), "{of} has no {code} in openapi.yaml: {named:?}");
}

/// The stable name in a refusal, however its surface writes it.
fn code_of(answer: &Answer) -> Option<String> {
    let body: Value = serde_json::from_str(&answer.text).ok()?;
    ["/error/code", "/error", "/ExceptionType"]
        .iter()
        .find_map(|place| body.pointer(place)?.as_str().map(str::to_owned))
}

fn is_code(word: &str) -> bool {
    word.starts_with("MX") || word == "mfa_required" || Code::ALL.iter().any(|code| code.name() == word)
}

/// As a segment of a JSON pointer.
pub fn escaped(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}
