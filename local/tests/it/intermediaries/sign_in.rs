use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;

use crate::harness::{Answer, EMAIL, Latchkey, PASSWORD};

const WRONG: &str = "123QW@qwe?";

/// Eleven failures, each after the lock of the one before: locked for 64 s.
async fn lock(latchkey: &Latchkey) {
    for _ in 0..11 {
        latchkey.advance(33).await;
        latchkey.sign_in(EMAIL, WRONG).await.refused(401, "invalid_credentials");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_email_may_be_written_in_any_letter_case_and_the_password_in_either_normal_form() {
    let latchkey = Latchkey::start().await;
    let body = json!({ "email": EMAIL, "password": "Caf\u{e9}1234", "intermediaryId": local::INTERMEDIARY_ID });
    latchkey.create_account(body).await.pair();
    latchkey.sign_in("JANE.BROKER@EXAMPLE.COM", "Cafe\u{301}1234").await.pair();
    latchkey.sign_in(EMAIL, "caf\u{e9}1234").await.refused(401, "invalid_credentials");
    latchkey.sign_in(EMAIL, " Caf\u{e9}1234").await.refused(401, "invalid_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_wrong_blocked_and_locked_answer_and_cost_alike() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    let mut faces = Vec::new();
    let mut calls = Vec::new();
    let mut attempt = async |email: &str, password: &str| {
        latchkey.proxy.record();
        faces.push(latchkey.sign_in(email, password).await.face());
        calls.push((latchkey.proxy.operations(), latchkey.proxy.round_trips()));
    };
    attempt("nobody@example.com", PASSWORD).await;
    attempt(EMAIL, WRONG).await;
    attempt(EMAIL, "").await;
    attempt(EMAIL, &"x".repeat(2_000)).await;
    latchkey.table.set("account", "status", AttributeValue::S("blocked".to_owned())).await;
    attempt(EMAIL, PASSWORD).await;
    attempt(EMAIL, WRONG).await;
    latchkey.table.set("account", "status", AttributeValue::S("active".to_owned())).await;
    lock(&latchkey).await;
    attempt(EMAIL, PASSWORD).await;
    faces.dedup();
    calls.dedup();
    assert_eq!(faces.len(), 1, "{faces:#?}");
    assert_eq!(faces[0].0, 401);
    assert_eq!(calls.len(), 1, "{calls:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn four_failures_are_free_the_fifth_locks_and_a_success_starts_over() {
    let latchkey = Latchkey::start().await;
    let live = latchkey.jane().await;
    for _ in 0..2 {
        for _ in 0..4 {
            latchkey.sign_in(EMAIL, WRONG).await.refused(401, "invalid_credentials");
        }
        latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    }
    lock(&latchkey).await;
    latchkey.sign_in(EMAIL, PASSWORD).await.refused(401, "invalid_credentials");
    latchkey.re_sign(&live.refresh).await.pair();
    latchkey.advance(65).await;
    latchkey.sign_in(EMAIL, PASSWORD).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_wrong_passwords_at_once_five_count_and_the_lock_holds() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    // Where the machine is slow, some wait for a hash in vain and are told to come back.
    let racer = |latchkey: Arc<Latchkey>, _| async move {
        let mut answer = latchkey.sign_in(EMAIL, WRONG).await;
        for _ in 0..20 {
            if answer.status != 503 {
                break;
            }
            assert!(answer.header("retry-after").is_some(), "{}", answer.text);
            answer = latchkey.sign_in(EMAIL, WRONG).await;
        }
        answer
    };
    let answers = latchkey.at_once(50, racer).await;
    Answer::all_refused(&answers, 401, "invalid_credentials");
    let account = latchkey.table.rows_of("account").await.remove(0);
    // Locked for a second after the fifth: where the machine is slow, a sixth or seventh finds it open again.
    let counted: u32 = account["failed_since_success"].as_n().unwrap().parse().unwrap();
    assert!((5..=8).contains(&counted), "{counted}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_failures_in_a_row_disable_the_password_until_the_phone_is_proved() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    latchkey.table.set("account", "failed_since_success", AttributeValue::N("99".to_owned())).await;
    latchkey.sign_in(EMAIL, WRONG).await.refused(401, "invalid_credentials");
    latchkey.advance(100_000).await;
    latchkey.sign_in(EMAIL, PASSWORD).await.refused(401, "invalid_credentials");
    latchkey.send_code(crate::harness::PHONE).await.ok();
    let code = latchkey.last_code().await;
    latchkey.sessions(json!({ "phoneVerificationCode": code })).await.pair();
    latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    assert!(latchkey.log.lines().contains("which disables it"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_twenty_first_session_ends_the_least_recently_used() {
    let latchkey = Latchkey::start().await;
    let first = latchkey.jane().await;
    let mut pairs = Vec::new();
    for _ in 0..19 {
        latchkey.advance(1).await;
        pairs.push(latchkey.sign_in(EMAIL, PASSWORD).await.pair());
    }
    latchkey.advance(1).await;
    let first = latchkey.re_sign(&first.refresh).await.pair();
    latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    latchkey.check_session(&first.access).await.ok();
    latchkey.check_session(&pairs[0].access).await.refused(401, "invalid_access_token");
    latchkey.re_sign(&pairs[0].refresh).await.refused(401, "invalid_refresh_token");
    latchkey.check_session(&pairs[1].access).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_sign_ins_at_once_leave_the_twenty_sessions_there_may_be() {
    let latchkey = Latchkey::start().await;
    let first = latchkey.jane().await;
    let answers = latchkey.at_once(30, |latchkey, _| async move { latchkey.sign_in(EMAIL, PASSWORD).await }).await;
    let mut live = usize::from(latchkey.check_session(&first.access).await.status == 200);
    for answer in answers.iter().filter(|answer| answer.status == 200) {
        live += usize::from(latchkey.check_session(&answer.pair().access).await.status == 200);
    }
    assert_eq!(live, 20);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused(503, "unavailable");
        assert!(answer.header("retry-after").is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_hash_that_asks_for_too_much_is_not_even_tried() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    let hash = latchkey.table.rows_of("account").await[0]["password_hash"].as_s().unwrap().clone();
    // 256 MiB is the most; a gigabyte is a fault of ours, whoever wrote it there.
    latchkey.table.set("account", "password_hash", AttributeValue::S(hash.replace("m=19456", "m=1048576"))).await;
    latchkey.sign_in(EMAIL, PASSWORD).await.refused(500, "internal_error");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_way_to_sign_in_at_a_time() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    for body in [
        json!({}),
        json!({ "email": EMAIL }),
        json!({ "password": PASSWORD }),
        json!({ "phone": crate::harness::PHONE }),
        json!({ "email": EMAIL, "password": PASSWORD, "phoneVerificationCode": "123456" }),
        json!({ "email": EMAIL, "password": PASSWORD, "refreshTokenExpirationTimeMinutes": 29 }),
        json!({ "email": EMAIL, "password": null }),
        json!({ "email": [EMAIL], "password": PASSWORD }),
    ] {
        latchkey.sessions(body).await.refused(400, "invalid_request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_that_is_none_is_refused_and_too_many_from_one_source_are_slowed() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    latchkey.begin_window(60).await;
    let body = json!({ "email": EMAIL, "password": PASSWORD }).to_string();
    let path = "/intermediaries/sessions";
    let json_type = ("content-type", "application/json");
    latchkey.send("POST", path, &[json_type], body.clone()).await.refused(401, "invalid_api_key");
    for _ in 0..20 {
        let headers = [json_type, ("api-key", "guess"), ("x-forwarded-for", "203.0.113.9")];
        latchkey.send("POST", path, &headers, body.clone()).await.refused(401, "invalid_api_key");
    }
    let headers = [json_type, ("api-key", "guess"), ("x-forwarded-for", "203.0.113.10")];
    let slowed = latchkey.send("POST", path, &headers, body.clone()).await;
    slowed.refused(429, "too_many_requests");
    assert!(slowed.header("retry-after").is_some_and(|seconds| (1..=60).contains(&seconds.parse().unwrap_or(0))));
    latchkey.sign_in(EMAIL, PASSWORD).await.pair();
}
