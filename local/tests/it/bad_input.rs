//! Whatever comes in, a 4xx in the surface's shape comes out, before any hashing and any write.

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::harness::{Answer, CLIENT_TOKEN, Latchkey, SESSION};

const PATHS: [(&str, &str); 3] =
    [("POST", "/intermediaries"), ("POST", "/intermediaries/accounts"), ("POST", "/intermediaries/sessions")];

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_requests() {
    let latchkey = Latchkey::start().await;
    let before = latchkey.table.rows().await;
    let deep = format!("{{\"email\":{}{}}}", "[".repeat(100), "]".repeat(100));
    let abyss = format!("{{\"variables\":{}", "{\"a\":".repeat(3_000));
    let (large, huge) = (vec![b' '; 16 * 1024 + 1], vec![b'x'; 1024 * 1024]);
    let bodies: [(&[u8], u16, &str); 12] = [
        (b"{", 400, "invalid_request"),
        (b"nonsense", 400, "invalid_request"),
        (b"[]", 400, "invalid_request"),
        (b"\"text\"", 400, "invalid_request"),
        (b"{\"email\":\"a@example.com\",\"email\":\"b@example.com\"}", 400, "invalid_request"),
        (b"{\"email\":\"\xff\xfe\"}", 400, "invalid_request"),
        (b"{\"email\":\"\\ud800\"}", 400, "invalid_request"),
        (b"{\"email\":1e999}", 400, "invalid_request"),
        (deep.as_bytes(), 400, "invalid_request"),
        (abyss.as_bytes(), 400, "invalid_request"),
        (&large, 413, "body_too_large"),
        (&huge, 413, "body_too_large"),
    ];
    for (method, path) in PATHS {
        for (body, status, code) in bodies {
            let headers = [("api-key", "local-api-key"), ("content-type", "application/json")];
            let answer = latchkey.send(method, path, &headers, body).await;
            answer.refused(status, code);
            let binary = [("api-key", "local-api-key"), ("content-type", "application/octet-stream")];
            let answer = latchkey.send(method, path, &binary, body).await;
            assert!([413, 415].contains(&answer.status), "{}", answer.text);
        }
    }
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_requests_of_leads() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let auth_key = latchkey.auth_key(&portal).await;
    let before = latchkey.table.rows().await.len();
    let deep = format!("{{\"LeadFields\":{}{}}}", "[".repeat(100), "]".repeat(100));
    let (large, huge) = (vec![b' '; 16 * 1024 + 1], vec![b'x'; 1024 * 1024]);
    let bodies: [(&[u8], u16); 12] = [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b"{\"Password\":\"a\",\"Password\":\"b\"}", 400),
        (b"{\"EmailAddress\":\"\xff\xfe\"}", 400),
        (b"{\"LeadFields\":{}}", 400),
        (b"{\"LeadFields\":[null],\"SearchKeyData\":[],\"OTPSigninData\":7,\"FieldSchemaName\":{}}", 400),
        (b"{\"LeadId\":\"x\",\"Password\":1,\"CurrentPassword\":true,\"NewPassword\":[]}", 400),
        (deep.as_bytes(), 400),
        (&large, 413),
        (&huge, 413),
    ];
    let query = portal.query();
    for (method, path, authorization) in [
        ("POST", "/api/Authentication/Register", &portal.public_key),
        ("POST", "/api/Authentication/v2/Register", &portal.public_key),
        ("POST", "/api/Authentication/Signin", &portal.public_key),
        ("POST", "/api/Authentication/SigninOTP/Get", &portal.public_key),
        ("POST", "/api/Settings/ChangePassword", &auth_key),
        ("POST", "/api/Authentication/SecureForgotPassword", &portal.public_key),
        ("POST", "/api/Authentication/ResetPassword", &portal.public_key),
        ("POST", "/api/Leads", &portal.public_key),
        ("PUT", "/api/Leads/00000000-0000-4000-8000-000000000000", &portal.public_key),
    ] {
        latchkey.rest().await;
        let headers = [
            ("authorization", authorization.as_str()),
            ("x-lsq-registertoken", &portal.registration_token),
            ("x-lsq-portalid", &portal.id),
            ("content-type", "application/json"),
        ];
        for (body, status) in bodies {
            let answer = latchkey.send(method, &format!("{path}?{query}"), &headers, body).await;
            assert_eq!(answer.status, status, "{path}: {}", answer.text);
            let kind = answer.json()["ExceptionType"].as_str().unwrap_or_default().to_owned();
            assert!(
                ["MXInvalidInputException", "MXMandatoryAttributeMissingException"].contains(&kind.as_str()),
                "{kind}"
            );
        }
        let twice = [headers[0], headers[0], headers[3]];
        latchkey.send(method, path, &twice, "{}").await.refused_lead(
            if path.starts_with("/api/Leads") { 401 } else { 400 },
            if path.starts_with("/api/Leads") { "MXUnAuthorizedAccessException" } else { "MXInvalidInputException" },
        );
    }
    assert_eq!(latchkey.table.rows().await.len(), before);
    assert!(latchkey.outbox().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_where_none_belongs_is_bounded_too() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let headers = [("api-key", "local-api-key"), ("accountAccessToken", pair.access.as_str())];
    for (method, path) in [
        ("GET", "/intermediaries/accounts"),
        ("PUT", "/intermediaries/sessions/token-status"),
        ("DELETE", "/intermediaries/sessions"),
        ("POST", "/intermediaries/sessions/+19172249999"),
    ] {
        latchkey.send(method, path, &headers, vec![b'x'; 1024 * 1024]).await.refused(413, "body_too_large");
    }
    assert_eq!(latchkey.outbox().await.len(), 0);
    latchkey.check_session(&pair.access).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn content_types_that_are_not_json() {
    let latchkey = Latchkey::start().await;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""] {
        let headers = [("api-key", "local-api-key"), ("content-type", kind)];
        for (method, path) in PATHS {
            latchkey.send(method, path, &headers, "{}").await.refused(415, "unsupported_media_type");
        }
    }
    let headers = [("api-key", "local-api-key"), ("content-type", "Application/JSON;charset=utf-8")];
    latchkey.send("POST", "/intermediaries", &headers, "{\"variables\":{}}").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_came_twice() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let path = "/intermediaries/sessions/token-status";
    for name in ["api-key", "accountAccessToken", "Authorization"] {
        let mut headers = vec![("api-key", "local-api-key"), ("accountAccessToken", pair.access.as_str())];
        headers.push((name, "second"));
        if name == "Authorization" {
            headers.push((name, "third"));
        }
        let error = latchkey.send("PUT", path, &headers, "").await.refused(400, "invalid_request");
        assert_eq!(error["field"], name.to_ascii_lowercase());
    }
}

