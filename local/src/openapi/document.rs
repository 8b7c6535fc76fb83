use serde_yaml_ng::Value;

/// `openapi.yaml` as it stands.
pub const OPENAPI: &str = include_str!("../../../openapi.yaml");

/// How API Gateway writes `ANY` in such a document.
const ANY: &str = "x-amazon-apigateway-any-method";

const METHODS: [(&str, &str); 7] = [
    ("get", "GET"),
    ("head", "HEAD"),
    ("post", "POST"),
    ("put", "PUT"),
    ("patch", "PATCH"),
    ("delete", "DELETE"),
    (ANY, "ANY"),
];

/// `openapi.yaml`: what every route takes and answers. As YAML, whose members have an order.
#[derive(Debug)]
pub struct ApiDocument {
    pub yaml: Value,
}

/// What one method of one path takes and answers.
#[derive(Debug, Clone, Copy)]
pub struct Operation<'a> {
    /// `GET` and so on, or `ANY`.
    pub method: &'static str,
    /// As `template.yaml` has it.
    pub path: &'a str,
    /// Parameters that every method of the path takes.
    shared: Option<&'a Value>,
    pub yaml: &'a Value,
}

impl ApiDocument {
    /// The document that this program was built with.
    ///
    /// # Errors
    /// One line that says what is not understood.
    pub fn built_in() -> Result<Self, String> {
        let yaml = serde_yaml_ng::from_str(OPENAPI).map_err(|error| format!("openapi.yaml: {error}"))?;
        Ok(Self { yaml })
    }

    /// In the order of the document.
    pub fn operations(&self) -> impl Iterator<Item = Operation<'_>> {
        members(self.yaml.get("paths")).flat_map(|(path, item)| {
            let shared = item.get("parameters");
            members(Some(item)).filter_map(move |(name, yaml)| {
                let (_, method) = METHODS.iter().find(|(known, _)| *known == name)?;
                Some(Operation { method, path, shared, yaml })
            })
        })
    }

    /// One of a kind of components, such as `schemas`.
    #[must_use]
    pub fn component(&self, kind: &str, name: &str) -> Option<&Value> {
        self.yaml.get("components")?.get(kind)?.get(name)
    }

    /// What this value stands for: itself, or the component that its `$ref` names.
    #[must_use]
    pub fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return value };
        let named = reference.strip_prefix("#/components/").and_then(|rest| rest.split_once('/'));
        let component = named.and_then(|(kind, name)| self.component(kind, name));
        component.map_or(&Value::Null, |component| self.resolve(component))
    }
}

impl<'a> Operation<'a> {
    #[must_use]
    pub fn id(&self) -> &'a str {
        text(self.yaml, "operationId")
    }

    /// The surface it belongs to.
    #[must_use]
    pub fn surface(&self) -> &'a str {
        elements(self.yaml.get("tags")).next().and_then(Value::as_str).unwrap_or_default()
    }

    /// Those of its path, then its own.
    pub fn parameters(&self) -> impl Iterator<Item = &'a Value> {
        elements(self.shared).chain(elements(self.yaml.get("parameters")))
    }

    /// Each with its status.
    pub fn answers(&self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        members(self.yaml.get("responses"))
    }
}

/// The member's text, or nothing.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Of an object, in their order.
pub(super) fn members(object: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    let members = object.and_then(Value::as_mapping).into_iter().flatten();
    members.filter_map(|(name, value)| Some((name.as_str()?, value)))
}

/// Of a list.
pub(super) fn elements(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    list.and_then(Value::as_sequence).into_iter().flatten()
}
