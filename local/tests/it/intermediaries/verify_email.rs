use serde_json::json;

use crate::harness::{Answer, EMAIL, Latchkey, PASSWORD, other_than};

#[tokio::test(flavor = "multi_thread")]
async fn the_mailed_code_proves_the_address_for_good_and_in_every_session() {
    let latchkey = Latchkey::start().await;
    let here = latchkey.jane().await;
    let elsewhere = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    assert_eq!(latchkey.send_email_code(&here.access).await.ok(), json!({}));
    let message = latchkey.outbox().await.remove(0);
    assert_eq!((&message["channel"], &message["to"]), (&json!("email"), &json!(EMAIL)));
    assert_eq!(message["purpose"], "email-code");
    let code = latchkey.last_code().await;
    assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
    assert!(message["body"].as_str().unwrap().contains(&code));
    assert_eq!(latchkey.find_account(&here.access).await.ok()["isEmailNotVerified"], true);

    let answer = latchkey.verify_email(&here.access, &code).await;
    assert_eq!((answer.ok(), answer.flags()), (json!({}), json!({ "isMfaIncomplete": true })));
    for access in [&here.access, &elsewhere.access] {
        let found = latchkey.find_account(access).await;
        assert_eq!((found.ok().get("isEmailNotVerified"), found.flags()), (None, json!({ "isMfaIncomplete": true })));
    }
    for answer in [latchkey.re_sign(&elsewhere.refresh).await, latchkey.sign_in(EMAIL, PASSWORD).await] {
        assert_eq!(answer.flags(), json!({ "isMfaIncomplete": true }));
    }

    let before = latchkey.standing().await;
    latchkey.advance(61).await;
    latchkey.verify_email(&here.access, &code).await.refused(400, "invalid_request");
    latchkey.send_email_code(&here.access).await.refused(400, "invalid_request");
    assert_eq!(latchkey.standing().await, before);
    assert_eq!(latchkey.outbox().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_wrong_entry_destroys_the_code_and_changes_nothing_else() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let before = latchkey.standing().await;
    latchkey.verify_email(&pair.access, "123456").await.refused(400, "invalid_code");
    latchkey.send_email_code(&pair.access).await.ok();
    let code = latchkey.last_code().await;
    latchkey.verify_email(&pair.access, &other_than(&code)).await.refused(400, "invalid_code");
    latchkey.verify_email(&pair.access, &code).await.refused(400, "invalid_code");
    assert_eq!(latchkey.standing().await, before);
    latchkey.advance(61).await;
    latchkey.prove_email(&pair.access).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_code_is_refused_and_destroys_nothing() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.send_email_code(&pair.access).await.ok();
    let code = latchkey.last_code().await;
    let before = latchkey.table.rows().await;
    let longer = format!("{code}0");
    let huge = "1".repeat(4_000);
    let spaced = format!("%20{code}");
    for wrong in [
        &code[..5],
        &longer,
        &huge,
        &spaced,
        "12345a",
        "+12345",
        "-12345",
        "1234.5",
        "%00%00%00%00%00%00",
        "%D9%A1%D9%A2%D9%A3%D9%A4%D9%A5%D9%A6",
        "%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96",
        "12345%0A",
        "%ff%ff%ff",
    ] {
        latchkey.verify_email(&pair.access, wrong).await.refused(400, "invalid_request");
    }
    assert_eq!(latchkey.table.rows().await, before);
    latchkey.verify_email(&pair.access, &code).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_right_codes_at_once_one_proves_the_address() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.send_email_code(&pair.access).await.ok();
    let code = latchkey.last_code().await;
    let answers = latchkey
        .at_once(20, |latchkey, _| {
            let (pair, code) = (pair.clone(), code.clone());
            async move { latchkey.verify_email(&pair.access, &code).await }
        })
        .await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        // Who comes late enough learns that there is nothing left to prove.
        let code = answer.json()["error"]["code"].as_str().unwrap().to_owned();
        assert!(answer.status == 400 && ["invalid_code", "invalid_request"].contains(&&*code), "{}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_wrong_codes_at_once_the_right_one_is_refused() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.send_email_code(&pair.access).await.ok();
    let code = latchkey.last_code().await;
    let before = latchkey.standing().await;
    let wrong = other_than(&code);
    let answers = latchkey
        .at_once(10, |latchkey, _| {
            let (pair, wrong) = (pair.clone(), wrong.clone());
            async move { latchkey.verify_email(&pair.access, &wrong).await }
        })
        .await;
    Answer::all_refused(&answers, 400, "invalid_code");
    latchkey.verify_email(&pair.access, &code).await.refused(400, "invalid_code");
    assert_eq!(latchkey.standing().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_right_and_nineteen_wrong_codes_at_once_the_right_one_wins_only_if_it_was_first() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.send_email_code(&pair.access).await.ok();
    let code = latchkey.last_code().await;
    let answers = latchkey
        .at_once(20, |latchkey, number| {
            let access = pair.access.clone();
            let tried = if number == 10 { code.clone() } else { other_than(&code) };
            async move { latchkey.verify_email(&access, &tried).await }
        })
        .await;
    for (number, answer) in answers.iter().enumerate() {
        assert!(answer.status == 400 || number == 10 && answer.status == 200, "{number}: {}", answer.text);
    }
    let verified = latchkey.find_account(&pair.access).await.ok().get("isEmailNotVerified").is_none();
    assert_eq!(verified, answers[10].status == 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_dies_after_ten_minutes_and_with_its_successor() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.send_email_code(&pair.access).await.ok();
    let first = latchkey.last_code().await;
    latchkey.advance(61).await;
    latchkey.send_email_code(&pair.access).await.ok();
    let second = latchkey.last_code().await;
    assert_ne!(first, second);
    latchkey.verify_email(&pair.access, &first).await.refused(400, "invalid_code");
    latchkey.advance(61).await;
    latchkey.send_email_code(&pair.access).await.ok();
    let third = latchkey.last_code().await;
    latchkey.advance(600).await;
    let pair = latchkey.re_sign(&pair.refresh).await.pair();
    latchkey.verify_email(&pair.access, &third).await.refused(400, "invalid_code");
    assert_eq!(latchkey.find_account(&pair.access).await.ok()["isEmailNotVerified"], true);
    latchkey.send_email_code(&pair.access).await.ok();
    let fourth = latchkey.last_code().await;
    latchkey.advance(590).await;
    let pair = latchkey.re_sign(&pair.refresh).await.pair();
    latchkey.verify_email(&pair.access, &fourth).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_still_in_the_table_after_its_time_proves_nothing() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.send_email_code(&pair.access).await.ok();
    let code = latchkey.last_code().await;
    let row = latchkey.table.rows().await;
    latchkey.advance(601).await;
    let pair = latchkey.re_sign(&pair.refresh).await.pair();
    let of_codes = |row: &&crate::harness::Item| row["pk"].as_s().is_ok_and(|pk| pk.contains("code"));
    for row in row.iter().filter(of_codes) {
        latchkey.table.put(row.clone()).await;
    }
    latchkey.verify_email(&pair.access, &code).await.refused(400, "invalid_code");
    assert_eq!(latchkey.find_account(&pair.access).await.ok()["isEmailNotVerified"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_of_one_account_proves_nothing_to_another() {
    let latchkey = Latchkey::start().await;
    let jane = latchkey.jane().await;
    let other = latchkey.another_account("other@example.com").await;
    latchkey.send_email_code(&jane.access).await.ok();
    let code = latchkey.last_code().await;
    let before = latchkey.standing().await;
    latchkey.verify_email(&other.access, &code).await.refused(400, "invalid_code");
    latchkey.send_email_code(&other.access).await.ok();
    latchkey.verify_email(&other.access, &code).await.refused(400, "invalid_code");
    assert_eq!(latchkey.standing().await, before);
    latchkey.verify_email(&jane.access, &code).await.ok();
    assert_eq!(latchkey.find_account(&other.access).await.ok()["isEmailNotVerified"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_live_session_no_code_is_sent_or_taken() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let here = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    latchkey.send_email_code(&here.access).await.ok();
    let code = latchkey.last_code().await;
    latchkey.sign_out(&pair.access).await.ok();
    let before = latchkey.table.rows().await;
    for token in ["", "x", &pair.access, &here.refresh] {
        latchkey.send_email_code(token).await.refused(401, "invalid_access_token");
        latchkey.verify_email(token, &code).await.refused(401, "invalid_access_token");
    }
    let path = format!("/intermediaries/email-verification/{code}");
    latchkey.call("PUT", &path, &[], None).await.refused(401, "invalid_access_token");
    latchkey.call("POST", "/intermediaries/email-verification", &[], None).await.refused(401, "invalid_access_token");
    assert_eq!(latchkey.table.rows().await, before);
    latchkey.verify_email(&here.access, &code).await.ok();
}