/// One event, past any gateway, into a function.
async fn invoke(latchkey: &Latchkey, event: &str) -> Answer {
    let answer = latchkey.server.invoke("intermediary-sign-in", event).await.expect("a function of this name");
    let mut headers = reqwest::header::HeaderMap::new();
    for (name, value) in answer["headers"].as_object().expect("headers") {
        let name = reqwest::header::HeaderName::try_from(name.as_str()).expect("a name");
        headers.insert(name, value.as_str().expect("text").parse().expect("a value"));
    }
    let status = u16::try_from(answer["statusCode"].as_u64().expect("a status")).expect("a status");
    Answer { status, headers, text: answer["body"].as_str().expect("a body").to_owned() }
}

fn event_2(change: &Value) -> String {
    let mut event: Value = serde_json::from_str(include_str!("../../../events/intermediary-sign-in.json")).unwrap();
    event.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    event.to_string()
}

fn event_1(change: &Value) -> String {
    let file = include_str!("../../../events/payload-1.0/intermediary-sign-in.json");
    let mut event: Value = serde_json::from_str(file).unwrap();
    event.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    event.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_either_payload_with_parts_missing_or_wrong() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    invoke(&latchkey, &event_2(&json!({}))).await.pair();
    invoke(&latchkey, &event_1(&json!({}))).await.pair();
    let body = r#"{"email": "jane.broker@example.com", "password": "123QW@qwe!"}"#;
    let encoded = json!({ "body": BASE64.encode(body.as_bytes()), "isBase64Encoded": true });
    invoke(&latchkey, &event_2(&encoded)).await.pair();
    invoke(&latchkey, &event_1(&encoded)).await.pair();

    let before = latchkey.table.rows().await;
    let bad_base64 = json!({ "body": "not base64 at all!", "isBase64Encoded": true });
    let huge_base64 = json!({ "body": BASE64.encode(&vec![b'x'; 1 << 20]), "isBase64Encoded": true });
    for event in [event_2(&bad_base64), event_1(&bad_base64), event_2(&json!({ "body": null }))] {
        let answer = invoke(&latchkey, &event).await;
        answer.refused(400, "invalid_request");
    }
    invoke(&latchkey, &event_2(&huge_base64)).await.refused(413, "body_too_large");
    invoke(&latchkey, &event_2(&json!({ "headers": {} }))).await.refused(401, "invalid_api_key");
    invoke(&latchkey, &event_1(&json!({ "headers": null, "multiValueHeaders": null })))
        .await
        .refused(401, "invalid_api_key");
    for event in ["", "null", "[]", "{}", "{\"version\":\"2.0\"}", "\"x\"", "{\"headers\":5}"] {
        let answer = invoke(&latchkey, event).await;
        assert!((400..500).contains(&answer.status), "{event}: {}", answer.text);
        answer.refused(answer.status, answer.json()["error"]["code"].as_str().unwrap());
    }
    let twice = json!({ "multiValueHeaders": { "Authorization": ["a", "b"], "api-key": ["local-api-key"] } });
    invoke(&latchkey, &event_1(&twice)).await.refused(400, "invalid_request");
    assert_eq!(latchkey.table.rows().await, before);
}

