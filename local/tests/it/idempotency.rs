use local::INTERMEDIARY_ID;
use serde_json::{Value, json};

use crate::harness::{Answer, EMAIL, LEAD_EMAIL, LEAD_PHONE, Latchkey, PASSWORD, PHONE, Portal, jane, lead_fields};

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
        latchkey.advance(600).await;
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
async fn a_key_gives_no_tokens_again_that_were_used_since() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let headers = [KEY, ("accountRefreshToken", pair.refresh.as_str())];
    let first = latchkey.call("POST", "/intermediaries/sessions", &headers, None).await.pair();
    let next = latchkey.re_sign(&first.refresh).await.pair();
    latchkey.advance(300).await;
    let again = latchkey.call("POST", "/intermediaries/sessions", &headers, None).await;
    again.refused(401, "invalid_refresh_token");
    latchkey.re_sign(&next.refresh).await.refused(401, "invalid_refresh_token");
    let told = latchkey.log.lines().lines().filter(|line| line.contains("session.reuse")).count();
    assert_eq!(told, 1, "an old token that came back, key or no key");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_brings_no_session_back_that_is_over() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    let body = Some(json!({ "email": EMAIL, "password": PASSWORD }));
    let signed_in = post(&latchkey, "/intermediaries/sessions", body.clone()).await.pair();
    let other_key = ("idempotency-key", "1b6f5d1c-8a3e-4d0c-9f53-0d9d4ab1a111");
    let headers = [other_key, ("accountRefreshToken", signed_in.refresh.as_str())];
    let next = latchkey.call("POST", "/intermediaries/sessions", &headers, None).await.pair();
    latchkey.within(&next.access, "DELETE", "sessions", None).await.ok();
    let before = latchkey.standing().await;
    let again = latchkey.call("POST", "/intermediaries/sessions", &headers, None).await;
    again.refused(401, "invalid_refresh_token");
    assert_eq!(latchkey.standing().await, before);
    let anew = post(&latchkey, "/intermediaries/sessions", body.clone()).await.pair();
    assert_ne!((&anew.access, &anew.refresh), (&signed_in.access, &signed_in.refresh), "another session");
    latchkey.re_sign(&anew.refresh).await.pair();

    let account = latchkey.account_id(&anew.access).await;
    latchkey.set_status(&account, "blocked").await.ok();
    post(&latchkey, "/intermediaries/sessions", body).await.refused(401, "invalid_credentials");
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

/// A call of the leads surface under the key: registration and saving as the back end, the rest with the public key.
async fn post_lead(latchkey: &Latchkey, portal: &Portal, path: &str, body: &Value) -> Answer {
    let headers = [
        ("authorization", portal.public_key.as_str()),
        ("x-lsq-registertoken", &portal.registration_token),
        ("x-lsq-portalid", &portal.id),
        ("content-type", "application/json"),
        KEY,
    ];
    latchkey.send("POST", &format!("{path}?{}", portal.query()), &headers, body.to_string()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_or_sends_something_for_a_lead_happens_once_under_a_key() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let password = ("mx_Portal_Password", "Samplepassword@123");
    let again = ("mx_Portal_Confirm_Password", "Samplepassword@123");
    let fields = [("EmailAddress", LEAD_EMAIL), ("Phone", LEAD_PHONE), password, again];
    let calls = [
        ("/api/Authentication/v2/Register", lead_fields(&fields), "account"),
        ("/api/Leads", lead_fields(&[("mx_PAN_Number", "AAAPL1234C")]), "account"),
        (
            "/api/Authentication/v2/SigninOTP/Get",
            json!({ "FieldSchemaName": "Phone", "FieldContent": LEAD_PHONE }),
            "message",
        ),
        ("/api/Authentication/v2/SecureForgotPassword", json!({ "EmailAddress": LEAD_EMAIL }), "message"),
    ];
    for (path, body, sk) in calls {
        let before = latchkey.table.rows_of(sk).await.len();
        let racer = {
            let (portal, body) = (portal.clone(), body.clone());
            move |latchkey: std::sync::Arc<Latchkey>, _| {
                let (portal, body) = (portal.clone(), body.clone());
                async move { post_lead(&latchkey, &portal, path, &body).await }
            }
        };
        let answers = latchkey.at_once(6, racer).await;
        for answer in &answers {
            assert_eq!((answer.status, &answer.text), (200, &answers[0].text), "{path}");
        }
        assert_eq!(latchkey.table.rows_of(sk).await.len(), before + 1, "{path}");
        latchkey.rest().await;
        let later = post_lead(&latchkey, &portal, path, &body).await;
        assert_eq!(later.text, answers[0].text, "{path}");
        let other = json!({ "LeadFields": [], "EmailAddress": "other@example.com", "FieldSchemaName": "Phone", "FieldContent": "+19990000000" });
        post_lead(&latchkey, &portal, path, &other).await.refused_lead(422, "MXInvalidInputException");
        assert_eq!(latchkey.table.rows_of(sk).await.len(), before + 1, "{path}");
    }
    assert_eq!(latchkey.outbox().await.len(), 2);
}
