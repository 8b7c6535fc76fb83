//! One journey over every call of data transfers; then what it printed and stored is searched, as in
//! [`crate::secrets`].

use serde_json::{Value, json};

use crate::harness::{Asked, KARI_EMAIL, KARI_PASSWORD, KARI_PHONE, Latchkey, SESSION, VERIFIER, another};
use crate::secrets::has_word;

const CONSENTS: &str = "/authorize/consents?tenant=T00000001";

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_any_log_line_or_row_and_no_personal_data_in_any_line() {
    let latchkey = Latchkey::start().await;
    latchkey.well_known_kari().await;
    latchkey.change_settings(json!({ "mfa": { "enabled": true } })).await;
    let token = latchkey.third_party(VERIFIER).await;
    let vendor_data = "order-4711 of the customer with canary 8f14e45f";
    let body = json!({ "scope": "names email phone address document_detail bank_account picture x_account birthdate",
                       "optional_scope": "email", "vendor_data": vendor_data });
    let asked = latchkey.open_transfer(&token, &body).await.asked(&token);
    latchkey.send("GET", &format!("{SESSION}/{}/information", asked.token), &[], "").await.ok();
    latchkey.send("GET", &format!("{SESSION}/{}/status", asked.token), &[], "").await.ok();
    latchkey.send("GET", &format!("{}/qr.svg", asked.path()), &[], "").await;
    let wrong = json!({ "scope": "names passport-canary", "vendor_data": vendor_data });
    latchkey.open_transfer(&token, &wrong).await.refused_transfer(400, "invalid_scope");
    let (mut secrets, mut browser) = (vec![token, asked.token.clone()], latchkey.browser());
    let mut keep = |browser: &crate::harness::Browser| {
        secrets.extend([browser.cookie.clone().unwrap(), browser.csrf()]);
    };
    browser.scan(&asked).await;
    keep(&browser);
    browser.sign_in("customer", KARI_EMAIL, "canary-password").await;
    browser.sign_in("customer", "nobody-canary@example.com", "canary-password").await;
    browser.sign_in("customer", KARI_EMAIL, KARI_PASSWORD).await;
    keep(&browser);
    browser.submit(&[("send", "sms")]).await;
    keep(&browser);
    let code = latchkey.last_code().await;
    browser.submit(&[("code", &another(&code))]).await;
    browser.submit(&[("code", &code)]).await;
    keep(&browser);
    let forged = [("csrf", "canary-csrf"), ("decision", "agree"), ("shown", "canary-shown"), ("canary-name", "x")];
    assert_eq!(browser.clone().post(&asked.path(), &forged).await.status, 403);
    browser.agree(&[("scope.email", "on"), ("pick.email", "1")]).await;
    let shared = latchkey.shared(&asked).await;
    assert_eq!(shared["email"]["email"], "kari@work.example");
    let row = format!("{:?}", latchkey.transfer(&asked).await.unwrap());
    browser.visit(CONSENTS).await;
    keep(&browser);
    browser.submit(&[("revoke", &asked.id)]).await;
    browser.submit(&[("sign_out", "1")]).await;
    keep(&browser);
    let gone = Asked { token: "lkt_canary-of-a-code".to_owned(), ..asked.clone() };
    assert_eq!(browser.scan(&gone).await.status, 404);

    let (rows, lines) = (format!("{:?}", latchkey.table.rows().await), latchkey.log.lines());
    assert!(lines.lines().count() > 25, "the journey left its traces");
    for event in ["transfer.opened", "transfer.confirmed", "consent.revoked", "sign_in.ok", "sign_in.refused"] {
        assert!(lines.contains(event), "{event}");
    }
    for secret in secrets.iter().map(String::as_str).chain([KARI_PASSWORD, "canary-password", "local-verifier-secret"])
    {
        assert!(!rows.contains(secret), "in a row: {secret}");
        assert!(!lines.contains(secret), "in a log line: {secret}");
    }
    let mut personal = vec![KARI_EMAIL.to_owned(), KARI_PHONE.to_owned(), vendor_data.to_owned()];
    texts(&shared, &mut personal);
    assert!(personal.len() > 12, "{personal:?}");
    for text in personal.iter().map(String::as_str).chain(["8f14e45f", "canary"]) {
        assert!(!lines.contains(text), "in a log line: {text}");
    }
    assert!(!has_word(&rows, &code) && !has_word(&lines, &code), "the code {code}");
    for text in personal.iter().filter(|text| *text != vendor_data) {
        assert!(!row.contains(text.as_str()), "in the transfer's row: {text}");
    }
    for line in lines.lines() {
        serde_json::from_str::<Value>(line).expect("a line of JSON");
    }
}

/// Every text in a value that is long enough to be told from chance.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.len() > 5 => found.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        Value::Object(members) => members.values().for_each(|value| texts(value, found)),
        _ => {}
    }
}
