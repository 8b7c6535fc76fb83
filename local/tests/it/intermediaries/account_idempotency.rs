//! As [`crate::idempotency`], for what sends codes and adds a phone.

use serde_json::{Value, json};

use crate::harness::{Answer, EMAIL, Latchkey, NEW_PHONE, PASSWORD, PHONE};

const OTHER: &str = "other@example.com";

/// A call in a session whose password was checked, under the one key.
async fn post(latchkey: &Latchkey, access: &str, validation: &str, rest: &str, body: Option<Value>) -> Answer {
    let headers = [
        ("idempotency-key", "0b6f5d1c-8a3e-4d0c-9f53-0d9d4ab1a111"),
        ("accountAccessToken", access),
        ("accountPasswordValidationToken", validation),
    ];
    latchkey.call("POST", &format!("/intermediaries/{rest}"), &headers, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_posted_ten_times_at_once_and_again_later_happens_once_under_a_key() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.another_account(OTHER).await;
    let validation = latchkey.validation_token(&pair.access).await;
    let calls = [
        ("email-verification", None),
        ("phone-verification", Some(json!({ "phone": PHONE }))),
        ("reset-password", Some(json!({ "email": OTHER }))),
        ("accounts/phone", Some(json!({ "phone": NEW_PHONE }))),
    ];
    for (sent, (rest, body)) in calls.into_iter().enumerate() {
        let answers = latchkey
            .at_once(10, |latchkey, _| {
                let (access, validation, body) = (pair.access.clone(), validation.clone(), body.clone());
                async move { post(&latchkey, &access, &validation, rest, body).await }
            })
            .await;
        for answer in &answers {
            assert_eq!(answer.ok(), json!({}), "{rest}");
        }
        assert_eq!(latchkey.outbox().await.len(), sent + 1, "{rest}");
        latchkey.advance(61).await;
        post(&latchkey, &pair.access, &validation, rest, body).await.ok();
        assert_eq!(latchkey.outbox().await.len(), sent + 1, "{rest}");
    }
    let rest = format!("accounts/phone/{}", latchkey.last_code().await);
    let first = post(&latchkey, &pair.access, &validation, &rest, None).await;
    assert_eq!(first.ok()["phone"], NEW_PHONE);
    let told = latchkey.told("phone-changed").await;
    let second = post(&latchkey, &pair.access, &validation, &rest, None).await;
    assert_eq!((second.ok(), second.flags()), (first.ok(), first.flags()));
    assert_eq!(latchkey.told("phone-changed").await, told);
}

#[tokio::test(flavor = "multi_thread")]
async fn under_somebody_elses_key_nobody_is_shown_their_account_or_told_that_a_code_was_sent() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.another_account(OTHER).await;
    let validation = latchkey.validation_token(&pair.access).await;
    let body = Some(json!({ "phone": NEW_PHONE }));
    post(&latchkey, &pair.access, &validation, "accounts/phone", body.clone()).await.ok();
    let rest = format!("accounts/phone/{}", latchkey.last_code().await);
    post(&latchkey, &pair.access, &validation, &rest, None).await.ok();
    post(&latchkey, &pair.access, &validation, "email-verification", None).await.ok();
    let jane = latchkey.jane().await;
    let elsewhere = latchkey.sign_in(OTHER, PASSWORD).await.pair();
    let before = latchkey.table.rows().await;
    for access in [&jane.access, &elsewhere.access] {
        for (rest, body) in [("accounts/phone", body.clone()), (&*rest, None), ("email-verification", None)] {
            let answer = post(&latchkey, access, &validation, rest, body).await;
            answer.refused(422, "idempotency_key_reused");
        }
    }
    assert_eq!(latchkey.table.rows().await, before);
    latchkey.sign_out(&pair.access).await.ok();
    let answer = post(&latchkey, &pair.access, &validation, &rest, None).await;
    answer.refused(401, "invalid_access_token");
    assert!(!answer.text.contains(EMAIL) && !answer.text.contains(OTHER));
}
