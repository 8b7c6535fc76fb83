use local::INTERMEDIARY_ID;
use serde_json::{Value, json};

use crate::harness::{Answer, EMAIL, Latchkey, PASSWORD, PHONE, jane};

const KEY: (&str, &str) = ("idempotency-key", "0b6f5d1c-8a3e-4d0c-9f53-0d9d4ab1a111");

async fn post(latchkey: &Latchkey, path: &str, body: Option<Value>) -> Answer {
    latchkey.call("POST", path, &[KEY], body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_and_body_give_the_same_answer_and_one_effect() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    let other = latchkey.create_intermediary().await;
    let account = json!({ "email": "other@example.com", "password": PASSWORD, "intermediaryId": other });
    let calls = [
        ("/intermediaries", Some(json!({ "variables": { "a": 1 } }))),
        ("/intermediaries/accounts", Some(account)),
        ("/intermediaries/sessions", Some(json!({ "email": EMAIL, "password": PASSWORD }))),
        ("/intermediaries/sessions/+19172249999", None),
    ];
    for (path, body) in calls {
        let first = post(&latchkey, path, body.clone()).await;
        first.ok();
        let rows = latchkey.table.rows().await;
        latchkey.advance(3_600).await;
        let second = post(&latchkey, path, body).await;
        assert_eq!((second.status, &second.text), (200, &first.text), "{path}");
        assert_eq!(second.header("x-digifi-account"), first.header("x-digifi-account"));
        assert_ne!(second.header("x-request-id"), first.header("x-request-id"));
        assert_eq!(latchkey.table.rows().await, rows, "{path}");
    }
    assert_eq!(latchkey.outbox().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_at_once_under_one_key_are_one_effect_and_one_answer() {
    let latchkey = Latchkey::start().await;
    let calls: [(&str, Option<Value>, &str, usize); 4] = [
        ("/intermediaries/accounts", Some(jane()), "account", 1),
        ("/intermediaries/sessions", Some(json!({ "email": EMAIL, "password": PASSWORD })), "session#", 2),
        ("/intermediaries", Some(json!({ "variables": {} })), "intermediary", 2),
        ("/intermediaries/sessions/+19172249999", None, "code#", 1),
    ];
    for (path, body, sk, rows) in calls {
        let answers = latchkey
            .at_once(10, |latchkey, _| {
                let body = body.clone();
                async move { post(&latchkey, path, body).await }
            })
            .await;
        let texts: std::collections::HashSet<_> = answers.iter().map(|answer| (answer.status, &answer.text)).collect();
        assert_eq!(texts.len(), 1, "{path}: {texts:?}");
        answers[0].ok();
        assert_eq!(latchkey.table.rows_of(sk).await.len(), rows, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_code_is_spent_once_and_answered_alike() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    latchkey.send_code(PHONE).await.ok();
    let body = json!({ "phoneVerificationCode": latchkey.last_code().await });
    let first = post(&latchkey, "/intermediaries/sessions", Some(body.clone())).await;
    let second = post(&latchkey, "/intermediaries/sessions", Some(body)).await;
    assert_eq!(first.pair(), second.pair());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_re_sign_under_a_key_is_answered_alike_even_after_the_grace() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let headers = [KEY, ("accountRefreshToken", pair.refresh.as_str())];
    let first = latchkey.call("POST", "/intermediaries/sessions", &headers, None).await.pair();
    latchkey.advance(300).await;
    let second = latchkey.call("POST", "/intermediaries/sessions", &headers, None).await.pair();
    assert_eq!(first, second);
    latchkey.re_sign(&second.refresh).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_request_under_the_key_is_refused_and_changes_nothing() {
    let latchkey = Latchkey::start().await;
    let body = json!({ "variables": { "a": 1 } });
    post(&latchkey, "/intermediaries", Some(body.clone())).await.ok();
    let before = latchkey.table.rows().await;
    let other = json!({ "variables": { "a": 2 } });
    post(&latchkey, "/intermediaries", Some(other)).await.refused(422, "idempotency_key_reused");
    assert_eq!(latchkey.table.rows().await, before);
    let account = json!({ "email": EMAIL, "intermediaryId": INTERMEDIARY_ID });
    post(&latchkey, "/intermediaries/accounts", Some(account)).await.pair();
    latchkey.advance(86_401).await;
    assert_ne!(post(&latchkey, "/intermediaries", Some(body)).await.ok()["id"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_not_remembered() {
    let latchkey = Latchkey::start().await;
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    post(&latchkey, "/intermediaries/sessions", Some(body.clone())).await.refused(401, "invalid_credentials");
    latchkey.jane().await;
    post(&latchkey, "/intermediaries/sessions", Some(body)).await.pair();
    let long = "k".repeat(129);
    for key in ["a b", "", long.as_str()] {
        let answer = latchkey.call("POST", "/intermediaries", &[("idempotency-key", key)], None).await;
        answer.refused(400, "invalid_request");
    }
}
