//! As [`crate::bad_input`], for the calls that look after accounts.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::{EMAIL, Latchkey, NEW_EMAIL, NEW_PASSWORD, NEW_PHONE, PASSWORD, PHONE, Pair, acceptance};

/// Every call that has a body, with one that is sound.
async fn calls(latchkey: &Latchkey, pair: &Pair) -> Vec<(&'static str, String, Value)> {
    let record = latchkey.create_intermediary().await;
    let invited = latchkey.invited("invited@example.com").await;
    let reset = latchkey.reset_token(EMAIL).await;
    let id = latchkey.account_id(&pair.access).await;
    vec![
        ("POST", "phone-verification".to_owned(), json!({ "phone": PHONE })),
        ("POST", format!("{record}/invites"), json!({ "email": "new@example.com", "fullName": "New" })),
        ("POST", format!("invites/{}", invited.token), acceptance()),
        ("POST", "accounts/password-validation-token".to_owned(), json!({ "password": PASSWORD })),
        ("PUT", "accounts/password".to_owned(), json!({ "oldPassword": PASSWORD, "newPassword": NEW_PASSWORD })),
        ("POST", "reset-password".to_owned(), json!({ "email": EMAIL })),
        ("PUT", format!("reset-password/{reset}"), json!({ "password": NEW_PASSWORD })),
        ("PUT", "accounts/email".to_owned(), json!({ "email": NEW_EMAIL })),
        ("PUT", "accounts/phone".to_owned(), json!({ "phone": NEW_PHONE })),
        ("POST", "accounts/phone".to_owned(), json!({ "phone": NEW_PHONE })),
        ("PUT", "accounts/delete-phone".to_owned(), json!({ "phone": PHONE })),
        ("PUT", "accounts/full-name".to_owned(), json!({ "fullName": "Jane" })),
        ("PUT", format!("accounts/{id}/status"), json!({ "status": "blocked" })),
    ]
}

