use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use crate::harness::{Answer, KARI_EMAIL, KARI_PASSWORD, Latchkey, another, path, totp};

const ENROL: &str = "/auth/mfa/totp";
const CONFIRM: &str = "/auth/mfa/totp/confirm";
const RENEW: &str = "/auth/mfa/recovery-codes";

/// Kari, signed in just now by her password: her own token.
async fn signed_in(latchkey: &Latchkey) -> String {
    latchkey.kari().await;
    latchkey.log_in(&latchkey.back_end("local-backend").await, KARI_PASSWORD).await.access_token()
}

async fn enrol(latchkey: &Latchkey, person: &str) -> String {
    let enrolled = latchkey.post(person, ENROL, &Value::Null).await.ok();
    enrolled["secret"].as_str().expect("a secret").to_owned()
}

async fn confirm(latchkey: &Latchkey, person: &str, code: &str) -> Answer {
    latchkey.post(person, CONFIRM, &json!({ "code": code })).await
}

/// Kari with an app, signed in just now by both factors: app's secret, her own token.
async fn by_two(latchkey: &Latchkey) -> (String, String) {
    let app = latchkey.kari_with_app().await;
    let token = latchkey.back_end("local-backend").await;
    let code = latchkey.next_totp(&app.secret).await;
    let mfa_token = latchkey.mfa_login(&token).await;
    (app.secret, latchkey.answer_totp(&token, &mfa_token, &code).await.access_token())
}

