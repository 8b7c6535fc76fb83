use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{EMAIL, Fault, Latchkey, NEW_EMAIL, NEW_PASSWORD, NEW_PHONE, PASSWORD, PHONE, acceptance};

#[tokio::test(flavor = "multi_thread")]
async fn while_dynamodb_is_down_every_call_is_503_in_time_and_nothing_is_held_against_anybody() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let validation = latchkey.validation_token(&pair.access).await;
    let id = latchkey.account_id(&pair.access).await;
    let invited = latchkey.invited("invited@example.com").await;
    let token = latchkey.reset_token(EMAIL).await;
    latchkey.send_email_code(&pair.access).await.ok();
    let code = latchkey.last_code().await;
    let sent = latchkey.outbox().await.len();
    let calls = [
        ("POST", "email-verification".to_owned(), Value::Null),
        ("PUT", format!("email-verification/{code}"), Value::Null),
        ("POST", "phone-verification".to_owned(), json!({ "phone": PHONE })),
        ("PUT", "phone-verification/123456".to_owned(), Value::Null),
        ("POST", "accounts/password-validation-token".to_owned(), json!({ "password": "wrong" })),
        ("PUT", "accounts/password".to_owned(), json!({ "oldPassword": "wrong", "newPassword": NEW_PASSWORD })),
        ("PUT", "accounts/email".to_owned(), json!({ "email": NEW_EMAIL })),
        ("PUT", "accounts/email/123456".to_owned(), Value::Null),
        ("PUT", "accounts/phone".to_owned(), json!({ "phone": NEW_PHONE })),
        ("PUT", "accounts/phone/123456".to_owned(), Value::Null),
        ("PUT", "accounts/delete-phone".to_owned(), json!({ "phone": PHONE })),
        ("PUT", "accounts/full-name".to_owned(), json!({ "fullName": "Jane" })),
        ("POST", "reset-password".to_owned(), json!({ "email": "nobody@example.com" })),
        ("GET", format!("reset-password/{token}"), Value::Null),
        ("PUT", format!("reset-password/{token}"), json!({ "password": NEW_PASSWORD })),
        ("POST", format!("{}/invites", local::INTERMEDIARY_ID), json!({ "email": "x@example.com" })),
        ("GET", format!("invites/{}", invited.token), Value::Null),
        ("POST", format!("invites/{}", invited.token), acceptance()),
        ("PUT", format!("accounts/{id}/status"), json!({ "status": "blocked" })),
    ];
    for fault in [Fault::Fail, Fault::Drop, Fault::Hang] {
        latchkey.proxy.plan(move |_| fault);
        let mut waiting = tokio::task::JoinSet::new();
        for (method, rest, body) in calls.clone() {
            let (latchkey, access, validation) = (Arc::clone(&latchkey), pair.access.clone(), validation.clone());
            waiting.spawn(async move {
                let headers = [("accountAccessToken", &*access), ("accountPasswordValidationToken", &*validation)];
                let body = (!body.is_null()).then_some(body);
                latchkey.call(method, &format!("/intermediaries/{rest}"), &headers, body).await
            });
        }
        let answers = tokio::time::timeout(Duration::from_secs(9), waiting.join_all()).await;
        for answer in answers.expect("answers within 8 s") {
            answer.refused(503, "unavailable");
            assert!(answer.header("retry-after").is_some());
        }
        latchkey.proxy.heal();
        assert!(latchkey.is_signed_in(&pair.access).await);
    }
    assert_eq!(latchkey.outbox().await.len(), sent);
    latchkey.verify_email(&pair.access, &code).await.ok();
    latchkey.accept(&invited.token, json!({ "password": PASSWORD, "phone": NEW_PHONE })).await.pair();
    latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    latchkey.find_reset(&token).await.ok();
}
