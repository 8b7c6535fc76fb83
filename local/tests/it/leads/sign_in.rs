use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::BASE64;
use local::INTERMEDIARY_ID;
use serde_json::json;

use crate::harness::{
    Answer, LEAD_EMAIL, LEAD_PASSWORD, Latchkey, PAN, Portal, but_calls, by_email, by_key, lead_fields,
};

const WRONG: &str = "Samplepassword@124";

/// What a caller can tell two answers apart by, but for the request's id.
fn face(answer: &Answer) -> (u16, Vec<String>, String) {
    let mut names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
    names.sort();
    (answer.status, names, answer.text.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_lead_signs_in_by_every_one_of_its_keys() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    for body in [
        by_email(LEAD_PASSWORD),
        json!({ "EmailAddress": "JohnWick@EXAMPLE.com", "Password": LEAD_PASSWORD }),
        by_key("EmailAddress", LEAD_EMAIL, LEAD_PASSWORD),
        by_key("mx_PAN_Number", PAN, LEAD_PASSWORD),
        by_key("mx_PAN_Number", "sskkppyy222", LEAD_PASSWORD),
        by_key("Phone", "+14-157415569", LEAD_PASSWORD),
        by_key("Phone", "+1 (415) 741-5569", LEAD_PASSWORD),
    ] {
        let answer = latchkey.lead_sign_in(&portal, &body).await;
        assert_eq!(answer.lead_id(), lead, "{body}");
        assert_eq!(answer.json().as_object().map(serde_json::Map::len), Some(2));
        BASE64.decode(answer.auth_key().as_bytes()).expect("base64");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_wrong_blocked_and_locked_answer_and_cost_alike_by_every_key() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    latchkey.save_lead(&portal, "POST", "/api/Leads", &[("EmailAddress", "no-user@example.com")]).await.ok();
    latchkey.rest().await;
    let (mut faces, mut costs) = (Vec::new(), Vec::new());
    let mut attempt = async |body: serde_json::Value| {
        latchkey.proxy.record();
        faces.push(face(&latchkey.lead_sign_in(&portal, &body).await));
        costs.push((latchkey.proxy.operations(), latchkey.proxy.round_trips()));
    };
    attempt(by_key("mx_PAN_Number", "UNKNOWN1", LEAD_PASSWORD)).await;
    attempt(by_key("mx_PAN_Number", PAN, WRONG)).await;
    attempt(by_key("Phone", "+19990000000", WRONG)).await;
    attempt(json!({ "EmailAddress": "nobody@example.com", "Password": WRONG })).await;
    attempt(json!({ "EmailAddress": "no-user@example.com", "Password": "" })).await;
    attempt(by_email("")).await;
    attempt(by_email(&"x".repeat(2_000))).await;
    latchkey.table.set("account", "status", AttributeValue::S("blocked".to_owned())).await;
    attempt(by_email(LEAD_PASSWORD)).await;
    latchkey.table.set("account", "status", AttributeValue::S("active".to_owned())).await;
    latchkey.table.set("account", "locked_until", AttributeValue::N("4000000000".to_owned())).await;
    attempt(by_email(WRONG)).await;
    attempt(by_email(LEAD_PASSWORD)).await;
    faces.dedup();
    costs.dedup();
    assert_eq!(faces.len(), 1, "{faces:#?}");
    assert_eq!(faces[0].0, 401);
    assert_eq!(costs.len(), 1, "{costs:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_add_up_over_all_keys_and_lock_the_lead() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let live = latchkey.auth_key(&portal).await;
    latchkey.lead_sign_in(&portal, &by_email(WRONG)).await.unauthorized_lead();
    latchkey.lead_sign_in(&portal, &by_key("mx_PAN_Number", PAN, WRONG)).await.unauthorized_lead();
    latchkey.lead_sign_in(&portal, &by_key("Phone", "+14157415569", WRONG)).await.unauthorized_lead();
    latchkey.change_password(&live, WRONG, "another sample pw").await.unauthorized_lead();
    for _ in 0..4 {
        latchkey.lead_sign_in(&portal, &by_email(WRONG)).await.unauthorized_lead();
        latchkey.advance(9).await;
    }
    latchkey.lead_sign_in(&portal, &by_email(WRONG)).await.unauthorized_lead();
    latchkey.lead_sign_in(&portal, &by_key("mx_PAN_Number", PAN, LEAD_PASSWORD)).await.unauthorized_lead();
    assert!(latchkey.opens(&live).await, "a lock ends no session");
    latchkey.advance(900).await;
    latchkey.lead_sign_in(&portal, &by_key("mx_PAN_Number", PAN, LEAD_PASSWORD)).await.auth_key();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_wrong_passwords_at_once_by_different_keys_five_count() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    latchkey.rest().await;
    let guess = {
        let portal = portal.clone();
        move |latchkey: std::sync::Arc<Latchkey>, number: usize| {
            let portal: Portal = portal.clone();
            async move {
                let body = match number % 3 {
                    0 => by_email(&format!("guess-{number}")),
                    1 => by_key("mx_PAN_Number", PAN, &format!("guess-{number}")),
                    _ => by_key("Phone", "+14157415569", &format!("guess-{number}")),
                };
                latchkey.lead_sign_in(&portal, &body).await.unauthorized_lead();
            }
        }
    };
    latchkey.at_once(20, guess).await;
    let account = latchkey.table.rows_of("account").await.remove(0);
    assert_eq!(account["failed_since_success"].as_n().unwrap(), "5");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auth_key_lives_4_hours() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let key = latchkey.auth_key(&portal).await;
    latchkey.advance(4 * 3_600 - 30).await;
    assert!(latchkey.opens(&key).await);
    latchkey.advance(30).await;
    latchkey.change_password(&key, LEAD_PASSWORD, "another sample pw").await.unauthorized_lead();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_twenty_first_session_ends_the_oldest() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let mut keys = Vec::new();
    for _ in 0..21 {
        keys.push(latchkey.auth_key(&portal).await);
        latchkey.advance(1).await;
    }
    latchkey.rest().await;
    assert!(!latchkey.opens(&keys[0]).await);
    assert!(latchkey.opens(&keys[1]).await);
    assert!(latchkey.opens(&keys[20]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_say_not_who_or_too_much_are_400_by_name() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let before = latchkey.table.rows().await;
    let missing = "MXMandatoryAttributeMissingException";
    let invalid = "MXInvalidInputException";
    let search = json!({ "SchemaName": "mx_PAN_Number", "Value": PAN });
    for (body, exception_type, message) in [
        (json!({}), missing, "Password is required."),
        (json!({ "EmailAddress": LEAD_EMAIL }), missing, "Password is required."),
        (json!({ "Password": LEAD_PASSWORD }), missing, "EmailAddress is required."),
        (
            json!({ "Password": "x", "SearchKeyData": { "SchemaName": "Phone" } }),
            missing,
            "SearchKeyData.Value is required.",
        ),
        (json!({ "Password": "x", "EmailAddress": LEAD_EMAIL, "SearchKeyData": search }), invalid, "Send EmailAddress"),
        (by_key("FirstName", "John", "x"), invalid, "SearchKeyData.SchemaName must name a field that identifies"),
        (by_key("", "John", "x"), invalid, "SearchKeyData.SchemaName must be a letter"),
        (by_key("Phone", "12", "x"), invalid, "SearchKeyData.Value must be a telephone number"),
        (json!({ "EmailAddress": 5, "Password": "x" }), invalid, "EmailAddress must be a string"),
        (json!({ "EmailAddress": null, "Password": "x" }), invalid, "EmailAddress must be a string"),
        (json!({ "OTPSigninRequest": true }), missing, "OTPSigninData is required."),
        (json!({ "OTPSigninRequest": "yes" }), invalid, "OTPSigninRequest must be a boolean"),
        (
            json!({ "OTPSigninRequest": true, "OTPSigninData": { "Otp": "12345", "FieldContent": "+14157415569",
            "Code": "x" } }),
            invalid,
            "OTPSigninData.Otp must be 6 digits",
        ),
    ] {
        let said = latchkey.lead_sign_in(&portal, &body).await.refused_lead(400, exception_type);
        assert!(said.starts_with(message), "{body}: {said}");
    }
    let by_position = json!({ "Password": "x", "SearchKeyData": ["mx_PAN_Number", PAN] });
    let said = latchkey.lead_sign_in(&portal, &by_position).await.refused_lead(400, invalid);
    assert_eq!(said, "SearchKeyData must be an object.");
    assert_eq!(but_calls(&latchkey.table.rows().await), but_calls(&before));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leads_account_and_an_intermediarys_with_one_email_know_nothing_of_each_other() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let body = json!({ "email": LEAD_EMAIL, "password": "123QW@qwe!", "intermediaryId": INTERMEDIARY_ID });
    let pair = latchkey.create_account(body).await.pair();
    let account = latchkey.find_account(&pair.access).await.ok()["id"].as_str().unwrap().to_owned();
    latchkey.john(&portal).await;
    latchkey.lead_sign_in(&portal, &by_email("123QW@qwe!")).await.unauthorized_lead();
    latchkey.sign_in(LEAD_EMAIL, LEAD_PASSWORD).await.refused(401, "invalid_credentials");
    let key = latchkey.auth_key(&portal).await;
    latchkey.check_session(&key).await.refused(401, "invalid_access_token");
    latchkey.re_sign(&key).await.refused(401, "invalid_refresh_token");
    latchkey.change_password(&pair.access, "123QW@qwe!", "another sample pw").await.unauthorized_lead();
    let path = format!("/api/Leads/{account}");
    let answer = latchkey.save_lead(&portal, "PUT", &path, &[("EmailAddress", "mine@example.com")]).await;
    assert_eq!(answer.refused_lead(400, "MXInvalidInputException"), "There is no such lead.");
    latchkey.sign_in(LEAD_EMAIL, "123QW@qwe!").await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_content_type_that_is_not_json_is_400_here() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let headers = [("authorization", portal.public_key.as_str()), ("content-type", kind)];
        let body = lead_fields(&[]).to_string();
        for path in ["/api/Authentication/Signin", "/api/Authentication/Register"] {
            let answer = latchkey.send("POST", path, &headers, body.clone()).await;
            answer.refused_lead(400, "MXInvalidInputException");
        }
    }
}
