use serde_yaml_ng::Value;

use super::document::{ApiDocument, elements, members, text};
use super::words::{Words, words};

/// One line of a table: a member or parameter, or a caption above those that belong together.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// Such as `profile.addresses[].country`.
    pub name: String,
    pub is_caption: bool,
    pub is_required: bool,
    /// Such as `string, uuid`.
    pub kind: String,
    pub text: String,
}

impl Row {
    pub(super) fn words(&self) -> Words<'_> {
        words(&self.text)
    }
}

/// What is inside an object is shown so many objects deep.
const DEEPEST: usize = 5;

impl ApiDocument {
    /// The members of what a schema describes, one after the other, those of objects inside it with their path.
    pub(super) fn rows(&self, schema: &Value) -> Vec<Row> {
        let mut rows = Vec::new();
        if !self.is_object(schema) {
            let name = if self.items(schema).is_some() { "[]" } else { "the whole" };
            rows.push(self.row(name.to_owned(), true, schema));
        }
        self.add_inside("", schema, DEEPEST, &mut rows);
        rows
    }

    pub(super) fn row(&self, name: String, is_required: bool, schema: &Value) -> Row {
        Row { name, is_caption: false, is_required, kind: self.kind(schema), text: self.description(schema).to_owned() }
    }

    fn add_inside(&self, prefix: &str, schema: &Value, deeper: usize, rows: &mut Vec<Row>) {
        if let Some(items) = self.items(schema) {
            return self.add_inside(&format!("{}[].", prefix.trim_end_matches('.')), items, deeper, rows);
        }
        let Some(deeper) = deeper.checked_sub(1) else { return };
        let parts = self.parts(schema);
        let required: Vec<_> = parts.iter().flat_map(|part| strings(part.get("required"))).collect();
        for (name, member) in parts.iter().flat_map(|part| members(part.get("properties"))) {
            if member.is_mapping() {
                let path = format!("{prefix}{name}");
                rows.push(self.row(path.clone(), required.contains(&name), member));
                self.add_inside(&format!("{path}."), member, deeper, rows);
            }
        }
        for ways in parts.iter().filter_map(|part| part.get("oneOf").or_else(|| part.get("anyOf"))) {
            let ways: Vec<_> = elements(Some(ways)).filter(|way| self.is_object(way)).collect();
            for (position, way) in ways.iter().enumerate() {
                if ways.len() > 1 {
                    let name = format!("{}: {}", if position == 0 { "either" } else { "or" }, title(way));
                    rows.push(Row { name, is_caption: true, ..Row::default() });
                }
                self.add_inside(prefix, way, deeper, rows);
            }
        }
    }

    /// Everything that holds of a schema: itself, what it refers to, and all of what it combines.
    fn parts<'a>(&'a self, schema: &'a Value) -> Vec<&'a Value> {
        let mut parts = vec![schema];
        if schema.get("$ref").is_some() {
            parts.extend(self.parts(self.resolve(schema)));
        }
        parts.extend(elements(schema.get("allOf")).flat_map(|part| self.parts(part)));
        parts
    }

    fn find<'a>(&'a self, schema: &'a Value, name: &str) -> Option<&'a Value> {
        self.parts(schema).into_iter().find_map(|part| part.get(name))
    }

    fn is_object(&self, schema: &Value) -> bool {
        ["properties", "required"].iter().any(|name| self.find(schema, name).is_some())
            || self.find(schema, "type").is_some_and(|kind| kind == "object")
            || self
                .find(schema, "oneOf")
                .and_then(|ways| elements(Some(ways)).next())
                .is_some_and(|way| self.is_object(way))
    }

    fn items<'a>(&'a self, schema: &'a Value) -> Option<&'a Value> {
        self.find(schema, "items")
    }

    fn description<'a>(&'a self, schema: &'a Value) -> &'a str {
        self.find(schema, "description").and_then(Value::as_str).unwrap_or_default()
    }

    /// What values are like, in a few words.
    fn kind(&self, schema: &Value) -> String {
        if let Some(values) = self.find(schema, "enum") {
            return elements(Some(values)).map(plain).collect::<Vec<_>>().join(" | ");
        }
        if let Some(value) = self.find(schema, "const") {
            return plain(value);
        }
        if let Some(items) = self.items(schema) {
            return format!("list of {}", self.kind(items));
        }
        if let Some(ways) = self.find(schema, "anyOf").filter(|_| !self.is_object(schema)) {
            return elements(Some(ways)).map(|way| self.kind(way)).collect::<Vec<_>>().join(" or ");
        }
        let kind = match self.find(schema, "type") {
            Some(Value::Sequence(kinds)) => kinds.iter().map(plain).collect::<Vec<_>>().join(" or "),
            Some(kind) => plain(kind),
            None if self.is_object(schema) => "object".to_owned(),
            None => "anything".to_owned(),
        };
        let bound = |name: &str, word: &str| self.find(schema, name).map(|bound| format!("{word} {}", plain(bound)));
        let rules = [
            self.find(schema, "format").map(plain),
            self.find(schema, "pattern").map(plain),
            bound("minLength", "at least").or_else(|| bound("minimum", "at least")),
            bound("maxLength", "at most").or_else(|| bound("maximum", "at most")),
            bound("default", "unless set"),
        ];
        [Some(kind)].into_iter().chain(rules).flatten().collect::<Vec<_>>().join(", ")
    }
}

/// Of one of several ways to fill in an object.
fn title(way: &Value) -> String {
    let names = strings(way.get("required")).collect::<Vec<_>>().join(", ");
    match (text(way, "title"), names.as_str()) {
        ("", "") => "without them".to_owned(),
        ("", names) => format!("by {names}"),
        (title, _) => title.to_owned(),
    }
}

fn strings(list: Option<&Value>) -> impl Iterator<Item = &str> {
    elements(list).filter_map(Value::as_str)
}

/// A scalar, without the quotes of a text.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| serde_json::to_string(value).unwrap_or_default(), str::to_owned)
}
