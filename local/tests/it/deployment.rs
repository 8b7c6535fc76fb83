//! What `template.yaml` promises beyond its functions: alarms on metrics that are there, data that is hard to lose,
//! no permission by wildcard, and room for more in the stack.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml_ng::{Mapping, Value};
use shared::metric::{DIMENSION, Metric, NAMESPACE};

use crate::project::{known, read};

fn template() -> Value {
    serde_yaml_ng::from_str(&read("template.yaml")).expect("YAML")
}

/// `(logical id, properties)` of every resource of this type.
fn resources(template: &Value, kind: &str) -> Vec<(String, Value)> {
    let resources = template["Resources"].as_mapping().expect("resources");
    let of_kind = resources.iter().filter(|(_, resource)| resource["Type"] == kind);
    let text = |id: &Value| id.as_str().expect("an id").to_owned();
    of_kind.map(|(id, resource)| (text(id), resource["Properties"].clone())).collect()
}

/// What `!Ref` and `!GetAtt` name.
fn reference(value: &Value) -> &str {
    match value {
        Value::Tagged(tagged) => tagged.value.as_str().expect("a name"),
        other => panic!("no reference: {other:?}"),
    }
}

/// Metrics that AWS writes by itself, with the dimension that they are asked for by.
const OF_AWS: [(&str, &str, &str); 7] = [
    ("AWS/ApiGateway", "5xx", "ApiId"),
    ("AWS/DynamoDB", "ReadThrottleEvents", "TableName"),
    ("AWS/DynamoDB", "WriteThrottleEvents", "TableName"),
    ("AWS/Lambda", "Errors", "FunctionName"),
    ("AWS/Lambda", "Invocations", "FunctionName"),
    ("AWS/Lambda", "IteratorAge", "FunctionName"),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName"),
];

/// That something writes what an alarm looks at.
fn is_written(metric: &Value) -> bool {
    let text = |name: &str| metric[name].as_str().expect("text");
    let [dimension] = metric["Dimensions"].as_sequence().expect("dimensions").as_slice() else { return false };
    let dimension_name = dimension["Name"].as_str().expect("a name");
    let (namespace, name) = (text("Namespace"), text("MetricName"));
    let ours = Metric::ALL.iter().any(|known| known.name() == name)
        && (namespace, dimension_name, reference(&dimension["Value"])) == (NAMESPACE, DIMENSION, "Table");
    ours || OF_AWS.contains(&(namespace, name, dimension_name))
}

fn identifiers(expression: &str) -> BTreeSet<&str> {
    let words = expression.split(|character: char| !character.is_ascii_alphanumeric());
    words.filter(|word| word.starts_with(|first: char| first.is_ascii_lowercase())).collect()
}

