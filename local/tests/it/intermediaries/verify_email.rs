use serde_json::json;

use crate::harness::{EMAIL, Latchkey, PASSWORD, other_than};

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
