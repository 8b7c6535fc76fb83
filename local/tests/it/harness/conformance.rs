//! Every answer that a test gets is one that `openapi.yaml` names: its status, its headers, its body, its code.

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

/// Panics with what `openapi.yaml` does not name of an answer.
#[track_caller]
pub fn check(method: &str, path: &str, answer: &Answer) {
    let path = path.split('?').next().expect("a path");
    // What the gateway answers by itself, and what only the local server has.
    let Some((route, _)) = TEMPLATE.route(method, path).filter(|_| method != "OPTIONS") else { return };
    let name = if route.method == "ANY" { "x-amazon-apigateway-any-method" } else { &route.method.to_lowercase() };
    let of = format!("{} {}: {}", route.method, route.path, answer.status);
    let pointer = format!("/paths/{}/{name}/responses/{}", escaped(&route.path), answer.status);
    let named = DOCUMENT.pointer(&pointer).unwrap_or_else(|| panic!("openapi.yaml has no {of}: {answer:?}"));
    let pointer = named["$ref"].as_str().map_or(pointer, |reference| reference.trim_start_matches('#').to_owned());
    let whole = DOCUMENT.pointer(&pointer).unwrap_or_else(|| panic!("openapi.yaml has no {pointer}"));
    check_headers(&of, &whole["headers"], answer);
    match whole["content"].as_object().and_then(|content| content.iter().next()) {
        // An answer to HEAD has the headers of a body, and none.
        None => assert_eq!(answer.text, "", "{of} has no body in openapi.yaml"),
        Some(_) if method == "HEAD" => {}
        Some((kind, _)) => {
            let sent = answer.header("content-type").unwrap_or_default();
            assert_eq!(sent.split(';').next(), Some(kind.as_str()), "{of}: {answer:?}");
            if kind == "application/json" {
                check_body(&of, &format!("{pointer}/content/application~1json/schema"), &answer.json());
            }
        }
    }
    check_code(&of, named["description"].as_str().unwrap_or_default(), answer);
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