async fn with_jane() -> (Arc<Latchkey>, Pair, String) {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let validation = latchkey.validation_token(&pair.access).await;
    (latchkey, pair, validation)
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_requests_change_nothing() {
    let (latchkey, pair, validation) = with_jane().await;
    let calls = calls(&latchkey, &pair).await;
    let before = latchkey.table.rows().await;
    let deep = format!("{{\"password\":{}{}}}", "[".repeat(100), "]".repeat(100));
    let (large, huge) = (vec![b' '; 16 * 1024 + 1], vec![b'x'; 1024 * 1024]);
    let bodies: [(&[u8], u16, &str); 12] = [
        (b"", 400, "invalid_request"),
        (b"{", 400, "invalid_request"),
        (b"[]", 400, "invalid_request"),
        (b"null", 400, "invalid_request"),
        (b"\"text\"", 400, "invalid_request"),
        (b"{\"phone\":\"+19172249999\",\"phone\":\"+19172249999\"}", 400, "invalid_request"),
        (b"{\"email\":\"\xff\xfe\"}", 400, "invalid_request"),
        (b"{\"password\":\"\\ud800\"}", 400, "invalid_request"),
        (b"{\"fullName\":1e999}", 400, "invalid_request"),
        (deep.as_bytes(), 400, "invalid_request"),
        (&large, 413, "body_too_large"),
        (&huge, 413, "body_too_large"),
    ];
    for (method, rest, _) in &calls {
        let path = format!("/intermediaries/{rest}");
        let with_type = |kind: &'static str| {
            [
                ("api-key", "local-api-key"),
                ("content-type", kind),
                ("accountAccessToken", &*pair.access),
                ("accountPasswordValidationToken", &*validation),
            ]
        };
        for (body, status, code) in bodies {
            latchkey.send(method, &path, &with_type("application/json"), body).await.refused(status, code);
        }
        for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx"] {
            latchkey.send(method, &path, &with_type(kind), "{}").await.refused(415, "unsupported_media_type");
        }
    }
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_another_type_are_named_and_change_nothing() {
    let (latchkey, pair, validation) = with_jane().await;
    let calls = calls(&latchkey, &pair).await;
    let before = latchkey.table.rows().await;
    for (method, rest, sound) in &calls {
        let headers = [("accountAccessToken", &*pair.access), ("accountPasswordValidationToken", &*validation)];
        for name in sound.as_object().unwrap().keys() {
            for wrong in [json!(null), json!(5), json!(true), json!(["a"]), json!({ "S": "a" }), json!("\u{0}")] {
                let mut body = sound.clone();
                body[name] = wrong.clone();
                let is_password = name.to_lowercase().ends_with("password");
                if is_password && wrong.is_string() {
                    continue;
                }
                let answer = latchkey.call(method, &format!("/intermediaries/{rest}"), &headers, Some(body)).await;
                assert_eq!(answer.refused(400, "invalid_request")["field"], *name, "{method} {rest} {wrong}");
            }
        }
    }
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_and_keys_that_came_twice_or_not_at_all_open_nothing() {
    let (latchkey, pair, validation) = with_jane().await;
    let calls = calls(&latchkey, &pair).await;
    let before = latchkey.table.rows().await;
    let kind = ("content-type", "application/json");
    let key = ("api-key", "local-api-key");
    let token = ("accountAccessToken", &*pair.access);
    let validated = ("accountPasswordValidationToken", &*validation);
    for (method, rest, body) in &calls {
        let path = format!("/intermediaries/{rest}");
        let keyless = [kind, token, validated];
        latchkey.send(method, &path, &keyless, body.to_string()).await.refused(401, "invalid_api_key");
        let keys = [kind, key, key, token, validated];
        latchkey.send(method, &path, &keys, body.to_string()).await.refused(400, "invalid_request");
        let is_within = !["invites", "reset-password", "/status"].iter().any(|part| rest.contains(part));
        if is_within {
            let without = [kind, key, validated];
            latchkey.send(method, &path, &without, body.to_string()).await.refused(401, "invalid_access_token");
            let twice = [kind, key, token, token, validated];
            latchkey.send(method, &path, &twice, body.to_string()).await.refused(400, "invalid_request");
        }
        if ["accounts/email", "accounts/phone", "accounts/delete-phone"].contains(&rest.as_str()) {
            let twice = [kind, key, token, validated, validated];
            latchkey.send(method, &path, &twice, body.to_string()).await.refused(400, "invalid_request");
        }
    }
    let strangers = latchkey.table.rows().await;
    let more: Vec<_> = strangers.iter().filter(|row| !before.contains(row)).collect();
    assert!(more.iter().all(|row| row["sk"].as_s().unwrap() == "bad-credentials"), "{more:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_where_none_belongs_is_bounded_and_ignored() {
    let (latchkey, pair, _) = with_jane().await;
    let headers = [("api-key", "local-api-key"), ("accountAccessToken", &*pair.access)];
    for (method, rest) in [
        ("POST", "email-verification"),
        ("PUT", "email-verification/123456"),
        ("PUT", "phone-verification/123456"),
        ("PUT", "accounts/email/123456"),
        ("PUT", "accounts/phone/123456"),
        ("POST", "accounts/phone/123456"),
        ("GET", "invites/x"),
        ("GET", "reset-password/x"),
    ] {
        let path = format!("/intermediaries/{rest}");
        latchkey.send(method, &path, &headers, vec![b'x'; 1024 * 1024]).await.refused(413, "body_too_large");
    }
    assert!(latchkey.outbox().await.is_empty());
    let body = Some(json!({ "email": "mallory@example.com", "phone": NEW_PHONE }));
    latchkey.within(&pair.access, "POST", "email-verification", body).await.ok();
    assert_eq!(latchkey.told("email-code").await, [EMAIL]);
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_that_lead_nowhere_are_no_calls() {
    let (latchkey, pair, _) = with_jane().await;
    let before = latchkey.table.rows().await;
    for (method, rest) in [
        ("POST", "email-verification/"),
        ("PUT", "email-verification/"),
        ("PUT", "email-verification/123456/"),
        ("GET", "email-verification"),
        ("PUT", "phone-verification"),
        ("DELETE", "accounts/phone"),
        ("POST", "accounts/email"),
        ("PUT", "reset-password"),
        ("DELETE", "invites/x"),
        ("POST", "invites"),
        ("POST", "accounts/delete-phone"),
        ("PATCH", "accounts/full-name"),
    ] {
        let answer = latchkey.within(&pair.access, method, rest, Some(json!({ "phone": PHONE }))).await;
        assert_eq!((answer.status, &*answer.text), (404, "{\"message\":\"Not Found\"}"), "{method} {rest}");
    }
    assert_eq!(latchkey.table.rows().await, before);
}
