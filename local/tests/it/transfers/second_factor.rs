use serde_json::{Value, json};

use crate::harness::{
    Asked, Browser, EMAIL, KARI_EMAIL, KARI_PASSWORD, KARI_PIN, Latchkey, PASSWORD, PHONE, another, kari, totp,
};

/// Asserts that whoever is half way sees and does nothing.
async fn opens_nothing(latchkey: &Latchkey, browser: &mut Browser, asked: &Asked) {
    let (half_way, csrf) = (browser.cookie.clone().expect("a cookie"), browser.csrf());
    assert!(half_way.starts_with("lkm_"), "{half_way}");
    let mut intruder = browser.clone();
    for path in [asked.path(), "/authorize/consents?tenant=T00000001".to_owned(), "/authorize/consents".to_owned()] {
        let answer = intruder.get(&path).await;
        let leads_to = answer.header("location").unwrap_or_default();
        assert!(answer.status == 404 || leads_to.contains("sign-in"), "{path}: {} {leads_to}", answer.status);
    }
    let agreed = [("csrf", csrf.as_str()), ("decision", "agree"), ("shown", "")];
    let answer = intruder.post(&asked.path(), &agreed).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some(&*format!("{}/sign-in", asked.path()))));
    latchkey.nothing_shared(asked).await;
    assert!(!latchkey.transfer(asked).await.unwrap().contains_key("account_id"), "nor is it taken");
}