#[test]
fn every_alarm_looks_at_what_is_written_and_tells_somebody() {
    let alarms = resources(&template(), "AWS::CloudWatch::Alarm");
    for (id, alarm) in &alarms {
        assert!(alarm["AlarmDescription"].is_string(), "{id}");
        let topics = alarm["AlarmActions"].as_sequence().expect("actions");
        assert_eq!(topics.iter().map(reference).collect::<Vec<_>>(), ["Alarms"], "{id}");
        let absent_is = if id == "KeyRotationMissingAlarm" { "breaching" } else { "notBreaching" };
        assert_eq!(alarm["TreatMissingData"], absent_is, "{id}");
        let Some(parts) = alarm["Metrics"].as_sequence() else {
            assert!(is_written(alarm), "{id}");
            continue;
        };
        let named: BTreeSet<_> = parts.iter().map(|part| part["Id"].as_str().expect("an id")).collect();
        let expressions: Vec<_> = parts.iter().filter_map(|part| part["Expression"].as_str()).collect();
        let used: BTreeSet<_> = expressions.iter().flat_map(|expression| identifiers(expression)).collect();
        let results: Vec<_> = parts.iter().filter(|part| part.get("ReturnData").is_none()).collect();
        let [result] = results.as_slice() else { panic!("{id}: one of them is what counts") };
        let mut all = used.clone();
        assert!(all.insert(result["Id"].as_str().expect("an id")), "{id}: nothing is made of the result");
        assert_eq!(all, named, "{id}: all that is there is used, all that is used is there");
        for metric in parts.iter().filter_map(|part| part.get("MetricStat")) {
            assert!(is_written(&metric["Metric"]), "{id}: {metric:?}");
        }
    }
    let watched: BTreeSet<_> = alarms.iter().map(|(id, _)| id.as_str()).collect();
    let wanted = [
        "FailedDeliveriesAlarm",
        "KeyRotationAlarm",
        "KeyRotationMissingAlarm",
        "LateMessagesAlarm",
        "RefreshReuseAlarm",
        "ServerErrorAlarm",
        "SignInFailureAlarm",
        "TableThrottleAlarm",
        "UndeliveredMessagesAlarm",
    ];
    assert_eq!(watched, BTreeSet::from(wanted));
    let readme = read("README.md");
    for alarm in watched {
        assert!(readme.contains(&format!("| `{alarm}` |")), "README: no row for {alarm}");
    }
    for metric in Metric::ALL {
        assert!(readme.contains(&format!("| `{}` |", metric.name())), "README: no row for {}", metric.name());
    }
}

#[test]
fn the_table_is_hard_to_lose() {
    let template = template();
    let [(_, table)] = resources(&template, "AWS::DynamoDB::Table").try_into().expect("one table");
    assert_eq!(template["Resources"]["Table"]["DeletionPolicy"], "RetainExceptOnCreate");
    assert_eq!(template["Resources"]["Table"]["UpdateReplacePolicy"], "Retain");
    assert_eq!(table["DeletionProtectionEnabled"], true);
    assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
    assert_eq!(
        (&table["SSESpecification"]["SSEEnabled"], &table["SSESpecification"]["SSEType"]),
        (&true.into(), &"KMS".into())
    );
    assert_eq!(table["TimeToLiveSpecification"]["Enabled"], true);
    assert_eq!(table["TimeToLiveSpecification"]["AttributeName"], "expires_at");
}

#[test]
fn calls_are_throttled_and_logged_without_what_they_carry_and_no_log_is_kept_for_ever() {
    let template = template();
    let [(_, api)] = resources(&template, "AWS::Serverless::HttpApi").try_into().expect("one API");
    let throttling = &api["DefaultRouteSettings"];
    assert!(
        throttling["ThrottlingBurstLimit"].as_u64() > Some(0) && throttling["ThrottlingRateLimit"].as_u64() > Some(0)
    );
    let format = api["AccessLogSettings"]["Format"].as_str().expect("a format");
    assert!(format.contains("$context.routeKey"));
    for personal in ["$context.path", "$context.authorizer", "$context.domain", "querystring"] {
        assert!(!format.contains(personal), "{personal}");
    }
    let groups = resources(&template, "AWS::Logs::LogGroup");
    for (id, group) in &groups {
        assert_eq!(reference(&group["RetentionInDays"]), "LogRetentionDays", "{id}");
    }
    for (id, function) in resources(&template, "AWS::Serverless::Function") {
        let group = reference(&function["LoggingConfig"]["LogGroup"]);
        assert!(groups.iter().any(|(known, _)| known == group), "{id} logs to {group}");
    }
}

/// Every `Action` and `Resource` below here that has an asterisk.
fn wildcards(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Mapping(members) => members.iter().for_each(|(name, value)| {
            if name == "Action" || name == "Resource" {
                strings(value, found);
            }
            wildcards(value, found);
        }),
        Value::Sequence(parts) => parts.iter().for_each(|part| wildcards(part, found)),
        Value::Tagged(tagged) => wildcards(&tagged.value, found),
        _ => {}
    }
}

