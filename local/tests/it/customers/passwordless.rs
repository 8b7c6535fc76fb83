use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use local::AUDIENCE;
use serde_json::{Value, json};

use crate::harness::{Answer, KARI_EMAIL, KARI_PHONE, Latchkey, another};

const SEND: &str = "/auth/passwordless";
const READ: &str = "/auth/passwordless/code";
const SESSION: &str = "1b671a64-40d5-491e-99b0-da01ff1f3341";

fn ask(connection: &str, more: &Value) -> Value {
    let mut body = json!({ "audience": AUDIENCE, "client_id": "local-backend", "connection": connection });
    let who =
        if connection == "email" { json!({ "email": KARI_EMAIL }) } else { json!({ "phone_number": KARI_PHONE }) };
    for members in [&who, more] {
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    }
    body
}

fn exchange(code: &str) -> Value {
    json!({ "grant_type": "authorization_code", "ident_type": "email", "ident": KARI_EMAIL,
            "verification_code": code, "audience": AUDIENCE })
}

/// Has a code sent by `local-backend`, as it was received.
async fn sent(latchkey: &Latchkey, connection: &str, more: &Value) -> String {
    let token = latchkey.back_end("local-backend").await;
    let before = latchkey.outbox().await.len();
    latchkey.post(&token, SEND, &ask(connection, more)).await.empty(204);
    assert_eq!(latchkey.outbox().await.len(), before + 1);
    latchkey.last_code().await
}

