//! What one source may do with the public key alone; a call that also shows the secret key is its back end's.

use local::{ACCESS_KEY, SECRET_KEY};
use serde_json::json;

use crate::harness::{LEAD_PASSWORD, LEAD_PHONE, Latchkey, by_email, lead_fields};

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_failures_a_day() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    latchkey.begin_window(86_400).await;
    latchkey.lead_sign_in(&portal, &by_email("wrong")).await.unauthorized_lead();
    let most = aws_sdk_dynamodb::types::AttributeValue::N("299".to_owned());
    latchkey.table.set("source", "acts", most).await;
    latchkey.lead_sign_in(&portal, &by_email("wrong")).await.unauthorized_lead();
    let before = latchkey.table.rows_of("account").await;
    for body in [by_email("wrong"), by_email(LEAD_PASSWORD)] {
        let answer = latchkey.lead_sign_in(&portal, &body).await;
        answer.refused_lead(429, "MXAPIRateLimitExceededException");
        assert!(answer.header("retry-after").is_some());
    }
    let flow = latchkey.sign_in_by_otp(&portal, "123456", LEAD_PHONE, "none").await;
    flow.refused_lead(429, "MXAPIRateLimitExceededException");
    let reset = latchkey.reset_password(&portal, &lead, "none", "another sample pw").await;
    reset.refused_lead(429, "MXAPIRateLimitExceededException");
    assert_eq!(latchkey.table.rows_of("account").await, before);
    for _ in 0..30 {
        let answer = latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await;
        answer.refused_lead(429, "MXAPIRateLimitExceededException");
    }
    let path = format!("/api/Access/PublicToken?{}", portal.query());
    latchkey.send("GET", &path, &[], "").await.ok();

    let headers = [
        ("authorization", portal.public_key.as_str()),
        ("x-lsq-accesskey", ACCESS_KEY),
        ("x-lsq-secretkey", SECRET_KEY),
        ("content-type", "application/json"),
    ];
    let body = by_email(LEAD_PASSWORD).to_string();
    latchkey.send("POST", "/api/Authentication/Signin", &headers, body).await.auth_key();
    latchkey.advance(86_400).await;
    latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await.auth_key();
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_registrations_an_hour_by_the_public_key() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.begin_window(3_600).await;
    let register = async |number: usize| {
        let email = format!("lead-{number}@example.com");
        let fields = [
            ("EmailAddress", email.as_str()),
            ("mx_Portal_Password", LEAD_PASSWORD),
            ("mx_Portal_Confirm_Password", LEAD_PASSWORD),
        ];
        let path = "/api/Authentication/Register";
        latchkey.authorized(&portal.public_key, path, &lead_fields(&fields)).await
    };
    for number in 0..10 {
        register(number).await.lead_id();
    }
    register(10).await.refused_lead(429, "MXAPIRateLimitExceededException");
    assert_eq!(latchkey.table.rows_of("account").await.len(), 10);
    assert_eq!(latchkey.table.rows_of("identifier").await.len(), 10);
    latchkey.register(&portal, &[("EmailAddress", "lead-10@example.com")]).await.lead_id();
    latchkey.advance(3_600).await;
    register(11).await.lead_id();
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_codes_and_links_an_hour_by_the_public_key() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.begin_window(3_600).await;
    for number in 0..10 {
        latchkey.lead_code(&portal, &format!("+1999000000{number}")).await.ok();
        let body = json!({ "EmailAddress": format!("nobody-{number}@example.com") });
        latchkey.forgot_password(&portal, &body).await.ok();
    }
    latchkey.rest().await;
    let before = latchkey.table.rows().await.len();
    let answer = latchkey.lead_code(&portal, "+19990000010").await;
    answer.refused_lead(429, "MXAPIRateLimitExceededException");
    let answer = latchkey.forgot_password(&portal, &json!({ "EmailAddress": "one-more@example.com" })).await;
    answer.refused_lead(429, "MXAPIRateLimitExceededException");
    assert_eq!(latchkey.table.rows().await.len(), before);
    latchkey.advance(3_600).await;
    latchkey.lead_code(&portal, "+19990000010").await.ok();
}
