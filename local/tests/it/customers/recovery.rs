use local::AUDIENCE;
use serde_json::{Value, json};

use crate::harness::{Answer, KARI_EMAIL, KARI_PHONE, Latchkey, USERS, another};

const BY_CUSTOMERS: &str = "/customers/mfa_login_recovery";
const BY_AUTH: &str = "/auth/mfa/recovery";

fn by_ident(ident: &str) -> Value {
    json!({ "audience": AUDIENCE, "type": "customer", "ident_type": "email", "ident": ident })
}

fn by_username(username: &str, channel: &str) -> Value {
    json!({ "audience": AUDIENCE, "challenge_type": "oob", "username": username, "oob_channel": channel })
}

/// What goes on with it: the `mfa_token` and the handle of the code that was sent.
#[track_caller]
fn begun(answer: &Answer) -> (String, String) {
    let body = answer.ok();
    (answer.mfa_token(), body["oob_code"].as_str().expect("a handle").to_owned())
}

/// Begins with a code by e-mail and answers it: the `mfa_token` of what is still missing.
async fn first_half(latchkey: &Latchkey, token: &str) -> String {
    let (mfa_token, handle) = begun(&latchkey.post(token, BY_CUSTOMERS, &by_ident(KARI_EMAIL)).await);
    let code = latchkey.last_code().await;
    latchkey.answer_oob(token, &mfa_token, (&handle, &code)).await.mfa_token()
}

