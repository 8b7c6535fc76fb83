use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use crate::harness::{LEAD_PASSWORD, LEAD_PHONE, Latchkey, PHONE, Portal, by_email, jane};

/// A lead whose phone was just sent a code: portal, `LeadId`, flow, code.
async fn sent(latchkey: &Latchkey) -> (Portal, String, String, String) {
    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    let flow = latchkey.lead_code(&portal, "+14-157415569").await.ok();
    let flow = flow["Code"].as_str().expect("a flow").to_owned();
    (portal, lead, flow, latchkey.last_code().await)
}

fn another(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_signs_in_once_and_proves_the_phone() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    let answer = latchkey.lead_code(&portal, "+14-157415569").await.ok();
    assert_eq!(answer["FieldContent"], "+14-157415569");
    assert_eq!((&answer["Message"], &answer["Status"]), (&Value::Null, &json!("Success")));
    let flow = answer["Code"].as_str().unwrap();
    let outbox = latchkey.outbox().await;
    assert_eq!((outbox[0]["channel"].as_str(), outbox[0]["to"].as_str()), (Some("sms"), Some(LEAD_PHONE)));
    let code = latchkey.last_code().await;
    assert_eq!(code.len(), 6);
    let answer = latchkey.sign_in_by_otp(&portal, &code, "+1 415 741 5569", flow).await;
    assert_eq!(answer.lead_id(), lead);
    assert!(latchkey.opens(&answer.auth_key()).await);
    latchkey.sign_in_by_otp(&portal, &code, LEAD_PHONE, flow).await.unauthorized_lead();
    assert!(latchkey.table.rows_of("account").await[0]["phone_verified_at"].is_n());
}

