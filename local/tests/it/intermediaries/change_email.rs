use serde_json::json;

use crate::harness::{EMAIL, Latchkey, NEW_EMAIL, PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn the_code_sent_to_the_new_address_moves_the_account_there_and_frees_the_old_one() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let elsewhere = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    let before = latchkey.standing().await;
    assert_eq!(latchkey.ask_email(&pair.access, NEW_EMAIL).await.ok(), json!({}));
    let message = latchkey.outbox().await.remove(0);
    assert_eq!((&message["channel"], &message["to"]), (&json!("email"), &json!(NEW_EMAIL)));
    assert_eq!(message["purpose"], "email-code");
    assert_eq!(latchkey.standing().await, before, "nothing changes before the code came back");
    latchkey.sign_in(NEW_EMAIL, PASSWORD).await.refused(401, "invalid_credentials");

    let code = latchkey.last_code().await;
    let answer = latchkey.confirm_email(&pair.access, &code).await;
    let account = answer.ok();
    assert_eq!((&account["email"], account.get("isEmailNotVerified")), (&json!(NEW_EMAIL), None));
    assert_eq!(answer.flags(), json!({ "isMfaIncomplete": true }));
    assert_eq!(latchkey.find_account(&pair.access).await.ok(), account);
    assert!(latchkey.is_signed_in(&elsewhere.access).await);
    let mut told = latchkey.told("email-changed").await;
    told.sort();
    assert_eq!(told, [EMAIL, NEW_EMAIL]);
    latchkey.sign_in(EMAIL, PASSWORD).await.refused(401, "invalid_credentials");
    latchkey.sign_in(NEW_EMAIL, PASSWORD).await.pair();
    assert_eq!(latchkey.table.rows_of("identifier").await.len(), 1);
    latchkey.confirm_email(&pair.access, &code).await.refused(400, "invalid_code");

    let next = latchkey.another_account(EMAIL).await;
    assert_ne!(latchkey.account_id(&next.access).await, account["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_address_or_one_that_somebody_proved_is_refused_and_gets_no_code() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let other = latchkey.another_account(NEW_EMAIL).await;
    latchkey.prove_email(&other.access).await;
    let validation = latchkey.validation_token(&pair.access).await;
    let before = latchkey.table.rows().await;
    for (email, code) in [
        (json!(EMAIL), "invalid_request"),
        (json!(EMAIL.to_uppercase()), "invalid_request"),
        (json!(NEW_EMAIL), "email_taken"),
        (json!(NEW_EMAIL.to_uppercase()), "email_taken"),
        (json!("jane"), "invalid_request"),
        (json!("jane@example.com\r\nbcc: x"), "invalid_request"),
        (json!(null), "invalid_request"),
        (json!(["a@example.com"]), "invalid_request"),
    ] {
        let body = json!({ "email": email });
        let answer = latchkey.within_again(&pair.access, &validation, ("PUT", "accounts/email"), body).await;
        assert_eq!(answer.refused(400, code)["field"], "email", "{email}");
    }
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_somebody_proved_meanwhile_is_not_taken_from_them() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.ask_email(&pair.access, NEW_EMAIL).await.ok();
    let code = latchkey.last_code().await;
    let other = latchkey.another_account(NEW_EMAIL).await;
    latchkey.advance(61).await;
    latchkey.prove_email(&other.access).await;
    let before = latchkey.standing().await;
    latchkey.confirm_email(&pair.access, &code).await.refused(400, "email_taken");
    assert_eq!(latchkey.standing().await, before);
    assert!(latchkey.told("email-changed").await.is_empty());
    assert!(latchkey.is_signed_in(&other.access).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_change_voids_the_first() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.ask_email(&pair.access, NEW_EMAIL).await.ok();
    let first = latchkey.last_code().await;
    latchkey.advance(61).await;
    latchkey.ask_email(&pair.access, "third@example.com").await.ok();
    let second = latchkey.last_code().await;
    latchkey.confirm_email(&pair.access, &first).await.refused(400, "invalid_code");
    assert_eq!(latchkey.find_account(&pair.access).await.ok()["email"], EMAIL);
    latchkey.confirm_email(&pair.access, &second).await.refused(400, "invalid_code");
    latchkey.advance(61).await;
    latchkey.ask_email(&pair.access, "third@example.com").await.ok();
    let account = latchkey.confirm_email(&pair.access, &latchkey.last_code().await).await.ok();
    assert_eq!(account["email"], "third@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_accounts_that_move_to_one_address_at_once_one_gets_there() {
    for _ in 0..3 {
        let latchkey = Latchkey::start().await;
        let pairs = [latchkey.jane().await, latchkey.another_account("other@example.com").await];
        let mut codes = Vec::new();
        for pair in &pairs {
            latchkey.ask_email(&pair.access, NEW_EMAIL).await.ok();
            codes.push(latchkey.last_code().await);
            latchkey.advance(61).await;
        }
        let answers = latchkey
            .at_once(2, |latchkey, number| {
                let (access, code) = (pairs[number].access.clone(), codes[number].clone());
                async move { latchkey.confirm_email(&access, &code).await }
            })
            .await;
        let winner = answers.iter().position(|answer| answer.status == 200).expect("one gets there");
        answers[1 - winner].refused(400, "email_taken");
        assert_eq!(latchkey.table.rows_of("identifier").await.len(), 2);
        let stayed = latchkey.find_account(&pairs[1 - winner].access).await.ok();
        assert_eq!(stayed["email"], [EMAIL, "other@example.com"][1 - winner]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_and_a_sign_up_with_the_address_it_leaves_at_once_leave_no_address_to_two() {
    for _ in 0..4 {
        let latchkey = Latchkey::start().await;
        let pair = latchkey.jane().await;
        latchkey.ask_email(&pair.access, NEW_EMAIL).await.ok();
        let code = latchkey.last_code().await;
        let record = latchkey.create_intermediary().await;
        let answers = latchkey
            .at_once(2, |latchkey, number| {
                let (pair, code) = (pair.clone(), code.clone());
                let body = json!({ "email": EMAIL, "password": PASSWORD, "intermediaryId": record });
                async move {
                    if number == 0 {
                        latchkey.confirm_email(&pair.access, &code).await
                    } else {
                        latchkey.create_account(body).await
                    }
                }
            })
            .await;
        answers[0].ok();
        let identifiers = latchkey.table.rows_of("identifier").await.len();
        assert_eq!(identifiers, if answers[1].status == 200 { 2 } else { 1 });
        if answers[1].status != 200 {
            answers[1].refused(400, "email_taken");
            latchkey.another_account(EMAIL).await;
        }
    }
}
