use serde_json::{Value, json};

use crate::harness::{EMAIL, Latchkey, NEW_PHONE, PASSWORD, PHONE};

#[tokio::test(flavor = "multi_thread")]
async fn the_code_completes_the_second_factor_of_its_own_session_only() {
    let latchkey = Latchkey::start().await;
    let here = latchkey.jane().await;
    let elsewhere = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    assert_eq!(latchkey.send_phone_code(&here.access, PHONE).await.ok(), json!({}));
    let message = latchkey.outbox().await.remove(0);
    assert_eq!((&message["channel"], &message["to"]), (&json!("sms"), &json!(PHONE)));
    assert_eq!(message["purpose"], "phone-code");
    let code = latchkey.last_code().await;

    let answer = latchkey.verify_phone(&here.access, &code).await;
    assert_eq!((answer.ok(), answer.flags()), (json!({}), json!({ "isEmailNotVerified": true })));
    let found = latchkey.find_account(&here.access).await;
    assert_eq!(found.flags(), json!({ "isEmailNotVerified": true }));
    assert_eq!((found.ok().get("isMfaIncomplete"), &found.ok()["isPhoneVerified"]), (None, &json!(true)));
    let found = latchkey.find_account(&elsewhere.access).await;
    assert_eq!(found.flags(), json!({ "isEmailNotVerified": true, "isMfaIncomplete": true }));
    assert_eq!(found.ok()["isPhoneVerified"], true);
    assert_eq!(latchkey.re_sign(&here.refresh).await.flags(), json!({ "isEmailNotVerified": true }));
    let next = latchkey.sign_in(EMAIL, PASSWORD).await;
    assert_eq!(next.flags(), json!({ "isEmailNotVerified": true, "isMfaIncomplete": true }));

    let before = latchkey.standing().await;
    latchkey.advance(61).await;
    latchkey.send_phone_code(&here.access, PHONE).await.refused(400, "invalid_request");
    latchkey.verify_phone(&here.access, &code).await.refused(400, "invalid_request");
    assert_eq!(latchkey.standing().await, before);
    latchkey.prove_phone(&elsewhere.access, PHONE).await;
    assert_eq!(latchkey.find_account(&elsewhere.access).await.flags(), json!({ "isEmailNotVerified": true }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_a_phone_gets_the_number_once_its_code_came_back() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.another_account("other@example.com").await;
    let before = latchkey.standing().await;
    latchkey.send_phone_code(&pair.access, NEW_PHONE).await.ok();
    assert_eq!(latchkey.standing().await, before);
    let code = latchkey.last_code().await;
    latchkey.send_code(NEW_PHONE).await.ok();
    assert_eq!(latchkey.outbox().await.len(), 1, "it is nobody's yet");
    let answer = latchkey.verify_phone(&pair.access, &code).await;
    assert_eq!((answer.ok(), answer.flags()), (json!({}), json!({ "isEmailNotVerified": true })));
    let found = latchkey.find_account(&pair.access).await.ok();
    assert_eq!((&found["phone"], &found["isPhoneVerified"]), (&json!(NEW_PHONE), &json!(true)));
    latchkey.advance(61).await;
    latchkey.send_code(NEW_PHONE).await.ok();
    let code = latchkey.last_code().await;
    latchkey.sessions(json!({ "phoneVerificationCode": code })).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_phone_is_named_within_five_minutes_of_signing_in() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.another_account("other@example.com").await;
    latchkey.advance(301).await;
    let re_signed = latchkey.re_sign(&pair.refresh).await.pair();
    let before = latchkey.table.rows().await;
    for access in [&pair.access, &re_signed.access] {
        latchkey.send_phone_code(access, NEW_PHONE).await.refused(403, "reauthentication_required");
    }
    assert_eq!(latchkey.table.rows().await, before);
    let fresh = latchkey.sign_in("other@example.com", PASSWORD).await.pair();
    latchkey.prove_phone(&fresh.access, NEW_PHONE).await;
    assert_eq!(latchkey.find_account(&fresh.access).await.ok()["phone"], NEW_PHONE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_of_long_standing_is_proved_whenever_the_session_is_asked() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.advance(301).await;
    latchkey.prove_phone(&pair.access, PHONE).await;
    assert_eq!(latchkey.find_account(&pair.access).await.ok()["isPhoneVerified"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_number_than_the_accounts_is_refused_and_gets_no_message() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let before = latchkey.table.rows().await;
    for phone in [
        json!(NEW_PHONE),
        json!("19172249999"),
        json!("+1917"),
        json!(""),
        json!(19_172_249_999_u64),
        json!([PHONE]),
        Value::Null,
    ] {
        let body = json!({ "phone": phone });
        let answer = latchkey.within(&pair.access, "POST", "phone-verification", Some(body)).await;
        assert_eq!(answer.refused(400, "invalid_request")["field"], "phone", "{phone}");
    }
    let missing = latchkey.within(&pair.access, "POST", "phone-verification", Some(json!({}))).await;
    assert_eq!(missing.refused(400, "invalid_request")["field"], "phone");
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_right_codes_for_a_first_phone_at_once_one_is_taken() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.another_account("other@example.com").await;
    latchkey.send_phone_code(&pair.access, PHONE).await.ok();
    let code = latchkey.last_code().await;
    let answers = latchkey
        .at_once(20, |latchkey, _| {
            let (pair, code) = (pair.clone(), code.clone());
            async move { latchkey.verify_phone(&pair.access, &code).await }
        })
        .await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert!(answers.iter().all(|answer| [200, 400].contains(&answer.status)));
    let owners = latchkey.table.rows_of("account#").await;
    assert_eq!(owners.len(), 1, "the number is the account's once");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_live_session_no_code_is_sent_or_taken() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.send_phone_code(&pair.access, PHONE).await.ok();
    let code = latchkey.last_code().await;
    latchkey.sign_out(&pair.access).await.ok();
    let before = latchkey.table.rows().await;
    for token in ["", "x", &pair.access, &pair.refresh] {
        latchkey.send_phone_code(token, PHONE).await.refused(401, "invalid_access_token");
        latchkey.verify_phone(token, &code).await.refused(401, "invalid_access_token");
    }
    assert_eq!(latchkey.table.rows().await, before);
}
