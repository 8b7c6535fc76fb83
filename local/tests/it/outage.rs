//! While the table cannot be reached, and when it can be again.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

use crate::harness::{
    Answer, CLIENT_TOKEN, EMAIL, Fault, KARI_EMAIL, LEAD_PHONE, Latchkey, PASSWORD, TOKEN, VERIFIER, another, by_email,
    mfa_login,
};

const METADATA: [&str; 2] = ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"];

#[track_caller]
fn unavailable(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert!(answer.header("retry-after").is_some());
}

/// Whether a token was signed by a key of the set, by another's library.
fn is_ours(set: &str, token: &str) -> bool {
    let set: JwkSet = serde_json::from_str(set).expect("a set");
    let key = set.find(&decode_header(token).expect("a header").kid.expect("a kid")).expect("its key");
    let mut signature_only = Validation::new(Algorithm::RS256);
    signature_only.validate_exp = false;
    signature_only.validate_aud = false;
    decode::<Value>(token, &DecodingKey::from_jwk(key).expect("a key"), &signature_only).is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_no_table_outlives_every_cache_and_the_first_request_afterwards_succeeds() {
    for fault in [Fault::Fail, Fault::Drop, Fault::Hang] {
        let latchkey = Latchkey::start().await;
        let pair = latchkey.jane().await;
        let before = latchkey.send("GET", "/.well-known/jwks.json", &[], "").await.text;
        latchkey.proxy.plan(move |_| fault);
        for hours in [1, 11] {
            latchkey.advance(hours * 3_600).await;
            let set = latchkey.send("GET", "/.well-known/jwks.json", &[], "").await;
            set.ok();
            assert!(set.text == before && is_ours(&set.text, &pair.access), "{fault:?}");
            for path in METADATA {
                latchkey.send("GET", path, &[], "").await.ok();
            }
            unavailable(&latchkey.sign_in(EMAIL, PASSWORD).await);
        }
        latchkey.proxy.heal();
        latchkey.sign_in(EMAIL, PASSWORD).await.pair();
        let client = [("grant_type", "client_credentials")];
        latchkey.oauth(VERIFIER, CLIENT_TOKEN, &client).await.access_token();
        latchkey.oauth("local-backend", TOKEN, &client).await.access();
        latchkey.portal().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_check_of_a_signature_goes_on_while_what_it_belongs_to_is_known() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    let token = latchkey.back_end("local-backend").await;
    assert!(latchkey.is_active(VERIFIER, &token).await);
    for fault in [Fault::Fail, Fault::Drop, Fault::Hang] {
        latchkey.proxy.plan(move |_| fault);
        latchkey.by(&token, "GET", "/auth/keys", &Value::Null).await.ok();
        let forged = format!("{}x", token.strip_suffix('x').unwrap_or(&token));
        latchkey.by(&forged, "GET", "/auth/keys", &Value::Null).await.refused_customer(401, "invalid_token");
        latchkey.check_session(&forged).await.refused(401, "invalid_access_token");
        assert!(!latchkey.is_active(VERIFIER, &forged).await);
        assert_eq!(latchkey.proxy.count(), 0);
        latchkey.proxy.heal();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_try_that_cannot_be_counted_is_no_answer() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let token = latchkey.back_end("local-backend").await;
    let mfa_token = latchkey.mfa_login(&token).await;
    let (handle, code) = latchkey.challenge(&token, &mfa_token, "sms").await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let flow = latchkey.lead_code(&portal, LEAD_PHONE).await.ok()["Code"].as_str().expect("a flow").to_owned();
    let otp = another(&latchkey.last_code().await);
    let mut browser = latchkey.browser();
    browser.scan(&latchkey.ask("names").await).await;
    let before = latchkey.table.rows().await;
    for fault in [Fault::Fail, Fault::Drop, Fault::Throttle, Fault::Conflict] {
        latchkey.proxy.plan(move |call| if call.is_write() { fault } else { Fault::Pass });
        unavailable(&latchkey.log_in(&token, "wrong").await);
        unavailable(&latchkey.post(&token, "/customers/mfa_login", &mfa_login("wrong")).await);
        unavailable(&latchkey.answer_oob(&token, &mfa_token, (&handle, &another(&code))).await);
        unavailable(&latchkey.lead_sign_in(&portal, &by_email("wrong")).await);
        unavailable(&latchkey.sign_in_by_otp(&portal, &otp, LEAD_PHONE, &flow).await);
        let form = [("identifier", KARI_EMAIL), ("kind", "customer"), ("password", "wrong")];
        unavailable(&browser.clone().send_form(&form).await);
        latchkey.proxy.heal();
        assert!(latchkey.table.rows().await == before, "{fault:?}");
    }
    latchkey.answer_oob(&token, &mfa_token, (&handle, &code)).await.access_token();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_tried_three_times_and_only_once_when_too_many_have_failed() {
    for fault in [Fault::Fail, Fault::Throttle] {
        let latchkey = Latchkey::start().await;
        let access = latchkey.jane().await.access;
        let attempts = async || {
            latchkey.proxy.plan(move |_| fault);
            unavailable(&latchkey.check_session(&access).await);
            latchkey.proxy.count()
        };
        assert_eq!(attempts().await, 3, "{fault:?}");
        let mut failed = 1;
        while attempts().await > 1 {
            failed += 1;
            assert!(failed < 200, "{fault:?}: no budget for all calls of an instance");
        }
        latchkey.proxy.heal();
        latchkey.check_session(&access).await.ok();
    }
}
