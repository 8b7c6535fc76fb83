use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::{Answer, KARI_PASSWORD, KARI_PHONE, Latchkey, login_by};

const SETTINGS: &str = "/customers/settings";

async fn put(latchkey: &Latchkey, body: &Value) -> Answer {
    latchkey.by(&latchkey.back_end("local-backend").await, "PUT", SETTINGS, body).await
}

async fn shown(latchkey: &Latchkey) -> Value {
    latchkey.by(&latchkey.back_end("local-backend").await, "GET", SETTINGS, &Value::Null).await.ok()
}

fn settings(enabled: bool, channel: &str, allow_duplicates: bool) -> Value {
    json!({ "users": {
        "mfa": { "enabled": enabled, "login": { "challenge_type": "oob", "oob_channel": channel },
                 "login_recovery": { "challenge_type": "oob", "oob_channel": "email" } },
        "phone_number_validation": { "allow_duplicates": allow_duplicates },
    } })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_absent_stays_and_the_rest_holds_at_once() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    assert_eq!(shown(&latchkey).await, settings(false, "sms", false), "as documented unless set");
    let token = latchkey.back_end("local-backend").await;
    for (change, after) in [
        (json!({ "users": { "mfa": { "enabled": true } } }), settings(true, "sms", false)),
        (json!({ "users": { "phone_number_validation": { "allow_duplicates": true } } }), settings(true, "sms", true)),
        (json!({ "users": { "mfa": { "login": { "oob_channel": "email" } } } }), settings(true, "email", true)),
        (json!({}), settings(true, "email", true)),
        (json!({ "users": {} }), settings(true, "email", true)),
        (settings(false, "sms", false), settings(false, "sms", false)),
    ] {
        assert_eq!(put(&latchkey, &change).await.ok(), after);
        assert_eq!(shown(&latchkey).await, after);
        let status = latchkey.log_in(&token, KARI_PASSWORD).await.status;
        assert_eq!(status == 403, after["users"]["mfa"]["enabled"] == true);
    }
    // What the surface does not speak of stays as the tenant chose it.
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    assert!(latchkey.table.rows_of("tenant").await[0]["settings"].as_m().unwrap()["portal_url"].is_s());
    assert!(latchkey.log.lines().contains("settings.changed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_shared_only_while_the_tenant_allows_it() {
    let latchkey = Latchkey::start().await;
    let id = latchkey.kari().await;
    latchkey.create_customer(&json!({ "phone_number": KARI_PHONE })).await.refused_customer(400, "customer_exists");
    latchkey.change_settings(json!({ "phone_number_validation": { "allow_duplicates": true } })).await;
    latchkey.create_customer(&json!({ "phone_number": "4790000001" })).await.ok();
    latchkey.create_customer(&json!({ "phone_number": "+4790000001" })).await.ok();
    latchkey.create_customer(&json!({ "phone_number": KARI_PHONE })).await.ok();
    let token = latchkey.back_end("local-backend").await;
    let by_phone = login_by("phone_number", KARI_PHONE, KARI_PASSWORD);
    latchkey.post(&token, "/customers/login", &by_phone).await.refused_customer(400, "invalid_request");
    // Who had it alone has it still, and those who came later not.
    latchkey.by(&token, "PUT", &format!("/customers/users/{id}"), &json!({ "first_name": "K." })).await.ok();
    latchkey.change_settings(json!({ "phone_number_validation": { "allow_duplicates": false } })).await;
    assert_eq!(latchkey.post(&token, "/customers/login", &by_phone).await.claims()["sub"], json!(id));
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_settings_and_callers_without_the_scope_change_nothing() {
    let latchkey = Latchkey::start().await;
    let before = latchkey.table.rows_of("tenant").await;
    for body in [
        json!({ "users": null }),
        json!({ "users": [] }),
        json!({ "users": { "mfa": true } }),
        json!({ "users": { "mfa": { "enabled": "true" } } }),
        json!({ "users": { "mfa": { "enabled": null } } }),
        json!({ "users": { "mfa": { "enabled": true, "login": { "oob_channel": "voice" } } } }),
        json!({ "users": { "phone_number_validation": { "allow_duplicates": 1 } } }),
        json!([]),
    ] {
        put(&latchkey, &body).await.refused_customer(400, "invalid_request");
    }
    let reader = latchkey.back_end_with(&["read:customers"]).await.token;
    let writer = latchkey.back_end_with(&["write:customers"]).await.token;
    let body = json!({ "users": { "mfa": { "enabled": true } } });
    latchkey.by(&reader, "PUT", SETTINGS, &body).await.refused_customer(403, "insufficient_scope");
    latchkey.by(&writer, "GET", SETTINGS, &Value::Null).await.refused_customer(403, "insufficient_scope");
    assert_eq!(latchkey.table.rows_of("tenant").await, before);
    let weaker = json!({ "users": { "mfa": { "login": { "oob_channel": "email" } } } });
    for body in [&body, &weaker] {
        latchkey.by(&writer, "PUT", SETTINGS, body).await.refused_customer(403, "insufficient_scope");
    }
    assert_eq!(latchkey.table.rows_of("tenant").await, before);
    let shared = json!({ "users": { "phone_number_validation": { "allow_duplicates": true } } });
    latchkey.by(&writer, "PUT", SETTINGS, &shared).await.ok();
    latchkey.by(&reader, "GET", SETTINGS, &Value::Null).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_changes_at_once_none_is_lost_unsaid() {
    let latchkey = Latchkey::start().await;
    let token = latchkey.back_end("local-backend").await;
    let changes = [
        json!({ "mfa": { "enabled": true } }),
        json!({ "phone_number_validation": { "allow_duplicates": true } }),
        json!({ "mfa": { "login": { "oob_channel": "email" } } }),
    ];
    let racer = move |latchkey: Arc<Latchkey>, number: usize| {
        let (token, body) = (token.clone(), json!({ "users": changes[number] }));
        async move { latchkey.by(&token, "PUT", SETTINGS, &body).await }
    };
    let answers = latchkey.at_once(3, racer).await;
    let done: Vec<_> = answers.iter().map(|answer| answer.status == 200).collect();
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused_customer(503, "unavailable");
    }
    latchkey.advance(61).await;
    let channel = if done[2] { "email" } else { "sms" };
    assert_eq!(shown(&latchkey).await, settings(done[0], channel, done[1]));
}
