//! `openapi.yaml` has every route of `template.yaml`, and no other.

use std::collections::BTreeSet;

use local::{ApiDocument, ApiOperation, FUNCTIONS, Template};
use serde_yaml_ng::Value;
use shared::app::customers::scopes;
use shared::types::DataScope;

fn document() -> ApiDocument {
    ApiDocument::built_in().unwrap()
}

#[test]
fn every_route_is_in_the_document_and_no_other() {
    let (document, template) = (document(), Template::built_in().unwrap());
    let routed: BTreeSet<_> =
        template.routes.iter().map(|route| (route.method.as_str(), route.path.as_str())).collect();
    let documented: BTreeSet<_> = document.operations().map(|operation| (operation.method, operation.path)).collect();
    assert_eq!(documented, routed);
    assert_eq!(documented.len(), document.operations().count());
}

#[test]
fn each_operation_is_called_after_its_function() {
    let (document, template) = (document(), Template::built_in().unwrap());
    let mut ids = BTreeSet::new();
    for operation in document.operations() {
        let ApiOperation { method, path, .. } = operation;
        let route = template.routes.iter().find(|route| (route.method.as_str(), route.path.as_str()) == (method, path));
        let function = FUNCTIONS.iter().find(|function| function.logical_id() == route.unwrap().function).unwrap();
        let rest = operation.id().strip_prefix(function.name);
        assert!(
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-')),
            "{method} {path}: {}",
            operation.id()
        );
        let surface = operation.surface();
        let singular = surface
            .strip_suffix("ies")
            .map_or_else(|| surface.trim_end_matches('s').to_owned(), |stem| format!("{stem}y"));
        assert!(function.name.starts_with(&format!("{singular}-")), "{}: {surface}", function.name);
        assert!(ids.insert(operation.id()), "two of {}", operation.id());
        assert!(operation.yaml.get("summary").is_some(), "{}", operation.id());
    }
}

#[test]
fn the_parameters_of_a_path_are_those_in_its_braces() {
    let document = document();
    for operation in document.operations() {
        let in_braces: Vec<_> =
            operation.path.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect();
        let parameters: Vec<_> = operation.parameters().map(|parameter| document.resolve(parameter)).collect();
        let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path");
        let named: Vec<_> = in_path.map(|parameter| parameter["name"].as_str().unwrap()).collect();
        assert_eq!(named, in_braces, "{}", operation.id());
        let all: BTreeSet<_> =
            parameters.iter().map(|parameter| (parameter["in"].as_str(), parameter["name"].as_str())).collect();
        assert_eq!(all.len(), parameters.len(), "{} names one twice", operation.id());
    }
}

#[test]
fn with_and_without_a_slash_at_the_end_a_call_is_the_same() {
    let document = document();
    let bare = |operation: &ApiOperation<'_>| {
        let mut yaml = operation.yaml.as_mapping().unwrap().clone();
        yaml.retain(|name, _| name != "operationId" && name != "summary");
        yaml
    };
    let mut twins = 0;
    for operation in document.operations().filter(|operation| operation.path.ends_with('/')) {
        let without = operation.path.trim_end_matches('/');
        let twin = document.operations().find(|twin| (twin.method, twin.path) == (operation.method, without)).unwrap();
        assert_eq!(bare(&operation), bare(&twin), "{}", operation.path);
        twins += 1;
    }
    assert_eq!(twins, 6);
}

#[test]
fn what_a_call_wants_to_see_is_described() {
    let document = document();
    let schemes = &document.yaml["components"]["securitySchemes"];
    let scopes_of = |name: &str| {
        let scopes = schemes[name]["flows"]["clientCredentials"]["scopes"].as_mapping();
        scopes.into_iter().flatten().map(|(scope, _)| scope.as_str().unwrap()).collect::<BTreeSet<_>>()
    };
    assert_eq!(scopes_of("CustomersClient"), scopes::ALL.into_iter().collect());
    assert_eq!(scopes_of("TransfersClientToken"), DataScope::ALL.into_iter().map(DataScope::as_str).collect());
    let mut seen = BTreeSet::new();
    for operation in document.operations() {
        let ways = operation.yaml.get("security").and_then(Value::as_sequence).into_iter().flatten();
        for (name, wanted) in ways.flat_map(|way| way.as_mapping().unwrap()) {
            let name = name.as_str().unwrap();
            assert!(schemes.get(name).is_some(), "{}: {name}", operation.id());
            for scope in wanted.as_sequence().unwrap() {
                assert!(scopes_of(name).contains(scope.as_str().unwrap()), "{}: {scope:?}", operation.id());
            }
            seen.insert(name.to_owned());
        }
    }
    let described: BTreeSet<_> =
        schemes.as_mapping().unwrap().keys().map(|name| name.as_str().unwrap().to_owned()).collect();
    assert_eq!(seen, described);
}

#[test]
fn the_version_is_the_programs() {
    let info = &document().yaml["info"];
    assert_eq!(info["version"], env!("CARGO_PKG_VERSION"));
    let surfaces: BTreeSet<_> = document().operations().map(|operation| operation.surface().to_owned()).collect();
    let tags = document().yaml["tags"]
        .as_sequence()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(surfaces, tags);
}
