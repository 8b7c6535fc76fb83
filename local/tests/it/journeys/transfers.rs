use std::sync::Arc;

use serde_json::json;

use super::{HANG, LATE, TOO_LATE, at_each_call};
use crate::harness::{Answer, Browser, CLIENT_TOKEN, KARI_EMAIL, KARI_PASSWORD, Latchkey, VERIFIER, insist};

const CONSENTS: &str = "/authorize/consents?tenant=T00000001";

#[tokio::test(flavor = "multi_thread")]
async fn a_person_gets_there_though_any_call_hangs() {
    at_each_call(HANG, kari, journey).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_gets_there_though_any_call_arrives_late() {
    at_each_call(LATE, kari, journey).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_gets_there_though_any_act_arrives_when_it_was_given_up() {
    at_each_call(TOO_LATE, kari, journey).await;
}

/// Kari, where requests wait long enough for what is tried again and again.
async fn kari(latchkey: Arc<Latchkey>) {
    latchkey.kari().await;
    latchkey.let_requests_wait(300).await;
}

pub async fn journey(latchkey: Arc<Latchkey>, (): ()) {
    let grant = [("grant_type", "client_credentials")];
    let token = insist(async || latchkey.oauth(VERIFIER, CLIENT_TOKEN, &grant).await).await.access_token();
    let asked = insist(async || latchkey.open_transfer(&token, &json!({ "scope": "names" })).await).await.asked(&token);
    let mut browser = latchkey.browser();
    open(&mut browser, &asked.path()).await;
    let form = [("identifier", KARI_EMAIL), ("kind", "customer"), ("password", KARI_PASSWORD)];
    press(&mut browser, &form).await;
    assert!(browser.is_asked(), "{}", browser.page);
    let answer = press(&mut browser, &[("decision", "agree")]).await;
    assert!(answer.text.contains("You agreed"), "{}", answer.text);
    latchkey.advance(5).await;
    let mut decision = insist(async || latchkey.decision(&asked).await).await;
    if decision.status != 200 {
        // An earlier try went through, and nobody heard of it.
        decision.refused_transfer(429, "slow_down");
        latchkey.advance(5).await;
        decision = insist(async || latchkey.decision(&asked).await).await;
    }
    assert_eq!(decision.ok()["status"], "Confirmed");
    latchkey.proxy.settled().await;
    open(&mut browser, CONSENTS).await;
    assert!(browser.has("revoke"), "signed in, and one consent to take back: {}", browser.page);
    assert_eq!((latchkey.consents_told().await, latchkey.table.rows_of("consent#").await.len()), (1, 1));
    latchkey.is_whole().await;
}

/// Opens a page and goes where that leads, and loads again what could not be shown.
async fn open(browser: &mut Browser, path: &str) -> Answer {
    let mut path = path.to_owned();
    loop {
        let answer = insist_in(browser, async |browser| browser.get(&path).await).await;
        match answer.header("location") {
            Some(next) => next.clone_into(&mut path),
            None => return answer,
        }
    }
}

/// As [`open`], of a form that is sent again, as it was filled in, where it could not be answered.
async fn press(browser: &mut Browser, fields: &[(&str, &str)]) -> Answer {
    let answer = insist_in(browser, async |browser| browser.send_form(fields).await).await;
    match answer.header("location") {
        Some(next) => open(browser, next).await,
        None => answer,
    }
}

/// As [`insist`], from the page that was shown before.
async fn insist_in(browser: &mut Browser, act: impl AsyncFn(&mut Browser) -> Answer) -> Answer {
    let before = browser.clone();
    for _ in 0..5 {
        *browser = before.clone();
        let answer = act(browser).await;
        if answer.status != 503 {
            return answer;
        }
        assert!(answer.header("retry-after").is_some());
    }
    panic!("503 long after the fault was over");
}
