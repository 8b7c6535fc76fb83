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
    let sent = latchkey.outbox().await.len();
    latchkey.advance(60).await;
    latchkey.lead_code(&portal, "+15550001111").await.ok();
    let body = json!({ "EmailAddress": LEAD_EMAIL, "RecipientField": { "SchemaName": "Phone" } });
    latchkey.forgot_password(&portal, &body).await.ok();
    assert_eq!(latchkey.outbox().await.len(), sent, "nothing goes to the squatter's phone");
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
    let sent = latchkey.outbox().await.len();
    latchkey.forgot_password(&portal, &json!({ "EmailAddress": "squatter@example.com" })).await.ok();
    let outbox = latchkey.outbox().await;
    assert_eq!(outbox.len(), sent + 1);
    assert_eq!(outbox.last().unwrap()["to"], LEAD_PHONE, "to the address that is proved");
    let secret = latchkey.last_link().await;
    latchkey.reset_password(&portal, &lead, &secret, OWN).await.ok();
    latchkey.lead_sign_in(&portal, &by_key("Phone", LEAD_PHONE, OWN)).await.auth_key();
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
