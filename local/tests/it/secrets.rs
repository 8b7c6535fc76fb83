//! One journey over every endpoint; then everything it printed and stored is searched for its secrets.

use serde_json::json;

use crate::harness::{EMAIL, Latchkey, PASSWORD, PHONE, jane};

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_any_log_line_or_row() {
    let latchkey = Latchkey::start().await;
    let key = [("idempotency-key", "journey")];
    let created = latchkey.call("POST", "/intermediaries/accounts", &key, Some(jane())).await.pair();
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    let signed_in = latchkey.call("POST", "/intermediaries/sessions", &key, Some(body)).await.pair();
    let typed = "Tr0ub4dor&3wrong";
    latchkey.sign_in(EMAIL, typed).await.refused(401, "invalid_credentials");
    latchkey.sign_in("nobody@example.com", typed).await.refused(401, "invalid_credentials");
    let mut weak = jane();
    weak["password"] = json!("tooshorT");
    weak["email"] = json!("weak@example.com");
    latchkey.create_account(weak).await.refused(400, "weak_password");
    latchkey.send_code(PHONE).await.ok();
    let code = latchkey.last_code().await;
    let by_code = latchkey.sessions(json!({ "phoneVerificationCode": code })).await.pair();
    let re_signed = latchkey.re_sign(&signed_in.refresh).await.pair();
    let again = latchkey.re_sign(&re_signed.refresh).await.pair();
    latchkey.re_sign(&signed_in.refresh).await.refused(401, "invalid_refresh_token");
    latchkey.check_session(&by_code.access).await.ok();
    latchkey.find_account(&by_code.access).await.ok();
    latchkey.sign_out(&by_code.access).await.ok();
    latchkey.check_session("eyJhbGciOiJub25lIn0.forged.token").await.refused(401, "invalid_access_token");

    let rows = format!("{:?}", latchkey.table.rows().await);
    let lines = latchkey.log.lines();
    assert!(lines.lines().count() > 15 && rows.len() > 5_000, "the journey left its traces");
    let pairs = [&created, &signed_in, &by_code, &re_signed, &again];
    let tokens = pairs.iter().flat_map(|pair| [pair.access.as_str(), pair.refresh.as_str()]);
    let signatures = pairs.iter().map(|pair| pair.access.rsplit('.').next().unwrap());
    let others = [PASSWORD, typed, "tooshorT", "local-api-key", "forged.token"];
    for secret in tokens.chain(signatures).chain(others) {
        assert!(!rows.contains(secret), "in a row: {secret}");
        assert!(!lines.contains(secret), "in a log line: {secret}");
    }
    // Six digits may stand in a longer number by chance; alone they must not.
    let alone = |text: &str| text.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|word| word == code);
    assert!(!alone(&rows) && !alone(&lines), "the code {code}");
    for personal in [EMAIL, PHONE, "nobody@example.com"] {
        assert!(!lines.contains(personal), "in a log line: {personal}");
    }
    for line in lines.lines() {
        serde_json::from_str::<serde_json::Value>(line).expect("a line of JSON");
    }
}