fn strings(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.contains('*') => drop(found.insert(text.clone())),
        Value::Sequence(parts) => parts.iter().for_each(|part| strings(part, found)),
        Value::Tagged(tagged) => strings(&tagged.value, found),
        _ => {}
    }
}

#[test]
fn no_statement_allows_more_by_a_wildcard() {
    let yaml = read("template.yaml");
    assert!(!yaml.contains("dynamodb:Scan"));
    let mut found = BTreeSet::new();
    wildcards(&template(), &mut found);
    let without_another_way = [
        // A key's own policy names the key by an asterisk, and hands the account's policies the decision.
        "kms:*",
        // A telephone number is no resource. What is one is denied beside it.
        "*",
        "arn:${AWS::Partition}:sns:*:*:*",
        // Which streams the table has.
        "${Table.Arn}/stream/*",
    ];
    assert_eq!(found, without_another_way.map(str::to_owned).into_iter().collect());
    let policies = resources(&template(), "AWS::Serverless::Function").into_iter().filter(|(_, function)| {
        let mut of_function = BTreeSet::new();
        wildcards(function, &mut of_function);
        !of_function.is_empty()
    });
    assert_eq!(policies.map(|(id, _)| id).collect::<Vec<_>>(), ["OperationDeliverMessageFunction"]);
}

#[test]
fn there_is_room_for_more_in_one_stack() {
    let template = template();
    let functions = resources(&template, "AWS::Serverless::Function");
    assert!(functions.len() <= 60, "{}", functions.len());
    let events = |function: &Value| function["Events"].as_mapping().map_or(0, Mapping::len);
    // What SAM makes of a function: its role, and a permission for each event; of the API, its stage.
    let made: usize = functions.iter().map(|(_, function)| 1 + events(function)).sum();
    let schedules = local::Template::built_in().unwrap().schedules.len();
    let all = template["Resources"].as_mapping().expect("resources").len() + made + schedules + 1;
    assert!(all < 400, "{all} of the 500 that CloudFormation takes");
    assert!(read("README.md").contains(&format!("{all} resources of the 500")), "{all}");
}

#[test]
fn what_the_walk_through_names_is_there() {
    let readme = read("README.md");
    let words = readme.split(|character: char| character.is_whitespace() || character == '`');
    let names = words.filter_map(|word| word.strip_prefix("events/")?.strip_suffix(".json"));
    let names: BTreeSet<_> = names.filter(|name| !name.contains('<')).collect();
    assert!(names.contains("intermediary-create-account"));
    for name in names {
        assert!(known().iter().any(|(known, _)| *known == name), "{name}");
        read(&format!("events/{name}.json"));
    }
    let lines = read("local/functions.env");
    let of_watch: BTreeMap<_, _> = lines.lines().map(|line| line.split_once('=').expect("a variable")).collect();
    let parameters = read("local/functions.json");
    let parameters: serde_json::Value = serde_json::from_str(&parameters).expect("JSON");
    let of_sam = parameters["Parameters"].as_object().expect("variables").iter();
    assert_eq!(of_watch, of_sam.map(|(name, value)| (name.as_str(), value.as_str().expect("text"))).collect());
    assert_eq!(of_watch["TABLE_NAME"], local::TABLE);
    let template = template();
    let variables = template["Globals"]["Function"]["Environment"]["Variables"].as_mapping().expect("variables");
    for name in variables.keys().map(|name| name.as_str().expect("a name")) {
        assert!(of_watch.contains_key(name), "{name}");
    }
    for (port, variable) in [("dynamodb-port", "AWS_ENDPOINT_URL_DYNAMODB"), ("kms-port", "AWS_ENDPOINT_URL_KMS")] {
        let (_, number) = of_watch[variable].rsplit_once(':').expect("a port");
        assert!(readme.contains(&format!("--{port} {number}")), "{variable}");
    }
}
