use std::sync::Arc;

use serde_json::json;

use super::{HANG, LATE, TOO_LATE, at_each_call};
use crate::harness::{EMAIL, Latchkey, NEW_PASSWORD, PASSWORD, PHONE, Pair, insist, insist_on_message, jane};

const RESET_PASSWORD: &str = "789UIO@uio!";

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_gets_there_though_any_call_hangs() {
    at_each_call(HANG, nothing, journey).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_gets_there_though_any_call_arrives_late() {
    at_each_call(LATE, nothing, journey).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_gets_there_though_any_act_arrives_when_it_was_given_up() {
    at_each_call(TOO_LATE, nothing, journey).await;
}

async fn nothing(_: Arc<Latchkey>) {}

pub async fn journey(latchkey: Arc<Latchkey>, (): ()) {
    let opened = insist(async || latchkey.create_account(jane()).await).await;
    let pair = if opened.status == 200 {
        opened.pair()
    } else {
        // An earlier try went through, and nobody heard of it.
        opened.refused(400, "account_exists");
        sign_in(&latchkey, PASSWORD).await
    };
    let pair = insist(async || latchkey.re_sign(&pair.refresh).await).await.pair();
    insist(async || latchkey.check_session(&pair.access).await).await.ok();
    let by_code = sign_in_by_code(&latchkey).await;

    let changed = insist(async || latchkey.replace_password(&pair.access, PASSWORD, NEW_PASSWORD).await).await;
    if changed.status != 200 {
        changed.refused(401, "invalid_credentials");
    }
    let second = sign_in(&latchkey, NEW_PASSWORD).await;
    insist(async || latchkey.check_session(&by_code.access).await).await.refused(401, "invalid_access_token");
    let pair = insist(async || latchkey.re_sign(&pair.refresh).await).await.pair();
    let left = insist(async || latchkey.sign_out(&second.access).await).await;
    if left.status != 200 {
        left.refused(401, "invalid_access_token");
    }
    insist(async || latchkey.check_session(&second.access).await).await.refused(401, "invalid_access_token");
    insist(async || latchkey.check_session(&pair.access).await).await.ok();

    insist_on_message(&latchkey, async || latchkey.forget_password(EMAIL).await).await;
    let token = latchkey.link_token().await;
    let reset = insist(async || latchkey.reset(&token, RESET_PASSWORD).await).await;
    if reset.status != 200 {
        assert_eq!(reset.status, 404, "{}", reset.text);
    }
    let pair = sign_in(&latchkey, RESET_PASSWORD).await;
    latchkey.proxy.settled().await;
    let pair = insist(async || latchkey.re_sign(&pair.refresh).await).await.pair();
    insist(async || latchkey.check_session(&pair.access).await).await.ok();
    // Both, where the first one was given up and came all the same.
    assert!((1..=2).contains(&latchkey.told("reset-password").await.len()));
    latchkey.is_whole().await;
}

async fn sign_in(latchkey: &Latchkey, password: &str) -> Pair {
    insist(async || latchkey.sign_in(EMAIL, password).await).await.pair()
}

/// A code that was used up without an answer is asked for again.
async fn sign_in_by_code(latchkey: &Latchkey) -> Pair {
    for _ in 0..2 {
        insist_on_message(latchkey, async || latchkey.send_code(PHONE).await).await;
        let code = latchkey.last_code().await;
        let answer = insist(async || latchkey.sessions(json!({ "phoneVerificationCode": code })).await).await;
        if answer.status == 200 {
            return answer.pair();
        }
        answer.refused(401, "invalid_credentials");
        latchkey.advance(61).await;
    }
    panic!("two codes opened nothing");
}
