use askama::Template;
use serde_yaml_ng::Value;

use super::document::{ApiDocument, Operation, elements, members, text};
use super::rows::Row;
use super::words::{Words, paragraphs, words};

/// Inside the page, so that it is one answer.
pub(super) const STYLE: &str = include_str!("../../templates/openapi.css");

/// # Errors
/// When the template fails.
pub(super) fn render(document: &ApiDocument) -> Result<String, String> {
    let page = Page {
        style: STYLE,
        paragraphs: document.yaml.get("info").map(|info| paragraphs(text(info, "description"))).unwrap_or_default(),
        surfaces: elements(document.yaml.get("tags")).map(|tag| Surface::of(document, tag)).collect(),
    };
    page.render().map_err(|error| format!("the page cannot be made: {error}"))
}

#[derive(Template)]
#[template(path = "openapi.html")]
struct Page<'a> {
    style: &'static str,
    paragraphs: Vec<Words<'a>>,
    surfaces: Vec<Surface<'a>>,
}

struct Surface<'a> {
    name: &'a str,
    words: Words<'a>,
    credentials: Vec<Credential<'a>>,
    refusal: Vec<Row>,
    operations: Vec<Call<'a>>,
}

/// What a call may want to see.
struct Credential<'a> {
    name: &'a str,
    place: String,
    words: Words<'a>,
    scopes: Vec<(&'a str, &'a str)>,
}

struct Call<'a> {
    id: &'a str,
    method: &'a str,
    path: &'a str,
    summary: &'a str,
    paragraphs: Vec<Words<'a>>,
    /// Any one of these does.
    credentials: Vec<String>,
    parameters: Vec<Row>,
    body: Option<Content>,
    answers: Vec<Answer<'a>>,
}

struct Content {
    kind: String,
    rows: Vec<Row>,
    examples: Vec<Example>,
}

struct Example {
    title: String,
    text: String,
}

struct Answer<'a> {
    status: &'a str,
    is_refusal: bool,
    words: Words<'a>,
    headers: Vec<&'a str>,
    content: Option<Content>,
}

impl<'a> Surface<'a> {
    fn of(document: &'a ApiDocument, tag: &'a Value) -> Self {
        let name = text(tag, "name");
        let prefix: String =
            name.split_at_checked(1).map_or_else(String::new, |(first, rest)| first.to_uppercase() + rest);
        let schemes = document.yaml.get("components").and_then(|components| components.get("securitySchemes"));
        let refusal = document.component("schemas", &format!("{prefix}Error"));
        Self {
            name,
            words: words(text(tag, "description")),
            credentials: members(schemes).filter(|(name, _)| name.starts_with(&prefix)).map(Credential::of).collect(),
            refusal: refusal.map(|schema| document.rows(schema)).unwrap_or_default(),
            operations: document
                .operations()
                .filter(|operation| operation.surface() == name)
                .map(|operation| Call::of(document, operation))
                .collect(),
        }
    }
}

impl<'a> Credential<'a> {
    fn of((name, scheme): (&'a str, &'a Value)) -> Self {
        let place = match text(scheme, "type") {
            "apiKey" => format!("{} {}", text(scheme, "in"), text(scheme, "name")),
            "http" => format!("header Authorization: {}", text(scheme, "scheme")),
            _ => "header Authorization: bearer".to_owned(),
        };
        let flow = scheme.get("flows").and_then(|flows| flows.get("clientCredentials"));
        let scopes = members(flow.and_then(|flow| flow.get("scopes")));
        Self {
            name,
            place,
            words: words(text(scheme, "description")),
            scopes: scopes.map(|(scope, meaning)| (scope, meaning.as_str().unwrap_or_default())).collect(),
        }
    }
}

impl<'a> Call<'a> {
    fn of(document: &'a ApiDocument, operation: Operation<'a>) -> Self {
        let yaml = operation.yaml;
        let parameters = operation.parameters().map(|parameter| {
            let parameter = document.resolve(parameter);
            let schema = parameter.get("schema").unwrap_or(&Value::Null);
            let is_required = parameter.get("required") == Some(&Value::Bool(true));
            let name = format!("{} {}", text(parameter, "in"), text(parameter, "name"));
            let row = document.row(name, is_required, schema);
            let own = text(parameter, "description");
            Row { text: if own.is_empty() { row.text } else { own.to_owned() }, ..row }
        });
        Self {
            id: operation.id(),
            method: operation.method,
            path: operation.path,
            summary: text(yaml, "summary"),
            paragraphs: paragraphs(text(yaml, "description")),
            credentials: elements(yaml.get("security")).map(credentials).filter(|way| !way.is_empty()).collect(),
            parameters: parameters.collect(),
            body: yaml.get("requestBody").and_then(|body| Content::of(document, document.resolve(body))),
            answers: operation.answers().map(|(status, answer)| Answer::of(document, status, answer)).collect(),
        }
    }
}

/// All of these at once, such as `CustomersClient read:customers`.
fn credentials(way: &Value) -> String {
    let named = members(Some(way)).map(|(name, scopes)| {
        let scopes = elements(Some(scopes)).filter_map(Value::as_str);
        [name].into_iter().chain(scopes).collect::<Vec<_>>().join(" ")
    });
    named.collect::<Vec<_>>().join(" + ")
}

impl Content {
    /// The one content of a body or answer, if it has any.
    fn of(document: &ApiDocument, holder: &Value) -> Option<Self> {
        let (kind, content) = members(holder.get("content")).next()?;
        let single = content.get("example").map(|value| (String::new(), value));
        let several = members(content.get("examples")).filter_map(|(name, example)| {
            let summary = text(example, "summary");
            let title = if summary.is_empty() { name } else { summary };
            Some((title.to_owned(), example.get("value")?))
        });
        let examples = single.into_iter().chain(several);
        Some(Self {
            kind: kind.to_owned(),
            rows: content.get("schema").map(|schema| document.rows(schema)).unwrap_or_default(),
            examples: examples.map(|(title, value)| Example { title, text: shown(kind, value) }).collect(),
        })
    }
}

/// As it goes over the wire, but for the line breaks.
fn shown(kind: &str, value: &Value) -> String {
    if kind == "application/x-www-form-urlencoded" {
        let pairs = members(Some(value)).map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()));
        return pairs.collect::<Vec<_>>().join("\n&");
    }
    serde_json::to_string_pretty(value).unwrap_or_default()
}

impl<'a> Answer<'a> {
    fn of(document: &'a ApiDocument, status: &'a str, answer: &'a Value) -> Self {
        let whole = document.resolve(answer);
        let own = text(answer, "description");
        let is_refusal = status.starts_with(['4', '5']);
        let headers = members(whole.get("headers")).map(|(name, _)| name);
        Self {
            status,
            is_refusal,
            words: words(if own.is_empty() { text(whole, "description") } else { own }),
            headers: headers.filter(|name| *name != "x-request-id").collect(),
            content: Content::of(document, whole).filter(|_| !is_refusal),
        }
    }
}
