use std::collections::HashMap;

use serde::Deserialize;
use serde_yaml_ng::Value;

/// What the local server reads of `template.yaml`: which route leads to which function, and which have a
/// schedule or a stream.
#[derive(Debug)]
pub struct Template {
    pub routes: Vec<Route>,
    pub schedules: Vec<Schedule>,
    /// The logical ids of the functions that read the table's stream, once for each reader.
    pub streams: Vec<String>,
    /// The logical ids of all functions, with or without a route.
    pub functions: Vec<String>,
    pub cors: Cors,
}

/// What browsers are told of calls from other origins' pages; which origins, the deployment says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Cors {
    pub allow_methods: Vec<String>,
    pub allow_headers: Vec<String>,
    pub expose_headers: Vec<String>,
    /// Seconds for which a browser may remember it.
    pub max_age: u64,
}

/// One route of the HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub method: String,
    /// Such as `/intermediaries/sessions/{phone}`.
    pub path: String,
    /// The logical id of the function it leads to.
    pub function: String,
}

/// When a function is invoked without a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Such as `rate(6 hours)`.
    pub expression: String,
    /// The logical id of the function that is invoked.
    pub function: String,
}

impl Template {
    /// The template that this program was built with.
    ///
    /// # Errors
    /// One line that says what is not understood.
    pub fn built_in() -> Result<Self, String> {
        Self::parse(include_str!("../../template.yaml"))
    }

    /// # Errors
    /// One line that says what is not understood.
    pub fn parse(yaml: &str) -> Result<Self, String> {
        let document: Value = serde_yaml_ng::from_str(yaml).map_err(|error| format!("template.yaml: {error}"))?;
        let resources =
            document.get("Resources").and_then(Value::as_mapping).ok_or("template.yaml has no Resources")?;
        let cors = resources.get("Api").and_then(|api| api.get("Properties")?.get("CorsConfiguration")).cloned();
        let cors = cors.map_or_else(|| Ok(Cors::default()), serde_yaml_ng::from_value);
        let cors = cors.map_err(|error| format!("template.yaml: CorsConfiguration: {error}"))?;
        let (mut routes, mut schedules, mut functions) = (Vec::new(), Vec::new(), Vec::new());
        let mappings = resources.values().filter(|resource| is_a(resource, "AWS::Lambda::EventSourceMapping"));
        let streams = mappings.filter_map(|mapping| match mapping.get("Properties")?.get("FunctionName")? {
            Value::Tagged(reference) => reference.value.as_str().map(str::to_owned),
            _ => None,
        });
        for (id, resource) in resources {
            if !is_a(resource, "AWS::Serverless::Function") {
                continue;
            }
            let id = id.as_str().unwrap_or_default();
            functions.push(id.to_owned());
            let events = resource.get("Properties").and_then(|properties| properties.get("Events"));
            for event in events.and_then(Value::as_mapping).into_iter().flat_map(|events| events.values()) {
                let text = |name| event.get("Properties")?.get(name)?.as_str().map(str::to_owned);
                if let (Some(method), Some(path)) = (text("Method"), text("Path")) {
                    routes.push(Route { method: method.to_ascii_uppercase(), path, function: id.to_owned() });
                }
                if let Some(expression) = text("Schedule") {
                    schedules.push(Schedule { expression, function: id.to_owned() });
                }
            }
        }
        Ok(Self { routes, schedules, streams: streams.collect(), functions, cors })
    }

    /// The route that API Gateway would choose, with its path parameters: a whole path wins over a greedy one, a
    /// method over `ANY`, a literal segment over a parameter. A trailing slash is a segment of its own.
    #[must_use]
    pub fn route(&self, method: &str, path: &str) -> Option<(&Route, HashMap<String, String>)> {
        let candidates = self.routes.iter().filter(|route| route.method == method || route.method == "ANY");
        let matching = candidates.filter_map(|route| Some((route, parameters(&route.path, path)?)));
        let (route, parameters) = matching.min_by_key(|(route, parameters)| {
            (route.path.ends_with(GREEDY), route.method == "ANY", parameters.len())
        })?;
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Some((route, parameters.into_iter().map(owned).collect()))
    }
}

fn is_a(resource: &Value, kind: &str) -> bool {
    resource.get("Type").and_then(Value::as_str) == Some(kind)
}

/// How a path ends that takes all that is left, slashes and all.
const GREEDY: &str = "+}";

/// By name, when the path is of this template. Asked of every route at every request, so most are told apart by the first
/// segments and nothing is made of them.
fn parameters<'a>(template: &'a str, path: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let segments = if template.ends_with(GREEDY) { template.split('/').count() } else { usize::MAX };
    let (mut wanted, mut given) = (template.split('/'), path.splitn(segments, '/'));
    let mut found = Vec::new();
    loop {
        let (wanted, given) = match (wanted.next(), given.next()) {
            (Some(wanted), Some(given)) => (wanted, given),
            (None, None) => return Some(found),
            _ => return None,
        };
        match wanted.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) if !given.is_empty() => found.push((name.trim_end_matches('+'), given)),
            _ if wanted == given => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "
Resources:
  SendFunction:
    Type: AWS::Serverless::Function
    Properties:
      Role: !GetAtt Role.Arn
      Events:
        Route: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: post, Path: '/sessions/{phone}' } }
  StatusFunction:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Route: { Type: HttpApi, Properties: { Method: POST, Path: /sessions/status } }
  NotFoundFunction:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Route: { Type: HttpApi, Properties: { Method: ANY, Path: '/sessions/{proxy+}' } }
  RotateFunction:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Schedule: { Type: Schedule, Properties: { Schedule: rate(6 hours) } }
  Stream:
    Type: AWS::Lambda::EventSourceMapping
    Properties: { FunctionName: !Ref DeliverFunction }
  Table: { Type: AWS::DynamoDB::Table }
";

    #[test]
    fn routes_are_chosen_as_api_gateway_does() {
        let template = Template::parse(YAML).unwrap();
        assert_eq!(template.functions, ["SendFunction", "StatusFunction", "NotFoundFunction", "RotateFunction"]);
        let function = |method, path| template.route(method, path).map(|(route, _)| route.function.as_str());
        assert_eq!(function("POST", "/sessions/%2B1"), Some("SendFunction"));
        assert_eq!(function("POST", "/sessions/status"), Some("StatusFunction"));
        assert_eq!(function("GET", "/sessions/status"), Some("NotFoundFunction"));
        assert_eq!(function("POST", "/sessions/status/"), Some("NotFoundFunction"));
        assert_eq!(function("POST", "/sessions/a/b"), Some("NotFoundFunction"));
        assert_eq!(function("POST", "/sessions"), None);
        assert_eq!(function("POST", "/sessions/"), None);
        let (_, parameters) = template.route("POST", "/sessions/%2B1").unwrap();
        assert_eq!(parameters["phone"], "%2B1");
    }

    #[test]
    fn a_schedule_is_no_route_and_neither_is_a_stream() {
        let template = Template::parse(YAML).unwrap();
        assert_eq!(template.streams, ["DeliverFunction"]);
        let every_six_hours =
            Schedule { expression: "rate(6 hours)".to_owned(), function: "RotateFunction".to_owned() };
        assert_eq!((template.schedules, template.routes.len()), (vec![every_six_hours], 3));
    }
}
