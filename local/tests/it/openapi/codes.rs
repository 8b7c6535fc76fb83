//! Which refusals `openapi.yaml` names, and which there are.

use std::collections::BTreeSet;

use local::{ApiDocument, ApiOperation, FUNCTIONS, Function};
use serde_json::Value as Json;
use serde_yaml_ng::Value;
use shared::error::Code;
use shared::http::Refuse;
use shared::wire::{customers, intermediaries, leads, pages, standards, transfers};

use crate::project::{read, root};

/// A status, and the stable name beside it as the surface writes it; pages have none.
type Refusal = (u16, String);

const SURFACES: [(&str, Refuse); 5] = [
    ("intermediaries", intermediaries::refuse),
    ("leads", leads::refuse),
    ("transfers", transfers::refuse),
    ("customers", customers::refuse),
    ("standards", standards::refuse),
];

fn refusal(refuse: Refuse, code: Code) -> Refusal {
    let response = refuse(&code.because("a test"), "id");
    let body: Json = serde_json::from_str(&response.body).unwrap_or_default();
    let places = ["/error/code", "/error", "/ExceptionType"];
    let name = places.iter().find_map(|place| body.pointer(place)?.as_str()).unwrap_or_default();
    (response.status, name.to_owned())
}

/// What an answer names: its codes, narrowed by those that stand between backticks beside it.
fn refusals(document: &ApiDocument, status: &str, answer: &Value) -> BTreeSet<Refusal> {
    let status: u16 = status.parse().unwrap();
    if status < 400 {
        return BTreeSet::new();
    }
    let schema = &document.resolve(answer)["content"]["application/json"]["schema"];
    let mut codes = BTreeSet::new();
    add_codes(schema, &mut codes);
    if codes.is_empty() {
        return BTreeSet::from([(status, String::new())]);
    }
    let beside = answer.get("description").and_then(Value::as_str).unwrap_or_default();
    let named: BTreeSet<_> = beside.split('`').skip(1).step_by(2).filter(|word| codes.contains(*word)).collect();
    codes
        .iter()
        .filter(|code| named.is_empty() || named.contains(code.as_str()))
        .map(|code| (status, code.clone()))
        .collect()
}

/// The values of the `enum` that a refusal's code has, wherever the surface puts it.
fn add_codes(schema: &Value, codes: &mut BTreeSet<String>) {
    match schema {
        Value::Mapping(members) => {
            for (name, value) in members {
                let listed = value.get("enum").and_then(Value::as_sequence);
                let is_code = ["code", "error", "ExceptionType"].iter().any(|known| name == *known);
                if let Some(listed) = listed.filter(|_| is_code) {
                    codes.extend(listed.iter().map(|code| code.as_str().unwrap().to_owned()));
                }
                add_codes(value, codes);
            }
        }
        Value::Sequence(elements) => elements.iter().for_each(|element| add_codes(element, codes)),
        _ => {}
    }
}

fn of_operation(document: &ApiDocument, operation: &ApiOperation<'_>) -> BTreeSet<Refusal> {
    operation.answers().flat_map(|(status, answer)| refusals(document, status, answer)).collect()
}

#[test]
fn all_lists_every_code() {
    let source = read("shared/src/error.rs");
    let listed = source.split_once("pub enum Code {").unwrap().1.split_once("\n}").unwrap().0;
    let variants =
        listed.lines().map(str::trim).filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()));
    let variants: Vec<_> = variants.map(|line| line.trim_end_matches(',').to_owned()).collect();
    assert_eq!(Code::ALL.map(|code| format!("{code:?}")).to_vec(), variants);
}

#[test]
fn what_a_surface_is_said_to_refuse_with_it_can_and_every_code_is_said_of_one() {
    let document = ApiDocument::built_in().unwrap();
    let mut said = BTreeSet::new();
    for (surface, refuse) in SURFACES {
        let possible: BTreeSet<_> = Code::ALL.map(|code| refusal(refuse, code)).into();
        let operations = document.operations().filter(|operation| operation.surface() == surface);
        let documented: BTreeSet<_> = operations.flat_map(|operation| of_operation(&document, &operation)).collect();
        let documented = documented.into_iter().filter(|(_, name)| !name.is_empty()).collect::<BTreeSet<_>>();
        let unknown: Vec<_> = documented.difference(&possible).collect();
        assert!(unknown.is_empty(), "{surface}: {unknown:?}");
        let codes = Code::ALL.into_iter().filter(|code| documented.contains(&refusal(refuse, *code)));
        said.extend(codes.map(Code::name));
        for always in [Code::Internal, Code::Unavailable, Code::BodyTooLarge] {
            let name = refusal(refuse, always);
            assert!(documented.contains(&name), "{surface}: {name:?}");
        }
    }
    let unsaid: Vec<_> = Code::ALL.into_iter().filter(|code| !said.contains(code.name())).collect();
    // A page says it in words.
    assert_eq!(unsaid, [Code::Stale]);
}

#[test]
fn what_a_function_says_it_refuses_with_is_in_the_document() {
    let document = ApiDocument::built_in().unwrap();
    for Function { name, refuse, .. } in FUNCTIONS {
        let documented: BTreeSet<_> = document
            .operations()
            .filter(|operation| {
                operation.id().strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            })
            .flat_map(|operation| of_operation(&document, &operation))
            .collect();
        let is_page = std::ptr::fn_addr_eq(refuse, pages::refuse as Refuse);
        for code in said_in(name) {
            let (status, written) = refusal(refuse, code);
            let found = documented.contains(&(status, written)) || documented.contains(&(status, String::new()));
            assert!(found, "{name} says that it refuses with {status} {}", code.name());
        }
        assert!(
            documented.iter().all(|(_, written)| written.is_empty() == is_page || name == "customer-find-customer"),
            "{name}"
        );
    }
}

/// The codes that the first lines of a function's `lib.rs` name.
fn said_in(function: &str) -> Vec<Code> {
    let (surface, verb) = function.split_once('-').unwrap();
    let surface = surface.strip_suffix('y').map_or_else(|| format!("{surface}s"), |stem| format!("{stem}ies"));
    let path = format!("functions/{surface}/{verb}/src/lib.rs");
    assert!(root().join(&path).exists(), "{path}");
    let text = read(&path);
    let lines = text.lines().take_while(|line| line.starts_with("//!")).map(|line| line.trim_start_matches("//!"));
    let lines = lines.collect::<String>();
    let words: BTreeSet<_> = lines.split('`').skip(1).step_by(2).collect();
    Code::ALL.into_iter().filter(|code| words.contains(code.name())).collect()
}
