//! Whoever registers an address with the public key alone owns nothing until they prove it (yardstick E6).

use serde_json::json;

use crate::harness::{LEAD_EMAIL, LEAD_PASSWORD, LEAD_PHONE, Latchkey, Portal, by_email, by_key, lead_fields};

/// Registers with the public key alone, as anybody may.
async fn register(latchkey: &Latchkey, portal: &Portal, email: &str, phone: &str) -> String {
    let password = [("mx_Portal_Password", LEAD_PASSWORD), ("mx_Portal_Confirm_Password", LEAD_PASSWORD)];
    let fields = lead_fields(&[("EmailAddress", email), ("Phone", phone), password[0], password[1]]);
    latchkey.authorized(&portal.public_key, "/api/Authentication/Register", &fields).await.lead_id()
}

const OWN: &str = "the owner's own words";

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_proves_the_address_is_rid_of_who_registered_it() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = register(&latchkey, &portal, LEAD_EMAIL, "+15550001111").await;
    let squatter = latchkey.auth_key(&portal).await;

    latchkey.forgot_password(&portal, &json!({ "EmailAddress": LEAD_EMAIL })).await.ok();
    let secret = latchkey.last_link().await;
    latchkey.reset_password(&portal, &lead, &secret, OWN).await.ok();
    let owner = latchkey.lead_sign_in(&portal, &by_email(OWN)).await;
    assert_eq!(owner.lead_id(), lead);

    assert!(!latchkey.opens(&squatter).await);
    latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await.unauthorized_lead();
    latchkey.rest().await;
    let sent = latchkey.outbox().await.len();
    latchkey.lead_code(&portal, "+15550001111").await.ok();
    assert_eq!(latchkey.outbox().await.len(), sent, "the squatter's phone is nobody's");
    latchkey.register(&portal, &[("Phone", "+15550001111")]).await.lead_id();
    assert_eq!(latchkey.table.rows_of("identifier").await.len(), 2);
    latchkey.advance(60).await;
    let flow = latchkey.lead_code(&portal, "+15550001111").await.ok()["Code"].as_str().unwrap().to_owned();
    let code = latchkey.last_code().await;
    assert_ne!(latchkey.sign_in_by_otp(&portal, &code, "+15550001111", &flow).await.lead_id(), lead);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_proves_the_phone_is_rid_of_the_password_and_sessions_before_it() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = register(&latchkey, &portal, "squatter@example.com", LEAD_PHONE).await;
    let by_squatter = json!({ "EmailAddress": "squatter@example.com", "Password": LEAD_PASSWORD });
    let squatter = latchkey.lead_sign_in(&portal, &by_squatter).await.auth_key();

    let flow = latchkey.lead_code(&portal, LEAD_PHONE).await.ok()["Code"].as_str().unwrap().to_owned();
    let code = latchkey.last_code().await;
    let owner = latchkey.sign_in_by_otp(&portal, &code, LEAD_PHONE, &flow).await;
    assert_eq!(owner.lead_id(), lead);

    latchkey.change_password(&squatter, LEAD_PASSWORD, OWN).await.unauthorized_lead();
    latchkey.lead_sign_in(&portal, &by_squatter).await.unauthorized_lead();
    latchkey.lead_sign_in(&portal, &by_key("Phone", LEAD_PHONE, LEAD_PASSWORD)).await.unauthorized_lead();
    let told = latchkey.outbox().await.pop().expect("a notice");
    assert_eq!((told["purpose"].as_str(), told["to"].as_str()), (Some("account-claimed"), Some(LEAD_PHONE)));
    latchkey.register(&portal, &[("EmailAddress", "squatter@example.com")]).await.lead_id();

    latchkey.rest().await;
    let by_phone = json!({ "SearchKeyData": { "SchemaName": "Phone", "Value": LEAD_PHONE } });
    latchkey.forgot_password(&portal, &by_phone).await.ok();
    let secret = latchkey.last_link().await;
    latchkey.reset_password(&portal, &lead, &secret, OWN).await.ok();
    latchkey.lead_sign_in(&portal, &by_key("Phone", LEAD_PHONE, OWN)).await.auth_key();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_registered_cannot_void_what_the_owner_was_sent_nor_send_the_owner_mail() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = register(&latchkey, &portal, LEAD_EMAIL, "+15550001111").await;
    let squatter = latchkey.auth_key(&portal).await;
    latchkey.forgot_password(&portal, &json!({ "EmailAddress": LEAD_EMAIL })).await.ok();
    let secret = latchkey.last_link().await;
    for (current, new) in [(LEAD_PASSWORD, "another sample pw"), ("another sample pw", LEAD_PASSWORD)] {
        latchkey.change_password(&squatter, current, new).await.ok();
    }
    assert_eq!(latchkey.outbox().await.len(), 1, "the link that was asked for");
    latchkey.reset_password(&portal, &lead, &secret, OWN).await.ok();
    latchkey.lead_sign_in(&portal, &by_email(OWN)).await.auth_key();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_amid_sign_ins_of_whoever_registered_leaves_the_owner_alone() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    register(&latchkey, &portal, "squatter@example.com", LEAD_PHONE).await;
    let flow = latchkey.lead_code(&portal, LEAD_PHONE).await.ok()["Code"].as_str().unwrap().to_owned();
    let code = latchkey.last_code().await;
    latchkey.rest().await;
    let racer = {
        let portal = portal.clone();
        move |latchkey: std::sync::Arc<Latchkey>, number: usize| {
            let (portal, flow, code) = (portal.clone(), flow.clone(), code.clone());
            async move {
                if number.is_multiple_of(4) {
                    return (true, latchkey.sign_in_by_otp(&portal, &code, LEAD_PHONE, &flow).await);
                }
                let body = json!({ "EmailAddress": "squatter@example.com", "Password": LEAD_PASSWORD });
                (false, latchkey.lead_sign_in(&portal, &body).await)
            }
        }
    };
    let answers = latchkey.at_once(12, racer).await;
    let owners: Vec<_> = answers.iter().filter(|(owner, answer)| *owner && answer.status == 200).collect();
    assert_eq!(owners.len(), 1, "one code, one claim");
    latchkey.rest().await;
    for (_, answer) in answers.iter().filter(|(owner, answer)| !owner && answer.status == 200) {
        assert!(!latchkey.opens(&answer.auth_key()).await);
    }
    assert!(latchkey.opens(&owners[0].1.auth_key()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_back_end_registered_is_reached_by_every_address() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    let flow = latchkey.lead_code(&portal, LEAD_PHONE).await.ok()["Code"].as_str().unwrap().to_owned();
    let code = latchkey.last_code().await;
    latchkey.sign_in_by_otp(&portal, &code, LEAD_PHONE, &flow).await.auth_key();
    assert_eq!(latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await.lead_id(), lead, "nothing is discarded");
    latchkey.forgot_password(&portal, &json!({ "EmailAddress": LEAD_EMAIL })).await.ok();
    assert_eq!(latchkey.outbox().await.last().unwrap()["to"], LEAD_EMAIL);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_by_link_amid_sign_ins_leaves_no_session_but_the_owners() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    for round in 0..3 {
        let email = format!("owner-{round}@example.com");
        let lead = register(&latchkey, &portal, &email, &format!("+1555000333{round}")).await;
        latchkey.forgot_password(&portal, &json!({ "EmailAddress": email })).await.ok();
        let secret = latchkey.last_link().await;
        latchkey.rest().await;
        let racer = {
            let (portal, email) = (portal.clone(), email.clone());
            move |latchkey: std::sync::Arc<Latchkey>, number: usize| {
                let (portal, email, lead, secret) = (portal.clone(), email.clone(), lead.clone(), secret.clone());
                async move {
                    if number == 0 {
                        latchkey.reset_password(&portal, &lead, &secret, OWN).await.ok();
                        return None;
                    }
                    let body = json!({ "EmailAddress": email, "Password": LEAD_PASSWORD });
                    Some(latchkey.lead_sign_in(&portal, &body).await).filter(|answer| answer.status == 200)
                }
            }
        };
        let squatters = latchkey.at_once(9, racer).await;
        latchkey.rest().await;
        for answer in squatters.into_iter().flatten() {
            assert!(!latchkey.opens(&answer.auth_key()).await);
        }
        latchkey.lead_sign_in(&portal, &json!({ "EmailAddress": email, "Password": OWN })).await.auth_key();
    }
}
