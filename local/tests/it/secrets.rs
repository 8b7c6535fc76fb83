//! One journey over every endpoint; then everything it printed and stored is searched for its secrets.

use serde_json::{Value, json};

use crate::harness::{
    EMAIL, INTROSPECT, KARI_EMAIL, KARI_PASSWORD, KARI_PHONE, KARI_PIN, LEAD_EMAIL, LEAD_PASSWORD, LEAD_PHONE,
    Latchkey, PAN, PASSWORD, PHONE, REVOKE, TOKEN, basic, by_email, by_key, form, jane, mfa_login,
};

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

    let (lead_secrets, lead_codes) = lead_journey(&latchkey, typed).await;
    let oauth_secrets = oauth_journey(&latchkey, typed).await;
    let (customer_secrets, customer_codes) = customer_journey(&latchkey, typed).await;

    let rows = format!("{:?}", latchkey.table.rows().await);
    let lines = latchkey.log.lines();
    assert!(lines.lines().count() > 15 && rows.len() > 5_000, "the journey left its traces");
    let pairs = [&created, &signed_in, &by_code, &re_signed, &again];
    let tokens = pairs.iter().flat_map(|pair| [pair.access.as_str(), pair.refresh.as_str()]);
    let signatures = pairs.iter().map(|pair| pair.access.rsplit('.').next().unwrap());
    let others = [PASSWORD, typed, "tooshorT", "local-api-key", "forged.token"];
    let of_leads = lead_secrets.iter().chain(&oauth_secrets).map(String::as_str);
    let of_customers = customer_secrets.iter().map(String::as_str);
    for secret in tokens.chain(signatures).chain(others).chain(of_leads).chain(of_customers) {
        assert!(!rows.contains(secret), "in a row: {secret}");
        assert!(!lines.contains(secret), "in a log line: {secret}");
    }
    for code in lead_codes.iter().chain(&customer_codes).chain([&code]) {
        assert!(!has_word(&rows, code) && !has_word(&lines, code), "the code {code}");
    }
    for personal in [
        EMAIL,
        PHONE,
        "nobody@example.com",
        LEAD_EMAIL,
        LEAD_PHONE,
        PAN,
        "Wickensburg",
        KARI_EMAIL,
        KARI_PHONE,
        "Nordmann",
        "Holmenkollveien",
        "kari.at.work",
        "+4790000001",
        "NO9386011117947",
        "1999-03-24",
        "K1234567",
    ] {
        assert!(!lines.contains(personal), "in a log line: {personal}");
    }
    for line in lines.lines() {
        serde_json::from_str::<Value>(line).expect("a line of JSON");
    }
}

/// Whether `word` stands there by itself: inside a longer number or id six digits may stand by chance.
pub fn has_word(text: &str, word: &str) -> bool {
    text.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|found| found == word)
}

/// A journey over every endpoint of leads: every secret that was used, and every code.
async fn lead_journey(latchkey: &Latchkey, typed: &str) -> (Vec<String>, Vec<String>) {
    let portal = latchkey.portal().await;
    let fields = [("EmailAddress", LEAD_EMAIL), ("mx_PAN_Number", PAN), ("Phone", LEAD_PHONE), ("City", "Wickensburg")];
    let lead = latchkey.register(&portal, &fields).await.lead_id();
    latchkey.register(&portal, &fields).await.refused_lead(400, "MXDuplicateEntryException");
    let by_password = latchkey.auth_key(&portal).await;
    latchkey.lead_sign_in(&portal, &by_email(typed)).await.unauthorized_lead();
    latchkey.lead_sign_in(&portal, &by_key("mx_PAN_Number", "NOBODYS1", typed)).await.unauthorized_lead();
    let flow = latchkey.lead_code(&portal, LEAD_PHONE).await.ok()["Code"].as_str().unwrap().to_owned();
    let code = latchkey.last_code().await;
    latchkey.sign_in_by_otp(&portal, "000000", LEAD_PHONE, &flow).await.unauthorized_lead();
    let by_code = latchkey.sign_in_by_otp(&portal, &code, LEAD_PHONE, &flow).await.auth_key();
    let (second, third) = ("a second pass phrase", "a third pass phrase");
    latchkey.change_password(&by_password, LEAD_PASSWORD, second).await.ok();
    latchkey.change_password(&by_password, typed, third).await.unauthorized_lead();
    latchkey.forgot_password(&portal, &json!({ "EmailAddress": LEAD_EMAIL })).await.ok();
    let temporary = latchkey.last_link().await;
    latchkey.reset_password(&portal, &lead, "0123456789abcdef", third).await.unauthorized_lead();
    latchkey.reset_password(&portal, &lead, &temporary, third).await.ok();
    let path = format!("/api/AutoLogin/TenantKey?{}", portal.query());
    let tenant_key = latchkey.send("GET", &path, &[], "").await.ok().as_str().unwrap().to_owned();
    latchkey.rest().await;
    let path = format!("/api/Leads/{lead}");
    latchkey.save_lead(&portal, "PUT", &path, &[("EmailAddress", "new@example.com")]).await.ok();
    let secrets = [
        LEAD_PASSWORD,
        second,
        third,
        "local-secret-key",
        &temporary,
        &flow,
        &by_password,
        &by_code,
        &tenant_key,
        &portal.public_key,
        &portal.registration_token,
    ];
    (secrets.map(str::to_owned).to_vec(), vec![code])
}

