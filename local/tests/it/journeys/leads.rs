use std::sync::Arc;

use serde_json::json;

use super::{HANG, LATE, TOO_LATE, at_each_call};
use crate::harness::{
    LEAD_EMAIL, LEAD_PASSWORD, LEAD_PHONE, Latchkey, PAN, Portal, by_email, insist, insist_on_message,
};

const CHANGED: &str = "another sample pw";
const RESET: &str = "a third sample pw";

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_gets_there_though_any_call_hangs() {
    at_each_call(HANG, portal, journey).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_gets_there_though_any_call_arrives_late() {
    at_each_call(LATE, portal, journey).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_gets_there_though_any_act_arrives_when_it_was_given_up() {
    at_each_call(TOO_LATE, portal, journey).await;
}

pub async fn portal(latchkey: Arc<Latchkey>) -> Portal {
    latchkey.portal().await
}

pub async fn journey(latchkey: Arc<Latchkey>, portal: Portal) {
    let fields = [("EmailAddress", LEAD_EMAIL), ("mx_PAN_Number", PAN), ("Phone", "+14-157415569")];
    let registered = insist(async || latchkey.register(&portal, &fields).await).await;
    let auth_key = sign_in(&latchkey, &portal, LEAD_PASSWORD).await;
    // Where an earlier try went through and nobody heard of it, the applicant is told so, and signs in.
    let lead = if registered.status == 200 {
        registered.lead_id()
    } else {
        registered.refused_lead(400, "MXDuplicateEntryException");
        insist(async || latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await).await.lead_id()
    };
    let by_code = sign_in_by_code(&latchkey, &portal).await;
    latchkey.rest().await;

    let changed = insist(async || latchkey.change_password(&auth_key, LEAD_PASSWORD, CHANGED).await).await;
    if changed.status != 200 {
        changed.unauthorized_lead();
    }
    let auth_key = sign_in(&latchkey, &portal, CHANGED).await;
    assert!(!latchkey.goes_on(&by_code).await && latchkey.goes_on(&auth_key).await);
    latchkey.rest().await;

    let forgot = json!({ "EmailAddress": LEAD_EMAIL });
    insist_on_message(&latchkey, async || latchkey.forgot_password(&portal, &forgot).await).await;
    let secret = latchkey.last_link().await;
    let reset = insist(async || latchkey.reset_password(&portal, &lead, &secret, RESET).await).await;
    if reset.status != 200 {
        reset.unauthorized_lead();
    }
    latchkey.rest().await;
    let path = format!("/api/Leads/{lead}");
    insist(async || latchkey.save_lead(&portal, "PUT", &path, &[("Phone", "")]).await).await.ok();
    let auth_key = sign_in(&latchkey, &portal, RESET).await;
    latchkey.proxy.settled().await;
    latchkey.rest().await;
    assert!(latchkey.goes_on(&auth_key).await);
    sign_in(&latchkey, &portal, RESET).await;
    latchkey.is_whole().await;
}

impl Latchkey {
    /// As [`Latchkey::opens`], through what has not passed yet.
    async fn goes_on(&self, auth_key: &str) -> bool {
        // A password that cannot be set is refused after the key was looked at.
        insist(async || self.change_password(auth_key, RESET, "short").await).await.status == 400
    }
}

async fn sign_in(latchkey: &Latchkey, portal: &Portal, password: &str) -> String {
    insist(async || latchkey.lead_sign_in(portal, &by_email(password)).await).await.auth_key()
}

/// A code that was used up without an answer is asked for again.
async fn sign_in_by_code(latchkey: &Latchkey, portal: &Portal) -> String {
    for _ in 0..2 {
        let sent = insist_on_message(latchkey, async || latchkey.lead_code(portal, LEAD_PHONE).await).await.ok();
        let (flow, code) = (sent["Code"].as_str().expect("a flow").to_owned(), latchkey.last_code().await);
        let answer = insist(async || latchkey.sign_in_by_otp(portal, &code, LEAD_PHONE, &flow).await).await;
        if answer.status == 200 {
            return answer.auth_key();
        }
        answer.unauthorized_lead();
        latchkey.advance(61).await;
    }
    panic!("two codes opened nothing");
}
