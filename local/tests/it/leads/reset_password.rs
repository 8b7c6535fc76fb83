use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;

use crate::harness::{LEAD_EMAIL, LEAD_PASSWORD, LEAD_PHONE, Latchkey, PAN, by_email};

const NEW: &str = "another sample pw";

#[tokio::test(flavor = "multi_thread")]
async fn a_link_sets_a_password_once_ends_every_session_and_signs_nobody_in() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    let key = latchkey.auth_key(&portal).await;
    let answer = latchkey.forgot_password(&portal, &json!({ "EmailAddress": LEAD_EMAIL })).await.ok();
    assert_eq!(answer, json!({ "Status": "Success", "Message": "Reset link sent successfully" }));
    let message = latchkey.outbox().await.remove(0);
    assert_eq!((message["channel"].as_str(), message["to"].as_str()), (Some("email"), Some(LEAD_EMAIL)));
    let link = message["link"].as_str().unwrap();
    assert!(link.starts_with(&format!("https://portal.example.test/reset-password?LeadId={lead}&TemporaryPassword=")));
    let secret = latchkey.last_link().await;
    assert!(secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert!(latchkey.opens(&key).await, "the account is untouched until the link is used");
    latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await.auth_key();

    latchkey.reset_password(&portal, &lead, &secret, "short").await.refused_lead(400, "MXInvalidInputException");
    let answer = latchkey.reset_password(&portal, &lead, &secret, NEW).await.ok();
    assert_eq!(answer, json!({ "IsSuccessful": true, "ResponseText": "Password reset successfully" }));
    assert!(!latchkey.opens(&key).await);
    latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await.unauthorized_lead();
    latchkey.lead_sign_in(&portal, &by_email(NEW)).await.auth_key();
    latchkey.reset_password(&portal, &lead, &secret, "a third sample pw").await.unauthorized_lead();
    assert_eq!(latchkey.outbox().await[1]["purpose"], "password-changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_goes_where_the_lead_says_it_may() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let search = json!({ "SchemaName": "mx_PAN_Number", "Value": PAN });
    let mut body = json!({ "SearchKeyData": search });
    latchkey.forgot_password(&portal, &body).await.ok();
    body["RecipientField"] = json!({ "SchemaName": "Phone" });
    latchkey.advance(60).await;
    let path = ("/api/Authentication/v2/SecureForgotPassword", "");
    latchkey.version_2(&portal, &portal.public_key, path, &body).await.ok();
    let to: Vec<_> = latchkey.outbox().await.iter().map(|message| message["to"].clone()).collect();
    assert_eq!(to, [LEAD_EMAIL, LEAD_PHONE]);
    for field in ["mx_PAN_Number", "FirstName", ""] {
        body["RecipientField"] = json!({ "SchemaName": field });
        latchkey.forgot_password(&portal, &body).await.refused_lead(400, "MXInvalidInputException");
    }
    let fields = [("mx_PAN_Number", "ONLYPAN1")];
    latchkey.register(&portal, &fields).await.ok();
    let body = json!({ "SearchKeyData": { "SchemaName": "mx_PAN_Number", "Value": "ONLYPAN1" } });
    latchkey.forgot_password(&portal, &body).await.ok();
    assert_eq!(latchkey.outbox().await.len(), 2, "a lead without an address gets the answer and no message");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_blocked_and_unreachable_leads_get_the_same_answer_at_the_same_cost_and_no_message() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    latchkey.register(&portal, &[("mx_PAN_Number", "ONLYPAN1")]).await.ok();
    let by_number = |pan: &str| json!({ "SearchKeyData": { "SchemaName": "mx_PAN_Number", "Value": pan } });
    let john = json!({ "EmailAddress": LEAD_EMAIL });
    let mut seen = Vec::new();
    let bodies =
        [john.clone(), json!({ "EmailAddress": "nobody@example.com" }), by_number("ONLYPAN1"), by_number("N1")];
    for body in &bodies {
        latchkey.proxy.record();
        let answer = latchkey.forgot_password(&portal, body).await;
        let mut names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
        names.sort();
        let cost = format!("{:?} {}", latchkey.proxy.operations(), latchkey.proxy.round_trips());
        seen.push((answer.status, answer.text.clone(), names, cost));
        let again = latchkey.forgot_password(&portal, body).await;
        again.refused_lead(429, "MXAPIRateLimitExceededException");
        assert!(again.header("retry-after").is_some_and(|wait| ["59", "60"].contains(&wait)));
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:#?}");
    assert_eq!(latchkey.outbox().await.len(), 1);
    for _ in 0..3 {
        latchkey.advance(61).await;
        for body in &bodies {
            latchkey.forgot_password(&portal, body).await.ok();
        }
    }
    assert_eq!(latchkey.outbox().await.len(), 4);
    latchkey.table.set("account", "status", AttributeValue::S("blocked".to_owned())).await;
    latchkey.advance(60).await;
    latchkey.forgot_password(&portal, &john).await.ok();
    assert_eq!(latchkey.outbox().await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_does_not_tell_that_two_identifiers_are_one_leads() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    latchkey.forgot_password(&portal, &json!({ "EmailAddress": LEAD_EMAIL })).await.ok();
    let secret = latchkey.last_link().await;
    let by_number = json!({ "SearchKeyData": { "SchemaName": "mx_PAN_Number", "Value": PAN } });
    latchkey.forgot_password(&portal, &by_number).await.ok();
    assert_eq!(latchkey.outbox().await.len(), 1, "one link in 60 s to a lead, by whichever identifier");
    latchkey.reset_password(&portal, &lead, &secret, NEW).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_do_two_requests_at_once() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    for round in 1..=4 {
        let racer = {
            let portal = portal.clone();
            move |latchkey: std::sync::Arc<Latchkey>, number: usize| {
                let portal = portal.clone();
                async move {
                    let by_number = json!({ "SearchKeyData": { "SchemaName": "mx_PAN_Number", "Value": PAN } });
                    let body = if number == 0 { json!({ "EmailAddress": LEAD_EMAIL }) } else { by_number };
                    latchkey.forgot_password(&portal, &body).await.status
                }
            }
        };
        assert_eq!(latchkey.at_once(2, racer).await, [200, 200]);
        assert_eq!(latchkey.outbox().await.len(), round);
        latchkey.advance(3_600).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_cannot_keep_the_owners_link_away() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.register(&portal, &[("EmailAddress", LEAD_EMAIL)]).await.ok();
    let body = json!({ "EmailAddress": LEAD_EMAIL, "RecipientField": { "SchemaName": "Phone" } });
    latchkey.forgot_password(&portal, &body).await.ok();
    latchkey.advance(61).await;
    latchkey.forgot_password(&portal, &json!({ "EmailAddress": LEAD_EMAIL })).await.ok();
    assert_eq!(latchkey.outbox().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_that_never_had_a_password_gets_its_first_by_a_link() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.save_lead(&portal, "POST", "/api/Leads", &[("EmailAddress", LEAD_EMAIL)]).await.lead_id();
    latchkey.forgot_password(&portal, &json!({ "EmailAddress": LEAD_EMAIL })).await.ok();
    let secret = latchkey.last_link().await;
    latchkey.reset_password(&portal, &lead, &secret, NEW).await.ok();
    assert_eq!(latchkey.lead_sign_in(&portal, &by_email(NEW)).await.lead_id(), lead);
    assert!(latchkey.table.rows_of("account").await[0]["email_verified_at"].is_n());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_late_or_outdated_link_is_refused_and_changes_nothing() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    let forgot = json!({ "EmailAddress": LEAD_EMAIL });
    latchkey.forgot_password(&portal, &forgot).await.ok();
    let first = latchkey.last_link().await;
    let before = latchkey.table.rows_of("account").await;
    for (lead, secret) in [
        (lead.as_str(), ""),
        (lead.as_str(), first.replace('a', "b").as_str()),
        (lead.as_str(), &first.to_ascii_uppercase()),
        ("00000000-0000-4000-8000-000000000000", &first),
    ] {
        latchkey.reset_password(&portal, lead, secret, NEW).await.unauthorized_lead();
    }
    latchkey.reset_password(&portal, "no-uuid", &first, NEW).await.refused_lead(400, "MXInvalidInputException");
    latchkey.advance(60).await;
    latchkey.forgot_password(&portal, &forgot).await.ok();
    latchkey.reset_password(&portal, &lead, &first, NEW).await.unauthorized_lead();
    let second = latchkey.last_link().await;
    latchkey.advance(30 * 60).await;
    latchkey.reset_password(&portal, &lead, &second, NEW).await.unauthorized_lead();
    assert_eq!(latchkey.table.rows_of("account").await, before);

    latchkey.forgot_password(&portal, &forgot).await.ok();
    let third = latchkey.last_link().await;
    let key = latchkey.auth_key(&portal).await;
    latchkey.change_password(&key, LEAD_PASSWORD, NEW).await.ok();
    latchkey.reset_password(&portal, &lead, &third, "a third sample pw").await.unauthorized_lead();
    latchkey.lead_sign_in(&portal, &by_email(NEW)).await.auth_key();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_uses_of_one_link_at_once_one_sets_the_password() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    latchkey.forgot_password(&portal, &json!({ "EmailAddress": LEAD_EMAIL })).await.ok();
    let secret = latchkey.last_link().await;
    latchkey.rest().await;
    let racer = {
        let (portal, lead) = (portal.clone(), lead.clone());
        move |latchkey: std::sync::Arc<Latchkey>, number: usize| {
            let (portal, lead, secret) = (portal.clone(), lead.clone(), secret.clone());
            async move { latchkey.reset_password(&portal, &lead, &secret, &format!("new password {number}")).await.status }
        }
    };
    let statuses = latchkey.at_once(10, racer).await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    let winner = statuses.iter().position(|status| *status == 200).unwrap();
    latchkey.lead_sign_in(&portal, &by_email(&format!("new password {winner}"))).await.auth_key();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_and_a_disabled_password_end_with_the_link() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    latchkey.lead_sign_in(&portal, &by_email("wrong")).await.unauthorized_lead();
    latchkey.table.set("account", "failed_since_success", AttributeValue::N("100".to_owned())).await;
    latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await.unauthorized_lead();
    latchkey.forgot_password(&portal, &json!({ "EmailAddress": LEAD_EMAIL })).await.ok();
    let secret = latchkey.last_link().await;
    latchkey.reset_password(&portal, &lead, &secret, NEW).await.ok();
    latchkey.lead_sign_in(&portal, &by_email(NEW)).await.auth_key();
}
