//! What holds of events, bodies and headers, whatever is in them.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use data_encoding::BASE64;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

use super::{Object, Request, Response, answer, json, percent_decode};
use crate::app::App;
use crate::error::{Code, Error};
use crate::log::Log;
use crate::types::tests::mangled;
use crate::types::{AccountId, Email, Few, Phone, RefreshLifetime, Scopes};
use crate::wire::{customers, intermediaries};

/// Some JSON, members of objects in it named apart.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 8.0)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let members = proptest::collection::btree_map(".{0,8}", inner.clone(), 0..6);
        let object = members.prop_map(|members| Value::Object(Map::from_iter(members)));
        prop_oneof![proptest::collection::vec(inner, 0..6).prop_map(Value::from), object]
    })
}

fn object() -> impl Strategy<Value = BTreeMap<String, Value>> {
    proptest::collection::btree_map(".{0,8}", any_json(), 0..6)
}

fn of(headers: Vec<(String, String)>, body: &[u8]) -> Request {
    Request {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        route: "POST /".to_owned(),
        path_parameters: HashMap::new(),
        query: Vec::new(),
        headers,
        body: body.to_vec(),
        source: None,
        request_id: "id".to_owned(),
    }
}

fn with(name: &str, value: &str) -> Request {
    of(vec![(name.to_owned(), value.to_owned())], b"")
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only their parsing is looked at")]
struct Doors {
    account: AccountId,
    email: Email,
    lifetime: RefreshLifetime,
    phones: Few<Phone>,
    inner: Object<Inner>,
    scopes: Scopes,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its parsing is looked at")]
struct Inner {
    status: Status,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Active,
    Blocked,
}

fn sound() -> Value {
    json!({
        "account": "a822e018-80a4-4a86-bd9d-9855710109ff", "email": "jane.broker@example.com", "lifetime": 30,
        "phones": ["+19172249999"], "inner": { "status": "active" }, "scopes": "read:customers",
    })
}

/// Looks at everything that a request says, as functions do.
async fn look(_app: &App, request: Request) -> Result<Response, Error> {
    for (name, _) in &request.headers {
        request.header(name)?;
    }
    for (name, _) in &request.query {
        request.query(name)?;
    }
    request.path_parameter::<Phone>("phone").ok();
    customers::basic(&request)?;
    let _ = request.cookie("latchkey");
    request.json::<BTreeMap<String, Value>>().or_else(|_| request.form().map(|_| BTreeMap::new()))?;
    Ok(Response::empty(204))
}

/// An event of payload 2.0 or 1.0, with members of the wrong kind now and then.
fn event() -> impl Strategy<Value = Value> {
    let value = prop_oneof![4 => mangled("application/json").prop_map(Value::from), 1 => any_json()];
    let headers = proptest::collection::btree_map("content-type|cookie|authorization|[a-z-]{1,8}", value, 0..4);
    let body = prop_oneof![
        Just(Value::Null),
        mangled(r#"{"email":"jane.broker@example.com"}"#).prop_map(Value::from),
        mangled("eyJlbWFpbCI6ImphbmUuYnJva2VyQGV4YW1wbGUuY29tIn0=").prop_map(Value::from),
        any_json(),
    ];
    let path = mangled("%2B19172249999").prop_map(Value::from);
    let text = mangled("phones=%2B19172249999&limit=50");
    (headers, body, any::<bool>(), path, text, object(), any::<bool>()).prop_map(
        |(headers, body, is_base64, path, query, beside, is_first)| {
            let mut event = if is_first {
                json!({
                    "httpMethod": "POST", "path": "/", "resource": "/{phone}", "headers": headers,
                    "multiValueHeaders": null, "queryStringParameters": { "limit": query },
                    "pathParameters": { "phone": path }, "requestContext": { "requestId": query, "identity": {} },
                })
            } else {
                json!({
                    "version": "2.0", "routeKey": "POST /{phone}", "rawPath": "/", "rawQueryString": query,
                    "headers": headers, "cookies": [query], "pathParameters": { "phone": path },
                    "requestContext": { "requestId": query, "http": { "method": "POST", "sourceIp": query } },
                })
            };
            event["body"] = body;
            event["isBase64Encoded"] = is_base64.into();
            event.as_object_mut().expect("an object").extend(beside);
            event
        },
    )
}

thread_local! {
    static SERVER: RefCell<(Runtime, App)> = RefCell::new((
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap(),
        App::at("https://accounts.example.com"),
    ));
}

/// What one event is answered, and how many lines of the log it made.
fn answered(event: &str) -> (Value, usize) {
    SERVER.with_borrow_mut(|(runtime, app)| {
        app.log = Log::captured();
        let answer = runtime.block_on(answer(app, intermediaries::refuse, look, event));
        (answer, app.log.lines().lines().count())
    })
}

fn is_an_answer(event: &str) -> Result<(), TestCaseError> {
    let (answer, lines) = answered(event);
    let status = answer["statusCode"].as_u64().unwrap();
    prop_assert!(status == 204 || (400..500).contains(&status), "{} to {}", answer, event);
    let id = answer["headers"]["x-request-id"].as_str().unwrap();
    prop_assert!(!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic()), "{:?}", id);
    if status != 204 {
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        prop_assert_eq!(&body["error"]["requestId"], id);
    }
    prop_assert_eq!(lines, 1, "one line of the log, whatever is in the event");
    Ok(())
}

proptest! {
    #[test]
    fn every_event_gets_an_answer_in_the_surfaces_shape(event in event()) {
        is_an_answer(&event.to_string())?;
    }

    #[test]
    fn what_is_no_event_gets_one_too(json in any_json(), text in any::<String>()) {
        is_an_answer(&json.to_string())?;
        is_an_answer(&text)?;
    }

    #[test]
    fn what_was_percent_encoded_comes_back_and_what_was_not_stays(text in any::<String>(), plain in "[^%]*") {
        let digits = data_encoding::HEXLOWER.encode(text.as_bytes());
        let encoded = digits.as_bytes().chunks(2).flat_map(|pair| [b"%", pair].concat()).collect::<Vec<_>>();
        let encoded = String::from_utf8(encoded).unwrap();
        prop_assert_eq!(percent_decode(&encoded), text.clone());
        prop_assert_eq!(percent_decode(&encoded.to_ascii_uppercase()), text.clone());
        prop_assert_eq!(percent_decode(&plain), plain);
        percent_decode(&text);
    }

    #[test]
    fn any_object_is_read_as_it_is(members in object()) {
        let text = serde_json::to_vec(&members).unwrap();
        prop_assert_eq!(json::parse::<BTreeMap<String, Value>>(&text).unwrap(), members);
    }

    #[test]
    fn a_member_that_comes_twice_is_refused_however_deep(members in object(), twice in ".{0,8}", depth in 0..12_usize) {
        let inner = format!(r#"{{{0}:1,"x":{1},{0}:1}}"#, json!(twice), json!(members));
        let text = format!(r#"{{"a":{}{inner}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        prop_assert!(twice == "x" || json::parse::<BTreeMap<String, Value>>(text.as_bytes()).is_err());
    }

    #[test]
    fn sixteen_levels_are_read_and_no_more(depth in 1..40_usize, is_list in any::<bool>()) {
        let (open, close) = if is_list { ("[", "]") } else { (r#"{"a":"#, "}") };
        let text = format!(r#"{{"a":{}1{}}}"#, open.repeat(depth - 1), close.repeat(depth - 1));
        prop_assert_eq!(json::parse::<BTreeMap<String, Value>>(text.as_bytes()).is_ok(), depth <= 16);
    }

    #[test]
    fn no_bytes_are_read_but_a_json_object(bytes in proptest::collection::vec(any::<u8>(), 0..60), text in mangled(&sound().to_string())) {
        for body in [bytes.as_slice(), text.as_bytes()] {
            let by_serde = serde_json::from_slice::<BTreeMap<String, Value>>(body).is_ok();
            prop_assert!(by_serde || json::parse::<BTreeMap<String, Value>>(body).is_err());
            json::parse::<Doors>(body).ok();
        }
    }

    #[test]
    fn a_refusal_names_the_member_and_nothing_that_was_sent(
        member in proptest::sample::select(vec!["account", "email", "lifetime", "phones", "inner", "scopes"]),
        value in prop_oneof![
            Just(json!("hunter2")), Just(json!(["hunter2"])), Just(json!({ "hunter2": "hunter2" })),
            Just(json!({ "status": "hunter2" })), Just(json!({ "status": ["hunter2"] })),
            mangled("hunter2hunter2hunter2hunter2hunter2!").prop_map(|text| json!(format!("{text}hunter2\u{1}"))),
        ],
    ) {
        let mut body = sound();
        body[member] = value;
        let Err(error) = json::parse::<Doors>(body.to_string().as_bytes()) else { return Ok(()) };
        prop_assert_eq!(error.code().status(), 400);
        prop_assert!(error.field().is_some_and(|field| field.starts_with(member)), "{:?}", error);
        prop_assert!(!error.message().contains("hunter") && !error.message().contains("found"), "{}", error.message());
        prop_assert!(error.message().starts_with(member) && error.message().ends_with('.'), "{}", error.message());
    }

    #[test]
    fn a_form_is_read_as_it_was_filled_in(filled in proptest::collection::btree_map("[^\u{fffd}]{0,8}", "[^\u{fffd}]{0,8}", 0..6)) {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(&filled);
        let content_type = [("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
        let form = of(content_type.into(), body.finish().as_bytes()).form().unwrap();
        let with_value: BTreeMap<_, _> = filled.iter().filter(|(_, value)| !value.is_empty()).collect();
        prop_assert!(form.iter().eq(with_value.iter().map(|(name, value)| (name.as_str(), value.as_str()))));
        for (name, value) in &filled {
            prop_assert_eq!(form.get(name), Some(value.as_str()).filter(|value| !value.is_empty()));
        }
    }

    #[test]
    fn a_form_of_any_bytes_is_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..60), text in mangled("a=1&b=%2B&c")) {
        let content_type = [("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
        for body in [body.as_slice(), text.as_bytes()] {
            if let Err(error) = of(content_type.clone().into(), body).form() {
                prop_assert_eq!(error.code(), Code::InvalidRequest);
            }
        }
    }

    #[test]
    fn an_id_and_a_secret_are_read_as_they_were_sent(id in "[!-$&-9;-~]{1,20}", secret in "[!-$&-~]{1,20}") {
        let request = with("authorization", &format!("bAsIc {}", BASE64.encode(format!("{id}:{secret}").as_bytes())));
        prop_assert_eq!(customers::basic(&request).unwrap(), Some((id, secret)));
        prop_assert_eq!(customers::bearer(&request).unwrap(), None);
    }

    #[test]
    fn other_credentials_are_refused_or_none(text in mangled("Basic bG9jYWwtYmFja2VuZDpsb2NhbC1iYWNrZW5kLXNlY3JldA==")) {
        let request = with("authorization", &text);
        match customers::basic(&request) {
            Ok(credentials) => prop_assert!(credentials.is_none() || text.to_ascii_lowercase().starts_with("basic ")),
            Err(error) => prop_assert!(error.code() == Code::InvalidClient || text.contains(',')),
        }
        customers::bearer(&request).ok();
    }

    #[test]
    fn a_cookie_is_read_among_any_others(others in "[ -~&&[^=]]{0,20}", value in "[!-~&&[^;]]{0,20}", text in any::<String>()) {
        let request = with("cookie", &format!("{others}; latchkey={value}; other=1"));
        prop_assert_eq!(request.cookie("latchkey"), Some(value.as_str()));
        prop_assert!(with("cookie", &text).cookie("latchkey").is_none() || text.contains("latchkey"));
        let twice = with("cookie", &format!("latchkey={value};latchkey={value}"));
        prop_assert_eq!(twice.cookie("latchkey"), None);
    }
}