async fn account(latchkey: &Latchkey) -> crate::harness::Item {
    latchkey.table.rows_of("account").await.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_set_up_confirmed_and_asked_for_from_then_on() {
    let latchkey = Latchkey::start().await;
    let person = signed_in(&latchkey).await;
    let token = latchkey.back_end("local-backend").await;
    let enrolled = latchkey.post(&person, ENROL, &Value::Null).await.ok();
    let (secret, uri) = (enrolled["secret"].as_str().unwrap(), enrolled["otpauth_uri"].as_str().unwrap());
    assert_eq!(secret.len(), 32, "160 bits in base32");
    assert!(uri.starts_with("otpauth://totp/") && uri.contains("kari%40example.com") && uri.contains(secret), "{uri}");
    latchkey.log_in(&token, KARI_PASSWORD).await.ok();
    assert!(latchkey.outbox().await.is_empty(), "nothing has changed yet");

    let (other, _) = latchkey.refreshable().await;
    let confirmed = confirm(&latchkey, &person, &totp(secret, latchkey.advance(0).await)).await.recovery_codes();
    assert_eq!(confirmed.iter().collect::<BTreeSet<_>>().len(), 10);
    for code in &confirmed {
        assert_eq!((code.len(), code.matches('-').count()), (19, 3), "80 bits in base32");
    }
    let told = latchkey.outbox().await;
    assert_eq!((told.len(), told[0]["to"].as_str()), (1, Some(KARI_EMAIL)));
    assert!(latchkey.is_live(&person).await, "every other session ends");
    let refresh = latchkey.back_end("local-refresh").await;
    latchkey.refresh(&refresh, &other).await.refused_customer(400, "invalid_grant");
    let mfa_token = latchkey.log_in(&token, KARI_PASSWORD).await.mfa_token();
    for (grant_type, begin) in [("mfa_otp", mfa_token), ("mfa-otp", latchkey.mfa_login(&token).await)] {
        let body = json!({ "challenge_type": "otp", "mfa_token": begin });
        let asked = latchkey.post(&token, "/auth/mfa/challenge", &body).await.ok();
        assert_eq!(asked, json!({ "challenge_type": "otp" }));
        let code = latchkey.next_totp(secret).await;
        let body = json!({ "grant_type": grant_type, "mfa_token": begin, "otp": code });
        let claims = latchkey.grant(&token, &body).await.claims();
        assert_eq!(claims["amr"], json!(["pwd", "otp", "mfa"]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_sign_in_at_the_moment_an_app_is_confirmed_does_with_the_password() {
    for _ in 0..3 {
        let latchkey = Latchkey::start().await;
        let person = signed_in(&latchkey).await;
        let secret = enrol(&latchkey, &person).await;
        let (token, code) = (latchkey.back_end("local-refresh").await, totp(&secret, latchkey.advance(0).await));
        let racer = {
            let (person, token) = (person.clone(), token.clone());
            move |latchkey: Arc<Latchkey>, number: usize| {
                let (person, token, code) = (person.clone(), token.clone(), code.clone());
                async move {
                    match number {
                        0 => confirm(&latchkey, &person, &code).await,
                        _ => latchkey.log_in(&token, KARI_PASSWORD).await,
                    }
                }
            }
        };
        let answers = latchkey.at_once(5, racer).await;
        answers[0].recovery_codes();
        for answer in answers[1..].iter().filter(|answer| answer.status == 200) {
            assert!(!latchkey.is_live(&answer.access_token()).await);
            latchkey.refresh(&token, &answer.refresh_token()).await.refused_customer(400, "invalid_grant");
        }
        assert!(latchkey.is_live(&person).await);
        assert_eq!(account(&latchkey).await["sessions"].as_m().unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_begun_before_an_app_was_confirmed_is_over() {
    let latchkey = Latchkey::start().await;
    let person = signed_in(&latchkey).await;
    let token = latchkey.back_end("local-backend").await;
    let secret = enrol(&latchkey, &person).await;
    let begun = latchkey.mfa_login(&token).await;
    let sent = latchkey.challenge(&token, &begun, "sms").await;
    confirm(&latchkey, &person, &totp(&secret, latchkey.advance(0).await)).await.recovery_codes();
    let before = account(&latchkey).await;
    latchkey.answer_oob(&token, &begun, (&sent.0, &sent.1)).await.refused_customer(400, "invalid_grant");
    let code = latchkey.next_totp(&secret).await;
    latchkey.answer_totp(&token, &begun, &code).await.refused_customer(400, "invalid_grant");
    let after = account(&latchkey).await;
    assert!(!after.contains_key("phone_verified_at") && after["sessions"] == before["sessions"]);
    assert_eq!(after["totp"], before["totp"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_codes_or_ten_minutes_end_an_enrolment() {
    let latchkey = Latchkey::start().await;
    let person = signed_in(&latchkey).await;
    confirm(&latchkey, &person, "123456").await.refused_customer(400, "invalid_grant");
    let secret = enrol(&latchkey, &person).await;
    let right = totp(&secret, latchkey.advance(0).await);
    let racer = {
        let (person, wrong) = (person.clone(), another(&right));
        move |latchkey: Arc<Latchkey>, _| {
            let (person, wrong) = (person.clone(), wrong.clone());
            async move { confirm(&latchkey, &person, &wrong).await }
        }
    };
    for answer in latchkey.at_once(20, racer).await {
        answer.refused_customer(400, "invalid_grant");
    }
    let pending = account(&latchkey).await["totp_pending"].as_m().unwrap().clone();
    assert_eq!(pending["tries"].as_n().unwrap(), "5");
    confirm(&latchkey, &person, &right).await.refused_customer(400, "invalid_grant");
    assert!(!account(&latchkey).await.contains_key("totp"));

    let secret = enrol(&latchkey, &person).await;
    let mut row = account(&latchkey).await;
    if let Some(AttributeValue::M(pending)) = row.get_mut("totp_pending") {
        pending.insert("ends_at".to_owned(), AttributeValue::N(latchkey.advance(0).await.to_string()));
    }
    latchkey.table.put(row).await;
    let right = totp(&secret, latchkey.advance(0).await);
    confirm(&latchkey, &person, &right).await.refused_customer(400, "invalid_grant");
    let secret = enrol(&latchkey, &person).await;
    confirm(&latchkey, &person, &totp(&secret, latchkey.advance(0).await)).await.recovery_codes();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_confirmations_at_once_one_holds_and_its_codes_work() {
    let latchkey = Latchkey::start().await;
    let person = signed_in(&latchkey).await;
    let secret = enrol(&latchkey, &person).await;
    let code = totp(&secret, latchkey.advance(0).await);
    let racer = move |latchkey: Arc<Latchkey>, _| {
        let (person, code) = (person.clone(), code.clone());
        async move { confirm(&latchkey, &person, &code).await }
    };
    let answers = latchkey.at_once(10, racer).await;
    let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    let token = latchkey.back_end("local-backend").await;
    let mfa_token = latchkey.mfa_login(&token).await;
    latchkey.answer_recovery_code(&token, &mfa_token, &won[0].recovery_codes()[9]).await.access_token();
    assert_eq!(account(&latchkey).await["recovery_codes"].as_l().unwrap().len(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_is_used_once_and_none_before_it_afterwards() {
    let latchkey = Latchkey::start().await;
    let app = latchkey.kari_with_app().await;
    let token = latchkey.back_end("local-backend").await;
    let code = latchkey.next_totp(&app.secret).await;
    let mut flows = Vec::new();
    for _ in 0..10 {
        flows.push(latchkey.mfa_login(&token).await);
    }
    let racer = {
        let (token, code, flows) = (token.clone(), code.clone(), flows.clone());
        move |latchkey: Arc<Latchkey>, number: usize| {
            let (token, code, flow) = (token.clone(), code.clone(), flows[number].clone());
            async move { latchkey.answer_totp(&token, &flow, &code).await }
        }
    };
    let answers = latchkey.at_once(10, racer).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused_customer(400, "invalid_grant");
    }
    assert_eq!(latchkey.table.rows_of("session#").await.len(), 2);
    // The step before is within a step of now, and over.
    let now = latchkey.advance(0).await;
    let fresh = latchkey.mfa_login(&token).await;
    for seconds in [now - 30, now] {
        let answer = latchkey.answer_totp(&token, &fresh, &totp(&app.secret, seconds)).await;
        answer.refused_customer(400, "invalid_grant");
    }
    latchkey.answer_totp(&token, &fresh, &totp(&app.secret, now + 30)).await.access_token();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phones_clock_may_be_one_step_off_and_no_more() {
    for (off, status) in [(-60, 400), (-30, 200), (0, 200), (30, 200), (60, 400)] {
        let latchkey = Latchkey::start().await;
        let app = latchkey.kari_with_app().await;
        latchkey.advance(120).await;
        latchkey.begin_window(30).await;
        let now = latchkey.advance(10).await;
        let token = latchkey.back_end("local-backend").await;
        let mfa_token = latchkey.mfa_login(&token).await;
        let answer = latchkey.answer_totp(&token, &mfa_token, &totp(&app.secret, now + off)).await;
        assert_eq!(answer.status, status, "{off}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn factors_change_within_five_minutes_of_a_sign_in_and_with_both_where_there_are_two() {
    let latchkey = Latchkey::start().await;
    let person = signed_in(&latchkey).await;
    latchkey.advance(301).await;
    let before = account(&latchkey).await;
    for (method, rest) in [("POST", ENROL), ("POST", CONFIRM), ("DELETE", ENROL), ("POST", RENEW)] {
        let answer = latchkey.by(&person, method, rest, &json!({ "code": "123456" })).await;
        answer.refused_customer(403, "reauthentication_required");
        let answer = latchkey.send(method, &path(rest), &[], "").await;
        answer.refused_customer(401, "missing_token");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    assert_eq!(account(&latchkey).await, before);

    let latchkey = Latchkey::start().await;
    latchkey.kari_with_app().await;
    let by_one = latchkey.log_in(&latchkey.back_end("local-no-mfa").await, KARI_PASSWORD).await.access_token();
    let before = account(&latchkey).await;
    for (method, rest) in [("POST", ENROL), ("POST", CONFIRM), ("DELETE", ENROL), ("POST", RENEW)] {
        let answer = latchkey.by(&by_one, method, rest, &json!({ "code": "123456" })).await;
        answer.refused_customer(403, "reauthentication_required");
    }
    assert_eq!(account(&latchkey).await, before);

    // Where the tenant wants two of everybody, the first app needs two as well.
    let latchkey = Latchkey::start().await;
    let person = signed_in(&latchkey).await;
    latchkey.change_settings(json!({ "mfa": { "enabled": true } })).await;
    latchkey.post(&person, ENROL, &Value::Null).await.refused_customer(403, "reauthentication_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_app_takes_the_firsts_place_once_it_is_confirmed() {
    let latchkey = Latchkey::start().await;
    let (old, person) = by_two(&latchkey).await;
    let token = latchkey.back_end("local-backend").await;
    let new = enrol(&latchkey, &person).await;
    let code = latchkey.next_totp(&old).await;
    let mfa_token = latchkey.mfa_login(&token).await;
    latchkey.answer_totp(&token, &mfa_token, &code).await.access_token();
    confirm(&latchkey, &person, &latchkey.next_totp(&new).await).await.recovery_codes();
    let mfa_token = latchkey.mfa_login(&token).await;
    let code = latchkey.next_totp(&old).await;
    latchkey.answer_totp(&token, &mfa_token, &code).await.refused_customer(400, "invalid_grant");
    let code = latchkey.next_totp(&new).await;
    latchkey.answer_totp(&token, &mfa_token, &code).await.access_token();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_is_taken_away_is_asked_for_no_more_and_its_codes_are_worth_nothing() {
    let latchkey = Latchkey::start().await;
    let (_, person) = by_two(&latchkey).await;
    let token = latchkey.back_end("local-backend").await;
    let half_way = latchkey.mfa_login(&token).await;
    let sent = latchkey.outbox().await.len();
    latchkey.by(&person, "DELETE", ENROL, &Value::Null).await.empty(204);
    assert_eq!(latchkey.outbox().await.len(), sent + 1, "told");
    let row = account(&latchkey).await;
    for gone in ["totp", "totp_pending", "recovery_codes"] {
        assert!(!row.contains_key(gone), "{gone}");
    }
    latchkey.answer_totp(&token, &half_way, "123456").await.refused_customer(400, "invalid_grant");
    latchkey.log_in(&token, KARI_PASSWORD).await.access_token();
    for (method, rest) in [("DELETE", ENROL), ("POST", RENEW)] {
        latchkey.by(&person, method, rest, &Value::Null).await.refused_customer(400, "invalid_request");
    }
    assert_eq!(latchkey.outbox().await.len(), sent + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_works_once_however_it_is_typed_and_its_use_is_told() {
    let latchkey = Latchkey::start().await;
    let app = latchkey.kari_with_app().await;
    let token = latchkey.back_end("local-backend").await;
    let sent = latchkey.outbox().await.len();
    let codes = &app.recovery_codes;
    let typed = [codes[0].to_lowercase(), codes[1].replace('-', " "), codes[2].replace('-', "")];
    for (used, code) in typed.iter().enumerate() {
        let mfa_token = latchkey.log_in(&token, KARI_PASSWORD).await.mfa_token();
        let claims = latchkey.answer_recovery_code(&token, &mfa_token, code).await.claims();
        assert_eq!(claims["amr"], json!(["pwd", "recovery", "mfa"]));
        assert_eq!(latchkey.outbox().await.len(), sent + used + 1);
        let again = latchkey.mfa_login(&token).await;
        latchkey.answer_recovery_code(&token, &again, &codes[used]).await.refused_customer(400, "invalid_grant");
    }
    assert_eq!(account(&latchkey).await["recovery_codes"].as_l().unwrap().len(), 7);
    let mfa_token = latchkey.mfa_login(&token).await;
    for wrong in ["", "AAAA-AAAA-AAAA-AAAA", &codes[3][..18], "123456", &app.secret] {
        latchkey.answer_recovery_code(&token, &mfa_token, wrong).await.refused_customer(400, "invalid_grant");
    }
    let late = latchkey.answer_recovery_code(&token, &mfa_token, &codes[3]).await;
    late.refused_customer(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_one_recovery_code_in_ten_sign_ins_at_once_one_is_signed_in() {
    let latchkey = Latchkey::start().await;
    let app = latchkey.kari_with_app().await;
    let token = latchkey.back_end("local-backend").await;
    let mut flows = Vec::new();
    for _ in 0..10 {
        flows.push(latchkey.mfa_login(&token).await);
    }
    let sent = latchkey.outbox().await.len();
    let racer = move |latchkey: Arc<Latchkey>, number: usize| {
        let (token, code, flow) = (token.clone(), app.recovery_codes[0].clone(), flows[number].clone());
        async move { latchkey.answer_recovery_code(&token, &flow, &code).await }
    };
    let answers = latchkey.at_once(10, racer).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused_customer(400, "invalid_grant");
    }
    assert_eq!(account(&latchkey).await["recovery_codes"].as_l().unwrap().len(), 9);
    assert_eq!(latchkey.outbox().await.len(), sent + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn recovery_codes_are_replaced_as_a_set() {
    let latchkey = Latchkey::start().await;
    let app = latchkey.kari_with_app().await;
    let token = latchkey.back_end("local-backend").await;
    let code = latchkey.next_totp(&app.secret).await;
    let mfa_token = latchkey.mfa_login(&token).await;
    let person = latchkey.answer_totp(&token, &mfa_token, &code).await.access_token();
    let sent = latchkey.outbox().await.len();
    let new = latchkey.post(&person, RENEW, &Value::Null).await.recovery_codes();
    assert_eq!((new.len(), latchkey.outbox().await.len()), (10, sent + 1));
    let mfa_token = latchkey.mfa_login(&token).await;
    for old in &app.recovery_codes[..2] {
        latchkey.answer_recovery_code(&token, &mfa_token, old).await.refused_customer(400, "invalid_grant");
    }
    latchkey.answer_recovery_code(&token, &mfa_token, &new[0]).await.access_token();
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_secret_nor_recovery_codes_are_in_the_table_or_the_log() {
    let latchkey = Latchkey::start().await;
    let app = latchkey.kari_with_app().await;
    let token = latchkey.back_end("local-backend").await;
    let mfa_token = latchkey.mfa_login(&token).await;
    latchkey.answer_recovery_code(&token, &mfa_token, &app.recovery_codes[0]).await.access_token();
    let code = latchkey.next_totp(&app.secret).await;
    let mfa_token = latchkey.mfa_login(&token).await;
    latchkey.answer_totp(&token, &mfa_token, &code).await.access_token();
    let seen = format!("{:?} {}", latchkey.table.rows().await, latchkey.log.lines());
    let bytes = data_encoding::BASE32_NOPAD.decode(app.secret.as_bytes()).unwrap();
    let mut spellings = vec![app.secret.clone(), data_encoding::HEXLOWER.encode(&bytes), mfa_token];
    spellings.push(data_encoding::BASE64.encode(&bytes).trim_end_matches('=').to_owned());
    spellings.push(data_encoding::BASE64URL_NOPAD.encode(&bytes));
    spellings.push(format!("{bytes:?}"));
    for code in &app.recovery_codes {
        spellings.extend([code.clone(), code.replace('-', "")]);
    }
    for spelling in spellings {
        assert!(!seen.contains(&spelling), "{spelling}");
    }
}