async fn redeem(latchkey: &Latchkey, code: &str) -> Answer {
    latchkey.grant(&latchkey.back_end("local-backend").await, &exchange(code)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_by_email_or_text_message_signs_in_once_and_proves_the_address() {
    let latchkey = Latchkey::start().await;
    let user_id = latchkey.kari().await;
    for (connection, to, amr, proved) in
        [("email", KARI_EMAIL, "email", "email_verified_at"), ("sms", KARI_PHONE, "sms", "phone_verified_at")]
    {
        latchkey.advance(60).await;
        let code = sent(&latchkey, connection, &json!({})).await;
        let message = latchkey.outbox().await.last().unwrap().clone();
        assert_eq!((&message["channel"], &message["to"]), (&json!(connection), &json!(to)));
        assert!(!latchkey.table.rows_of("account").await[0].contains_key(proved));
        let answer = redeem(&latchkey, &code).await;
        let claims = answer.claims();
        assert_eq!((&claims["sub"], &claims["amr"]), (&json!(user_id), &json!([amr])));
        assert!(answer.ok().get("refresh_token").is_none());
        assert!(latchkey.table.rows_of("account").await[0].contains_key(proved));
        redeem(&latchkey, &code).await.refused_customer(400, "invalid_grant");
    }
    latchkey.advance(60).await;
    let token = latchkey.back_end("local-refresh").await;
    latchkey.post(&token, SEND, &ask("email", &json!({ "client_id": "local-refresh" }))).await.empty(204);
    let mut body = exchange(&latchkey.last_code().await);
    (body["ident_type"], body["ident"]) = ("user_id".into(), user_id.into());
    latchkey.grant(&token, &body).await.refresh_token();
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_unknown_gets_the_same_answer_for_the_same_work_and_no_message() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    latchkey.create_customer(&json!({ "phone_number": "+4790000001" })).await.ok();
    let token = latchkey.back_end("local-backend").await;
    let (mut faces, mut costs) = (Vec::new(), Vec::new());
    let mut attempt = async |body: &Value| {
        latchkey.proxy.record();
        faces.push(latchkey.post(&token, SEND, body).await.face());
        costs.push((latchkey.proxy.operations(), latchkey.proxy.round_trips()));
    };
    attempt(&ask("email", &json!({}))).await;
    attempt(&ask("email", &json!({ "email": "nobody@example.com" }))).await;
    attempt(&ask("sms", &json!({ "phone_number": "+4790000009" }))).await;
    attempt(&json!({ "audience": AUDIENCE, "client_id": "local-backend", "connection": "email",
                     "phone_number": "+4790000001" }))
    .await;
    attempt(&ask("email", &json!({ "type": "company" }))).await;
    latchkey.advance(60).await;
    latchkey.log_in(&token, "warm the caches").await.refused_customer(401, "invalid_credentials");
    latchkey.table.set("account", "status", AttributeValue::S("blocked".to_owned())).await;
    attempt(&ask("email", &json!({}))).await;
    latchkey.proxy.heal();
    faces.dedup();
    costs.dedup();
    assert_eq!((faces.len(), faces[0].0), (1, 204), "{faces:?}");
    assert_eq!(costs.len(), 1, "{costs:#?}");
    assert_eq!(latchkey.outbox().await.len(), 1);
    latchkey.advance(60).await;
    for body in [json!({}), json!({ "email": "nobody@example.com" })] {
        latchkey.post(&token, SEND, &ask("email", &body)).await.empty(204);
        let again = latchkey.post(&token, SEND, &ask("email", &body)).await;
        again.refused_customer(429, "too_many_requests");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_name_of_one_customer_is_silent_within_the_minute_and_the_code_goes_on() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let code = sent(&latchkey, "email", &json!({})).await;
    let token = latchkey.back_end("local-backend").await;
    latchkey.post(&token, SEND, &ask("sms", &json!({}))).await.empty(204);
    assert_eq!(latchkey.outbox().await.len(), 1, "nobody learns whose both names are");
    redeem(&latchkey, &code).await.access_token();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_right_codes_at_once_one_signs_in_and_of_wrong_ones_five_compare() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let token = latchkey.back_end("local-backend").await;
    let race = async |code: String| {
        let token = token.clone();
        let racer = move |latchkey: Arc<Latchkey>, _| {
            let (token, code) = (token.clone(), code.clone());
            async move { latchkey.grant(&token, &exchange(&code)).await }
        };
        let answers = latchkey.at_once(20, racer).await;
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            answer.refused_customer(400, "invalid_grant");
        }
        answers.iter().filter(|answer| answer.status == 200).count()
    };
    let code = sent(&latchkey, "email", &json!({})).await;
    // The right one twenty times is more than five tries, and the first of them is right.
    assert_eq!(race(code).await, 1);
    latchkey.advance(60).await;
    let code = sent(&latchkey, "email", &json!({})).await;
    assert_eq!(race(another(&code)).await, 0);
    let row = latchkey.table.rows_of("code").await.remove(0);
    assert_eq!(row["failures"].as_n().unwrap(), "5");
    redeem(&latchkey, &code).await.refused_customer(400, "invalid_grant");
    assert_eq!(latchkey.table.rows_of("session#").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_login_session_has_one_code_over_both_connections_and_its_tries_stay_used() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let session = json!({ "login_session_id": SESSION });
    let code = sent(&latchkey, "email", &session).await;
    for _ in 0..3 {
        redeem(&latchkey, &another(&code)).await.refused_customer(400, "invalid_grant");
    }
    latchkey.advance(60).await;
    assert_eq!(sent(&latchkey, "sms", &session).await, code, "the same code");
    for _ in 0..2 {
        redeem(&latchkey, &another(&code)).await.refused_customer(400, "invalid_grant");
    }
    redeem(&latchkey, &code).await.refused_customer(400, "invalid_grant");
    assert!(latchkey.table.rows_of("session#").await.is_empty());

    latchkey.advance(60).await;
    let other = json!({ "login_session_id": "2b671a64-40d5-491e-99b0-da01ff1f3341" });
    let first = sent(&latchkey, "email", &other).await;
    assert_eq!(sent(&latchkey, "sms", &other).await, first, "the other way at once");
    let token = latchkey.back_end("local-backend").await;
    let again = latchkey.post(&token, SEND, &ask("email", &other)).await;
    again.refused_customer(429, "too_many_requests");
    redeem(&latchkey, &first).await.access_token();
    for id in [json!("x"), json!(1), Value::Null] {
        let answer = latchkey.post(&token, SEND, &ask("email", &json!({ "login_session_id": id }))).await;
        answer.refused_customer(400, "invalid_request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_got_no_text_message_has_the_same_code_mailed_at_once_and_nobody_learns_whose_names_are_one() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let token = latchkey.back_end("local-backend").await;
    for email in [KARI_EMAIL, "nobody@example.com"] {
        latchkey.advance(60).await;
        for (connection, status) in [("sms", 204), ("email", 204), ("sms", 429), ("email", 429)] {
            let named = json!({ "audience": AUDIENCE, "client_id": "local-backend", "connection": connection,
                                "email": email, "login_session_id": SESSION });
            let answer = latchkey.post(&token, SEND, &named).await;
            assert_eq!(answer.status, status, "{email} {connection}: {}", answer.text);
        }
    }
    let sent = latchkey.outbox().await;
    let sent: Vec<_> = sent.iter().filter(|message| message["channel"] != "none").collect();
    assert_eq!((sent.len(), &sent[0]["code"]), (2, &sent[1]["code"]));
    assert_eq!((&sent[0]["to"], &sent[1]["to"]), (&json!(KARI_PHONE), &json!(KARI_EMAIL)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_its_clients_its_customers_and_its_audiences() {
    let latchkey = Latchkey::start().await;
    let user_id = latchkey.kari().await;
    latchkey.create_customer(&json!({ "email": KARI_EMAIL, "type": "company" })).await.ok();
    latchkey.create_customer(&json!({ "email": "ola@example.com" })).await.ok();
    let grants = json!([
        { "audience": AUDIENCE, "scope": ["write:accounts"] },
        { "audience": "https://shop.example.test", "scope": ["a:b"], "type": "authorization_code" },
        { "audience": "https://passwords.example.test", "scope": ["a:b"], "type": "password" },
    ]);
    let shop = latchkey.back_end_granted(&grants).await;
    latchkey.post(&shop.token, SEND, &ask("email", &json!({ "client_id": shop.id }))).await.empty(204);
    let code = latchkey.last_code().await;
    redeem(&latchkey, &code).await.refused_customer(400, "invalid_grant");
    let with = |name: &str, value: &str| {
        let mut body = exchange(&code);
        body[name] = value.into();
        body
    };
    for body in
        [with("audience", "https://shop.example.test"), with("type", "company"), with("ident", "ola@example.com")]
    {
        latchkey.grant(&shop.token, &body).await.refused_customer(400, "invalid_grant");
    }
    let password_only = with("audience", "https://passwords.example.test");
    latchkey.grant(&shop.token, &password_only).await.refused_customer(403, "invalid_target");
    latchkey.advance(60).await;
    let foreign = ask("email", &json!({ "client_id": shop.id, "audience": "https://passwords.example.test" }));
    latchkey.post(&shop.token, SEND, &foreign).await.refused_customer(403, "invalid_target");
    assert_eq!(latchkey.grant(&shop.token, &exchange(&code)).await.claims()["sub"], json!(user_id));
    let not_its_own = latchkey.post(&shop.token, SEND, &ask("email", &json!({}))).await;
    not_its_own.refused_customer(403, "forbidden");
    assert_eq!(latchkey.outbox().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_ends_in_ten_minutes_and_with_what_it_was_sent_to() {
    let latchkey = Latchkey::start().await;
    let user_id = latchkey.kari().await;
    let code = sent(&latchkey, "email", &json!({})).await;
    latchkey.advance(601).await;
    redeem(&latchkey, &code).await.refused_customer(400, "invalid_grant");
    for change in [json!({ "phone_number": "+4790000001" }), json!({ "password": "another horse 9" })] {
        latchkey.advance(60).await;
        let code = sent(&latchkey, "email", &json!({})).await;
        let token = latchkey.back_end("local-backend").await;
        latchkey.by(&token, "PUT", &format!("/customers/users/{user_id}"), &change).await.ok();
        redeem(&latchkey, &code).await.refused_customer(400, "invalid_grant");
    }
    assert!(latchkey.table.rows_of("session#").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn with_mfa_on_a_code_is_one_factor_of_two() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    latchkey.change_settings(json!({ "mfa": { "enabled": true } })).await;
    let token = latchkey.back_end("local-backend").await;
    for (first, second, amr) in [("email", "sms", ["email", "sms", "mfa"]), ("sms", "email", ["sms", "email", "mfa"])] {
        latchkey.advance(60).await;
        let code = sent(&latchkey, first, &json!({})).await;
        let mfa_token = redeem(&latchkey, &code).await.mfa_token();
        redeem(&latchkey, &code).await.refused_customer(400, "invalid_grant");
        latchkey.challenged(&token, &mfa_token, first).await.refused_customer(400, "invalid_request");
        let (handle, code) = latchkey.challenge(&token, &mfa_token, second).await;
        let answer = latchkey.answer_oob(&token, &mfa_token, (&handle, &code)).await;
        assert_eq!(answer.claims()["amr"], json!(amr));
    }
    assert_eq!(latchkey.table.rows_of("session#").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_back_end_that_may_is_handed_the_code_and_nothing_is_sent() {
    let latchkey = Latchkey::start().await;
    let user_id = latchkey.kari().await;
    let read = json!({ "audience": AUDIENCE, "client_id": "local-backend", "user_id": user_id });
    let token = latchkey.back_end("local-backend").await;
    let users =
        latchkey.back_end_with(&["write:accounts:/auth/users", "write:accounts:/auth/passwordless"]).await.token;
    let before = latchkey.table.rows().await;
    latchkey.post(&users, READ, &read).await.refused_customer(403, "insufficient_scope");
    let mut nobody = read.clone();
    nobody["user_id"] = "nobody".into();
    latchkey.post(&token, READ, &nobody).await.refused_customer(404, "not_found");
    let mut by_another = read.clone();
    by_another["client_id"] = "no-client".into();
    latchkey.post(&token, READ, &by_another).await.refused_customer(404, "not_found");
    by_another["client_id"] = "local-verifier".into();
    latchkey.post(&token, READ, &by_another).await.refused_customer(403, "invalid_target");
    assert_eq!(latchkey.table.rows().await, before);
    let answer = latchkey.post(&token, READ, &read).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let first = answer.ok()["verification_code"].as_str().unwrap().to_owned();
    let code = latchkey.post(&token, READ, &read).await.ok()["verification_code"].as_str().unwrap().to_owned();
    if first != code {
        redeem(&latchkey, &first).await.refused_customer(400, "invalid_grant");
    }
    assert!(latchkey.outbox().await.is_empty());
    let claims = redeem(&latchkey, &code).await.claims();
    assert_eq!((&claims["sub"], &claims["amr"]), (&json!(user_id), &json!(["code"])), "by no address");
    let row = latchkey.table.rows_of("account").await.remove(0);
    assert!(!row.contains_key("email_verified_at") && !row.contains_key("phone_verified_at"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_customers_and_companies_sign_in_by_a_code() {
    let latchkey = Latchkey::start().await;
    let token = latchkey.back_end("local-backend").await;
    for kind in ["contact", "employee", "other"] {
        let made = latchkey.create_customer(&json!({ "type": kind, "email": KARI_EMAIL })).await.ok();
        let read = json!({ "audience": AUDIENCE, "client_id": "local-backend", "user_id": made["user_id"] });
        latchkey.post(&token, READ, &read).await.refused_customer(404, "not_found");
        let send = latchkey.post(&token, SEND, &ask("email", &json!({ "type": kind }))).await;
        send.refused_customer(400, "invalid_request");
        let mut body = exchange("123456");
        (body["ident_type"], body["ident"]) = ("user_id".into(), made["user_id"].clone());
        latchkey.grant(&token, &body).await.refused_customer(400, "invalid_grant");
    }
    assert!(latchkey.outbox().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_connection_wants_its_scope_and_shared_numbers_get_none() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let by = async |scope: &str| latchkey.back_end_with(&[scope]).await;
    let (email, sms) =
        (by("write:accounts:/auth/passwordless-email").await, by("write:accounts:/auth/passwordless-sms").await);
    for (back_end, refused) in [(&email, "sms"), (&sms, "email")] {
        let before = latchkey.table.rows().await;
        let answer = latchkey.post(&back_end.token, SEND, &ask(refused, &json!({ "client_id": back_end.id }))).await;
        answer.refused_customer(403, "insufficient_scope");
        assert_eq!(latchkey.table.rows().await, before);
    }
    latchkey.post(&email.token, SEND, &ask("email", &json!({ "client_id": email.id }))).await.empty(204);
    latchkey.advance(60).await;
    latchkey.post(&sms.token, SEND, &ask("sms", &json!({ "client_id": sms.id }))).await.empty(204);
    latchkey.advance(60).await;
    latchkey.change_settings(json!({ "phone_number_validation": { "allow_duplicates": true } })).await;
    let answer = latchkey.post(&sms.token, SEND, &ask("sms", &json!({ "client_id": sms.id }))).await;
    answer.refused_customer(400, "invalid_request");
    let token = latchkey.back_end("local-backend").await;
    for more in [json!({ "connection": "fax" }), json!({ "send": "link" }), json!({ "audience": null })] {
        latchkey.post(&token, SEND, &ask("email", &more)).await.refused_customer(400, "invalid_request");
    }
    assert_eq!(latchkey.outbox().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_mailbox_is_never_two_factors() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    latchkey.change_settings(json!({ "mfa": { "enabled": true } })).await;
    let token = latchkey.back_end("local-backend").await;
    let session = "4b9f3d1e-90a5-4c44-8ba7-6ad7dd2b0f2c";
    let send = |connection: &str| {
        json!({ "audience": AUDIENCE, "client_id": "local-backend", "connection": connection, "email": KARI_EMAIL,
                "login_session_id": session })
    };
    latchkey.post(&token, "/auth/passwordless", &send("sms")).await.empty(204);
    latchkey.advance(61).await;
    latchkey.post(&token, "/auth/passwordless", &send("email")).await.empty(204);
    let code = latchkey.last_code().await;
    let exchange = json!({ "grant_type": "authorization_code", "ident_type": "email", "ident": KARI_EMAIL,
                           "verification_code": code, "audience": AUDIENCE });
    let mfa_token = latchkey.grant(&token, &exchange).await.mfa_token();
    // Nothing is proved: a code by e-mail is the first of two, as often as it has to be sent.
    for _ in 0..2 {
        latchkey.challenge(&token, &mfa_token, "email").await;
        latchkey.advance(61).await;
    }
    let (handle, code) = latchkey.challenge(&token, &mfa_token, "email").await;
    let next = latchkey.answer_oob(&token, &mfa_token, (&handle, &code)).await.mfa_token();
    latchkey.challenged(&token, &next, "email").await.refused_customer(400, "invalid_request");
    let (handle, code) = latchkey.challenge(&token, &next, "sms").await;
    let claims = latchkey.answer_oob(&token, &next, (&handle, &code)).await.claims();
    assert_eq!(claims["amr"], json!(["email", "sms", "mfa"]));
}
