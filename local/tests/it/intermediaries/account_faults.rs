//! As [`crate::faults`], for what brokers do to their accounts and back ends do to brokers.

use std::sync::Arc;

use serde_json::json;

use crate::harness::{
    Answer, EMAIL, Fault, Latchkey, NEW_EMAIL, NEW_PASSWORD, NEW_PHONE, PASSWORD, PHONE, Pair, acceptance, other_than,
};

/// No act makes more calls than these one after the other or at once.
const CALLS: usize = 6;

/// A success, or a 503 that says when to come back. Says which.
#[track_caller]
fn done(answer: &Answer) -> bool {
    if answer.status != 200 {
        answer.refused(503, "unavailable");
        assert!(answer.header("retry-after").is_some());
    }
    answer.status == 200
}

/// Jane, and a Latchkey whose caches are warm.
async fn with_jane() -> (Arc<Latchkey>, Pair) {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    (latchkey, pair)
}

/// Asks for a code once more: whatever became of the one before, this one comes and works.
async fn sent_again(latchkey: &Latchkey, send: impl Future<Output = Answer>) -> String {
    latchkey.advance(61).await;
    send.await.ok();
    latchkey.last_code().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_cut_off_at_any_call_is_sent_and_accepted_whole_or_not_at_all() {
    for fault in Fault::AT_ONCE {
        for number in 0..CALLS {
            let latchkey = Latchkey::start().await;
            let squatter = latchkey.another_account(EMAIL).await;
            let record = latchkey.create_intermediary().await;
            latchkey.proxy.cut(number, fault);
            let is_done = done(&latchkey.invite(&record, EMAIL).await);
            latchkey.proxy.heal();
            let waiting = latchkey.table.rows_of("account").await.len() - 1;
            assert_eq!(latchkey.outbox().await.len(), waiting, "{fault:?} at {number}: both or neither");
            assert!(!is_done || waiting == 1, "{fault:?} at {number}");
            latchkey.advance(61).await;
            latchkey.invite(&record, EMAIL).await.ok();
            assert_eq!(latchkey.table.rows_of("account").await.len(), 2);
            let token = latchkey.link_token().await;

            latchkey.proxy.cut(number, fault);
            let answer = latchkey.accept(&token, json!({ "password": NEW_PASSWORD, "phone": NEW_PHONE })).await;
            let is_done = done(&answer);
            latchkey.proxy.heal();
            assert_eq!(latchkey.table.rows_of("identifier").await.len(), 1, "{fault:?} at {number}");
            if latchkey.is_signed_in(&squatter.access).await {
                assert!(!is_done);
                latchkey.sign_in(EMAIL, PASSWORD).await.pair();
                latchkey.accept(&token, json!({ "password": NEW_PASSWORD, "phone": NEW_PHONE })).await.pair();
            } else {
                latchkey.accept(&token, acceptance()).await.refused(404, "invalid_link");
            }
            let found = latchkey.sign_in(EMAIL, NEW_PASSWORD).await;
            assert_eq!(found.flags(), json!({ "isMfaIncomplete": true }), "{fault:?} at {number}");
            assert!(!latchkey.is_signed_in(&squatter.access).await);
            assert_eq!(latchkey.told("invitation").await.len(), waiting + 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_cut_off_at_any_call_has_happened_or_can_be_had_again() {
    for fault in Fault::AT_ONCE {
        for number in 0..CALLS {
            let (latchkey, pair) = with_jane().await;
            for is_email in [true, false] {
                let send = async || {
                    if is_email {
                        latchkey.send_email_code(&pair.access).await
                    } else {
                        latchkey.send_phone_code(&pair.access, PHONE).await
                    }
                };
                let enter = async |code: &str| {
                    if is_email {
                        latchkey.verify_email(&pair.access, code).await
                    } else {
                        latchkey.verify_phone(&pair.access, code).await
                    }
                };
                let flag = if is_email { "isEmailNotVerified" } else { "isMfaIncomplete" };
                let before = latchkey.outbox().await.len();
                latchkey.proxy.cut(number, fault);
                let is_done = done(&send().await);
                latchkey.proxy.heal();
                let messages = latchkey.outbox().await.len() - before;
                assert!(messages == 1 || messages == 0 && !is_done, "{fault:?} at {number}: {messages}");
                let code = sent_again(&latchkey, send()).await;
                latchkey.proxy.cut(number, fault);
                let is_done = done(&enter(&code).await);
                latchkey.proxy.heal();
                let is_proved = async || latchkey.find_account(&pair.access).await.flags().get(flag).is_none();
                assert!(!is_done || is_proved().await, "{fault:?} at {number}");
                if !is_proved().await {
                    let again = enter(&code).await;
                    assert!([200, 400].contains(&again.status), "{fault:?} at {number}: {}", again.text);
                }
                if !is_proved().await {
                    let code = sent_again(&latchkey, send()).await;
                    enter(&code).await.ok();
                }
                assert!(is_proved().await, "{fault:?} at {number}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_code_that_nothing_came_of_can_be_entered_again() {
    for fault in [Fault::Fail, Fault::Conflict] {
        let (latchkey, pair) = with_jane().await;
        latchkey.send_email_code(&pair.access).await.ok();
        let code = latchkey.last_code().await;
        latchkey.proxy.plan(move |call| if call.operation == "TransactWriteItems" { fault } else { Fault::Pass });
        assert!(!done(&latchkey.verify_email(&pair.access, &code).await));
        latchkey.proxy.heal();
        latchkey.verify_email(&pair.access, &code).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_cut_off_at_any_call_is_the_old_or_the_new_one() {
    for fault in Fault::AT_ONCE {
        for number in 0..CALLS {
            let (latchkey, pair) = with_jane().await;
            let elsewhere = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
            latchkey.proxy.cut(number, fault);
            let is_done = done(&latchkey.replace_password(&pair.access, PASSWORD, NEW_PASSWORD).await);
            latchkey.proxy.heal();
            let statuses =
                [latchkey.sign_in(EMAIL, PASSWORD).await.status, latchkey.sign_in(EMAIL, NEW_PASSWORD).await.status];
            assert!([[200, 401], [401, 200]].contains(&statuses), "{fault:?} at {number}: {statuses:?}");
            let is_new = statuses[1] == 200;
            assert!(is_new || !is_done, "{fault:?} at {number}");
            assert_eq!(latchkey.is_signed_in(&elsewhere.access).await, !is_new, "{fault:?} at {number}");
            assert!(latchkey.is_signed_in(&pair.access).await);
            assert_eq!(latchkey.told("password-changed").await.len(), usize::from(is_new));

            let before = latchkey.outbox().await.len();
            latchkey.proxy.cut(number, fault);
            let is_done = done(&latchkey.forget_password(EMAIL).await);
            latchkey.proxy.heal();
            let sent = latchkey.outbox().await.len() - before;
            assert!(sent == 1 || sent == 0 && !is_done, "{fault:?} at {number}: {sent}");
            latchkey.advance(61).await;
            let token = latchkey.reset_token(EMAIL).await;
            latchkey.proxy.cut(number, fault);
            let is_done = done(&latchkey.reset(&token, "789UIO@uio!").await);
            latchkey.proxy.heal();
            let is_set = latchkey.sign_in(EMAIL, "789UIO@uio!").await.status == 200;
            assert!(is_set || !is_done, "{fault:?} at {number}");
            let again = latchkey.reset(&token, "789UIO@uio!").await;
            assert_eq!(again.status, if is_set { 404 } else { 200 }, "{fault:?} at {number}: {}", again.text);
            latchkey.sign_in(EMAIL, "789UIO@uio!").await.pair();
            assert!(!latchkey.is_signed_in(&pair.access).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_cut_off_at_any_call_is_the_old_or_the_new_one_and_never_both() {
    for fault in Fault::AT_ONCE {
        for number in 0..CALLS {
            let latchkey = Latchkey::start().await;
            let pair = latchkey.jane().await;
            let squatter = latchkey.another_account(NEW_EMAIL).await;
            latchkey.ask_email(&pair.access, NEW_EMAIL).await.ok();
            let code = latchkey.last_code().await;
            latchkey.proxy.cut(number, fault);
            let is_done = done(&latchkey.confirm_email(&pair.access, &code).await);
            latchkey.proxy.heal();
            let statuses =
                [latchkey.sign_in(EMAIL, PASSWORD).await.status, latchkey.is_signed_in(&squatter.access).await.into()];
            assert!([[200, 1], [401, 0]].contains(&statuses), "{fault:?} at {number}: {statuses:?}");
            let has_moved = statuses[1] == 0;
            assert!(has_moved || !is_done, "{fault:?} at {number}");
            assert_eq!(latchkey.table.rows_of("identifier").await.len(), if has_moved { 1 } else { 2 });
            assert_eq!(latchkey.told("email-changed").await.len(), if has_moved { 2 } else { 0 });
            if !has_moved {
                latchkey.advance(61).await;
                latchkey.ask_email(&pair.access, NEW_EMAIL).await.ok();
                latchkey.confirm_email(&pair.access, &latchkey.last_code().await).await.ok();
            }
            assert_eq!(latchkey.find_account(&pair.access).await.ok()["email"], NEW_EMAIL);
            latchkey.another_account(EMAIL).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_cut_off_at_any_call_is_the_old_or_the_new_one_or_gone() {
    for fault in Fault::AT_ONCE {
        for number in 0..CALLS {
            let (latchkey, pair) = with_jane().await;
            let validation = latchkey.validation_token(&pair.access).await;
            let body = json!({ "phone": NEW_PHONE });
            latchkey.proxy.cut(number, fault);
            let act = ("PUT", "accounts/phone");
            let is_done = done(&latchkey.within_again(&pair.access, &validation, act, body.clone()).await);
            latchkey.proxy.heal();
            let sent = latchkey.outbox().await.len();
            assert!(sent == 1 || sent == 0 && !is_done, "{fault:?} at {number}: {sent}");
            latchkey.advance(61).await;
            latchkey.within_again(&pair.access, &validation, act, body.clone()).await.ok();
            let code = latchkey.last_code().await;
            latchkey.proxy.cut(number, fault);
            let is_done = done(&latchkey.confirm_phone(&pair.access, "PUT", &code).await);
            latchkey.proxy.heal();
            let phone = latchkey.find_account(&pair.access).await.ok()["phone"].clone();
            assert!(phone == NEW_PHONE || phone == PHONE && !is_done, "{fault:?} at {number}: {phone}");
            let told = latchkey.told("phone-changed").await.len();
            assert_eq!(told, if phone == NEW_PHONE { 2 } else { 0 }, "{fault:?} at {number}");
            assert_eq!(latchkey.table.rows_of("account#").await.len(), 1);

            let body = json!({ "phone": phone });
            let validation = latchkey.validation_token(&pair.access).await;
            let act = ("PUT", "accounts/delete-phone");
            latchkey.proxy.cut(number, fault);
            let is_done = done(&latchkey.within_again(&pair.access, &validation, act, body.clone()).await);
            latchkey.proxy.heal();
            let has_left = latchkey.find_account(&pair.access).await.ok().get("phone").is_none();
            assert!(has_left || !is_done, "{fault:?} at {number}");
            assert_eq!(latchkey.table.rows_of("account#").await.len(), usize::from(!has_left));
            if !has_left {
                latchkey.within_again(&pair.access, &validation, act, body).await.ok();
            }
            assert_eq!(latchkey.told("phone-changed").await.len(), told + 2, "{fault:?} at {number}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_a_name_and_a_check_cut_off_at_any_call_have_happened_or_can_be_had_again() {
    for fault in Fault::AT_ONCE {
        for number in 0..CALLS {
            let (latchkey, pair) = with_jane().await;
            latchkey.proxy.cut(number, fault);
            done(&latchkey.check_password(&pair.access, PASSWORD).await);
            latchkey.proxy.heal();
            latchkey.validation_token(&pair.access).await;
            let body = json!({ "fullName": "Jane Broker" });
            latchkey.proxy.cut(number, fault);
            done(&latchkey.within(&pair.access, "PUT", "accounts/full-name", Some(body.clone())).await);
            latchkey.proxy.heal();
            latchkey.within(&pair.access, "PUT", "accounts/full-name", Some(body)).await.ok();
            let account = latchkey.find_account(&pair.access).await.ok();
            assert_eq!(account["fullName"], "Jane Broker");

            let id = account["id"].as_str().unwrap();
            latchkey.proxy.cut(number, fault);
            let is_done = done(&latchkey.set_status(id, "blocked").await);
            latchkey.proxy.heal();
            assert!(!is_done || !latchkey.is_signed_in(&pair.access).await, "{fault:?} at {number}");
            latchkey.set_status(id, "blocked").await.ok();
            latchkey.proxy.cut(number, fault);
            done(&latchkey.set_status(id, "active").await);
            latchkey.proxy.heal();
            assert!(!latchkey.is_signed_in(&pair.access).await, "{fault:?} at {number}: ended for good");
            latchkey.set_status(id, "active").await.ok();
            assert!(!latchkey.is_signed_in(&pair.access).await, "{fault:?} at {number}: ended for good");
            latchkey.sign_in(EMAIL, PASSWORD).await.pair();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_first_answer_is_lost_succeeds_as_if_nothing_had_happened() {
    let latchkey = Latchkey::start().await;
    let record = latchkey.create_intermediary().await;
    latchkey.another_account(EMAIL).await;
    latchkey.proxy.lose_first_answers();
    latchkey.invite(&record, EMAIL).await.ok();
    let token = latchkey.link_token().await;
    latchkey.proxy.lose_first_answers();
    let pair = latchkey.accept(&token, acceptance()).await.pair();
    latchkey.proxy.lose_first_answers();
    latchkey.send_phone_code(&pair.access, PHONE).await.ok();
    let code = latchkey.last_code().await;
    latchkey.proxy.lose_first_answers();
    latchkey.verify_phone(&pair.access, &code).await.ok();
    latchkey.proxy.lose_first_answers();
    latchkey.check_password(&pair.access, "wrong").await.refused(401, "invalid_credentials");
    let counted = async |expected: &str| {
        let accounts = latchkey.table.rows_of("account").await;
        let failed = accounts.iter().filter_map(|row| row.get("failed_since_success"));
        let most = failed.map(|count| count.as_n().unwrap().clone()).max();
        assert_eq!(most.as_deref(), Some(expected), "counted once");
    };
    counted("1").await;
    latchkey.advance(61).await;
    latchkey.proxy.lose_first_answers();
    latchkey.ask_email(&pair.access, NEW_EMAIL).await.ok();
    let code = latchkey.last_code().await;
    latchkey.proxy.lose_first_answers();
    latchkey.confirm_email(&pair.access, &code).await.ok();
    latchkey.proxy.lose_first_answers();
    latchkey.ask_phone(&pair.access, "PUT", NEW_PHONE).await.ok();
    let code = latchkey.last_code().await;
    latchkey.proxy.lose_first_answers();
    latchkey.confirm_phone(&pair.access, "PUT", &other_than(&code)).await.refused(400, "invalid_code");
    latchkey.advance(61).await;
    latchkey.proxy.lose_first_answers();
    latchkey.ask_phone(&pair.access, "PUT", NEW_PHONE).await.ok();
    let code = latchkey.last_code().await;
    latchkey.proxy.lose_first_answers();
    latchkey.confirm_phone(&pair.access, "PUT", &code).await.ok();
    latchkey.proxy.lose_first_answers();
    latchkey.delete_phone(&pair.access, NEW_PHONE).await.ok();
    latchkey.proxy.lose_first_answers();
    latchkey.within(&pair.access, "PUT", "accounts/full-name", Some(json!({ "fullName": "Jane" }))).await.ok();
    latchkey.proxy.lose_first_answers();
    latchkey.replace_password(&pair.access, PASSWORD, NEW_PASSWORD).await.ok();
    latchkey.proxy.lose_first_answers();
    let token = latchkey.reset_token(NEW_EMAIL).await;
    latchkey.proxy.lose_first_answers();
    latchkey.reset(&token, PASSWORD).await.ok();
    let pair = latchkey.sign_in(NEW_EMAIL, PASSWORD).await.pair();
    let id = latchkey.account_id(&pair.access).await;
    latchkey.proxy.lose_first_answers();
    latchkey.set_status(&id, "blocked").await.ok();
    latchkey.proxy.lose_first_answers();
    latchkey.set_status(&id, "active").await.ok();
    latchkey.proxy.heal();
    for (purpose, times) in [
        ("invitation", 1),
        ("phone-code", 3),
        ("email-code", 1),
        ("email-changed", 2),
        ("phone-changed", 4),
        ("password-changed", 2),
        ("reset-password", 1),
    ] {
        assert_eq!(latchkey.told(purpose).await.len(), times, "{purpose}");
    }
}
