use aws_sdk_dynamodb::types::AttributeValue;
use local::INTERMEDIARY_ID;
use serde_json::json;

use crate::harness::{Answer, EMAIL, Latchkey, NEW_EMAIL, NEW_PASSWORD, NEW_PHONE, PASSWORD, PHONE, acceptance};

const THIRD: &str = "789UIO@uio!";

#[tokio::test(flavor = "multi_thread")]
async fn a_link_sets_a_password_once_ends_every_session_and_signs_nobody_in() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.prove_email(&pair.access).await;
    let id = latchkey.account_id(&pair.access).await;
    assert_eq!(latchkey.forget_password(EMAIL).await.ok(), json!({}));
    let message = latchkey.outbox().await.pop().unwrap();
    assert_eq!((&message["channel"], &message["to"]), (&json!("email"), &json!(EMAIL)));
    assert_eq!(message["purpose"], "reset-password");
    let link = message["link"].as_str().unwrap();
    assert!(link.starts_with("https://portal.example.test/reset-password?token="), "{link}");
    assert!(message["body"].as_str().unwrap().contains(link));
    let token = latchkey.link_token().await;
    let found = latchkey.find_reset(&token).await.ok();
    assert_eq!(found, json!({ "accountId": id, "intermediaryId": INTERMEDIARY_ID }));
    assert!(latchkey.is_signed_in(&pair.access).await, "the account is untouched until the link is used");
    let other = latchkey.sign_in(EMAIL, PASSWORD).await.pair();

    let answer = latchkey.reset(&token, NEW_PASSWORD).await;
    assert_eq!((answer.ok(), answer.header("x-digifi-account")), (json!({}), None));
    for pair in [&pair, &other] {
        assert!(!latchkey.is_signed_in(&pair.access).await);
        latchkey.re_sign(&pair.refresh).await.refused(401, "invalid_refresh_token");
    }
    assert_eq!(latchkey.told("password-changed").await, [EMAIL]);
    latchkey.sign_in(EMAIL, PASSWORD).await.refused(401, "invalid_credentials");
    let answer = latchkey.sign_in(EMAIL, NEW_PASSWORD).await;
    assert_eq!(answer.flags(), json!({ "isMfaIncomplete": true }), "the second factor is still asked for");
    assert_eq!(latchkey.find_account(&answer.pair().access).await.ok()["phone"], PHONE);

    let before = latchkey.standing().await;
    latchkey.find_reset(&token).await.refused(404, "invalid_link");
    latchkey.reset(&token, THIRD).await.refused(404, "invalid_link");
    assert_eq!(latchkey.standing().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weak_password_changes_nothing_and_the_link_goes_on_working() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    let token = latchkey.reset_token(EMAIL).await;
    let before = latchkey.table.rows().await;
    for weak in ["short", "Password1", "alllowercase1", ""] {
        assert_eq!(latchkey.reset(&token, weak).await.refused(400, "weak_password")["field"], "password");
    }
    let path = format!("/intermediaries/reset-password/{token}");
    for body in [json!({}), json!({ "password": null }), json!({ "password": 5 }), json!({ "password": [PASSWORD] })] {
        let answer = latchkey.call("PUT", &path, &[], Some(body)).await;
        assert_eq!(answer.refused(400, "invalid_request")["field"], "password");
    }
    assert_eq!(latchkey.table.rows().await, before);
    latchkey.reset(&token, NEW_PASSWORD).await.ok();
    latchkey.sign_in(EMAIL, NEW_PASSWORD).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_replaced_forged_or_outdated_link_is_refused_and_changes_nothing() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let first = latchkey.reset_token(EMAIL).await;
    let before = latchkey.standing().await;
    let middle = first.len() / 2;
    let digit = if first.as_bytes()[middle] == b'0' { "1" } else { "0" };
    let forged = format!("{}{digit}{}", &first[..middle], &first[middle + 1..]);
    let (longer, huge) = (format!("{first}0"), "a".repeat(6_000));
    for wrong in ["x", &forged, &longer, &first[1..], &huge, &pair.access, "%00", "%ff%fe"] {
        latchkey.find_reset(wrong).await.refused(404, "invalid_link");
        latchkey.reset(wrong, NEW_PASSWORD).await.refused(404, "invalid_link");
    }
    latchkey.advance(61).await;
    let second = latchkey.reset_token(EMAIL).await;
    latchkey.find_reset(&first).await.refused(404, "invalid_link");
    latchkey.reset(&first, NEW_PASSWORD).await.refused(404, "invalid_link");
    latchkey.advance(30 * 60 - 10).await;
    latchkey.find_reset(&second).await.ok();
    latchkey.advance(11).await;
    latchkey.find_reset(&second).await.refused(404, "invalid_link");
    latchkey.reset(&second, NEW_PASSWORD).await.refused(404, "invalid_link");
    assert_eq!(latchkey.standing().await, before);

    let third = latchkey.reset_token(EMAIL).await;
    let pair = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    latchkey.replace_password(&pair.access, PASSWORD, NEW_PASSWORD).await.ok();
    latchkey.reset(&third, THIRD).await.refused(404, "invalid_link");
    latchkey.sign_in(EMAIL, NEW_PASSWORD).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_an_address_that_the_account_left_is_void() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let token = latchkey.reset_token(EMAIL).await;
    latchkey.advance(61).await;
    latchkey.ask_email(&pair.access, NEW_EMAIL).await.ok();
    latchkey.confirm_email(&pair.access, &latchkey.last_code().await).await.ok();
    let before = latchkey.standing().await;
    latchkey.find_reset(&token).await.refused(404, "invalid_link");
    latchkey.reset(&token, NEW_PASSWORD).await.refused(404, "invalid_link");
    assert_eq!(latchkey.standing().await, before);
    latchkey.sign_in(NEW_EMAIL, PASSWORD).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_uses_of_one_link_at_once_one_sets_the_password() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    let token = latchkey.reset_token(EMAIL).await;
    let answers = latchkey
        .at_once(10, |latchkey, number| {
            let token = token.clone();
            async move { latchkey.reset(&token, &format!("{NEW_PASSWORD}{number}")).await }
        })
        .await;
    let winner = answers.iter().position(|answer| answer.status == 200).expect("one sets it");
    let lost = answers.iter().enumerate().filter(|(number, _)| *number != winner).map(|(_, answer)| answer);
    Answer::all_refused(lost, 404, "invalid_link");
    latchkey.sign_in(EMAIL, &format!("{NEW_PASSWORD}{winner}")).await.pair();
    assert_eq!(latchkey.told("password-changed").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_requests_at_once_one_link_is_sent_and_it_works() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    let answers = latchkey.at_once(10, |latchkey, _| async move { latchkey.forget_password(EMAIL).await }).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.slowed();
    }
    assert_eq!(latchkey.outbox().await.len(), 1);
    latchkey.reset(&latchkey.link_token().await, NEW_PASSWORD).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_and_a_disabled_password_end_with_the_link() {
    for failures in [10, 99] {
        let latchkey = Latchkey::start().await;
        latchkey.jane().await;
        for name in ["failed_sign_ins", "failed_since_success"] {
            latchkey.table.set("account", name, AttributeValue::N(failures.to_string())).await;
        }
        let now = latchkey.advance(0).await;
        latchkey.table.set("account", "locked_until", AttributeValue::N(now.to_string())).await;
        latchkey.sign_in(EMAIL, "wrong").await.refused(401, "invalid_credentials");
        latchkey.sign_in(EMAIL, PASSWORD).await.refused(401, "invalid_credentials");
        let token = latchkey.reset_token(EMAIL).await;
        latchkey.reset(&token, NEW_PASSWORD).await.ok();
        latchkey.sign_in(EMAIL, NEW_PASSWORD).await.pair();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_password_nobody_knows_gets_its_first_by_a_link() {
    let latchkey = Latchkey::start().await;
    let body = json!({ "email": EMAIL, "intermediaryId": INTERMEDIARY_ID });
    let pair = latchkey.create_account(body).await.pair();
    let token = latchkey.reset_token(EMAIL).await;
    latchkey.reset(&token, NEW_PASSWORD).await.ok();
    assert!(!latchkey.is_signed_in(&pair.access).await);
    let answer = latchkey.sign_in(EMAIL, NEW_PASSWORD).await;
    assert_eq!(answer.flags(), json!({ "isMfaIncomplete": true }), "the link proved the address");
}

#[tokio::test(flavor = "multi_thread")]
async fn pending_codes_and_changes_are_void_afterwards() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.prove_email(&pair.access).await;
    latchkey.prove_phone(&pair.access, PHONE).await;
    latchkey.advance(61).await;
    latchkey.ask_email(&pair.access, NEW_EMAIL).await.ok();
    let new_email = latchkey.last_code().await;
    latchkey.ask_phone(&pair.access, "PUT", NEW_PHONE).await.ok();
    let new_phone = latchkey.last_code().await;
    latchkey.send_code(PHONE).await.ok();
    let sign_in_code = latchkey.last_code().await;
    let token = latchkey.reset_token(EMAIL).await;
    latchkey.reset(&token, NEW_PASSWORD).await.ok();
    let by_code = json!({ "phoneVerificationCode": sign_in_code, "phone": PHONE });
    latchkey.sessions(by_code).await.refused(401, "invalid_credentials");
    let next = latchkey.sign_in(EMAIL, NEW_PASSWORD).await.pair();
    latchkey.advance(61).await;
    latchkey.prove_phone(&next.access, PHONE).await;
    let before = latchkey.standing().await;
    for (pair, status, refusal) in [(&pair, 401, "invalid_access_token"), (&next, 400, "invalid_code")] {
        latchkey.confirm_email(&pair.access, &new_email).await.refused(status, refusal);
        latchkey.confirm_phone(&pair.access, "PUT", &new_phone).await.refused(status, refusal);
    }
    assert_eq!(latchkey.standing().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_invited_is_sent_no_link_and_an_invitation_is_not_one() {
    let latchkey = Latchkey::start().await;
    let invited = latchkey.invited(EMAIL).await;
    latchkey.forget_password(EMAIL).await.ok();
    assert_eq!(latchkey.told("reset-password").await.len(), 0);
    latchkey.reset(&invited.token, NEW_PASSWORD).await.refused(404, "invalid_link");
    latchkey.accept(&invited.token, acceptance()).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_address_is_refused() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    let before = latchkey.table.rows().await;
    for email in [json!("jane"), json!(""), json!(null), json!([EMAIL]), json!(5), json!("a@example.com\r\nbcc: b")] {
        let body = json!({ "email": email });
        let answer = latchkey.call("POST", "/intermediaries/reset-password", &[], Some(body)).await;
        assert_eq!(answer.refused(400, "invalid_request")["field"], "email", "{email}");
    }
    assert_eq!(latchkey.table.rows().await, before);
}