#[tokio::test(flavor = "multi_thread")]
async fn version_2_has_the_same_two_calls() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    let body = json!({ "FieldSchemaName": "Phone", "FieldContent": LEAD_PHONE });
    let path = "/api/Authentication/v2/SigninOTP/Get";
    latchkey.authorized(&portal.public_key, path, &body).await.unauthorized_lead();
    let flow = latchkey.version_2(&portal, &portal.public_key, (path, ""), &body).await.ok();
    let data = json!({ "Otp": latchkey.last_code().await, "FieldContent": LEAD_PHONE, "Code": flow["Code"] });
    let body = json!({ "OTPSigninRequest": true, "OTPSigninData": data });
    let path = ("/api/Authentication/v2/Signin", "");
    assert_eq!(latchkey.version_2(&portal, &portal.public_key, path, &body).await.lead_id(), lead);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_tries_end_a_code_and_tries_without_its_flow_cost_nothing() {
    let latchkey = Latchkey::start().await;
    let (portal, _, flow, code) = sent(&latchkey).await;
    for _ in 0..8 {
        latchkey.sign_in_by_otp(&portal, &code, LEAD_PHONE, "another flow").await.unauthorized_lead();
    }
    for _ in 0..4 {
        latchkey.sign_in_by_otp(&portal, &another(&code), LEAD_PHONE, &flow).await.unauthorized_lead();
    }
    latchkey.rest().await;
    latchkey.sign_in_by_otp(&portal, &code, LEAD_PHONE, &flow).await.auth_key();

    latchkey.advance(60).await;
    let flow = latchkey.lead_code(&portal, LEAD_PHONE).await.ok()["Code"].as_str().unwrap().to_owned();
    let code = latchkey.last_code().await;
    for _ in 0..5 {
        latchkey.sign_in_by_otp(&portal, &another(&code), LEAD_PHONE, &flow).await.unauthorized_lead();
    }
    latchkey.sign_in_by_otp(&portal, &code, LEAD_PHONE, &flow).await.unauthorized_lead();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_right_codes_at_once_one_signs_in() {
    let latchkey = Latchkey::start().await;
    let (portal, _, flow, code) = sent(&latchkey).await;
    latchkey.rest().await;
    let racer = move |latchkey: std::sync::Arc<Latchkey>, _| {
        let (portal, flow, code) = (portal.clone(), flow.clone(), code.clone());
        async move { latchkey.sign_in_by_otp(&portal, &code, LEAD_PHONE, &flow).await }
    };
    let answers = latchkey.at_once(20, racer).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.unauthorized_lead();
    }
    assert_eq!(latchkey.table.rows_of("session#").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_wrong_codes_at_once_five_get_to_compare_and_the_right_one_after_them_is_refused() {
    let latchkey = Latchkey::start().await;
    let (portal, _, flow, code) = sent(&latchkey).await;
    latchkey.rest().await;
    let racer = {
        let (portal, flow, code) = (portal.clone(), flow.clone(), code.clone());
        move |latchkey: std::sync::Arc<Latchkey>, _| {
            let (portal, flow, code) = (portal.clone(), flow.clone(), code.clone());
            async move { latchkey.sign_in_by_otp(&portal, &another(&code), LEAD_PHONE, &flow).await }
        }
    };
    for answer in latchkey.at_once(20, racer).await {
        answer.unauthorized_lead();
    }
    let row = latchkey.table.rows_of("code").await.remove(0);
    assert_eq!(row["failures"].as_n().unwrap(), "5");
    latchkey.sign_in_by_otp(&portal, &code, LEAD_PHONE, &flow).await.unauthorized_lead();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_code_ends_the_old_one_and_failures_add_up_to_a_hundred() {
    let latchkey = Latchkey::start().await;
    let (portal, _, flow, code) = sent(&latchkey).await;
    latchkey.advance(60).await;
    latchkey.lead_code(&portal, LEAD_PHONE).await.ok();
    latchkey.sign_in_by_otp(&portal, &code, LEAD_PHONE, &flow).await.unauthorized_lead();
    let hundred = AttributeValue::N("100".to_owned());
    latchkey.table.set("code", "failures", hundred).await;
    latchkey.advance(60).await;
    let sent = latchkey.outbox().await.len();
    let until = latchkey.table.rows_of("code").await[0]["expires_at"].clone();
    latchkey.lead_code(&portal, LEAD_PHONE).await.ok();
    assert_eq!(latchkey.outbox().await.len(), sent, "the same answer and no message");
    assert_eq!(latchkey.table.rows_of("code").await[0]["expires_at"], until, "asking does not prolong it");

    let key = latchkey.auth_key(&portal).await;
    latchkey.change_password(&key, LEAD_PASSWORD, "another sample pw").await.ok();
    latchkey.advance(60).await;
    let flow = latchkey.lead_code(&portal, LEAD_PHONE).await.ok()["Code"].as_str().unwrap().to_owned();
    let code = latchkey.last_code().await;
    latchkey.sign_in_by_otp(&portal, &code, LEAD_PHONE, &flow).await.auth_key();
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_made_while_the_number_was_nobodys_are_not_its_leads() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let flow = latchkey.lead_code(&portal, LEAD_PHONE).await.ok()["Code"].as_str().unwrap().to_owned();
    latchkey.sign_in_by_otp(&portal, "000000", LEAD_PHONE, &flow).await.unauthorized_lead();
    latchkey.table.set("code", "failures", AttributeValue::N("100".to_owned())).await;
    latchkey.john(&portal).await;
    latchkey.advance(60).await;
    let flow = latchkey.lead_code(&portal, LEAD_PHONE).await.ok()["Code"].as_str().unwrap().to_owned();
    let code = latchkey.last_code().await;
    latchkey.sign_in_by_otp(&portal, &code, LEAD_PHONE, &flow).await.auth_key();
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_tries_beside_a_new_code_stay_counted() {
    let latchkey = Latchkey::start().await;
    let (portal, _, mut flow, mut code) = sent(&latchkey).await;
    let mut compared = 0;
    for _ in 0..8 {
        latchkey.advance(3_600).await;
        let racer = {
            let (portal, flow, code) = (portal.clone(), flow.clone(), code.clone());
            move |latchkey: std::sync::Arc<Latchkey>, number: usize| {
                let (portal, flow, code) = (portal.clone(), flow.clone(), code.clone());
                async move {
                    if number == 2 {
                        return latchkey.lead_code(&portal, LEAD_PHONE).await.ok()["Code"].as_str().map(str::to_owned);
                    }
                    latchkey.sign_in_by_otp(&portal, &another(&code), LEAD_PHONE, &flow).await.unauthorized_lead();
                    None
                }
            }
        };
        // The flow is still good: only the tries on it are late.
        latchkey.table.set_code_end(4_000_000_000).await;
        flow = latchkey.at_once(6, racer).await.into_iter().flatten().next().expect("a flow");
        code = latchkey.last_code().await;
        let row = latchkey.table.rows_of("code").await.remove(0);
        let failures: usize = row["failures"].as_n().unwrap().parse().unwrap();
        assert!(failures >= compared, "{failures} after {compared}");
        compared = failures;
    }
    assert!(compared > 0, "no try met a code");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_numbers_get_the_same_answer_at_the_same_cost_and_no_message() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    latchkey.rest().await;
    latchkey.proxy.record();
    let known = latchkey.lead_code(&portal, LEAD_PHONE).await;
    let known_cost = (latchkey.proxy.operations(), latchkey.proxy.round_trips());
    latchkey.proxy.record();
    let unknown = latchkey.lead_code(&portal, "+19990000000").await;
    assert_eq!((latchkey.proxy.operations(), latchkey.proxy.round_trips()), known_cost);
    assert_eq!(known.ok()["Code"].as_str().unwrap().len(), unknown.ok()["Code"].as_str().unwrap().len());
    assert_eq!(known.headers.len(), unknown.headers.len());
    assert_eq!(latchkey.outbox().await.len(), 1);
    for phone in [LEAD_PHONE, "+19990000000"] {
        let answer = latchkey.lead_code(&portal, phone).await;
        answer.refused_lead(429, "MXAPIRateLimitExceededException");
        assert!(answer.header("retry-after").is_some_and(|wait| ["59", "60"].contains(&wait)));
    }
    latchkey.table.set("account", "status", AttributeValue::S("blocked".to_owned())).await;
    latchkey.advance(60).await;
    latchkey.lead_code(&portal, LEAD_PHONE).await.ok();
    assert_eq!(latchkey.outbox().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_lives_10_minutes_and_dies_with_the_password_it_was_sent_under() {
    let latchkey = Latchkey::start().await;
    let (portal, lead, flow, code) = sent(&latchkey).await;
    latchkey.advance(600).await;
    latchkey.sign_in_by_otp(&portal, &code, LEAD_PHONE, &flow).await.unauthorized_lead();

    for change in ["password", "email"] {
        let flow = latchkey.lead_code(&portal, LEAD_PHONE).await.ok()["Code"].as_str().unwrap().to_owned();
        let code = latchkey.last_code().await;
        if change == "password" {
            let key = latchkey.auth_key(&portal).await;
            latchkey.change_password(&key, LEAD_PASSWORD, "another sample pw").await.ok();
        } else {
            let fields = [("EmailAddress", "new@example.com")];
            latchkey.save_lead(&portal, "PUT", &format!("/api/Leads/{lead}"), &fields).await.ok();
        }
        latchkey.sign_in_by_otp(&portal, &code, LEAD_PHONE, &flow).await.unauthorized_lead();
        latchkey.advance(60).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leads_code_opens_nothing_on_another_surface_or_at_another_number() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    let portal = latchkey.portal().await;
    let fields = [("EmailAddress", "jane@example.com"), ("Phone", PHONE)];
    latchkey.register(&portal, &fields).await.ok();
    latchkey.john(&portal).await;
    let flow = latchkey.lead_code(&portal, PHONE).await.ok()["Code"].as_str().unwrap().to_owned();
    let code = latchkey.last_code().await;
    for body in [json!({ "phoneVerificationCode": code }), json!({ "phoneVerificationCode": code, "phone": PHONE })] {
        latchkey.sessions(body).await.refused(401, "invalid_credentials");
    }
    latchkey.sign_in_by_otp(&portal, &code, LEAD_PHONE, &flow).await.unauthorized_lead();
    latchkey.sign_in_by_otp(&portal, &code, PHONE, &flow).await.auth_key();
    assert_eq!(jane()["phone"], PHONE);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_unique_field_that_holds_a_phone_takes_a_code() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let path = "/api/Authentication/SigninOTP/Get";
    for (field, content) in
        [("mx_PAN_Number", "SSKKPPYY222"), ("FirstName", "John"), ("Phone", "9845098450"), ("Phone", "")]
    {
        let body = json!({ "FieldSchemaName": field, "FieldContent": content });
        let answer = latchkey.authorized(&portal.public_key, path, &body).await;
        answer.refused_lead(400, "MXInvalidInputException");
    }
    assert!(latchkey.outbox().await.is_empty());
    latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await.auth_key();
}
