use serde_json::{Value, json};

use crate::harness::{EMAIL, Latchkey, NEW_EMAIL, NEW_PASSWORD, NEW_PHONE, PASSWORD, PHONE};

const WRONG: &str = "123QW@qwe?";

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_ends_every_other_session_and_tells_the_owner() {
    let latchkey = Latchkey::start().await;
    let here = latchkey.jane().await;
    let elsewhere = [latchkey.sign_in(EMAIL, PASSWORD).await.pair(), latchkey.sign_in(EMAIL, PASSWORD).await.pair()];
    assert_eq!(latchkey.replace_password(&here.access, PASSWORD, NEW_PASSWORD).await.ok(), json!({}));
    assert_eq!(latchkey.told("password-changed").await, [EMAIL]);
    for pair in &elsewhere {
        assert!(!latchkey.is_signed_in(&pair.access).await);
        latchkey.find_account(&pair.access).await.refused(401, "invalid_access_token");
        latchkey.re_sign(&pair.refresh).await.refused(401, "invalid_refresh_token");
    }
    assert!(latchkey.is_signed_in(&here.access).await);
    latchkey.re_sign(&here.refresh).await.pair();
    latchkey.sign_in(EMAIL, PASSWORD).await.refused(401, "invalid_credentials");
    latchkey.sign_in(EMAIL, NEW_PASSWORD).await.pair();
    assert_eq!(latchkey.outbox().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn pending_codes_links_and_changes_are_void_afterwards() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.send_email_code(&pair.access).await.ok();
    let email_code = latchkey.last_code().await;
    latchkey.send_phone_code(&pair.access, PHONE).await.ok();
    let phone_code = latchkey.last_code().await;
    latchkey.send_code(PHONE).await.ok();
    let sign_in_code = latchkey.last_code().await;
    let reset = latchkey.reset_token(EMAIL).await;
    latchkey.advance(61).await;
    latchkey.ask_email(&pair.access, NEW_EMAIL).await.ok();
    let new_email = latchkey.last_code().await;
    latchkey.advance(61).await;
    latchkey.ask_phone(&pair.access, "PUT", NEW_PHONE).await.ok();
    let new_phone = latchkey.last_code().await;
    let sent = latchkey.outbox().await.len();
    assert_eq!(sent, 6);

    latchkey.replace_password(&pair.access, PASSWORD, NEW_PASSWORD).await.ok();
    let before = latchkey.standing().await;
    latchkey.verify_email(&pair.access, &email_code).await.refused(400, "invalid_code");
    latchkey.verify_phone(&pair.access, &phone_code).await.refused(400, "invalid_code");
    latchkey.confirm_email(&pair.access, &new_email).await.refused(400, "invalid_code");
    latchkey.confirm_phone(&pair.access, "PUT", &new_phone).await.refused(400, "invalid_code");
    for body in [
        json!({ "phoneVerificationCode": sign_in_code, "phone": PHONE }),
        json!({ "phoneVerificationCode": sign_in_code }),
    ] {
        latchkey.sessions(body).await.refused(401, "invalid_credentials");
    }
    latchkey.find_reset(&reset).await.refused(404, "invalid_link");
    latchkey.reset(&reset, "789UIO@uio!").await.refused(404, "invalid_link");
    assert_eq!(latchkey.standing().await, before);
    latchkey.sign_in(EMAIL, NEW_PASSWORD).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_old_one_a_weak_or_the_same_new_one_changes_nothing() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let elsewhere = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    let before = latchkey.standing().await;
    latchkey.replace_password(&pair.access, WRONG, NEW_PASSWORD).await.refused(401, "invalid_credentials");
    let account = latchkey.table.rows_of("account").await.remove(0);
    assert_eq!(account["failed_since_success"].as_n().unwrap(), "1", "a wrong one counts as a failed sign-in");
    for weak in ["short", "Password1", "alllowercase1", PASSWORD, ""] {
        let answer = latchkey.replace_password(&pair.access, PASSWORD, weak).await;
        assert_eq!(answer.refused(400, "weak_password")["field"], "newPassword", "{weak}");
    }
    for (body, field) in [
        (json!({ "oldPassword": PASSWORD }), "newPassword"),
        (json!({ "newPassword": NEW_PASSWORD }), "oldPassword"),
        (json!({ "oldPassword": PASSWORD, "newPassword": null }), "newPassword"),
        (json!({ "oldPassword": [PASSWORD], "newPassword": NEW_PASSWORD }), "oldPassword"),
        (json!({ "oldPassword": PASSWORD, "newPassword": 12_345_678 }), "newPassword"),
    ] {
        let answer = latchkey.within(&pair.access, "PUT", "accounts/password", Some(body)).await;
        assert_eq!(answer.refused(400, "invalid_request")["field"], field);
    }
    assert_eq!(latchkey.standing().await, before);
    assert!(latchkey.outbox().await.is_empty());
    assert!(latchkey.is_signed_in(&elsewhere.access).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_password_spelled_in_the_other_normal_form_is_no_new_one() {
    let latchkey = Latchkey::start().await;
    let body = json!({ "email": EMAIL, "password": "Caf\u{e9}1234", "intermediaryId": local::INTERMEDIARY_ID });
    let pair = latchkey.create_account(body).await.pair();
    let answer = latchkey.replace_password(&pair.access, "Cafe\u{301}1234", "Cafe\u{301}1234").await;
    answer.refused(400, "weak_password");
    latchkey.replace_password(&pair.access, "Cafe\u{301}1234", NEW_PASSWORD).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_at_once_one_holds() {
    let latchkey = Latchkey::start().await;
    let pairs = [latchkey.jane().await, latchkey.sign_in(EMAIL, PASSWORD).await.pair()];
    let racer = {
        let pairs = pairs.clone();
        move |latchkey: std::sync::Arc<Latchkey>, number: usize| {
            let access = pairs[number].access.clone();
            async move { latchkey.replace_password(&access, PASSWORD, &format!("{NEW_PASSWORD}{number}")).await.status }
        }
    };
    let statuses = latchkey.at_once(2, racer).await;
    let winner = statuses.iter().position(|status| *status == 200).expect("one holds");
    assert_eq!(statuses[1 - winner], 401, "{statuses:?}");
    latchkey.sign_in(EMAIL, &format!("{NEW_PASSWORD}{winner}")).await.pair();
    latchkey.sign_in(EMAIL, &format!("{NEW_PASSWORD}{}", 1 - winner)).await.refused(401, "invalid_credentials");
    assert!(latchkey.is_signed_in(&pairs[winner].access).await);
    assert!(!latchkey.is_signed_in(&pairs[1 - winner].access).await);
    assert_eq!(latchkey.told("password-changed").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_sign_in_or_refresh_under_way_with_the_old_password_outlives_it() {
    let latchkey = Latchkey::start().await;
    let here = latchkey.jane().await;
    let elsewhere = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    let answers = latchkey
        .at_once(9, |latchkey, number| {
            let (here, elsewhere) = (here.clone(), elsewhere.clone());
            async move {
                match number {
                    4 => latchkey.replace_password(&here.access, PASSWORD, NEW_PASSWORD).await,
                    0..=3 => latchkey.sign_in(EMAIL, PASSWORD).await,
                    _ => latchkey.re_sign(&elsewhere.refresh).await,
                }
            }
        })
        .await;
    answers[4].ok();
    for (number, answer) in answers.iter().enumerate().filter(|(number, answer)| *number != 4 && answer.status == 200) {
        assert!(!latchkey.is_signed_in(&answer.pair().access).await, "{number}");
        latchkey.re_sign(&answer.pair().refresh).await.refused(401, "invalid_refresh_token");
    }
    assert!(latchkey.is_signed_in(&here.access).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_does_not_hold_up_the_owner_and_five_wrong_old_ones_end_the_session() {
    let latchkey = Latchkey::start().await;
    let owner = latchkey.jane().await;
    let found = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    for _ in 0..5 {
        latchkey.sign_in(EMAIL, WRONG).await.refused(401, "invalid_credentials");
    }
    for number in 0..5 {
        let answer = if number % 2 == 0 {
            latchkey.replace_password(&found.access, WRONG, NEW_PASSWORD).await
        } else {
            latchkey.check_password(&found.access, WRONG).await
        };
        answer.refused(401, "invalid_credentials");
    }
    let answer = latchkey.replace_password(&found.access, PASSWORD, NEW_PASSWORD).await;
    answer.refused(401, "invalid_access_token");
    latchkey.replace_password(&owner.access, PASSWORD, NEW_PASSWORD).await.ok();
    latchkey.sign_in(EMAIL, NEW_PASSWORD).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_old_passwords_at_once_five_get_to_compare() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let answers = latchkey
        .at_once(12, |latchkey, number| {
            let access = pair.access.clone();
            async move { latchkey.replace_password(&access, &format!("{WRONG}{number}"), NEW_PASSWORD).await }
        })
        .await;
    let compared = answers.iter().filter(|answer| answer.json()["error"]["code"] == "invalid_credentials").count();
    assert_eq!(compared, 5);
    for rest in answers.iter().filter(|answer| answer.json()["error"]["code"] != "invalid_credentials") {
        let code = if rest.status == 503 { "unavailable" } else { "invalid_access_token" };
        rest.refused(if rest.status == 503 { 503 } else { 401 }, code);
    }
    assert!(!latchkey.is_signed_in(&pair.access).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_live_session_no_password_is_changed() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let validation = latchkey.validation_token(&pair.access).await;
    latchkey.sign_out(&pair.access).await.ok();
    let before = latchkey.table.rows().await;
    for token in ["", "x", &pair.access, &pair.refresh, &validation] {
        latchkey.replace_password(token, PASSWORD, NEW_PASSWORD).await.refused(401, "invalid_access_token");
    }
    let body: Option<Value> = Some(json!({ "oldPassword": PASSWORD, "newPassword": NEW_PASSWORD }));
    let path = "/intermediaries/accounts/password";
    latchkey.call("PUT", path, &[], body).await.refused(401, "invalid_access_token");
    assert_eq!(latchkey.table.rows().await, before);
    latchkey.sign_in(EMAIL, PASSWORD).await.pair();
}