/// A browser in which Kari, who has an app, has typed her password.
async fn half_way(latchkey: &std::sync::Arc<Latchkey>, asked: &Asked) -> Browser {
    let mut browser = latchkey.browser();
    browser.scan(asked).await;
    let answer = browser.sign_in("customer", KARI_EMAIL, KARI_PASSWORD).await;
    assert_eq!(answer.status, 200);
    assert!(!browser.is_asked() && !browser.is_to_sign_in(), "{}", answer.text);
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authenticator_app_is_asked_for_and_nothing_opens_without_it() {
    let latchkey = Latchkey::start().await;
    let app = latchkey.kari_with_app().await;
    let asked = latchkey.ask("names").await;
    let mut browser = half_way(&latchkey, &asked).await;
    opens_nothing(&latchkey, &mut browser, &asked).await;
    let code = latchkey.next_totp(&app.secret).await;
    let wrong = browser.submit(&[("totp", &another(&code))]).await;
    assert!(wrong.status == 400 && browser.has("totp"), "{}", wrong.text);
    opens_nothing(&latchkey, &mut browser, &asked).await;
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    assert!(browser.submit(&[("totp", &spaced)]).await.status == 200 && browser.is_asked());
    browser.agree(&[]).await;
    assert!(latchkey.shared(&asked).await["sub"].is_string());
    let consent = latchkey.table.rows_of("consent#").await;
    assert_eq!(consent.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_by_text_message_does_where_the_tenant_wants_two_factors() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    latchkey.change_settings(json!({ "mfa": { "enabled": true } })).await;
    let asked = latchkey.ask("names").await;
    let mut browser = half_way(&latchkey, &asked).await;
    assert!(!browser.has("totp") && !browser.has("recovery_code"), "{}", browser.page);
    opens_nothing(&latchkey, &mut browser, &asked).await;
    let before = browser.cookie.clone();
    assert_eq!(browser.submit(&[("send", "sms")]).await.status, 200);
    assert_ne!(browser.cookie, before, "another cookie at each stage");
    opens_nothing(&latchkey, &mut browser, &asked).await;
    let code = latchkey.last_code().await;
    // The code alone does nothing: it is for the browser that asked for it.
    let mut thief = half_way(&latchkey, &asked).await;
    let form = [("csrf", thief.csrf()), ("code", code.clone())];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answer = thief.post(&format!("{}/sign-in", asked.path()), &form).await;
    assert!(answer.status == 400 && !thief.is_asked());
    assert_eq!(browser.submit(&[("code", &another(&code))]).await.status, 400);
    assert!(browser.submit(&[("code", &code)]).await.status == 200 && browser.is_asked());
    browser.agree(&[]).await;
    latchkey.shared(&asked).await;
    // The pin does where a second factor follows.
    let mut by_pin = latchkey.browser();
    let asked = latchkey.ask("names").await;
    by_pin.scan(&asked).await;
    assert!(by_pin.sign_in("customer", KARI_EMAIL, KARI_PIN).await.status == 200 && by_pin.has("send"));
    opens_nothing(&latchkey, &mut by_pin, &asked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_alone_signs_nobody_in() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let asked = latchkey.ask("names").await;
    let mut browser = latchkey.browser();
    browser.scan(&asked).await;
    assert_eq!(browser.sign_in("customer", KARI_EMAIL, KARI_PIN).await.status, 401);
    latchkey.nothing_shared(&asked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_does_once() {
    let latchkey = Latchkey::start().await;
    let app = latchkey.kari_with_app().await;
    let asked = latchkey.ask("names").await;
    let code = &app.recovery_codes[0];
    let mut browser = half_way(&latchkey, &asked).await;
    assert_eq!(browser.submit(&[("recovery_code", "aaaa-bbbb-cccc-dddd")]).await.status, 400);
    assert!(browser.submit(&[("recovery_code", code)]).await.status == 200 && browser.is_asked());
    let mut again = half_way(&latchkey, &asked).await;
    let answer = again.submit(&[("recovery_code", code)]).await;
    assert!(answer.status == 400 && !again.is_asked(), "{}", answer.text);
    let told = latchkey.outbox().await;
    assert!(told.iter().any(|message| message["to"] == KARI_EMAIL), "its owner is told: {told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intermediary_with_a_proved_phone_is_sent_a_code() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    latchkey.send_code(PHONE).await.ok();
    let code = latchkey.last_code().await;
    latchkey.sessions(json!({ "phoneVerificationCode": code })).await.pair();
    latchkey.advance(60).await;
    let asked = latchkey.ask("names").await;
    let mut browser = latchkey.browser();
    browser.scan(&asked).await;
    browser.sign_in("intermediary", EMAIL, PASSWORD).await;
    opens_nothing(&latchkey, &mut browser, &asked).await;
    browser.submit(&[("send", "sms")]).await;
    let code = latchkey.last_code().await;
    assert!(browser.submit(&[("code", &code)]).await.status == 200 && browser.is_asked());
    browser.agree(&[]).await;
    latchkey.shared(&asked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_codes_end_the_sign_in_and_a_right_one_comes_too_late() {
    let latchkey = Latchkey::start().await;
    let app = latchkey.kari_with_app().await;
    let asked = latchkey.ask("names").await;
    let browser = half_way(&latchkey, &asked).await;
    let code = latchkey.next_totp(&app.secret).await;
    let wrong = another(&code);
    let racer = |_, _| {
        let (mut browser, wrong) = (browser.clone(), wrong.clone());
        async move { browser.send_form(&[("totp", &wrong)]).await }
    };
    for answer in latchkey.at_once(12, racer).await {
        assert!([400, 401].contains(&answer.status), "{}", answer.text);
    }
    let mut late = browser.clone();
    let answer = late.submit(&[("totp", &code)]).await;
    assert!(answer.status == 401 && late.is_to_sign_in(), "{}", answer.text);
    latchkey.nothing_shared(&asked).await;
    assert!(latchkey.table.rows_of("session#").await.len() == 1, "that of the enrolment");
    assert!(late.sign_in("customer", KARI_EMAIL, KARI_PASSWORD).await.status == 200 && late.has("totp"));
    assert!(late.submit(&[("totp", &code)]).await.status == 200 && late.is_asked(), "a sign-in of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_right_codes_at_once_one_signs_in() {
    let latchkey = Latchkey::start().await;
    let app = latchkey.kari_with_app().await;
    let asked = latchkey.ask("names").await;
    let browser = half_way(&latchkey, &asked).await;
    let code = latchkey.next_totp(&app.secret).await;
    let racer = |_, _| {
        let (mut browser, code) = (browser.clone(), code.clone());
        async move { browser.send_form(&[("totp", &code)]).await.status }
    };
    let statuses = latchkey.at_once(8, racer).await;
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert_eq!(latchkey.table.rows_of("session#").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_way_sign_in_lasts_five_minutes_and_can_be_started_over() {
    let latchkey = Latchkey::start().await;
    latchkey.let_requests_wait(3_600).await;
    let app = latchkey.kari_with_app().await;
    let asked = latchkey.ask("names").await;
    let mut browser = half_way(&latchkey, &asked).await;
    let mut over = browser.clone();
    over.submit(&[("start_over", "1")]).await;
    assert!(over.is_to_sign_in() && over.cookie != browser.cookie);
    latchkey.advance(300).await;
    let code = latchkey.next_totp(&app.secret).await;
    let answer = browser.submit(&[("totp", &code)]).await;
    assert!(answer.status == 401 && browser.is_to_sign_in(), "{}", answer.text);
    assert!(!browser.is_asked());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_set_up_a_second_factor_since_signs_in_again_by_both() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let asked = latchkey.ask("names").await;
    let mut browser = latchkey.kari_is_asked(&asked).await;
    let person = latchkey.log_in(&latchkey.back_end("local-backend").await, KARI_PASSWORD).await.access_token();
    let enrolled = latchkey.post(&person, "/auth/mfa/totp", &Value::Null).await.ok();
    let secret = enrolled["secret"].as_str().unwrap().to_owned();
    let code = totp(&secret, latchkey.advance(0).await);
    latchkey.post(&person, "/auth/mfa/totp/confirm", &json!({ "code": code })).await.recovery_codes();
    let answer = browser.agree(&[]).await;
    assert!(answer.status == 200 && browser.is_to_sign_in(), "{}", answer.text);
    latchkey.nothing_shared(&asked).await;
    assert!(browser.scan(&asked).await.status == 200 && browser.is_to_sign_in());
    browser.sign_in("customer", KARI_EMAIL, KARI_PASSWORD).await;
    let code = latchkey.next_totp(&secret).await;
    assert!(browser.submit(&[("totp", &code)]).await.status == 200 && browser.is_asked());
    browser.agree(&[]).await;
    latchkey.shared(&asked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_by_one_factor_does_no_more_once_the_tenant_wants_two() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let asked = latchkey.ask("names").await;
    let mut browser = latchkey.kari_is_asked(&asked).await;
    latchkey.change_settings(json!({ "mfa": { "enabled": true } })).await;
    browser.agree(&[]).await;
    assert!(browser.is_to_sign_in());
    latchkey.nothing_shared(&asked).await;
    assert!(browser.visit("/authorize/consents").await.status == 200 && browser.is_to_sign_in(), "nor shows consents");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_way_sign_in_of_another_surface_is_none_here_and_the_reverse() {
    let latchkey = Latchkey::start().await;
    let app = latchkey.kari_with_app().await;
    let token = latchkey.back_end("local-backend").await;
    let elsewhere = latchkey.mfa_login(&token).await;
    let asked = latchkey.ask("names").await;
    let mut browser = half_way(&latchkey, &asked).await;
    let here = browser.cookie.clone().unwrap();
    let code = latchkey.next_totp(&app.secret).await;
    latchkey.answer_totp(&token, &here, &code).await.refused_customer(400, "invalid_grant");
    latchkey.challenged(&token, &here, "sms").await.refused_customer(401, "invalid_mfa_token");
    browser.cookie = Some(elsewhere.clone());
    assert!(browser.scan(&asked).await.status == 200 && browser.is_to_sign_in());
    let csrf = browser.csrf();
    let form = [("csrf", csrf.as_str()), ("totp", code.as_str())];
    let answer = browser.post(&format!("{}/sign-in", asked.path()), &form).await;
    assert!(answer.status == 401 && !browser.is_asked(), "{}", answer.text);
    // Neither was used up by it.
    latchkey.answer_totp(&token, &elsewhere, &code).await.access_token();
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_sent_once_a_minute_and_only_where_they_are_offered() {
    let latchkey = Latchkey::start().await;
    let mut nobody = kari();
    nobody.as_object_mut().unwrap().remove("phone_number");
    latchkey.create_customer(&nobody).await.ok();
    latchkey.change_settings(json!({ "mfa": { "enabled": true } })).await;
    let asked = latchkey.ask("names").await;
    let mut browser = half_way(&latchkey, &asked).await;
    assert!(!browser.has("send"), "nowhere to send one to");
    let sign_in = format!("{}/sign-in", asked.path());
    for channel in ["sms", "email", "x"] {
        let csrf = browser.csrf();
        let answer = browser.post(&sign_in, &[("csrf", csrf.as_str()), ("send", channel)]).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
    }
    assert!(latchkey.outbox().await.is_empty());

    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    latchkey.change_settings(json!({ "mfa": { "enabled": true } })).await;
    let asked = latchkey.ask("names").await;
    let mut browser = half_way(&latchkey, &asked).await;
    browser.submit(&[("send", "sms")]).await;
    let answer = browser.submit(&[("send", "sms")]).await;
    assert_eq!(answer.status, 429);
    assert!(answer.header("retry-after").is_some());
    assert_eq!(latchkey.outbox().await.len(), 1);
    let code = latchkey.last_code().await;
    assert!(browser.submit(&[("code", &code)]).await.status == 200 && browser.is_asked(), "the first still does");
}
