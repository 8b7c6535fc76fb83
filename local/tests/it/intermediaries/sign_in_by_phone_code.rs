use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use crate::harness::{Answer, Latchkey, PHONE};

async fn sign_in(latchkey: &Latchkey, code: &str) -> Answer {
    latchkey.sessions(json!({ "phoneVerificationCode": code })).await
}

async fn sign_in_bound(latchkey: &Latchkey, code: &str, phone: &str) -> Answer {
    latchkey.sessions(json!({ "phoneVerificationCode": code, "phone": phone })).await
}

/// Another six digits.
fn other_than(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

async fn code_for_jane(latchkey: &Latchkey) -> String {
    latchkey.jane().await;
    latchkey.send_code(PHONE).await.ok();
    latchkey.last_code().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_works_once() {
    let latchkey = Latchkey::start().await;
    let code = code_for_jane(&latchkey).await;
    assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()));
    sign_in(&latchkey, &code).await.pair();
    sign_in(&latchkey, &code).await.refused(401, "invalid_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_right_codes_at_once_one_signs_in() {
    for bound in [false, true] {
        let latchkey = Latchkey::start().await;
        let code = code_for_jane(&latchkey).await;
        let answers = latchkey
            .at_once(20, |latchkey, _| {
                let code = code.clone();
                async move {
                    if bound { sign_in_bound(&latchkey, &code, PHONE).await } else { sign_in(&latchkey, &code).await }
                }
            })
            .await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "bound: {bound}");
        Answer::all_refused(answers.iter().filter(|answer| answer.status != 200), 401, "invalid_credentials");
        assert_eq!(latchkey.table.rows_of("session#").await.len(), 2, "its first and this one");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_dies_after_ten_minutes_and_with_its_successor() {
    let latchkey = Latchkey::start().await;
    let first = code_for_jane(&latchkey).await;
    latchkey.advance(60).await;
    latchkey.send_code(PHONE).await.ok();
    let second = latchkey.last_code().await;
    sign_in(&latchkey, &first).await.refused(401, "invalid_credentials");
    latchkey.advance(601).await;
    sign_in(&latchkey, &second).await.refused(401, "invalid_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_try_bound_to_a_number_destroys_its_code_and_no_other() {
    let latchkey = Latchkey::start().await;
    let code = code_for_jane(&latchkey).await;
    let id = latchkey.create_intermediary().await;
    let body = json!({ "email": "b@example.com", "intermediaryId": id, "phone": "+19172241111" });
    latchkey.create_account(body).await.pair();
    latchkey.send_code("+19172241111").await.ok();
    let others = latchkey.last_code().await;

    sign_in_bound(&latchkey, &code, "+19172241111").await.refused(401, "invalid_credentials");
    sign_in_bound(&latchkey, &others, "+19172241111").await.refused(401, "invalid_credentials");
    sign_in_bound(&latchkey, &code, PHONE).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_try_before_any_code_was_sent_keeps_no_code_from_being_sent() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    sign_in_bound(&latchkey, "123456", PHONE).await.refused(401, "invalid_credentials");
    latchkey.send_code(PHONE).await.ok();
    let code = latchkey.last_code().await;
    sign_in_bound(&latchkey, &code, PHONE).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_wrong_tries_bound_to_a_number_then_the_right_code_is_refused() {
    let latchkey = Latchkey::start().await;
    let code = code_for_jane(&latchkey).await;
    let wrong = other_than(&code);
    let answers = latchkey
        .at_once(10, |latchkey, _| {
            let wrong = wrong.clone();
            async move { sign_in_bound(&latchkey, &wrong, PHONE).await }
        })
        .await;
    Answer::all_refused(&answers, 401, "invalid_credentials");
    sign_in_bound(&latchkey, &code, PHONE).await.refused(401, "invalid_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_tries_times_outstanding_codes_stay_under_a_thousand() {
    let latchkey = Latchkey::start().await;
    latchkey.begin_window(600).await;
    let mut codes = Vec::new();
    for number in 0..20 {
        let id = latchkey.create_intermediary().await;
        let phone = format!("+191722400{number:02}");
        let body = json!({ "email": format!("{number}@example.com"), "intermediaryId": id, "phone": phone });
        latchkey.create_account(body).await.pair();
        latchkey.send_code(&phone).await.ok();
        codes.push(latchkey.last_code().await);
    }
    // Right codes are no wrong tries, and leave 10 outstanding.
    for code in codes.drain(..10) {
        sign_in(&latchkey, &code).await.pair();
    }
    let wrong: Vec<_> = (0..120).map(|number| format!("{number:06}")).filter(|code| !codes.contains(code)).collect();
    let answers = latchkey
        .at_once(wrong.len(), |latchkey, number| {
            let code = wrong[number].clone();
            async move { sign_in(&latchkey, &code).await }
        })
        .await;
    let compared = answers.iter().filter(|answer| answer.status == 401).count();
    assert!((90..=99).contains(&compared), "{compared} wrong tries with 10 codes outstanding");
    let slowed = sign_in(&latchkey, &codes[0]).await;
    slowed.refused(429, "too_many_requests");
    let wait: u32 = slowed.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=1_200).contains(&wait), "{wait}");
    sign_in_bound(&latchkey, &codes[0], "+19172240010").await.pair();
    latchkey.advance(wait).await;
    sign_in(&latchkey, &wrong[0]).await.refused(401, "invalid_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_border_of_two_windows_gives_no_second_budget() {
    let latchkey = Latchkey::start().await;
    latchkey.begin_window(600).await;
    latchkey.advance(560).await;
    latchkey.jane().await;
    for number in 0..49 {
        latchkey.send_code(&format!("+191722400{number:02}")).await.ok();
    }
    latchkey.send_code(PHONE).await.ok();
    let code = latchkey.last_code().await;
    let guess = || async { sign_in(&latchkey, &other_than(&code)).await.status };
    let mut compared = 0;
    while guess().await == 401 {
        compared += 1;
    }
    assert_eq!(compared, 19, "codes for nobody count as well");
    latchkey.advance(60).await;
    assert_eq!(guess().await, 429, "the code still lives");
    sign_in_bound(&latchkey, &code, PHONE).await.pair();
    latchkey.advance(1_200).await;
    assert_eq!(guess().await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_amid_wrong_tries_leaves_no_code_that_they_cannot_destroy() {
    for _ in 0..6 {
        let latchkey = Latchkey::start().await;
        latchkey.jane().await;
        latchkey
            .at_once(20, |latchkey, number| async move {
                if number == 10 {
                    latchkey.send_code(PHONE).await.ok();
                } else {
                    sign_in_bound(&latchkey, "000000", PHONE).await;
                }
            })
            .await;
        let desk = latchkey.table.rows_of("code-desk").await.remove(0);
        let expected = desk.get("digest").map(|digest| format!("code#{}", digest.as_s().unwrap()));
        for row in latchkey.table.rows_of("code#").await {
            assert_eq!(row["sk"].as_s().ok(), expected.as_ref(), "an orphan");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_tries_at_a_number_without_a_code_do_it_no_harm() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    let before = latchkey.table.rows().await;
    latchkey.at_once(101, |latchkey, _| async move { sign_in_bound(&latchkey, "000000", PHONE).await }).await;
    assert_eq!(latchkey.table.rows().await, before);
    latchkey.send_code(PHONE).await.ok();
    let code = latchkey.last_code().await;
    sign_in_bound(&latchkey, &code, PHONE).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_codes_destroyed_in_a_row_are_the_numbers_last() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    latchkey.send_code(PHONE).await.ok();
    latchkey.table.set("code-desk", "failures", AttributeValue::N("99".to_owned())).await;
    let wrong = other_than(&latchkey.last_code().await);
    sign_in_bound(&latchkey, &wrong, PHONE).await.refused(401, "invalid_credentials");
    assert!(latchkey.log.lines().contains("code.disabled"));
    latchkey.advance(60).await;
    latchkey.send_code(PHONE).await.ok();
    assert_eq!(latchkey.outbox().await.len(), 1, "it answers as ever, and sends nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_code_is_refused_before_it_counts() {
    let latchkey = Latchkey::start().await;
    let code = code_for_jane(&latchkey).await;
    latchkey.proxy.record();
    let odd = [
        json!(""),
        json!("12345"),
        json!("1234567"),
        json!("12345x"),
        json!("１２３４５６"),
        json!(123_456),
        Value::Null,
    ];
    for code in odd {
        let error = latchkey.sessions(json!({ "phoneVerificationCode": code })).await.refused(400, "invalid_request");
        assert_eq!(error["field"], "phoneVerificationCode");
    }
    assert_eq!(latchkey.proxy.count(), 0);
    sign_in(&latchkey, &code).await.pair();
}