/// A journey over the endpoints that RFCs describe: every secret that was used.
async fn oauth_journey(latchkey: &Latchkey, typed: &str) -> Vec<String> {
    let customer = latchkey.customer("local-refresh").await;
    let next = latchkey.refresh_by_form("local-refresh", &customer.pair.refresh).await.oauth_pair();
    let client = latchkey.client_access("local-backend").await;
    for token in [&next.access, &next.refresh, &client, typed] {
        latchkey.introspect("local-refresh", token).await;
    }
    let wrong = [("token", client.as_str()), ("client_id", "local-backend"), ("client_secret", typed)];
    for path in [INTROSPECT, REVOKE] {
        latchkey.post_form(path, &wrong).await.refused_oauth(401, "invalid_client");
        let in_query = format!("{path}?{}", form(&wrong));
        latchkey.send("GET", &in_query, &[], "").await.refused_oauth(405, "invalid_request");
    }
    let wide = [("grant_type", "refresh_token"), ("refresh_token", next.refresh.as_str()), ("scope", typed)];
    latchkey.oauth("local-refresh", TOKEN, &wide).await.refused_oauth(400, "invalid_scope");
    latchkey.revoke("local-refresh", &next.refresh).await;
    let signature = |token: &str| token.rsplit('.').next().unwrap_or_default().to_owned();
    let clients = ["local-refresh", "local-backend"];
    let headers = clients.map(|client| basic(client).replace("Basic ", ""));
    let secrets = clients.map(|client| format!("{client}-secret"));
    let tokens = [&next.access, &client].map(|token| signature(token));
    let tokens = tokens.into_iter().chain([customer.pair.refresh, next.refresh, next.access, client]);
    tokens.chain(headers).chain(secrets).collect()
}

/// A journey over the endpoints of customers that use a secret: every secret that was used, and every code.
async fn customer_journey(latchkey: &Latchkey, typed: &str) -> (Vec<String>, Vec<String>) {
    let back_end = latchkey.back_end("local-refresh").await;
    let app = latchkey.kari_with_app().await;
    latchkey.log_in(&back_end, typed).await.refused_customer(401, "invalid_credentials");
    let mfa_token = latchkey.log_in(&back_end, KARI_PASSWORD).await.mfa_token();
    let otp = latchkey.next_totp(&app.secret).await;
    let answer = latchkey.answer_totp(&back_end, &mfa_token, &otp).await;
    let (access, first) = (answer.access_token(), answer.refresh_token());
    let second = latchkey.refresh(&back_end, &first).await.refresh_token();
    let by_pin = latchkey.post(&back_end, "/customers/mfa_login", &mfa_login(KARI_PIN)).await.mfa_token();
    let recovery_code = &app.recovery_codes[0];
    latchkey.answer_recovery_code(&back_end, &by_pin, recovery_code).await.access_token();
    let forgotten = json!({ "audience": local::AUDIENCE, "type": "customer", "email": KARI_EMAIL });
    latchkey.post(&back_end, "/customers/change_password", &forgotten).await.empty(204);
    let outbox = latchkey.outbox().await;
    let link = outbox.last().unwrap()["link"].as_str().unwrap().to_owned();
    let reset_token = link.rsplit('=').next().unwrap().to_owned();
    let reset = json!({ "user_id": app.user_id, "reset_token": reset_token, "password": "a fjord in summer" });
    latchkey.post(&back_end, "/customers/change_password/confirm", &reset).await.empty(204);
    let verify =
        "/customers/users/{id}/communication/send-verification-code/phone_number".replace("{id}", &app.user_id);
    latchkey.post(&back_end, &verify, &Value::Null).await.empty(204);
    let code = latchkey.last_code().await;
    let profile = json!({ "birthdate": "1999-03-24", "emails": ["kari.at.work@example.com"],
                          "phone_numbers": ["+4790000001"], "addresses": [{ "street_address": "Holmenkollveien 1" }],
                          "bank_accounts": [{ "iban": "NO9386011117947" }],
                          "document_detail": { "document_type": "passport", "document_number": "K1234567" } });
    let user = format!("/customers/users/{}", app.user_id);
    for (body, status) in [
        (json!({ "profile": profile, "pin": "1" }), 400),
        (json!({ "profile": [profile] }), 400),
        (json!({ "profile": profile }), 200),
    ] {
        assert_eq!(latchkey.by(&back_end, "PUT", &user, &body).await.status, status);
    }
    let client = latchkey.back_end_with(&["read:customers"]).await;
    let plain = recovery_code.replace('-', "");
    let secrets = [
        KARI_PASSWORD,
        "a fjord in summer",
        "local-refresh-secret",
        &back_end,
        &client.secret,
        &client.token,
        &app.secret,
        recovery_code,
        &plain,
        &mfa_token,
        &by_pin,
        &access,
        &first,
        &second,
        &reset_token,
    ];
    (secrets.map(str::to_owned).to_vec(), vec![code, otp, KARI_PIN.to_owned()])
}