async fn sessions(latchkey: &Latchkey) -> usize {
    latchkey.table.rows_of("session#").await.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_stands_in_for_the_password_and_a_second_factor_follows() {
    let latchkey = Latchkey::start().await;
    let user_id = latchkey.kari().await;
    let token = latchkey.back_end("local-backend").await;
    let api = format!("{}/v1/accounts/T00000001", latchkey.server.base_url);
    let answer = latchkey.post(&token, BY_CUSTOMERS, &by_ident(KARI_EMAIL)).await;
    let (mfa_token, handle) = begun(&answer);
    let expected = json!({
        "links": [{ "rel": "mfa_oob", "href": format!("{api}/auth/token") }], "oob_code": handle,
        "mfa_token": mfa_token, "challenge_type": "oob", "binding_method": "prompt",
    });
    assert_eq!(answer.ok(), expected);
    let message = latchkey.outbox().await.last().unwrap().clone();
    assert_eq!((&message["channel"], &message["to"]), (&json!("email"), &json!(KARI_EMAIL)));
    let code = latchkey.last_code().await;
    let next = latchkey.answer_oob(&token, &mfa_token, (&handle, &code)).await;
    let next = next.mfa_token();
    assert_ne!(next, mfa_token);
    assert_eq!(sessions(&latchkey).await, 0);
    latchkey.answer_oob(&token, &mfa_token, (&handle, &code)).await.refused_customer(400, "invalid_grant");
    latchkey.answer_oob(&token, &next, (&handle, &code)).await.refused_customer(400, "invalid_grant");
    let (handle, code) = latchkey.challenge(&token, &next, "sms").await;
    let claims = latchkey.answer_oob(&token, &next, (&handle, &code)).await.claims();
    assert_eq!((&claims["sub"], &claims["amr"]), (&json!(user_id), &json!(["email", "sms", "mfa"])));
    assert_eq!((sessions(&latchkey).await, latchkey.table.rows_of("mfa#").await.len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_takes_two_channels_whichever_comes_first() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let token = latchkey.back_end_with(&["write:accounts:/auth/mfa", USERS]).await.token;
    for (username, first, second) in
        [(KARI_EMAIL, "email", "sms"), (KARI_PHONE, "sms", "email"), ("4799999999", "sms", "email")]
    {
        latchkey.advance(60).await;
        let (mfa_token, handle) = begun(&latchkey.post(&token, BY_AUTH, &by_username(username, first)).await);
        assert_eq!(latchkey.outbox().await.last().unwrap()["channel"], first);
        let code = latchkey.last_code().await;
        let next = latchkey.answer_oob(&token, &mfa_token, (&handle, &code)).await.mfa_token();
        latchkey.challenged(&token, &next, first).await.refused_customer(400, "invalid_request");
        let (handle, code) = latchkey.challenge(&token, &next, second).await;
        let claims = latchkey.answer_oob(&token, &next, (&handle, &code)).await.claims();
        assert_eq!(claims["amr"], json!([first, second, "mfa"]));
    }
    // E-mail may pass for the second factor, but two codes to one mailbox are one factor.
    latchkey.advance(60).await;
    latchkey.change_settings(json!({ "mfa": { "login": { "oob_channel": "email" } } })).await;
    let next = first_half(&latchkey, &token).await;
    latchkey.challenged(&token, &next, "email").await.refused_customer(400, "invalid_request");
    assert_eq!(sessions(&latchkey).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_an_app_is_asked_for_it_even_by_a_back_end_that_may_do_without() {
    let latchkey = Latchkey::start().await;
    let app = latchkey.kari_with_app().await;
    let token = latchkey.back_end("local-no-mfa").await;
    let next = first_half(&latchkey, &token).await;
    latchkey.challenged(&token, &next, "sms").await.refused_customer(400, "invalid_request");
    let code = latchkey.next_totp(&app.secret).await;
    let claims = latchkey.answer_totp(&token, &next, &code).await.claims();
    assert_eq!(claims["amr"], json!(["email", "otp", "mfa"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_knows_a_name_can_neither_guess_at_its_factors_nor_use_up_their_tries() {
    let latchkey = Latchkey::start().await;
    let app = latchkey.kari_with_app().await;
    let token = latchkey.back_end("local-backend").await;
    let (mfa_token, handle) = begun(&latchkey.post(&token, BY_CUSTOMERS, &by_ident(KARI_EMAIL)).await);
    let emailed = latchkey.last_code().await;
    let otp = latchkey.next_totp(&app.secret).await;
    let account = async || latchkey.table.rows_of("account").await.remove(0);
    let before = account().await;
    for answer in [
        latchkey.answer_totp(&token, &mfa_token, &another(&otp)).await,
        latchkey.answer_totp(&token, &mfa_token, &otp).await,
        latchkey.answer_recovery_code(&token, &mfa_token, "AAAA-AAAA-AAAA-AAAA").await,
        latchkey.answer_recovery_code(&token, &mfa_token, &app.recovery_codes[0]).await,
    ] {
        answer.refused_customer(400, "invalid_grant");
    }
    let after = account().await;
    for factor in ["totp", "recovery_codes", "mfa_failures"] {
        assert_eq!(after.get(factor), before.get(factor), "{factor}");
    }
    let next = latchkey.answer_oob(&token, &mfa_token, (&handle, &emailed)).await.mfa_token();
    latchkey.answer_totp(&token, &next, &otp).await.access_token();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_handed_over_is_one_factor_and_the_other_is_used_up() {
    let latchkey = Latchkey::start().await;
    let app = latchkey.kari_with_app().await;
    let token = latchkey.back_end("local-backend").await;
    let mut flows = Vec::new();
    for _ in 0..3 {
        latchkey.advance(60).await;
        let read = json!({ "audience": AUDIENCE, "client_id": "local-backend", "user_id": app.user_id });
        let code = latchkey.post(&token, "/auth/passwordless/code", &read).await.ok()["verification_code"].clone();
        let body = json!({ "grant_type": "authorization_code", "ident_type": "user_id", "ident": app.user_id,
                           "verification_code": code, "audience": AUDIENCE });
        flows.push(latchkey.grant(&token, &body).await.mfa_token());
    }
    let code = &app.recovery_codes[0];
    let claims = latchkey.answer_recovery_code(&token, &flows[0], code).await.claims();
    assert_eq!(claims["amr"], json!(["code", "recovery", "mfa"]));
    latchkey.answer_recovery_code(&token, &flows[1], code).await.refused_customer(400, "invalid_grant");
    let otp = latchkey.next_totp(&app.secret).await;
    latchkey.answer_totp(&token, &flows[1], &otp).await.access_token();
    latchkey.answer_totp(&token, &flows[2], &otp).await.refused_customer(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_unknown_cannot_be_told_from_a_customer_at_any_step() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    latchkey.create_customer(&json!({ "email": "no-phone@example.com" })).await.ok();
    let token = latchkey.back_end("local-backend").await;
    latchkey.log_in(&token, "warm the caches").await.refused_customer(401, "invalid_credentials");
    let (mut faces, mut costs) = (Vec::new(), Vec::new());
    for email in [KARI_EMAIL, "no-phone@example.com", "nobody@example.com"] {
        let mut face = Vec::new();
        latchkey.proxy.record();
        let answer = latchkey.post(&token, BY_CUSTOMERS, &by_ident(email)).await;
        let (mfa_token, handle) = begun(&answer);
        let (status, names, text) = answer.face();
        face.push((status, names, text.replace(&mfa_token, "").replace(&handle, "")));
        face.push((0, Vec::new(), format!("{} {}", mfa_token.len(), handle.len())));
        for channel in ["sms", "email"] {
            face.push(latchkey.challenged(&token, &mfa_token, channel).await.face());
        }
        let otp = json!({ "challenge_type": "otp", "mfa_token": mfa_token });
        face.push(latchkey.post(&token, "/auth/mfa/challenge", &otp).await.face());
        for _ in 0..6 {
            face.push(latchkey.answer_oob(&token, &mfa_token, (&handle, "000000")).await.face());
        }
        face.push(latchkey.answer_totp(&token, &mfa_token, "000000").await.face());
        face.push(latchkey.post(&token, BY_CUSTOMERS, &by_ident(email)).await.face());
        faces.push(face);
        costs.push((latchkey.proxy.operations(), latchkey.proxy.round_trips()));
    }
    latchkey.proxy.heal();
    assert_eq!(latchkey.outbox().await.len(), 2, "one each to those who are there");
    faces.dedup();
    costs.dedup();
    assert_eq!(faces.len(), 1, "{faces:#?}");
    assert_eq!(costs.len(), 1, "{costs:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_begins_once_a_minute_and_five_times_an_hour_in_one_name() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    for sent in 1..=5 {
        let token = latchkey.back_end("local-backend").await;
        latchkey.post(&token, BY_CUSTOMERS, &by_ident(KARI_EMAIL)).await.ok();
        let before = latchkey.table.rows().await;
        for spelling in [by_ident(KARI_EMAIL), by_ident("Kari@EXAMPLE.com")] {
            let soon = latchkey.post(&token, BY_CUSTOMERS, &spelling).await;
            soon.refused_customer(429, "too_many_requests");
            assert!(soon.header("retry-after").is_some());
        }
        let soon = latchkey.post(&token, BY_AUTH, &by_username(KARI_EMAIL, "sms")).await;
        soon.refused_customer(429, "too_many_requests");
        assert_eq!(latchkey.table.rows().await, before);
        assert_eq!(latchkey.outbox().await.len(), sent);
        latchkey.advance(60).await;
    }
    let token = latchkey.back_end("local-backend").await;
    let soon = latchkey.post(&token, BY_CUSTOMERS, &by_ident(KARI_EMAIL)).await;
    soon.refused_customer(429, "too_many_requests");
    assert!(soon.header("retry-after").unwrap().parse::<u32>().unwrap() > 3_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_for_a_password_are_not_held_against_the_second_factor() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let token = latchkey.back_end("local-backend").await;
    let (mfa_token, handle) = begun(&latchkey.post(&token, BY_CUSTOMERS, &by_ident(KARI_EMAIL)).await);
    let code = latchkey.last_code().await;
    for _ in 0..5 {
        let wrong = latchkey.answer_oob(&token, &mfa_token, (&handle, &another(&code))).await;
        wrong.refused_customer(400, "invalid_grant");
    }
    latchkey.answer_oob(&token, &mfa_token, (&handle, &code)).await.refused_customer(400, "invalid_grant");
    let row = latchkey.table.rows_of("account").await.remove(0);
    assert_eq!(row["recovery_failures"].as_n().unwrap(), "5");
    assert!(!row.contains_key("mfa_failures"));
    let mfa_token = latchkey.mfa_login(&token).await;
    let (handle, code) = latchkey.challenge(&token, &mfa_token, "sms").await;
    latchkey.answer_oob(&token, &mfa_token, (&handle, &code)).await.access_token();
    assert!(!latchkey.table.rows_of("account").await[0].contains_key("recovery_failures"), "starts over");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_malformed_or_not_granted_begins_nothing() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let token = latchkey.back_end("local-backend").await;
    let users = latchkey.back_end_with(&[USERS]).await.token;
    let before = latchkey.table.rows().await;
    let (ident, username) = (by_ident(KARI_EMAIL), by_username(KARI_EMAIL, "email"));
    for (rest, whole, member, values) in [
        (BY_CUSTOMERS, &ident, "type", [Value::Null, json!("contact")]),
        (BY_CUSTOMERS, &ident, "ident", [Value::Null, json!("x")]),
        (BY_AUTH, &username, "challenge_type", [Value::Null, json!("otp")]),
        (BY_AUTH, &username, "username", [Value::Null, json!("x")]),
        (BY_AUTH, &username, "oob_channel", [Value::Null, json!("voice")]),
    ] {
        for value in values {
            let mut body = whole.clone();
            body[member] = value;
            latchkey.post(&token, rest, &body).await.refused_customer(400, "invalid_request");
        }
        let mut body = whole.clone();
        body["audience"] = "https://other.example.test".into();
        latchkey.post(&token, rest, &body).await.refused_customer(403, "invalid_target");
    }
    latchkey.post(&users, BY_AUTH, &username).await.refused_customer(403, "insufficient_scope");
    assert_eq!(latchkey.table.rows().await, before);
    assert!(latchkey.outbox().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_gets_one_code_a_minute_by_whichever_name_and_the_owners_codes_are_not_used_up() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let token = latchkey.back_end("local-backend").await;
    begun(&latchkey.post(&token, BY_CUSTOMERS, &by_ident(KARI_EMAIL)).await);
    let sent = latchkey.outbox().await.len();
    let by_phone = json!({ "audience": AUDIENCE, "type": "customer", "ident_type": "phone_number",
                           "ident": KARI_PHONE });
    begun(&latchkey.post(&token, BY_CUSTOMERS, &by_phone).await);
    assert_eq!(latchkey.outbox().await.len(), sent, "the answer is the same and nothing goes out");
    let mfa_token = latchkey.mfa_login(&token).await;
    latchkey.challenge(&token, &mfa_token, "sms").await;
    assert_eq!(latchkey.outbox().await.len(), sent + 1, "the second factor's codes have a limit of their own");
}
