//! TTL deletion is late by days: what has expired and is still there is refused everywhere.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;

use crate::harness::{LEAD_EMAIL, LEAD_PASSWORD, LEAD_PHONE, Latchkey, PHONE};

fn past() -> AttributeValue {
    AttributeValue::N("1700000000".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_row_past_its_expiry_opens_nothing() {
    for name in ["expires_at", "idle_until", "ends_at"] {
        let latchkey = Latchkey::start().await;
        let pair = latchkey.jane().await;
        latchkey.table.set("session#", name, past()).await;
        latchkey.check_session(&pair.access).await.refused(401, "invalid_access_token");
        latchkey.find_account(&pair.access).await.refused(401, "invalid_access_token");
        latchkey.re_sign(&pair.refresh).await.refused(401, "invalid_refresh_token");
        assert_eq!(latchkey.table.rows_of("session#").await[0]["generation"], AttributeValue::N("0".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_row_past_its_expiry_signs_nobody_in() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    latchkey.send_code(PHONE).await.ok();
    let code = latchkey.last_code().await;
    latchkey.table.set("code#", "expires_at", past()).await;
    latchkey.sessions(json!({ "phoneVerificationCode": code })).await.refused(401, "invalid_credentials");
    let bound = json!({ "phoneVerificationCode": code, "phone": PHONE });
    latchkey.sessions(bound).await.refused(401, "invalid_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_credential_idempotency_or_desk_row_is_as_good_as_none() {
    let latchkey = Latchkey::start().await;
    let key = [("idempotency-key", "2f1f5b0e")];
    let body = json!({ "variables": {} });
    let first = latchkey.call("POST", "/intermediaries", &key, Some(body.clone())).await.ok();
    latchkey.table.set("idempotency", "expires_at", past()).await;
    let second = latchkey.call("POST", "/intermediaries", &key, Some(body)).await.ok();
    assert_ne!(first["id"], second["id"]);

    latchkey.send_code(PHONE).await.ok();
    latchkey.table.set("code-desk", "expires_at", past()).await;
    latchkey.send_code(PHONE).await.ok();

    latchkey.table.set("credential", "expires_at", past()).await;
    latchkey.advance(61).await;
    latchkey.jane_refused().await;
}

impl Latchkey {
    async fn jane_refused(&self) {
        self.create_account(crate::harness::jane()).await.refused(401, "invalid_api_key");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leads_session_code_or_link_past_its_expiry_opens_nothing() {
    for name in ["expires_at", "idle_until", "ends_at"] {
        let latchkey = Latchkey::start().await;
        let portal = latchkey.portal().await;
        latchkey.john(&portal).await;
        let key = latchkey.auth_key(&portal).await;
        latchkey.table.set("session#", name, past()).await;
        latchkey.change_password(&key, LEAD_PASSWORD, "another sample pw").await.unauthorized_lead();
    }
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    let before = latchkey.table.rows_of("account").await;
    let flow = latchkey.lead_code(&portal, LEAD_PHONE).await.ok()["Code"].as_str().unwrap().to_owned();
    let code = latchkey.last_code().await;
    latchkey.table.set("code", "expires_at", past()).await;
    latchkey.sign_in_by_otp(&portal, &code, LEAD_PHONE, &flow).await.unauthorized_lead();
    latchkey.lead_code(&portal, LEAD_PHONE).await.ok();
    latchkey.forgot_password(&portal, &json!({ "EmailAddress": LEAD_EMAIL })).await.ok();
    let secret = latchkey.last_link().await;
    latchkey.table.set("password-reset", "expires_at", past()).await;
    latchkey.reset_password(&portal, &lead, &secret, "another sample pw").await.unauthorized_lead();
    assert_eq!(latchkey.table.rows_of("account").await, before);

    latchkey.table.set("credential", "expires_at", past()).await;
    latchkey.advance(61).await;
    let path = format!("/api/Access/PublicToken?{}", portal.query());
    latchkey.send("GET", &path, &[], "").await.unauthorized_lead();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_transfer_or_session_of_the_pages_past_its_expiry_opens_nothing() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let asked = latchkey.ask("names").await;
    let mut browser = latchkey.kari_is_asked(&asked).await;
    for name in ["expires_at", "idle_until", "ends_at"] {
        let sessions = latchkey.table.rows_of("session#").await;
        latchkey.table.set("session#", name, past()).await;
        assert_eq!(browser.clone().send_form(&[("decision", "agree")]).await.status, 303);
        let mut late = browser.clone();
        late.scan(&asked).await;
        assert!(late.is_to_sign_in(), "{name}");
        for row in sessions {
            latchkey.table.put(row).await;
        }
    }
    latchkey.nothing_shared(&asked).await;
    browser.agree(&[]).await;
    latchkey.shared(&asked).await;
    latchkey.table.set("transfer", "expires_at", past()).await;
    let before = latchkey.table.rows().await;
    latchkey.decision(&asked).await.refused_transfer(404, "not_found");
    latchkey.status(&asked).await.refused_transfer(404, "not_found");
    for token in [&asked.by, &asked.token] {
        latchkey.information(token, &asked.id).await.refused_transfer(404, "not_found");
    }
    assert_eq!(browser.scan(&asked).await.status, 404);
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_credential_row_has_a_ttl_in_seconds() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.send_code(PHONE).await.ok();
    latchkey.sign_in("nobody@example.com", "x").await.refused(401, "invalid_credentials");
    let guess = json!({ "phoneVerificationCode": "000000" });
    latchkey.sessions(guess).await.refused(401, "invalid_credentials");
    latchkey.call("POST", "/intermediaries", &[("idempotency-key", "k")], Some(json!({ "variables": {} }))).await.ok();
    latchkey.re_sign(&pair.refresh).await.pair();
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    latchkey.auth_key(&portal).await;
    latchkey.lead_code(&portal, LEAD_PHONE).await.ok();
    latchkey.forgot_password(&portal, &json!({ "EmailAddress": LEAD_EMAIL })).await.ok();
    latchkey.ask("names").await;
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
    for sk in [
        "session#",
        "code#",
        "code-desk",
        "stranger",
        "idempotency",
        "message",
        "exposure",
        "code",
        "password-reset",
        "source",
        "transfer",
    ] {
        let rows = latchkey.table.rows_of(sk).await;
        assert!(!rows.is_empty(), "{sk}");
        for row in rows {
            let seconds: i64 = row["expires_at"].as_n().expect("a number").parse().expect("whole seconds");
            assert!((now + 300..now + 40 * 86_400).contains(&seconds), "{sk}: {seconds}");
        }
    }
    let session = latchkey.table.rows_of("session#").await.remove(0);
    let of = |name: &str| session[name].as_n().unwrap().parse::<i64>().unwrap();
    assert_eq!(of("expires_at") - of("idle_until"), 7 * 86_400, "reuse evidence is kept for a week");
}