/// Every call of the customers surface that takes a body.
const CUSTOMER_PATHS: [(&str, &str); 16] = [
    ("POST", "/auth/token"),
    ("POST", "/auth/revoke"),
    ("POST", "/auth/clients"),
    ("POST", "/auth/passwordless"),
    ("POST", "/auth/passwordless/code"),
    ("POST", "/auth/mfa/challenge"),
    ("POST", "/auth/mfa/recovery"),
    ("POST", "/customers/users"),
    ("PUT", "/customers/users/10042"),
    ("POST", "/customers/users/10042/communication/confirm-verification-code/email"),
    ("PUT", "/customers/settings"),
    ("POST", "/customers/login"),
    ("POST", "/customers/mfa_login"),
    ("POST", "/customers/mfa_login_recovery"),
    ("POST", "/customers/change_password"),
    ("POST", "/customers/change_password/confirm"),
];

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_requests_of_customers() {
    let latchkey = Latchkey::start().await;
    let made = json!({ "customer_id": "10042", "email": "kari@example.com" });
    latchkey.create_customer(&made).await.ok();
    let token = latchkey.back_end("local-backend").await;
    let before = latchkey.table.rows().await;
    let deep = format!("{{\"email\":{}{}}}", "[".repeat(100), "]".repeat(100));
    let (large, huge) = (vec![b' '; 16 * 1024 + 1], vec![b'x'; 1024 * 1024]);
    let bodies: [(&[u8], u16); 10] = [
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b"\"text\"", 400),
        (b"{\"email\":\"a@example.com\",\"email\":\"b@example.com\"}", 400),
        (b"{\"email\":\"\xff\xfe\"}", 400),
        (b"{\"email\":1e999}", 400),
        (deep.as_bytes(), 400),
        (&large, 413),
        (&huge, 413),
    ];
    for (method, path) in CUSTOMER_PATHS {
        let path = format!("/v1/accounts/T00000001{path}");
        for (body, status) in bodies {
            let authorization = format!("Bearer {token}");
            let headers = [("authorization", &*authorization), ("content-type", "application/json")];
            let answer = latchkey.send(method, &path, &headers, body).await;
            let code = if status == 413 { "body_too_large" } else { "invalid_request" };
            answer.refused_customer(status, code);
            let form = [("authorization", &*authorization), ("content-type", "application/x-www-form-urlencoded")];
            let answer = latchkey.send(method, &path, &form, body).await;
            assert!([413, 415].contains(&answer.status), "{path}: {}", answer.text);
        }
    }
    assert_eq!(latchkey.table.rows().await, before);
}

