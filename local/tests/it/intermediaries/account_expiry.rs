//! As [`crate::expiry`], for the codes and links of accounts: TTL deletion is late by days.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;

use crate::harness::{EMAIL, Latchkey, NEW_EMAIL, NEW_PASSWORD, NEW_PHONE, PHONE, acceptance};

fn past() -> AttributeValue {
    AttributeValue::N("1700000000".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_or_link_whose_row_has_expired_is_as_good_as_none() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.ask_email(&pair.access, NEW_EMAIL).await.ok();
    let new_email = latchkey.last_code().await;
    latchkey.ask_phone(&pair.access, "PUT", NEW_PHONE).await.ok();
    let new_phone = latchkey.last_code().await;
    latchkey.advance(61).await;
    latchkey.send_email_code(&pair.access).await.ok();
    let email = latchkey.last_code().await;
    latchkey.send_phone_code(&pair.access, PHONE).await.ok();
    let phone = latchkey.last_code().await;
    let reset = latchkey.reset_token(EMAIL).await;
    let invited = latchkey.invited("invited@example.com").await;
    let before = latchkey.standing().await;
    for sk in ["code#", "password-reset", "invitation"] {
        assert!(!latchkey.table.rows_of(sk).await.is_empty(), "{sk}");
        latchkey.table.set(sk, "expires_at", past()).await;
    }
    latchkey.confirm_email(&pair.access, &new_email).await.refused(400, "invalid_code");
    latchkey.confirm_phone(&pair.access, "PUT", &new_phone).await.refused(400, "invalid_code");
    latchkey.verify_email(&pair.access, &email).await.refused(400, "invalid_code");
    latchkey.verify_phone(&pair.access, &phone).await.refused(400, "invalid_code");
    latchkey.find_reset(&reset).await.refused(404, "invalid_link");
    latchkey.reset(&reset, NEW_PASSWORD).await.refused(404, "invalid_link");
    latchkey.find_invitation(&invited.token).await.refused(404, "invalid_link");
    latchkey.accept(&invited.token, acceptance()).await.refused(404, "invalid_link");
    assert_eq!(latchkey.standing().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_that_carries_a_code_or_a_link_has_a_ttl_in_seconds() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.send_email_code(&pair.access).await.ok();
    latchkey.send_phone_code(&pair.access, PHONE).await.ok();
    latchkey.forget_password(EMAIL).await.ok();
    latchkey.forget_password("nobody@example.com").await.ok();
    latchkey.invited("invited@example.com").await;
    let body = Some(json!({ "email": "again@example.com" }));
    let path = format!("/intermediaries/{}/invites", latchkey.create_intermediary().await);
    latchkey.call("POST", &path, &[("idempotency-key", "k")], body).await.ok();
    let now = latchkey.advance(0).await;
    for sk in ["code#", "password-reset", "invitation", "asked", "idempotency", "message", "history#"] {
        let rows = latchkey.table.rows_of(sk).await;
        assert!(!rows.is_empty(), "{sk}");
        for row in rows {
            let seconds: i64 = row["expires_at"].as_n().expect("a number").parse().expect("whole seconds");
            assert!((now + 300..now + 91 * 86_400).contains(&seconds), "{sk}: {seconds}");
        }
    }
}
