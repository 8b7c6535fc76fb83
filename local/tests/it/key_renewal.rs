//! Keys without a calendar, renewed by hand: what was made with the ones that somebody may have seen opens nothing any
//! more, and nobody loses an account.

use serde_json::{Value, json};

use crate::harness::{EMAIL, LEAD_PASSWORD, LEAD_PHONE, Latchkey, PASSWORD, PHONE, by_email};

impl Latchkey {
    async fn renew(&self, what: &str) {
        let event = json!({ "renew": what }).to_string();
        let answer = self.server.invoke("operation-rotate-keys", &event).await.expect("the operation");
        assert_eq!(answer, json!({ "published": [], "dropped": [], "renewed": what }));
    }

    async fn pepper(&self) -> String {
        let account = self.table.rows_of("account").await.remove(0);
        let hash = account["password_hash"].as_s().expect("a hash");
        hash.split("keyid=").nth(1).and_then(|rest| rest.split('$').next()).expect("a key id").to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_secrets_end_what_older_ones_authenticate_and_nothing_else() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.send_code(PHONE).await.ok();
    let code = latchkey.last_code().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let auth_key = latchkey.auth_key(&portal).await;
    let kari = latchkey.kari_with_app().await;
    let messages = latchkey.outbox().await;

    latchkey.renew("secrets").await;
    let before = latchkey.table.rows_of("session#").await;
    latchkey.re_sign(&pair.refresh).await.refused(401, "invalid_refresh_token");
    latchkey
        .sessions(json!({ "phoneVerificationCode": code, "phone": PHONE }))
        .await
        .refused(401, "invalid_credentials");
    assert_eq!(latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await.status, 401, "an older public key");
    assert!(!latchkey.opens(&auth_key).await);
    assert_eq!(latchkey.table.rows_of("session#").await, before, "what is refused changes nothing");

    assert_eq!(latchkey.outbox().await, messages, "what was sealed still opens");
    let token = latchkey.back_end("local-backend").await;
    let mfa_token = latchkey.mfa_login(&token).await;
    let right = latchkey.next_totp(&kari.secret).await;
    latchkey.answer_totp(&token, &mfa_token, &right).await.access_token();
    let pair = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    latchkey.re_sign(&pair.refresh).await.pair();
    let portal = latchkey.portal().await;
    latchkey.lead_code(&portal, LEAD_PHONE).await.ok();
    let auth_key = latchkey.auth_key(&portal).await;
    assert!(latchkey.opens(&auth_key).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_pepper_ends_nothing_and_is_taken_up_at_the_next_sign_in() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let first = latchkey.pepper().await;
    latchkey.renew("pepper").await;
    let pair = latchkey.re_sign(&pair.refresh).await.pair();
    latchkey.sign_in(EMAIL, "another 1A password").await.refused(401, "invalid_credentials");
    assert_eq!(latchkey.pepper().await, first);
    latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    let second = latchkey.pepper().await;
    assert_ne!(second, first);
    latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    assert_eq!(latchkey.pepper().await, second, "once");
    latchkey.check_session(&pair.access).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn renewals_at_once_all_happen_and_leave_one_ring() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let renew = |latchkey: std::sync::Arc<Latchkey>, _| async move {
        latchkey.server.invoke("operation-rotate-keys", r#"{"renew": "secrets"}"#).await.expect("the operation")
    };
    let answers: Vec<Value> = latchkey.at_once(4, renew).await;
    assert!(answers.iter().any(|answer| answer["renewed"] == "secrets"), "{answers:?}");
    for answer in answers {
        assert!(answer["renewed"] == "secrets" || answer["errorType"] == "unavailable", "{answer}");
    }
    latchkey.re_sign(&pair.refresh).await.refused(401, "invalid_refresh_token");
    let pair = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    latchkey.re_sign(&pair.refresh).await.pair();
}
