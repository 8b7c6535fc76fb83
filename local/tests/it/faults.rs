//! What a network and a database do to a request, and what is left of it: nothing half-written, nobody signed
//! out, 503 with `retry-after` while it lasts.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use local::INTERMEDIARY_ID;
use serde_json::json;

use crate::harness::{
    Answer, Call, EMAIL, Fault, LEAD_EMAIL, LEAD_PASSWORD, LEAD_PHONE, Latchkey, PASSWORD, PHONE, by_email, jane,
};

#[track_caller]
fn unavailable(answer: &Answer) {
    answer.refused(503, "unavailable");
    assert!(answer.header("retry-after").is_some());
}

/// Every rerun of the same attempt meets the same fault.
fn from_call(number: usize, fault: Fault) -> impl Fn(&Call) -> Fault {
    move |call| if call.number >= number { fault } else { Fault::Pass }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_cut_off_at_any_call_is_whole_or_its_identifiers_are_free() {
    for fault in Fault::AT_ONCE {
        for number in 0..4 {
            let latchkey = Latchkey::start().await;
            latchkey.create_intermediary().await;
            latchkey.proxy.plan(from_call(number, fault));
            let answer = latchkey.create_account(jane()).await;
            if answer.status != 200 {
                unavailable(&answer);
            }
            latchkey.proxy.heal();
            let accounts =
                latchkey.table.rows_of("account").await.iter().filter(|row| row.contains_key("email")).count();
            let emails = latchkey.table.rows_of("identifier").await.len();
            let sessions = latchkey.table.rows_of("session#").await.len();
            assert_eq!((emails, sessions), (accounts, accounts), "{fault:?} at call {number}");
            if accounts == 0 {
                latchkey.create_account(jane()).await.pair();
            }
            latchkey.sign_in(EMAIL, PASSWORD).await.pair();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_first_answer_is_lost_succeeds_as_if_nothing_had_happened() {
    let once = || {
        let lost = AtomicBool::new(false);
        move |call: &Call| {
            let first = call.is_write() && !lost.swap(true, Ordering::SeqCst);
            if first { Fault::LoseAnswer } else { Fault::Pass }
        }
    };
    let latchkey = Latchkey::start().await;
    latchkey.proxy.plan(once());
    let created = latchkey.create_account(jane()).await.pair();
    latchkey.proxy.plan(once());
    let signed_in = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    latchkey.proxy.plan(once());
    let next = latchkey.re_sign(&signed_in.refresh).await.pair();
    latchkey.check_session(&next.access).await.ok();
    latchkey.proxy.plan(once());
    latchkey.sign_in(EMAIL, "wrong").await.refused(401, "invalid_credentials");
    let account = latchkey.table.rows_of("account").await.remove(0);
    assert_eq!(account["failed_since_success"].as_n().unwrap(), "1", "counted once");
    latchkey.proxy.plan(once());
    latchkey.send_code(PHONE).await.ok();
    let code = latchkey.last_code().await;
    latchkey.proxy.plan(once());
    latchkey.sessions(json!({ "phoneVerificationCode": code })).await.pair();
    latchkey.proxy.plan(once());
    latchkey.sign_out(&created.access).await.ok();
    assert_eq!(latchkey.outbox().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_nobody_heard_of_signs_nobody_out() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.proxy.plan(|call| if call.operation == "UpdateItem" { Fault::LoseAnswer } else { Fault::Pass });
    unavailable(&latchkey.re_sign(&pair.refresh).await);
    latchkey.proxy.heal();
    let next = latchkey.re_sign(&pair.refresh).await.pair();
    latchkey.check_session(&next.access).await.ok();
    latchkey.re_sign(&next.refresh).await.pair();
}

/// A sign-in's rows that were given up arrive after its session went on.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_written_late_is_not_set_back() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    let late = AtomicUsize::new(2);
    latchkey.proxy.plan(move |call| {
        let is_late = call.operation == "PutItem"
            && late.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if is_late { Fault::Delay(Duration::from_secs(3)) } else { Fault::Pass }
    });
    let pair = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    let next = latchkey.re_sign(&pair.refresh).await.pair();
    let next = latchkey.re_sign(&next.refresh).await.pair();
    let before = latchkey.table.rows_of("session#").await;
    latchkey.proxy.settled().await;
    assert_eq!(latchkey.table.rows_of("session#").await, before);
    latchkey.re_sign(&next.refresh).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn conflicts_that_pass_are_not_seen_and_those_that_stay_are_503() {
    let latchkey = Latchkey::start().await;
    latchkey.proxy.plan(|call| {
        if call.operation == "TransactWriteItems" && call.number < 4 { Fault::Conflict } else { Fault::Pass }
    });
    let pair = latchkey.create_account(jane()).await.pair();
    latchkey.proxy.plan(|call| if call.is_write() && call.number < 3 { Fault::Conflict } else { Fault::Pass });
    let pair = latchkey.re_sign(&pair.refresh).await.pair();
    latchkey.proxy.plan(|call| if call.is_write() { Fault::Conflict } else { Fault::Pass });
    unavailable(&latchkey.re_sign(&pair.refresh).await);
    unavailable(&latchkey.sign_in(EMAIL, PASSWORD).await);
    unavailable(&latchkey.send_code(PHONE).await);
    latchkey.proxy.heal();
    latchkey.re_sign(&pair.refresh).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_dynamodb_is_down_every_call_is_503_in_time_and_the_first_one_after_it_succeeds() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    for fault in [Fault::Fail, Fault::Drop, Fault::Throttle, Fault::Hang] {
        latchkey.proxy.plan(move |_| fault);
        let answers = tokio::time::timeout(Duration::from_secs(9), async {
            <[Answer; 7]>::from(tokio::join!(
                latchkey.re_sign(&pair.refresh),
                latchkey.sign_in(EMAIL, PASSWORD),
                latchkey.check_session(&pair.access),
                latchkey.find_account(&pair.access),
                latchkey.sign_out(&pair.access),
                latchkey.send_code("+19172240000"),
                latchkey.create_account(jane()),
            ))
        });
        answers.await.expect("answers within 8 s").iter().for_each(unavailable);
        latchkey.send("GET", "/.well-known/jwks.json", &[], "").await.ok();
        latchkey.proxy.heal();
        latchkey.check_session(&pair.access).await.ok();
    }
    latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    let account = latchkey.table.rows_of("account").await.remove(0);
    assert!(!account.contains_key("failed_at") || account["failed_since_success"].as_n().unwrap() == "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_cannot_be_counted_is_not_free() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    latchkey.proxy.plan(|call| if call.is_write() { Fault::Fail } else { Fault::Pass });
    unavailable(&latchkey.sign_in(EMAIL, "wrong").await);
    unavailable(&latchkey.sign_in("nobody@example.com", "wrong").await);
    unavailable(&latchkey.sessions(json!({ "phoneVerificationCode": "000000" })).await);
    let body = json!({ "email": "b@example.com", "intermediaryId": INTERMEDIARY_ID });
    latchkey.create_account(body).await.refused(400, "account_exists");
}

#[track_caller]
fn unavailable_lead(answer: &Answer) {
    answer.refused_lead(503, "MXServiceUnavailableException");
    assert!(answer.header("retry-after").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_or_change_cut_off_at_any_call_is_whole_or_has_not_happened() {
    for fault in Fault::AT_ONCE {
        for number in 0..3 {
            let latchkey = Latchkey::start().await;
            let portal = latchkey.portal().await;
            latchkey.proxy.plan(from_call(number, fault));
            let answer =
                latchkey.register(&portal, &[("EmailAddress", LEAD_EMAIL), ("mx_PAN_Number", "SSKKPPYY222")]).await;
            if answer.status != 200 {
                unavailable_lead(&answer);
            }
            latchkey.proxy.heal();
            let accounts =
                latchkey.table.rows_of("account").await.iter().filter(|row| row.contains_key("password_hash")).count();
            let identifiers = latchkey.table.rows_of("identifier").await.len();
            assert_eq!(identifiers, 2 * accounts, "{fault:?} at call {number}");
            if accounts == 0 {
                latchkey.register(&portal, &[("EmailAddress", LEAD_EMAIL)]).await.lead_id();
            }
            let lead = latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await.lead_id();

            latchkey.proxy.plan(from_call(number, fault));
            let fields = [("EmailAddress", "new@example.com")];
            let answer = latchkey.save_lead(&portal, "PUT", &format!("/api/Leads/{lead}"), &fields).await;
            if answer.status != 200 {
                unavailable_lead(&answer);
            }
            latchkey.proxy.heal();
            latchkey.rest().await;
            let moved = json!({ "EmailAddress": "new@example.com", "Password": LEAD_PASSWORD });
            let statuses = [
                latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await.status,
                latchkey.lead_sign_in(&portal, &moved).await.status,
            ];
            assert!([[200, 401], [401, 200]].contains(&statuses), "{fault:?} at call {number}: {statuses:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leads_write_whose_first_answer_is_lost_succeeds_as_if_nothing_had_happened() {
    let once = || {
        let lost = std::sync::Mutex::new(std::collections::HashSet::new());
        move |call: &Call| {
            let first = call.is_write() && lost.lock().unwrap().insert(call.operation.clone());
            if first { Fault::LoseAnswer } else { Fault::Pass }
        }
    };
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.proxy.plan(once());
    let lead = latchkey.john(&portal).await;
    latchkey.proxy.plan(once());
    let key = latchkey.auth_key(&portal).await;
    latchkey.proxy.plan(once());
    let flow = latchkey.lead_code(&portal, LEAD_PHONE).await.ok()["Code"].as_str().unwrap().to_owned();
    let code = latchkey.last_code().await;
    latchkey.proxy.plan(once());
    latchkey.sign_in_by_otp(&portal, &code, LEAD_PHONE, &flow).await.auth_key();
    latchkey.proxy.plan(once());
    latchkey.change_password(&key, "wrong password", "another sample pw").await.unauthorized_lead();
    let session = latchkey.table.rows_of("session#").await;
    let tried: Vec<_> = session.iter().map(|row| row["wrong_passwords"].as_n().unwrap().as_str()).collect();
    assert!(tried.contains(&"1") && !tried.contains(&"2"), "counted once: {tried:?}");
    latchkey.proxy.plan(once());
    latchkey.change_password(&key, LEAD_PASSWORD, "another sample pw").await.ok();
    latchkey.proxy.plan(once());
    latchkey.forgot_password(&portal, &json!({ "EmailAddress": LEAD_EMAIL })).await.ok();
    let secret = latchkey.last_link().await;
    latchkey.proxy.plan(once());
    latchkey.reset_password(&portal, &lead, &secret, "a third sample pw").await.ok();
    latchkey.proxy.plan(once());
    latchkey.save_lead(&portal, "PUT", &format!("/api/Leads/{lead}"), &[("Phone", "")]).await.ok();
    latchkey.proxy.heal();
    assert_eq!(latchkey.outbox().await.len(), 5, "each message once");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_dynamodb_is_down_leads_are_answered_in_time_and_nothing_is_held_against_them() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    let key = latchkey.auth_key(&portal).await;
    for fault in [Fault::Fail, Fault::Drop, Fault::Hang] {
        latchkey.proxy.plan(move |_| fault);
        let forgot = json!({ "EmailAddress": LEAD_EMAIL });
        let (right, wrong) = (by_email(LEAD_PASSWORD), by_email("wrong"));
        let path = format!("/api/Leads/{lead}");
        let answers = tokio::time::timeout(Duration::from_secs(9), async {
            <[Answer; 8]>::from(tokio::join!(
                latchkey.lead_sign_in(&portal, &right),
                latchkey.lead_sign_in(&portal, &wrong),
                latchkey.lead_code(&portal, LEAD_PHONE),
                latchkey.sign_in_by_otp(&portal, "123456", LEAD_PHONE, "flow"),
                latchkey.change_password(&key, LEAD_PASSWORD, "another sample pw"),
                latchkey.forgot_password(&portal, &forgot),
                latchkey.reset_password(&portal, &lead, "secret", "another sample pw"),
                latchkey.save_lead(&portal, "PUT", &path, &[("Phone", "")]),
            ))
        });
        answers.await.expect("answers within 8 s").iter().for_each(unavailable_lead);
        latchkey.proxy.heal();
        assert!(latchkey.opens(&key).await);
    }
    assert!(latchkey.outbox().await.is_empty());
    let account = latchkey.table.rows_of("account").await.remove(0);
    assert!(!account.contains_key("failed_at") || account["failed_since_success"].as_n().unwrap() == "0");
}
