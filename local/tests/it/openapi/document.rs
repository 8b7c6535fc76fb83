//! `openapi.yaml` is what it says it is. `openapi-3.1.json` is the schema of such documents by those who write the
//! specification, of 2022-10-07, under Apache-2.0.

use std::collections::BTreeSet;

use local::ApiDocument;
use serde_json::Value;

use crate::harness::{escaped, validator};

fn document() -> Value {
    serde_json::to_value(ApiDocument::built_in().unwrap().yaml).unwrap()
}

/// Everything in the document with its JSON pointer, but what is inside an example.
fn everything<'a>(value: &'a Value, pointer: &str, found: &mut Vec<(String, &'a Value)>) {
    found.push((pointer.to_owned(), value));
    let inside: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, value)| (escaped(name), value)).collect(),
        Value::Array(elements) => elements.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (name, value) in inside.into_iter().filter(|(name, _)| !["example", "examples"].contains(&name.as_str())) {
        everything(value, &format!("{pointer}/{name}"), found);
    }
}

fn walk(document: &Value) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    everything(document, "", &mut found);
    found
}

#[test]
fn it_is_an_openapi_3_1_document() {
    let schema: Value = serde_json::from_str(include_str!("openapi-3.1.json")).unwrap();
    let openapi = jsonschema::validator_for(&schema).unwrap();
    let document = document();
    let errors: Vec<_> =
        openapi.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let is_schema = |pointer: &str| pointer.ends_with("/schema") || pointer.starts_with("/components/schemas/");
    for (pointer, value) in walk(&document).into_iter().filter(|(pointer, _)| is_schema(pointer)) {
        if pointer.matches('/').count() == 3 || pointer.ends_with("/schema") {
            jsonschema::draft202012::meta::validate(value).unwrap_or_else(|error| panic!("{pointer}: {error}"));
        }
    }
}

#[test]
fn references_lead_somewhere_and_nothing_is_left_over() {
    let document = document();
    let everything = walk(&document);
    let references: BTreeSet<_> = everything.iter().filter_map(|(_, value)| value["$ref"].as_str()).collect();
    for reference in &references {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    for (kind, components) in document["components"].as_object().unwrap() {
        for name in components.as_object().unwrap().keys().filter(|_| kind != "securitySchemes") {
            let reference = format!("#/components/{kind}/{name}");
            assert!(references.contains(reference.as_str()), "nothing refers to {reference}");
        }
    }
}

#[test]
fn examples_are_what_they_are_examples_of() {
    let (document, mut tried) = (document(), 0);
    for (pointer, holder) in walk(&document) {
        let single = holder.get("example").into_iter();
        let several = holder.get("examples").and_then(Value::as_object).into_iter().flat_map(|all| all.values());
        let place = if holder.get("schema").is_some() { format!("{pointer}/schema") } else { pointer };
        for example in single.chain(several.map(|example| &example["value"])) {
            let errors: Vec<_> = validator(&place).iter_errors(example).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{place}: {errors:#?}\n{example:#}");
            tried += 1;
        }
    }
    assert!(tried > 150, "{tried}");
}
