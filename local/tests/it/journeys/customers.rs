use std::sync::Arc;

use serde_json::{Value, json};

use super::{HANG, LATE, TOO_LATE, at_each_call};
use crate::harness::{KARI_PASSWORD, Latchkey, insist, insist_on_message, kari, mfa_login};

const CHANGED: &str = "another horse 9";

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_gets_there_though_any_call_hangs() {
    at_each_call(HANG, back_end, journey).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_gets_there_though_any_call_arrives_late() {
    at_each_call(LATE, back_end, journey).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_gets_there_though_any_act_arrives_when_it_was_given_up() {
    at_each_call(TOO_LATE, back_end, journey).await;
}

/// The access token of a client that may do everything.
pub async fn back_end(latchkey: Arc<Latchkey>) -> String {
    latchkey.back_end("local-refresh").await
}

pub async fn journey(latchkey: Arc<Latchkey>, token: String) {
    let made = insist(async || latchkey.post(&token, "/customers/users", &kari()).await).await;
    if made.status != 200 {
        // An earlier try went through, and nobody heard of it.
        made.refused_customer(400, "customer_exists");
    }
    let first = insist(async || latchkey.log_in(&token, KARI_PASSWORD).await).await;
    let id = first.claims()["sub"].as_str().expect("an id").to_owned();
    let refresh = insist(async || latchkey.refresh(&token, &first.refresh_token()).await).await.refresh_token();
    sign_in_by_two_factors(&latchkey, &token).await;
    let refresh = insist(async || latchkey.refresh(&token, &refresh).await).await.refresh_token();

    let change = json!({ "password": CHANGED });
    insist(async || latchkey.by(&token, "PUT", &format!("/customers/users/{id}"), &change).await).await.ok();
    insist(async || latchkey.refresh(&token, &refresh).await).await.refused_customer(400, "invalid_grant");
    let refresh = insist(async || latchkey.log_in(&token, CHANGED).await).await.refresh_token();
    let revoked = insist(async || latchkey.log_in(&token, CHANGED).await).await.refresh_token();
    insist(async || latchkey.post(&token, "/auth/revoke", &json!({ "token": revoked })).await).await.ok();
    insist(async || latchkey.refresh(&token, &revoked).await).await.refused_customer(400, "invalid_grant");
    let refresh = insist(async || latchkey.refresh(&token, &refresh).await).await.refresh_token();
    latchkey.proxy.settled().await;
    insist(async || latchkey.refresh(&token, &refresh).await).await.refresh_token();
    insist(async || latchkey.log_in(&token, CHANGED).await).await.access_token();
    latchkey.is_whole().await;

    let rest = format!("/customers/users/{id}");
    let gone = insist(async || latchkey.by(&token, "DELETE", &rest, &Value::Null).await).await;
    assert!([204, 404].contains(&gone.status), "{}", gone.text);
    latchkey.proxy.settled().await;
    latchkey.is_whole().await;
    insist(async || latchkey.post(&token, "/customers/users", &kari()).await).await.ok();
}

/// What was used up without an answer is begun again.
async fn sign_in_by_two_factors(latchkey: &Latchkey, token: &str) {
    for _ in 0..2 {
        let mfa_token =
            insist(async || latchkey.post(token, "/customers/mfa_login", &mfa_login(KARI_PASSWORD)).await).await;
        let mfa_token = mfa_token.mfa_token();
        let sent = insist_on_message(latchkey, async || latchkey.challenged(token, &mfa_token, "sms").await).await.ok();
        let (handle, code) = (sent["oob_code"].as_str().expect("a handle"), latchkey.last_code().await);
        let answer = insist(async || latchkey.answer_oob(token, &mfa_token, (handle, &code)).await).await;
        if answer.status == 200 {
            answer.access_token();
            return;
        }
        answer.refused_customer(400, "invalid_grant");
        latchkey.advance(61).await;
    }
    panic!("two codes opened nothing");
}
