//! As [`crate::faults`], for data transfers: confirmed with its consent and its notice, or none of the three.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::harness::{Answer, Asked, Browser, Call, Fault, KARI_EMAIL, KARI_PASSWORD, Latchkey, VERIFIER};

const CONSENTS: &str = "/authorize/consents?tenant=T00000001";

/// A success, or a 503 that says when to come back. Says which.
#[track_caller]
fn done(answer: &Answer) -> bool {
    if answer.status >= 400 {
        assert_eq!(answer.status, 503, "{}", answer.text);
        assert!(answer.header("retry-after").is_some());
    }
    answer.status < 400
}

/// A Latchkey with Kari and warm caches, where requests wait long enough for what is tried again and again.
async fn with_kari() -> Arc<Latchkey> {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    latchkey.let_requests_wait(300).await;
    latchkey.kari_is_asked(&latchkey.ask("names").await).await;
    latchkey
}

/// Its status; what goes with a confirmed one is all there, or none of it.
async fn whole(latchkey: &Latchkey, asked: &Asked) -> String {
    let row = latchkey.transfer(asked).await.unwrap();
    let status = row["status"].as_s().unwrap().clone();
    let consents = latchkey.table.rows_of(&format!("consent#{}", asked.id)).await.len();
    let is_confirmed = status == "confirmed";
    assert_eq!((consents, row.contains_key("user_data")), (usize::from(is_confirmed), is_confirmed), "{status}");
    assert_eq!(latchkey.consents_told().await, latchkey.table.rows_of("consent#").await.len());
    status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_cut_off_at_any_call_is_opened_or_not_and_scanned_or_not() {
    for fault in Fault::AT_ONCE {
        for number in 0..3 {
            let latchkey = with_kari().await;
            let token = latchkey.third_party(VERIFIER).await;
            let before = latchkey.table.rows_of("transfer").await.len();
            latchkey.proxy.cut(number, fault);
            let opened = latchkey.open_transfer(&token, &json!({ "scope": "names" })).await;
            let is_done = done(&opened);
            latchkey.proxy.heal();
            let rows = latchkey.table.rows_of("transfer").await.len() - before;
            assert!(rows == 1 || rows == 0 && !is_done, "{fault:?} at {number}");
            let asked = if is_done { opened.asked(&token) } else { latchkey.ask("names").await };

            let (mut browser, mut next) = (latchkey.browser(), latchkey.browser());
            latchkey.proxy.cut(number, fault);
            done(&browser.get(&asked.path()).await);
            done(&latchkey.information(&asked.token, &asked.id).await);
            latchkey.proxy.heal();
            assert!(["initialized", "retrieved"].contains(&&*whole(&latchkey, &asked).await));
            assert!(next.scan(&asked).await.status == 200 && next.is_to_sign_in());
            assert_eq!(latchkey.information(&asked.token, &asked.id).await.ok()["status"], "retrieved");

            for poll in ["status", "decision"] {
                latchkey.proxy.cut(number, fault);
                done(&latchkey.bearing(&asked.by, "GET", &asked.call(poll), &json!(null)).await);
                latchkey.proxy.heal();
                latchkey.advance(5).await;
                latchkey.bearing(&asked.by, "GET", &asked.call(poll), &json!(null)).await.ok();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_cut_off_at_any_call_holds_whole_or_not_at_all_and_can_be_given_again() {
    for fault in Fault::AT_ONCE {
        for number in 0..4 {
            let latchkey = with_kari().await;
            let mut browser = latchkey.browser();
            let asked = latchkey.ask("names").await;
            browser.scan(&asked).await;
            latchkey.proxy.cut(number, fault);
            let form = [("identifier", KARI_EMAIL), ("kind", "customer"), ("password", KARI_PASSWORD)];
            done(&browser.clone().send_form(&form).await);
            latchkey.proxy.heal();
            assert_eq!(browser.send_form(&form).await.status, 303);
            latchkey.proxy.cut(number, fault);
            done(&browser.clone().get(&asked.path()).await);
            latchkey.proxy.heal();
            assert!(browser.get(&asked.path()).await.status == 200 && browser.is_asked(), "{fault:?} at {number}");

            latchkey.proxy.cut(number, fault);
            let is_done = done(&browser.clone().send_form(&[("decision", "agree")]).await);
            latchkey.proxy.heal();
            let status = whole(&latchkey, &asked).await;
            assert!(status == "confirmed" || status == "retrieved" && !is_done, "{fault:?} at {number}: {status}");
            let answer = browser.agree(&[]).await;
            assert!(answer.text.contains("You agreed"), "{}", answer.text);
            assert_eq!(whole(&latchkey, &asked).await, "confirmed");
            latchkey.shared(&asked).await;

            let declined = latchkey.ask("email").await;
            browser.scan(&declined).await;
            latchkey.proxy.cut(number, fault);
            let is_done = done(&browser.clone().send_form(&[("decision", "decline")]).await);
            latchkey.proxy.heal();
            let status = whole(&latchkey, &declined).await;
            assert!(status == "cancelled" || status == "retrieved" && !is_done, "{fault:?} at {number}: {status}");
            let answer = browser.decline().await;
            assert!(answer.text.contains("This request was declined"), "{}", answer.text);
            taken_back(&latchkey, &mut browser, &asked, (number, fault)).await;
        }
    }
}

/// The end of [`an_answer_cut_off_at_any_call_holds_whole_or_not_at_all_and_can_be_given_again`].
async fn taken_back(latchkey: &Latchkey, browser: &mut Browser, asked: &Asked, (number, fault): (usize, Fault)) {
    browser.visit(CONSENTS).await;
    latchkey.proxy.cut(number, fault);
    let is_done = done(&browser.clone().send_form(&[("revoke", &asked.id)]).await);
    latchkey.proxy.heal();
    let kept = latchkey.table.rows_of(&format!("consent#{}", asked.id)).await.remove(0);
    let is_revoked = kept.contains_key("revoked_at");
    assert!(is_revoked || !is_done, "{fault:?} at {number}");
    assert_eq!(latchkey.transfer(asked).await.is_none(), is_revoked, "both or neither");
    assert_eq!(browser.clone().submit(&[("revoke", &asked.id)]).await.status, 200);
    latchkey.decision(asked).await.refused_transfer(404, "not_found");

    latchkey.proxy.cut(number, fault);
    done(&browser.clone().send_form(&[("sign_out", "1")]).await);
    latchkey.proxy.heal();
    let mut kept = browser.clone();
    assert_eq!(browser.send_form(&[("sign_out", "1")]).await.status, 303);
    kept.visit(CONSENTS).await;
    assert!(kept.is_to_sign_in(), "{fault:?} at {number}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_first_answer_is_lost_succeeds_as_if_nothing_had_happened() {
    let latchkey = with_kari().await;
    let sessions = latchkey.table.rows_of("session#").await.len();
    let token = latchkey.third_party(VERIFIER).await;
    latchkey.proxy.lose_first_answers();
    let asked = latchkey.open_transfer(&token, &json!({ "scope": "names" })).await.asked(&token);
    latchkey.proxy.lose_first_answers();
    let mut browser = latchkey.browser();
    browser.scan(&asked).await;
    for poll in ["status", "decision"] {
        latchkey.proxy.lose_first_answers();
        latchkey.bearing(&asked.by, "GET", &asked.call(poll), &json!(null)).await.ok();
        latchkey.bearing(&asked.by, "GET", &asked.call(poll), &json!(null)).await.refused_transfer(429, "slow_down");
    }
    let form = [("identifier", KARI_EMAIL), ("kind", "customer"), ("password", KARI_PASSWORD)];
    latchkey.proxy.lose_first_answers();
    assert_eq!(browser.send_form(&form).await.status, 303);
    latchkey.proxy.lose_first_answers();
    browser.scan(&asked).await;
    latchkey.proxy.lose_first_answers();
    let answer = browser.agree(&[]).await;
    assert!(answer.text.contains("You agreed"), "{}", answer.text);
    let declined = latchkey.ask("email").await;
    browser.scan(&declined).await;
    latchkey.proxy.lose_first_answers();
    let answer = browser.decline().await;
    assert!(answer.text.contains("This request was declined"), "{}", answer.text);
    let by_nobody = latchkey.ask("email").await;
    let mut nobody = latchkey.browser();
    nobody.scan(&by_nobody).await;
    latchkey.proxy.lose_first_answers();
    let answer = nobody.decline().await;
    assert!(answer.text.contains("This request was declined"), "{}", answer.text);
    assert_eq!(whole(&latchkey, &asked).await, "confirmed");
    latchkey.shared(&asked).await;
    browser.visit(CONSENTS).await;
    latchkey.proxy.lose_first_answers();
    assert!(browser.submit(&[("revoke", &asked.id)]).await.text.contains("Taken back"));
    latchkey.proxy.heal();
    assert_eq!(latchkey.table.rows_of("session#").await.len(), sessions + 1);
    assert_eq!((latchkey.consents_told().await, latchkey.table.rows_of("consent#").await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn conflicts_that_pass_are_not_seen_and_those_that_stay_are_503() {
    let latchkey = with_kari().await;
    let asked = latchkey.ask("names").await;
    let mut browser = latchkey.kari_is_asked(&asked).await;
    latchkey.proxy.plan(|_| Fault::Conflict);
    for decision in ["agree", "decline"] {
        assert!(!done(&browser.clone().send_form(&[("decision", decision)]).await));
    }
    latchkey.proxy.heal();
    assert_eq!(whole(&latchkey, &asked).await, "retrieved");
    let is_early = |call: &Call| call.operation == "TransactWriteItems" && call.number < 5;
    latchkey.proxy.plan(move |call| if is_early(call) { Fault::Conflict } else { Fault::Pass });
    assert_eq!(browser.send_form(&[("decision", "agree")]).await.status, 303);
    latchkey.proxy.heal();
    assert_eq!(whole(&latchkey, &asked).await, "confirmed");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_dynamodb_is_down_every_call_is_503_in_time_and_nothing_is_held_against_anybody() {
    let latchkey = with_kari().await;
    let asked = latchkey.ask("names").await;
    let browser = latchkey.kari_is_asked(&asked).await;
    let mut nobody = latchkey.browser();
    nobody.visit(CONSENTS).await;
    let home = asked.path();
    for fault in [Fault::Fail, Fault::Drop, Fault::Hang] {
        latchkey.proxy.plan(move |_| fault);
        let mut waiting = tokio::task::JoinSet::new();
        for call in ["information", "status", "decision/"] {
            for token in [asked.by.clone(), asked.token.clone()] {
                // No code opens a decision.
                if call == "decision/" && token == asked.token {
                    continue;
                }
                let (latchkey, path) = (Arc::clone(&latchkey), asked.call(call));
                waiting.spawn(async move { latchkey.bearing(&token, "GET", &path, &json!(null)).await });
            }
        }
        let (opener, token) = (Arc::clone(&latchkey), asked.by.clone());
        waiting.spawn(async move { opener.open_transfer(&token, &json!({ "scope": "names" })).await });
        for path in [home.clone(), format!("{home}/sign-in"), CONSENTS.to_owned(), "/authorize/consents".to_owned()] {
            let mut browser = browser.clone();
            waiting.spawn(async move { browser.get(&path).await });
        }
        for form in [&[("decision", "agree")][..], &[("decision", "decline")]] {
            let mut browser = browser.clone();
            waiting.spawn(async move { browser.send_form(form).await });
        }
        let mut typed = nobody.clone();
        waiting.spawn(async move {
            let form = [("identifier", KARI_EMAIL), ("kind", "customer"), ("password", KARI_PASSWORD)];
            typed.send_form(&form).await
        });
        let answers = tokio::time::timeout(Duration::from_secs(9), waiting.join_all()).await;
        let answers = answers.expect("answers within 8 s");
        assert!(answers.iter().all(|answer| !done(answer)), "{fault:?}");
        let qr = latchkey.send("GET", &format!("{home}/qr.svg"), &[], "").await;
        assert!(!done(&qr));
        // A token that costs no call is given all the same.
        latchkey.third_party(VERIFIER).await;
        latchkey.proxy.heal();
        assert_eq!(whole(&latchkey, &asked).await, "retrieved");
    }
    let account = latchkey.table.rows_of("account").await.remove(0);
    assert!(!account.contains_key("failed_since_success"));
    browser.clone().agree(&[]).await;
    latchkey.shared(&asked).await;
}
