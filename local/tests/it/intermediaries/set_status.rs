use serde_json::json;

use crate::harness::{EMAIL, Latchkey, NEW_EMAIL, NEW_PASSWORD, NEW_PHONE, PASSWORD, PHONE};

const TOKEN_BEARING: [(&str, &str); 16] = [
    ("GET", "accounts"),
    ("PUT", "sessions/token-status"),
    ("POST", "email-verification"),
    ("PUT", "email-verification/123456"),
    ("POST", "phone-verification"),
    ("PUT", "phone-verification/123456"),
    ("POST", "accounts/password-validation-token"),
    ("PUT", "accounts/password"),
    ("PUT", "accounts/email"),
    ("PUT", "accounts/email/123456"),
    ("POST", "accounts/phone"),
    ("POST", "accounts/phone/123456"),
    ("PUT", "accounts/phone"),
    ("PUT", "accounts/phone/123456"),
    ("PUT", "accounts/delete-phone"),
    ("PUT", "accounts/full-name"),
];

/// What any of them could ask for.
fn body() -> serde_json::Value {
    json!({ "phone": PHONE, "email": NEW_EMAIL, "password": PASSWORD, "oldPassword": PASSWORD,
            "newPassword": NEW_PASSWORD, "fullName": "Mallory" })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_accounts_sessions_stop_at_once_for_every_call_and_for_good() {
    let latchkey = Latchkey::start().await;
    let pairs = [latchkey.jane().await, latchkey.sign_in(EMAIL, PASSWORD).await.pair()];
    let validation = latchkey.validation_token(&pairs[0].access).await;
    let id = latchkey.account_id(&pairs[0].access).await;
    let account = latchkey.set_status(&id, "blocked").await.ok();
    assert_eq!((&account["id"], &account["status"]), (&json!(id), &json!("blocked")));
    let before = latchkey.table.rows_of("account").await;
    for status in ["blocked", "active"] {
        for pair in &pairs {
            for (method, rest) in TOKEN_BEARING {
                let body = (method != "GET").then(body);
                let headers = [("accountAccessToken", &*pair.access), ("accountPasswordValidationToken", &*validation)];
                let answer = latchkey.call(method, &format!("/intermediaries/{rest}"), &headers, body).await;
                answer.refused(401, "invalid_access_token");
            }
            latchkey.re_sign(&pair.refresh).await.refused(401, "invalid_refresh_token");
        }
        assert!(latchkey.outbox().await.is_empty());
        if status == "blocked" {
            assert_eq!(latchkey.table.rows_of("account").await, before);
            latchkey.sign_in(EMAIL, PASSWORD).await.refused(401, "invalid_credentials");
            assert_eq!(latchkey.set_status(&id, "active").await.ok()["status"], "active");
        }
    }
    latchkey.sign_in(EMAIL, PASSWORD).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_and_links_from_before_are_void_even_after_the_block() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let id = latchkey.account_id(&pair.access).await;
    latchkey.send_code(PHONE).await.ok();
    let sign_in_code = latchkey.last_code().await;
    let token = latchkey.reset_token(EMAIL).await;
    latchkey.set_status(&id, "blocked").await.ok();
    for is_active in [false, true] {
        if is_active {
            latchkey.set_status(&id, "active").await.ok();
        }
        let before = latchkey.standing().await;
        latchkey.find_reset(&token).await.refused(404, "invalid_link");
        latchkey.reset(&token, NEW_PASSWORD).await.refused(404, "invalid_link");
        let body = json!({ "phoneVerificationCode": sign_in_code, "phone": PHONE });
        latchkey.sessions(body).await.refused(401, "invalid_credentials");
        assert_eq!(latchkey.standing().await, before);
    }
    latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    latchkey.advance(61).await;
    let token = latchkey.reset_token(EMAIL).await;
    latchkey.reset(&token, NEW_PASSWORD).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_account_gets_no_link_and_keeps_its_address_and_record() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let id = latchkey.account_id(&pair.access).await;
    latchkey.set_status(&id, "blocked").await.ok();
    latchkey.forget_password(EMAIL).await.ok();
    assert!(latchkey.outbox().await.is_empty());
    let record = latchkey.create_intermediary().await;
    let body = json!({ "email": EMAIL, "password": PASSWORD, "intermediaryId": record });
    latchkey.create_account(body).await.refused(400, "email_taken");
    latchkey.invite(local::INTERMEDIARY_ID, NEW_EMAIL).await.refused(400, "account_exists");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_set_twice_changes_nothing_more() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let id = latchkey.account_id(&pair.access).await;
    let before = latchkey.standing().await;
    latchkey.set_status(&id, "active").await.ok();
    assert_eq!(latchkey.standing().await, before);
    assert!(latchkey.is_signed_in(&pair.access).await, "to unblock whom nobody blocked ends no session");
    latchkey.set_status(&id, "blocked").await.ok();
    let blocked = latchkey.standing().await;
    latchkey.set_status(&id, "blocked").await.ok();
    assert_eq!(latchkey.standing().await, blocked);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobodys_account_and_one_of_another_kind_are_not_found() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let kari = latchkey.kari().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    let before = latchkey.standing().await;
    let nobody = ["00000000-0000-4000-8000-000000000000", "00000000000040008000000000000000"];
    for id in [nobody[0], nobody[1], &kari, &lead] {
        latchkey.set_status(id, "blocked").await.refused(404, "not_found");
    }
    for id in ["x", "%00"] {
        latchkey.set_status(id, "blocked").await.refused(400, "invalid_request");
    }
    let id = latchkey.account_id(&pair.access).await;
    let path = format!("/intermediaries/accounts/{id}/status");
    for status in [json!("pending"), json!("BLOCKED"), json!(""), json!(null), json!(true), json!(["blocked"])] {
        let body = json!({ "status": status });
        let answer = latchkey.call("PUT", &path, &[], Some(body)).await;
        assert_eq!(answer.refused(400, "invalid_request")["field"], "status", "{status}");
    }
    latchkey.call("PUT", &path, &[], Some(json!({}))).await.refused(400, "invalid_request");
    let no_key = [("content-type", "application/json"), ("accountAccessToken", pair.access.as_str())];
    latchkey.send("PUT", &path, &no_key, "{\"status\":\"blocked\"}").await.refused(401, "invalid_api_key");
    assert_eq!(latchkey.standing().await, before);
    assert!(latchkey.is_signed_in(&pair.access).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_sign_in_refresh_or_change_under_way_outlives_the_block() {
    for _ in 0..3 {
        let latchkey = Latchkey::start().await;
        let pair = latchkey.jane().await;
        let id = latchkey.account_id(&pair.access).await;
        latchkey.send_code(PHONE).await.ok();
        let code = latchkey.last_code().await;
        let answers = latchkey
            .at_once(9, |latchkey, number| {
                let (pair, id, code) = (pair.clone(), id.clone(), code.clone());
                async move {
                    match number {
                        4 => latchkey.set_status(&id, "blocked").await,
                        0 | 8 => latchkey.sign_in(EMAIL, PASSWORD).await,
                        1 => latchkey.sessions(json!({ "phoneVerificationCode": code, "phone": PHONE })).await,
                        _ => latchkey.re_sign(&pair.refresh).await,
                    }
                }
            })
            .await;
        answers[4].ok();
        for (number, answer) in
            answers.iter().enumerate().filter(|(number, answer)| *number != 4 && answer.status == 200)
        {
            assert!(!latchkey.is_signed_in(&answer.pair().access).await, "{number}");
            latchkey.re_sign(&answer.pair().refresh).await.refused(401, "invalid_refresh_token");
        }
        assert_eq!(latchkey.account_of(&id).await["status"], "blocked");
        latchkey.set_status(&id, "active").await.ok();
        assert!(!latchkey.is_signed_in(&pair.access).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_confirmed_and_a_block_at_once_leave_the_account_blocked() {
    for _ in 0..3 {
        let latchkey = Latchkey::start().await;
        let pair = latchkey.jane().await;
        let id = latchkey.account_id(&pair.access).await;
        latchkey.ask_phone(&pair.access, "PUT", NEW_PHONE).await.ok();
        let code = latchkey.last_code().await;
        let answers = latchkey
            .at_once(2, |latchkey, number| {
                let (pair, id, code) = (pair.clone(), id.clone(), code.clone());
                async move {
                    if number == 0 {
                        latchkey.confirm_phone(&pair.access, "PUT", &code).await
                    } else {
                        latchkey.set_status(&id, "blocked").await
                    }
                }
            })
            .await;
        answers[1].ok();
        if answers[0].status != 200 {
            answers[0].refused(401, "invalid_access_token");
        }
        assert_eq!(latchkey.account_of(&id).await["status"], "blocked");
        assert!(!latchkey.is_signed_in(&pair.access).await);
    }
}
