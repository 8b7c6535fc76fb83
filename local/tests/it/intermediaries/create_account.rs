use local::INTERMEDIARY_ID;
use serde_json::{Value, json};

use crate::harness::{Answer, EMAIL, Latchkey, PASSWORD, jane};

#[tokio::test(flavor = "multi_thread")]
async fn refusals_name_what_is_wrong_and_change_nothing() {
    let latchkey = Latchkey::start().await;
    let before = latchkey.table.rows().await;
    let with = |name: &str, value: Value| {
        let mut body = jane();
        body[name] = value;
        body
    };
    let cases = [
        (with("password", json!("Aa1")), "weak_password", "password"),
        (with("password", json!("Password1")), "weak_password", "password"),
        (with("password", json!("alllowercase1")), "weak_password", "password"),
        (with("password", Value::Null), "invalid_request", "password"),
        (with("password", json!(12_345_678)), "invalid_request", "password"),
        (with("email", json!("jane")), "invalid_request", "email"),
        (with("email", json!("jane@example.com\r\nbcc: x")), "invalid_request", "email"),
        (with("email", json!({ "S": "x" })), "invalid_request", "email"),
        (with("phone", json!("917-224-9999")), "invalid_request", "phone"),
        (with("fullName", json!("a\u{0}b")), "invalid_request", "fullName"),
        (with("intermediaryId", json!("507f281e")), "invalid_request", "intermediaryId"),
        (with("refreshTokenExpirationTimeMinutes", json!(29)), "invalid_request", "refreshTokenExpirationTimeMinutes"),
        (
            with("refreshTokenExpirationTimeMinutes", json!(10_081)),
            "invalid_request",
            "refreshTokenExpirationTimeMinutes",
        ),
        (
            with("refreshTokenExpirationTimeMinutes", json!("30")),
            "invalid_request",
            "refreshTokenExpirationTimeMinutes",
        ),
        (
            with("refreshTokenExpirationTimeMinutes", json!(30.5)),
            "invalid_request",
            "refreshTokenExpirationTimeMinutes",
        ),
        (with("refreshTokenExpirationTimeMinutes", json!(-30)), "invalid_request", "refreshTokenExpirationTimeMinutes"),
        (
            with("refreshTokenExpirationTimeMinutes", Value::Null),
            "invalid_request",
            "refreshTokenExpirationTimeMinutes",
        ),
        (json!({ "intermediaryId": INTERMEDIARY_ID }), "invalid_request", "email"),
        (json!({ "email": EMAIL }), "invalid_request", "intermediaryId"),
    ];
    for (body, code, field) in cases {
        let error = latchkey.create_account(body.clone()).await.refused(400, code);
        assert_eq!(error["field"], field, "{body}");
    }
    let unknown = with("intermediaryId", json!("507f281e810c19729de860eb"));
    latchkey.create_account(unknown).await.refused(404, "intermediary_not_found");
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rule_that_failed_is_said() {
    let latchkey = Latchkey::start().await;
    let mut body = jane();
    body["password"] = json!("Qwerty123");
    let error = latchkey.create_account(body).await.refused(400, "weak_password");
    assert_eq!(error["message"], "The password is one of the most common ones.");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bounds_of_the_lifetime_are_inside() {
    let latchkey = Latchkey::start().await;
    for (number, minutes) in [30, 10_080].into_iter().enumerate() {
        let id = latchkey.create_intermediary().await;
        let email = format!("{number}@example.com");
        let body = json!({ "email": email, "intermediaryId": id, "refreshTokenExpirationTimeMinutes": minutes });
        latchkey.create_account(body).await.pair();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_nobody_asked_for_set_nothing() {
    let latchkey = Latchkey::start().await;
    let mut body = jane();
    for (name, value) in [
        ("id", json!("00000000-0000-4000-8000-000000000000")),
        ("status", json!("blocked")),
        ("isEmailVerified", json!(true)),
        ("is_email_verified", json!(true)),
        ("isPhoneVerified", json!(true)),
        ("role", json!("admin")),
    ] {
        body[name] = value;
    }
    let answer = latchkey.create_account(body).await;
    assert_eq!(answer.flags(), json!({ "isEmailNotVerified": true, "isMfaIncomplete": true }));
    let account = latchkey.find_account(&answer.pair().access).await.ok();
    assert_eq!((&account["status"], &account["isPhoneVerified"]), (&json!("active"), &json!(false)));
    assert_ne!(account["id"], "00000000-0000-4000-8000-000000000000");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_email_is_one_account_and_one_record_has_one() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    let other = latchkey.create_intermediary().await;
    let before = latchkey.table.rows().await;
    let taken = json!({ "email": "JANE.Broker@Example.com", "intermediaryId": other });
    latchkey.create_account(taken).await.refused(400, "email_taken");
    let second = json!({ "email": "other@example.com", "intermediaryId": INTERMEDIARY_ID.to_uppercase() });
    latchkey.create_account(second).await.refused(400, "account_exists");
    assert_eq!(latchkey.table.rows().await, before);
    latchkey.sign_in(EMAIL, PASSWORD).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_at_once_with_one_email_in_three_letter_cases_are_one_account() {
    let latchkey = Latchkey::start().await;
    let mut records = Vec::new();
    for _ in 0..30 {
        records.push(latchkey.create_intermediary().await);
    }
    let answers = latchkey
        .at_once(30, |latchkey, number| {
            let email =
                [EMAIL.to_owned(), EMAIL.to_uppercase(), "Jane.Broker@example.COM".to_owned()][number % 3].clone();
            let body = json!({ "email": email, "password": PASSWORD, "intermediaryId": records[number] });
            async move { latchkey.create_account(body).await }
        })
        .await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1);
    Answer::all_refused(lost, 400, "email_taken");
    assert_eq!(latchkey.table.rows_of("account").await.len(), 1);
    assert_eq!(latchkey.table.rows_of("session#").await.len(), 1);
    latchkey.sign_in(EMAIL, PASSWORD).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_at_once_for_one_record_are_one_account() {
    let latchkey = Latchkey::start().await;
    let answers = latchkey
        .at_once(10, |latchkey, number| async move {
            let email = format!("jane{number}@example.com");
            latchkey.create_account(json!({ "email": email, "intermediaryId": INTERMEDIARY_ID })).await
        })
        .await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1);
    Answer::all_refused(lost, 400, "account_exists");
    assert_eq!(latchkey.table.rows_of("identifier").await.len(), 1, "the losers' e-mails are free");
}
