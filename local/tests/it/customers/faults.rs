//! As [`crate::faults`], for the calls of document 004 and beside it.

use std::sync::Arc;
use std::time::Duration;

use local::AUDIENCE;
use serde_json::{Value, json};

use crate::harness::{
    Answer, Fault, KARI_EMAIL, KARI_PASSWORD, Latchkey, NO_MFA, REFRESH_TOKEN, USERS, another, kari, login_by,
    mfa_login, oob, totp,
};

const NEW: &str = "another horse 9";

#[track_caller]
fn unavailable(answer: &Answer) {
    answer.refused_customer(503, "unavailable");
    assert!(answer.header("retry-after").is_some());
}

/// A success, or a 503 that says when to come back. Says which.
#[track_caller]
fn done(answer: &Answer) -> bool {
    if ![200, 204].contains(&answer.status) {
        unavailable(answer);
    }
    answer.status < 300
}

/// A Latchkey with Kari and warm caches, and a token with every scope that its calls want.
async fn with_kari(scopes: &[&str]) -> (Arc<Latchkey>, String, String) {
    let latchkey = Latchkey::start().await;
    let id = latchkey.kari().await;
    let admin = ["admin:accounts", "admin:customers", USERS];
    let token = latchkey.back_end_with(&[&admin, scopes].concat()).await.token;
    (latchkey, id, token)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_cut_off_at_any_call_is_made_changed_and_deleted_whole_or_not_at_all() {
    for fault in Fault::AT_ONCE {
        for number in 0..4 {
            let latchkey = Latchkey::start().await;
            let token = latchkey.back_end("local-backend").await;
            latchkey.proxy.cut(number, fault);
            done(&latchkey.post(&token, "/customers/users", &kari()).await);
            latchkey.proxy.heal();
            let accounts = latchkey.table.rows_of("account").await;
            assert_eq!(latchkey.table.rows_of("identifier").await.len(), 3 * accounts.len(), "{fault:?} at {number}");
            let made = match accounts.first() {
                Some(row) => row["id"].as_s().unwrap().clone(),
                None => latchkey.kari().await,
            };
            let rest = format!("/customers/users/{made}");

            latchkey.proxy.cut(number, fault);
            let change = json!({ "email": "new@example.com", "password": NEW });
            done(&latchkey.by(&token, "PUT", &rest, &change).await);
            latchkey.proxy.heal();
            let mut statuses = Vec::new();
            for (email, password) in [(KARI_EMAIL, KARI_PASSWORD), ("new@example.com", NEW)] {
                let body = login_by("email", email, password);
                statuses.push(latchkey.post(&token, "/customers/login", &body).await.status);
            }
            assert!(
                [[200, 401], [401, 200]].iter().any(|both| *both == *statuses),
                "{fault:?} at {number}: {statuses:?}"
            );
            assert_eq!(latchkey.table.rows_of("identifier").await.len(), 3);

            latchkey.proxy.cut(number, fault);
            done(&latchkey.by(&token, "DELETE", &rest, &Value::Null).await);
            latchkey.proxy.heal();
            let accounts = latchkey.table.rows_of("account").await.len();
            let identifiers = latchkey.table.rows_of("identifier").await.len();
            assert_eq!(identifiers, 3 * accounts, "{fault:?} at {number}");
            let again = latchkey.by(&token, "DELETE", &rest, &Value::Null).await;
            assert_eq!(again.status, if accounts == 1 { 204 } else { 404 });
            assert!(latchkey.table.rows_of("session#").await.is_empty());
            latchkey.kari().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_cut_off_at_any_call_leaves_no_session_without_its_account() {
    for fault in Fault::AT_ONCE {
        for number in 0..4 {
            let (latchkey, id, token) = with_kari(&[REFRESH_TOKEN]).await;
            latchkey.proxy.cut(number, fault);
            let answer = latchkey.log_in(&token, KARI_PASSWORD).await;
            done(&answer);
            latchkey.proxy.heal();
            let account = latchkey.table.rows_of("account").await.remove(0);
            let rows = latchkey.table.rows_of("session#").await;
            assert_eq!(account["sessions"].as_m().unwrap().len(), rows.len(), "{fault:?} at {number}");
            let failed = account.get("failed_since_success").map(|count| count.as_n().unwrap().as_str());
            assert!([None, Some("0")].contains(&failed), "not held against the customer");
            let whole = latchkey.log_in(&token, KARI_PASSWORD).await;

            latchkey.proxy.cut(number, fault);
            done(&latchkey.refresh(&token, &whole.refresh_token()).await);
            latchkey.proxy.heal();
            let next = latchkey.refresh(&token, &whole.refresh_token()).await.refresh_token();
            latchkey.proxy.cut(number, fault);
            done(&latchkey.post(&token, "/auth/revoke", &json!({ "token": next })).await);
            latchkey.proxy.heal();
            latchkey.post(&token, "/auth/revoke", &json!({ "token": next })).await.ok();
            latchkey.refresh(&token, &next).await.refused_customer(400, "invalid_grant");

            let rest = format!("/auth/users/{id}/sessions");
            let live = latchkey.log_in(&token, KARI_PASSWORD).await.access_token();
            latchkey.proxy.cut(number, fault);
            done(&latchkey.by(&token, "DELETE", &rest, &Value::Null).await);
            latchkey.proxy.heal();
            latchkey.by(&token, "DELETE", &rest, &Value::Null).await.empty(204);
            assert!(!latchkey.is_live(&live).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_cut_off_at_any_call_opens_one_session_or_none_and_works_afterwards() {
    for fault in Fault::AT_ONCE {
        for number in 0..4 {
            let (latchkey, _, token) = with_kari(&[]).await;
            latchkey.proxy.cut(number, fault);
            let begun = latchkey.post(&token, "/customers/mfa_login", &mfa_login(KARI_PASSWORD)).await;
            done(&begun);
            latchkey.proxy.heal();
            let mfa_token = latchkey.mfa_login(&token).await;
            latchkey.proxy.cut(number, fault);
            let sent = latchkey.challenged(&token, &mfa_token, "sms").await;
            done(&sent);
            latchkey.proxy.heal();
            assert_eq!(latchkey.outbox().await.len(), latchkey.table.rows_of("asked").await.len(), "both or neither");
            latchkey.advance(60).await;
            let (handle, code) = latchkey.challenge(&token, &mfa_token, "sms").await;
            latchkey.proxy.cut(number, fault);
            let answer = latchkey.answer_oob(&token, &mfa_token, (&handle, &code)).await;
            done(&answer);
            latchkey.proxy.heal();
            let sessions = latchkey.table.rows_of("session#").await.len();
            if sessions == 0 {
                latchkey.answer_oob(&token, &mfa_token, (&handle, &code)).await.access_token();
            }
            assert_eq!(latchkey.table.rows_of("session#").await.len(), 1, "{fault:?} at {number}");
            latchkey.advance(60).await;
            let mfa_token = latchkey.mfa_login(&token).await;
            let (handle, code) = latchkey.challenge(&token, &mfa_token, "sms").await;
            latchkey.answer_oob(&token, &mfa_token, (&handle, &code)).await.access_token();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_cut_off_at_any_call_keeps_a_secret_that_works() {
    for fault in Fault::AT_ONCE {
        for number in 0..3 {
            let latchkey = Latchkey::start().await;
            let made = latchkey.back_end_with(&["read:customers"]).await;
            let admin = latchkey.back_end("local-backend").await;
            let rows = latchkey.table.rows().await.len();
            latchkey.proxy.cut(number, fault);
            let more = latchkey.post(&admin, "/auth/clients", &json!({ "name": "x" })).await;
            done(&more);
            latchkey.proxy.heal();
            assert!([0, 3].contains(&(latchkey.table.rows().await.len() - rows)), "{fault:?} at {number}");
            latchkey.proxy.cut(number, fault);
            let rest = format!("/auth/clients/{}", made.id);
            let rotated = latchkey.post(&admin, &format!("{rest}/rotate-secret"), &Value::Null).await;
            let is_done = done(&rotated);
            latchkey.proxy.heal();
            latchkey.ask_client_token((&made.id, &made.secret), &json!({})).await.access_token();
            if is_done {
                let secret = rotated.json()["client_secret"].as_str().unwrap().to_owned();
                latchkey.ask_client_token((&made.id, &secret), &json!({})).await.access_token();
            }
            latchkey.proxy.cut(number, fault);
            done(&latchkey.by(&admin, "DELETE", &rest, &Value::Null).await);
            latchkey.proxy.heal();
            let again = latchkey.by(&admin, "DELETE", &rest, &Value::Null).await.status;
            assert!([200, 404].contains(&again), "{fault:?} at {number}: {again}");
            let gone = latchkey.ask_client_token((&made.id, &made.secret), &json!({})).await;
            gone.refused_customer(401, "invalid_client");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_or_set_up_cut_off_at_any_call_works_a_minute_later() {
    for fault in Fault::AT_ONCE {
        for number in 0..4 {
            let (latchkey, id, token) = with_kari(&[NO_MFA]).await;
            let client = crate::harness::claims(&token)["client_id"].clone();
            let verify = format!("/customers/users/{id}/communication/send-verification-code/email");
            let prompt = json!({ "email": KARI_EMAIL, "audience": AUDIENCE, "type": "customer" });
            let passwordless =
                json!({ "audience": AUDIENCE, "client_id": client, "connection": "email", "email": KARI_EMAIL });
            let mut recovery = mfa_login("");
            recovery.as_object_mut().unwrap().remove("secret");
            for (rest, body) in [
                (verify.as_str(), &Value::Null),
                ("/customers/change_password", &prompt),
                ("/auth/passwordless", &passwordless),
                ("/customers/mfa_login_recovery", &recovery),
            ] {
                let before = latchkey.outbox().await.len();
                latchkey.proxy.cut(number, fault);
                let is_done = done(&latchkey.post(&token, rest, body).await);
                latchkey.proxy.heal();
                let sent = latchkey.outbox().await.len() - before;
                assert!(sent == 1 || sent == 0 && !is_done, "{rest} {fault:?} at {number}: {sent}");
                latchkey.advance(60).await;
                assert!(done(&latchkey.post(&token, rest, body).await));
                assert_eq!(latchkey.outbox().await.len(), before + sent + 1);
            }
            let person = latchkey.log_in(&token, KARI_PASSWORD).await.access_token();
            latchkey.proxy.cut(number, fault);
            done(&latchkey.post(&person, "/auth/mfa/totp", &Value::Null).await);
            latchkey.proxy.heal();
            let secret = latchkey.post(&person, "/auth/mfa/totp", &Value::Null).await.ok()["secret"].clone();
            let code = json!({ "code": totp(secret.as_str().unwrap(), latchkey.advance(0).await) });
            latchkey.proxy.cut(number, fault);
            done(&latchkey.post(&person, "/auth/mfa/totp/confirm", &code).await);
            latchkey.proxy.heal();
            let row = latchkey.table.rows_of("account").await.remove(0);
            assert_eq!(row.contains_key("totp"), row.contains_key("recovery_codes"), "{fault:?} at {number}");
            let settings = json!({ "users": { "mfa": { "enabled": true } } });
            latchkey.proxy.cut(number, fault);
            done(&latchkey.by(&token, "PUT", "/customers/settings", &settings).await);
            latchkey.proxy.heal();
            latchkey.by(&token, "PUT", "/customers/settings", &settings).await.ok();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_first_answer_is_lost_succeeds_as_if_nothing_had_happened() {
    let latchkey = Latchkey::start().await;
    let token = latchkey.back_end("local-refresh").await;
    latchkey.proxy.lose_first_answers();
    let made = latchkey.post(&token, "/customers/users", &kari()).await.ok();
    latchkey.proxy.lose_first_answers();
    let refresh = latchkey.log_in(&token, KARI_PASSWORD).await.refresh_token();
    latchkey.proxy.lose_first_answers();
    let refresh = latchkey.refresh(&token, &refresh).await.refresh_token();
    latchkey.proxy.lose_first_answers();
    latchkey.log_in(&token, "correct horse 8").await.refused_customer(401, "invalid_credentials");
    let account = latchkey.table.rows_of("account").await.remove(0);
    assert_eq!(account["failed_since_success"].as_n().unwrap(), "1", "counted once");
    latchkey.proxy.lose_first_answers();
    let mfa_token = latchkey.mfa_login(&token).await;
    latchkey.proxy.lose_first_answers();
    let (handle, code) = latchkey.challenge(&token, &mfa_token, "sms").await;
    latchkey.proxy.lose_first_answers();
    let wrong = latchkey.answer_oob(&token, &mfa_token, (&handle, &another(&code))).await;
    wrong.refused_customer(400, "invalid_grant");
    latchkey.proxy.lose_first_answers();
    latchkey.answer_oob(&token, &mfa_token, (&handle, &code)).await.access_token();
    latchkey.proxy.lose_first_answers();
    latchkey.by(&token, "PUT", "/customers/settings", &json!({ "users": { "mfa": { "enabled": false } } })).await.ok();
    latchkey.proxy.lose_first_answers();
    let rest = format!("/customers/users/{}", made["user_id"].as_str().unwrap());
    latchkey.by(&token, "PUT", &rest, &json!({ "password": NEW, "phone_number": "+4790000001" })).await.ok();
    latchkey.proxy.lose_first_answers();
    latchkey.refresh(&token, &refresh).await.refused_customer(400, "invalid_grant");
    latchkey.proxy.lose_first_answers();
    let rotated = latchkey.post(&token, "/auth/clients/local-verifier/rotate-secret", &Value::Null).await;
    let secret = rotated.ok()["client_secret"].as_str().unwrap().to_owned();
    latchkey.proxy.lose_first_answers();
    let nothing = latchkey.ask_client_token(("local-verifier", &secret), &json!({})).await;
    nothing.refused_customer(403, "invalid_target");
    latchkey.proxy.lose_first_answers();
    latchkey.by(&token, "DELETE", "/auth/clients/local-verifier", &Value::Null).await.ok();
    latchkey.proxy.lose_first_answers();
    latchkey.by(&token, "DELETE", &rest, &Value::Null).await.empty(204);
    latchkey.proxy.heal();
    assert_eq!(latchkey.outbox().await.len(), 3, "a code, an address that was left, a new password: each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_dynamodb_is_down_every_call_is_503_in_time_and_nothing_is_held_against_anybody() {
    let (latchkey, id, token) = with_kari(&[REFRESH_TOKEN]).await;
    let signed_in = latchkey.log_in(&token, KARI_PASSWORD).await;
    let mfa_token = latchkey.mfa_login(&token).await;
    let person = signed_in.access_token();
    let user = format!("/customers/users/{id}");
    let refresh = json!({ "grant_type": "refresh_token", "refresh_token": signed_in.refresh_token() });
    let calls = [
        ("POST", "/customers/login", crate::harness::login(KARI_PASSWORD)),
        ("POST", "/customers/login", crate::harness::login("correct horse 8")),
        ("POST", "/customers/mfa_login", mfa_login(KARI_PASSWORD)),
        ("POST", "/auth/token", refresh.clone()),
        ("POST", "/auth/token", oob(&mfa_token, ("handle", "123456"))),
        ("POST", "/auth/revoke", json!({ "token": signed_in.refresh_token() })),
        ("GET", &user, Value::Null),
        ("PUT", &user, json!({ "first_name": "x" })),
        ("DELETE", &user, Value::Null),
        ("GET", "/auth/clients", Value::Null),
        ("PUT", "/customers/settings", json!({})),
    ];
    for fault in [Fault::Fail, Fault::Drop, Fault::Hang] {
        latchkey.proxy.plan(move |_| fault);
        let mut waiting = tokio::task::JoinSet::new();
        for (method, rest, body) in calls.clone() {
            let (latchkey, token, rest) = (Arc::clone(&latchkey), token.clone(), rest.to_owned());
            waiting.spawn(async move { latchkey.by(&token, method, &rest, &body).await });
        }
        let answers = tokio::time::timeout(Duration::from_secs(9), waiting.join_all()).await;
        answers.expect("answers within 8 s").iter().for_each(unavailable);
        latchkey.by(&token, "GET", "/auth/keys", &Value::Null).await.ok();
        latchkey.proxy.heal();
        assert!(latchkey.is_live(&person).await);
    }
    latchkey.log_in(&token, KARI_PASSWORD).await.access_token();
    latchkey.grant(&token, &refresh).await.refresh_token();
    let account = latchkey.table.rows_of("account").await.remove(0);
    assert!(!account.contains_key("failed_since_success") && !account.contains_key("mfa_failures"));
    assert!(latchkey.outbox().await.is_empty());
}
