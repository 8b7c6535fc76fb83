use serde_json::{Value, json};

use crate::harness::{EMAIL, Latchkey, NEW_EMAIL, NEW_PASSWORD, PASSWORD};

const WRONG: &str = "123QW@qwe?";
const EMAIL_CHANGE: (&str, &str) = ("PUT", "accounts/email");

#[tokio::test(flavor = "multi_thread")]
async fn the_right_password_gives_a_token_that_opens_a_change_and_nothing_else() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let answer = latchkey.check_password(&pair.access, PASSWORD).await.ok();
    assert_eq!(answer.as_object().map(serde_json::Map::len), Some(1), "{answer}");
    let token = answer["passwordValidationToken"].as_str().unwrap().to_owned();
    assert_eq!(token.split('.').count(), 3, "{token}");
    let body = json!({ "email": NEW_EMAIL });
    latchkey.within_again(&pair.access, &token, EMAIL_CHANGE, body).await.ok();
    assert_eq!(latchkey.told("email-code").await, [NEW_EMAIL]);
    latchkey.check_session(&token).await.refused(401, "invalid_access_token");
    latchkey.find_account(&token).await.refused(401, "invalid_access_token");
    latchkey.re_sign(&token).await.refused(401, "invalid_refresh_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_else_is_taken_for_the_token_that_it_gives() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let elsewhere = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    let other = latchkey.another_account("other@example.com").await;
    let token = latchkey.validation_token(&pair.access).await;
    let (head, signature) = token.rsplit_once('.').unwrap();
    let none = format!("{head}.");
    let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
    let others = [latchkey.validation_token(&elsewhere.access).await, latchkey.validation_token(&other.access).await];
    let before = latchkey.table.rows().await;
    let huge = "x".repeat(5_000);
    for wrong in ["", "x", &pair.access, &pair.refresh, &none, &forged, &others[0], &others[1], &huge] {
        for (act, body) in [
            (EMAIL_CHANGE, json!({ "email": NEW_EMAIL })),
            (("PUT", "accounts/phone"), json!({ "phone": "+19172240001" })),
            (("POST", "accounts/phone"), json!({ "phone": "+19172240001" })),
            (("PUT", "accounts/delete-phone"), json!({ "phone": crate::harness::PHONE })),
        ] {
            let answer = latchkey.within_again(&pair.access, wrong, act, body.clone()).await;
            answer.refused(401, "invalid_password_validation_token");
            let without = latchkey.within(&pair.access, act.0, act.1, Some(body)).await;
            without.refused(401, "invalid_password_validation_token");
        }
    }
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_lives_for_five_minutes_and_no_longer_than_the_password_and_its_session() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let body = json!({ "email": NEW_EMAIL });
    let late = latchkey.validation_token(&pair.access).await;
    latchkey.advance(301).await;
    let answer = latchkey.within_again(&pair.access, &late, EMAIL_CHANGE, body.clone()).await;
    answer.refused(401, "invalid_password_validation_token");
    let old = latchkey.validation_token(&pair.access).await;
    latchkey.replace_password(&pair.access, PASSWORD, NEW_PASSWORD).await.ok();
    let answer = latchkey.within_again(&pair.access, &old, EMAIL_CHANGE, body.clone()).await;
    answer.refused(401, "invalid_password_validation_token");
    let again = latchkey.check_password(&pair.access, NEW_PASSWORD).await.ok()["passwordValidationToken"].clone();
    latchkey.advance(290).await;
    let pair = latchkey.re_sign(&pair.refresh).await.pair();
    latchkey.within_again(&pair.access, again.as_str().unwrap(), EMAIL_CHANGE, body.clone()).await.ok();
    latchkey.sign_out(&pair.access).await.ok();
    let answer = latchkey.within_again(&pair.access, again.as_str().unwrap(), EMAIL_CHANGE, body).await;
    answer.refused(401, "invalid_access_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_one_counts_as_a_failed_sign_in_and_the_fifth_ends_the_session() {
    let latchkey = Latchkey::start().await;
    let owner = latchkey.jane().await;
    let found = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    for number in 1..=5 {
        assert!(latchkey.is_signed_in(&found.access).await, "{number}");
        latchkey.check_password(&found.access, WRONG).await.refused(401, "invalid_credentials");
        let account = latchkey.table.rows_of("account").await.remove(0);
        assert_eq!(account["failed_since_success"].as_n().unwrap(), &number.to_string());
    }
    assert!(!latchkey.is_signed_in(&found.access).await);
    latchkey.check_password(&found.access, PASSWORD).await.refused(401, "invalid_access_token");
    latchkey.re_sign(&found.refresh).await.refused(401, "invalid_refresh_token");
    latchkey.validation_token(&owner.access).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twelve_guesses_at_once_in_one_session_five_are_compared() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let answers = latchkey
        .at_once(12, |latchkey, number| {
            let access = pair.access.clone();
            async move { latchkey.check_password(&access, &format!("{WRONG}{number}")).await }
        })
        .await;
    let compared = answers.iter().filter(|answer| answer.json()["error"]["code"] == "invalid_credentials").count();
    assert_eq!(compared, 5);
    // The others come while five are compared, or once those have ended the session.
    for rest in answers.iter().filter(|answer| answer.json()["error"]["code"] != "invalid_credentials") {
        let (status, code) = if rest.status == 503 { (503, "unavailable") } else { (401, "invalid_access_token") };
        rest.refused(status, code);
    }
    assert!(!latchkey.is_signed_in(&pair.access).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn right_ones_use_up_nothing_however_many_there_are() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    for _ in 0..3 {
        latchkey.check_password(&pair.access, WRONG).await.refused(401, "invalid_credentials");
        for _ in 0..3 {
            latchkey.validation_token(&pair.access).await;
        }
        latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    }
    let fresh = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    let answers = latchkey
        .at_once(12, |latchkey, _| {
            let access = fresh.access.clone();
            async move {
                let mut answers = Vec::new();
                // Later ones begin while others are being compared.
                for _ in 0..4 {
                    answers.push((
                        latchkey.check_password(&access, PASSWORD).await,
                        latchkey.check_session(&access).await,
                    ));
                }
                answers
            }
        })
        .await;
    for (checked, session) in answers.iter().flatten() {
        assert!([200, 503].contains(&checked.status), "{}", checked.text);
        session.ok();
    }
    for _ in 0..4 {
        latchkey.check_password(&fresh.access, WRONG).await.refused(401, "invalid_credentials");
    }
    latchkey.check_session(&fresh.access).await.ok();
    latchkey.check_session(&pair.access).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_wrong_one_among_right_ones_at_once_counts_once() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    for round in 0..8 {
        let pair = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
        let answers = latchkey
            .at_once(8, |latchkey, number| {
                let (access, password) = (pair.access.clone(), if number == round { WRONG } else { PASSWORD });
                async move { latchkey.check_password(&access, password).await }
            })
            .await;
        for (number, answer) in answers.iter().enumerate().filter(|(_, answer)| answer.status != 503) {
            if number == round {
                answer.refused(401, "invalid_credentials");
            } else {
                answer.ok();
            }
        }
        let compared = usize::from(answers[round].status == 401);
        for _ in compared..4 {
            latchkey.check_session(&pair.access).await.ok();
            latchkey.check_password(&pair.access, WRONG).await.refused(401, "invalid_credentials");
        }
        latchkey.check_session(&pair.access).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_password_is_refused_and_counts_for_nothing() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let before = latchkey.table.rows().await;
    let rest = "accounts/password-validation-token";
    for body in [json!({}), json!({ "password": null }), json!({ "password": 5 }), json!({ "password": [PASSWORD] })] {
        let answer = latchkey.within(&pair.access, "POST", rest, Some(body)).await;
        assert_eq!(answer.refused(400, "invalid_request")["field"], "password");
    }
    for token in ["", "x", &pair.refresh] {
        latchkey.check_password(token, PASSWORD).await.refused(401, "invalid_access_token");
    }
    let nothing: Option<Value> = None;
    latchkey.within(&pair.access, "POST", rest, nothing).await.refused(400, "invalid_request");
    assert_eq!(latchkey.table.rows().await, before);
}