/// Each member of each body in turn as each wrong type: a 4xx that names it, and nothing changes.
#[tokio::test(flavor = "multi_thread")]
async fn members_of_another_type_are_named() {
    let latchkey = Latchkey::start().await;
    latchkey.create_customer(&json!({ "customer_id": "10042", "email": "kari@example.com" })).await.ok();
    let token = latchkey.back_end("local-backend").await;
    let before = latchkey.table.rows().await;
    let audience = local::AUDIENCE;
    let sound = [
        (
            "POST",
            "/customers/login",
            json!({ "audience": audience, "type": "customer", "password": "four", "email": "a@example.com" }),
        ),
        (
            "POST",
            "/customers/login",
            json!({ "audience": audience, "type": "customer", "password": "four", "ident_type": "email", "ident": "a@example.com" }),
        ),
        (
            "POST",
            "/customers/mfa_login",
            json!({ "audience": audience, "type": "customer", "secret": "four", "ident_type": "email", "ident": "a@example.com" }),
        ),
        (
            "POST",
            "/customers/mfa_login_recovery",
            json!({ "audience": audience, "type": "customer", "ident_type": "email", "ident": "a@example.com" }),
        ),
        ("POST", "/auth/mfa/challenge", json!({ "challenge_type": "oob", "mfa_token": "lkm_", "oob_channel": "sms" })),
        (
            "POST",
            "/auth/token",
            json!({ "grant_type": "mfa_oob", "mfa_token": "lkm_", "oob_code": "a", "binding_code": "000000" }),
        ),
        ("POST", "/auth/token", json!({ "grant_type": "mfa_otp", "mfa_token": "lkm_", "otp": "000000" })),
        ("POST", "/auth/token", json!({ "grant_type": "refresh_token", "refresh_token": "lkr_" })),
        (
            "POST",
            "/auth/passwordless/code",
            json!({ "audience": audience, "client_id": "local-backend", "user_id": "nobody" }),
        ),
        (
            "POST",
            "/customers/change_password",
            json!({ "audience": audience, "type": "customer", "email": "a@example.com" }),
        ),
        ("POST", "/auth/clients", json!({ "name": "x", "grants": [] })),
    ];
    for (method, path, body) in sound {
        for name in body.as_object().unwrap().keys() {
            for wrong in [json!(null), json!(5), json!(true), json!(["a"]), json!({ "a": 1 }), json!("\u{0}")] {
                if wrong == json!([]) || name == "grants" && wrong.is_array() {
                    continue;
                }
                let mut body = body.clone();
                body[name] = wrong.clone();
                let answer = latchkey.by(&token, method, path, &body).await;
                assert!((400..500).contains(&answer.status), "{path} {name} {wrong}: {}", answer.text);
            }
        }
    }
    // Tries at nobody's password are counted, whatever else was wrong.
    let after = latchkey.table.rows().await;
    let others: Vec<_> = after.iter().filter(|row| !before.contains(row)).collect();
    assert!(others.iter().all(|row| row["sk"].as_s().unwrap() == "stranger"), "{others:?}");
}

/// What a third party sends, and what a person's browser does, where something is to come of it.
#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_requests_of_data_transfers() {
    let latchkey = Latchkey::start().await;
    let asked = latchkey.ask("names").await;
    let mut browser = latchkey.browser();
    browser.scan(&asked).await;
    let before = latchkey.table.rows().await;
    let deep = format!("{{\"scope\":{}{}}}", "[".repeat(100), "]".repeat(100));
    let (large, huge) = (vec![b' '; 16 * 1024 + 1], vec![b'x'; 1024 * 1024]);
    let bodies: [(&[u8], u16); 12] = [
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b"\"text\"", 400),
        (b"[\"names\", \"email\", \"x\"]", 400),
        (b"{\"scope\":\"names\",\"scope\":\"email\"}", 400),
        (b"{\"scope\":\"names\",\"vendor_data\":\"\\ud800\"}", 400),
        (b"{\"scope\":\"\xff\xfe\"}", 400),
        (b"{\"scope\":1e999}", 400),
        (deep.as_bytes(), 400),
        (&large, 413),
        (&huge, 413),
    ];
    let bearer = format!("Bearer {}", asked.by);
    let cookie = format!("latchkey={}", browser.cookie.clone().unwrap());
    for (body, status) in bodies {
        let headers = [("authorization", &*bearer), ("content-type", "application/json")];
        latchkey.send("POST", SESSION, &headers, body).await.refused_transfer(status, "invalid_request");
        let form = [("authorization", &*bearer), ("content-type", "application/x-www-form-urlencoded")];
        let answer = latchkey.send("POST", SESSION, &form, body).await;
        assert!([413, 415].contains(&answer.status), "{}", answer.text);
        let token = latchkey.send("POST", CLIENT_TOKEN, &form, body).await;
        assert!([400, 413].contains(&token.status), "{}", token.text);
        token.refused_transfer(token.status, "invalid_request");
        let form = [("cookie", &*cookie), ("content-type", "application/x-www-form-urlencoded")];
        for path in [asked.path(), format!("{}/sign-in", asked.path()), "/authorize/consents".to_owned()] {
            let answer = latchkey.send("POST", &path, &form, body).await;
            assert!([400, 403, 404, 413].contains(&answer.status), "{path} {}: {}", answer.status, answer.text);
            assert!(answer.text.starts_with("<!doctype html>"), "a page for people: {}", answer.text);
        }
    }
    let twice = [("authorization", &*bearer), ("authorization", &*bearer), ("content-type", "application/json")];
    latchkey.send("POST", SESSION, &twice, "{}").await.refused_transfer(400, "invalid_request");
    assert_eq!(latchkey.table.rows().await, before);
}
