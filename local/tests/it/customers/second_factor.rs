use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use crate::harness::{
    Answer, Fault, KARI_EMAIL, KARI_PASSWORD, KARI_PHONE, KARI_PIN, Latchkey, NO_MFA, USERS, another, kari, mfa_login,
    oob,
};

/// Kari half way in, with the code that is out: the back end's token, the `mfa_token`, handle and code.
async fn half_way(latchkey: &Latchkey) -> (String, String, String, String) {
    latchkey.kari().await;
    let token = latchkey.back_end("local-backend").await;
    let mfa_token = latchkey.mfa_login(&token).await;
    let (handle, code) = latchkey.challenge(&token, &mfa_token, "sms").await;
    (token, mfa_token, handle, code)
}

async fn sessions(latchkey: &Latchkey) -> usize {
    latchkey.table.rows_of("session#").await.len()
}

async fn failures(latchkey: &Latchkey) -> Option<String> {
    let row = latchkey.table.rows_of("account").await.remove(0);
    row.get("mfa_failures").map(|count| count.as_n().unwrap().clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_or_pin_and_a_code_sign_in_once_in_both_spellings() {
    let latchkey = Latchkey::start().await;
    let user_id = latchkey.kari().await;
    let token = latchkey.back_end("local-backend").await;
    let api = format!("{}/v1/accounts/T00000001", latchkey.server.base_url);
    for (spelling, secret) in [("mfa_oob", KARI_PASSWORD), ("mfa-oob", KARI_PIN)] {
        latchkey.advance(60).await;
        let begun = latchkey.post(&token, "/customers/mfa_login", &mfa_login(secret)).await;
        let mfa_token = begun.mfa_token();
        let expected = json!({ "challenge_type": "oob", "oob_channel": "sms", "mfa_token": mfa_token, "links": [
            { "rel": "mfa_challenge", "href": format!("{api}/auth/mfa/challenge") },
            { "rel": "mfa_oob", "href": format!("{api}/auth/token") },
        ] });
        assert_eq!(begun.ok(), expected);
        let by_default = json!({ "challenge_type": "oob", "mfa_token": mfa_token });
        let sent = latchkey.post(&token, "/auth/mfa/challenge", &by_default).await.ok();
        assert_eq!((&sent["challenge_type"], &sent["binding_method"]), (&json!("oob"), &json!("prompt")));
        let message = latchkey.outbox().await.last().unwrap().clone();
        assert_eq!((&message["channel"], &message["to"]), (&json!("sms"), &json!(KARI_PHONE)));
        let (handle, code) = (sent["oob_code"].as_str().unwrap(), latchkey.last_code().await);
        let mut body = oob(&mfa_token, (handle, &code));
        body["grant_type"] = spelling.into();
        let before = sessions(&latchkey).await;
        let wrong = latchkey.answer_oob(&token, &mfa_token, (handle, &another(&code))).await;
        wrong.refused_customer(400, "invalid_grant");
        assert_eq!(sessions(&latchkey).await, before);
        let claims = latchkey.grant(&token, &body).await.claims();
        assert_eq!((&claims["sub"], &claims["amr"]), (&json!(user_id), &json!(["pwd", "sms", "mfa"])));
        assert_eq!(failures(&latchkey).await, None, "a success starts over");
        latchkey.grant(&token, &body).await.refused_customer(400, "invalid_grant");
        assert_eq!(sessions(&latchkey).await, before + 1);
    }
    assert!(latchkey.table.rows_of("account").await[0].contains_key("phone_verified_at"));
    assert!(latchkey.table.rows_of("mfa#").await.is_empty(), "a flow ends in its session");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_wants_its_scope_and_changes_nothing_without() {
    let latchkey = Latchkey::start().await;
    let (_, mfa_token, handle, code) = half_way(&latchkey).await;
    let reader = latchkey.back_end_with(&["read:customers"]).await.token;
    let no_mfa = latchkey.back_end_with(&[NO_MFA]).await.token;
    let users = latchkey.back_end_with(&[USERS]).await.token;
    let before = latchkey.table.rows().await;
    let begin = mfa_login(KARI_PASSWORD);
    for token in [&reader, &no_mfa] {
        let refused = latchkey.post(token, "/customers/mfa_login", &begin).await;
        assert_eq!(
            refused.refused_customer(403, "insufficient_scope")["message"].as_str().unwrap().matches(USERS).count(),
            1
        );
    }
    for token in [&reader, &no_mfa, &users] {
        latchkey.challenged(token, &mfa_token, "sms").await.refused_customer(403, "insufficient_scope");
    }
    let answer = latchkey.answer_oob(&reader, &mfa_token, (&handle, &code)).await;
    answer.refused_customer(403, "insufficient_scope");
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_wrong_codes_at_once_five_compare_and_the_right_one_comes_too_late() {
    let latchkey = Latchkey::start().await;
    let (token, mfa_token, handle, code) = half_way(&latchkey).await;
    let body = oob(&mfa_token, (&handle, &another(&code)));
    let racer = {
        let token = token.clone();
        move |latchkey: Arc<Latchkey>, _| {
            let (token, body) = (token.clone(), body.clone());
            async move { latchkey.grant(&token, &body).await }
        }
    };
    let answers = latchkey.at_once(20, racer).await;
    let mut faces: Vec<_> = answers.iter().map(Answer::face).collect();
    let late = latchkey.answer_oob(&token, &mfa_token, (&handle, &code)).await;
    late.refused_customer(400, "invalid_grant");
    faces.push(late.face());
    faces.dedup();
    assert_eq!(faces.len(), 1, "{faces:?}");
    assert_eq!(failures(&latchkey).await.as_deref(), Some("5"));
    latchkey.challenged(&token, &mfa_token, "sms").await.refused_customer(401, "invalid_mfa_token");
    assert_eq!((sessions(&latchkey).await, latchkey.outbox().await.len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_right_codes_at_once_one_opens_a_session() {
    let latchkey = Latchkey::start().await;
    let (token, mfa_token, handle, code) = half_way(&latchkey).await;
    let body = oob(&mfa_token, (&handle, &code));
    let racer = move |latchkey: Arc<Latchkey>, _| {
        let (token, body) = (token.clone(), body.clone());
        async move { latchkey.grant(&token, &body).await }
    };
    let answers = latchkey.at_once(20, racer).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused_customer(400, "invalid_grant");
    }
    assert_eq!(sessions(&latchkey).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_is_half_way_ends_in_five_minutes() {
    let latchkey = Latchkey::start().await;
    let (token, mfa_token, handle, code) = half_way(&latchkey).await;
    latchkey.advance(301).await;
    latchkey.answer_oob(&token, &mfa_token, (&handle, &code)).await.refused_customer(400, "invalid_grant");
    latchkey.challenged(&token, &mfa_token, "sms").await.refused_customer(401, "invalid_mfa_token");
    assert_eq!((sessions(&latchkey).await, latchkey.outbox().await.len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_works_in_its_flow_for_its_person_and_its_client_only() {
    let latchkey = Latchkey::start().await;
    let (token, mfa_token, handle, code) = half_way(&latchkey).await;
    let other_flow = latchkey.mfa_login(&token).await;
    let person = json!({ "email": "ola@example.com", "phone_number": "+4790000001", "password": "another horse 9" });
    latchkey.create_customer(&person).await.ok();
    let mut ola = mfa_login("another horse 9");
    ola["ident"] = "ola@example.com".into();
    let ola = latchkey.post(&token, "/customers/mfa_login", &ola).await.mfa_token();
    let (other_handle, _) = latchkey.challenge(&token, &ola, "sms").await;
    for (mfa_token, handle) in
        [(&other_flow, &handle), (&ola, &handle), (&ola, &other_handle), (&mfa_token, &other_handle)]
    {
        let answer = latchkey.answer_oob(&token, mfa_token, (handle, &code)).await;
        answer.refused_customer(400, "invalid_grant");
    }
    let theirs = latchkey.back_end("local-refresh").await;
    latchkey.answer_oob(&theirs, &mfa_token, (&handle, &code)).await.refused_customer(400, "invalid_grant");
    latchkey.challenged(&theirs, &mfa_token, "sms").await.refused_customer(401, "invalid_mfa_token");
    // What goes on with a sign-in opens nothing else.
    assert_eq!(latchkey.post(&mfa_token, "/auth/mfa/totp", &Value::Null).await.status, 401);
    latchkey.refresh(&token, &mfa_token).await.refused_customer(400, "invalid_grant");
    for forged in ["", "lkm_", "lkm_AAAA", &mfa_token[..80], &format!("{mfa_token}A")] {
        latchkey.answer_oob(&token, forged, (&handle, &code)).await.refused_customer(400, "invalid_grant");
        latchkey.challenged(&token, forged, "sms").await.refused_customer(401, "invalid_mfa_token");
    }
    assert_eq!(sessions(&latchkey).await, 0);
    latchkey.answer_oob(&token, &mfa_token, (&handle, &code)).await.access_token();
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_go_out_once_a_minute_five_an_hour_and_ten_a_day_over_all_sign_ins() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let attempt = async || {
        let token = latchkey.back_end("local-backend").await;
        let mfa_token = latchkey.mfa_login(&token).await;
        latchkey.challenged(&token, &mfa_token, "sms").await
    };
    let slowed = async |at_least: u32| {
        let before = latchkey.table.rows_of("asked").await;
        let answer = attempt().await;
        answer.refused_customer(429, "too_many_requests");
        let wait: u32 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!(wait >= at_least, "{wait}");
        assert_eq!(latchkey.table.rows_of("asked").await, before);
    };
    for sent in 1..=10 {
        attempt().await.ok();
        assert_eq!(latchkey.outbox().await.len(), sent);
        slowed(30).await;
        latchkey.advance(61).await;
        if sent % 5 == 0 {
            slowed(3_000).await;
            latchkey.advance(3_600).await;
        }
    }
    slowed(70_000).await;
    latchkey.advance(86_400).await;
    attempt().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_code_ends_the_one_before() {
    let latchkey = Latchkey::start().await;
    let (token, mfa_token, handle, code) = half_way(&latchkey).await;
    latchkey.advance(60).await;
    let (next_handle, next) = latchkey.challenge(&token, &mfa_token, "sms").await;
    latchkey.answer_oob(&token, &mfa_token, (&handle, &code)).await.refused_customer(400, "invalid_grant");
    latchkey.answer_oob(&token, &mfa_token, (&next_handle, &next)).await.access_token();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_by_email_is_no_second_factor_unless_the_tenant_says_so() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let token = latchkey.back_end("local-backend").await;
    let mfa_token = latchkey.mfa_login(&token).await;
    let before = latchkey.table.rows().await;
    latchkey.challenged(&token, &mfa_token, "email").await.refused_customer(400, "invalid_request");
    assert_eq!(latchkey.table.rows().await, before);
    latchkey.change_settings(json!({ "mfa": { "login": { "oob_channel": "email" } } })).await;
    let (handle, code) = latchkey.challenge(&token, &mfa_token, "email").await;
    assert_eq!(latchkey.outbox().await[0]["to"], KARI_EMAIL);
    let answer = latchkey.answer_oob(&token, &mfa_token, (&handle, &code)).await;
    assert_eq!(answer.claims()["amr"], json!(["pwd", "email", "mfa"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_without_an_address_gets_no_code_there() {
    let latchkey = Latchkey::start().await;
    latchkey.create_customer(&json!({ "email": KARI_EMAIL, "password": KARI_PASSWORD })).await.ok();
    let token = latchkey.back_end("local-backend").await;
    let begun = latchkey.post(&token, "/customers/mfa_login", &mfa_login(KARI_PASSWORD)).await;
    assert!(begun.ok().get("oob_channel").is_none());
    let before = latchkey.table.rows().await;
    let answer = latchkey.challenged(&token, &begun.mfa_token(), "sms").await;
    answer.refused_customer(400, "invalid_request");
    for (name, value) in [("challenge_type", "push"), ("oob_channel", "SMS"), ("oob_channel", "voice")] {
        let mut body = json!({ "challenge_type": "oob", "mfa_token": begun.mfa_token() });
        body[name] = value.into();
        latchkey.post(&token, "/auth/mfa/challenge", &body).await.refused_customer(400, "invalid_request");
    }
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_an_app_codes_go_only_to_a_number_that_was_proved() {
    let latchkey = Latchkey::start().await;
    let app = latchkey.kari_with_app().await;
    let token = latchkey.back_end("local-backend").await;
    let begun = latchkey.post(&token, "/customers/mfa_login", &mfa_login(KARI_PASSWORD)).await;
    let body = begun.ok();
    assert_eq!((&body["challenge_type"], body.get("oob_channel")), (&json!("otp"), None));
    assert_eq!(body["links"][2]["rel"], "mfa_otp");
    let before = (latchkey.table.rows().await, latchkey.outbox().await.len());
    let unproved = latchkey.challenged(&token, &begun.mfa_token(), "sms").await;
    unproved.refused_customer(400, "invalid_request");
    assert_eq!((latchkey.table.rows().await, latchkey.outbox().await.len()), before);

    latchkey.table.set("account", "phone_verified_at", AttributeValue::N("1".to_owned())).await;
    let (handle, code) = latchkey.challenge(&token, &begun.mfa_token(), "sms").await;
    let answer = latchkey.answer_oob(&token, &begun.mfa_token(), (&handle, &code)).await;
    assert_eq!(answer.claims()["amr"], json!(["pwd", "sms", "mfa"]));
    // A number that the back end puts in its place is not proved.
    let new = json!({ "phone_number": "+4790000001" });
    latchkey.by(&token, "PUT", &format!("/customers/users/{}", app.user_id), &new).await.ok();
    let mfa_token = latchkey.mfa_login(&token).await;
    latchkey.challenged(&token, &mfa_token, "sms").await.refused_customer(400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_or_address_voids_what_is_half_way() {
    for change in [json!({ "password": "another horse 9" }), json!({ "email": "new@example.com" })] {
        let latchkey = Latchkey::start().await;
        let (token, mfa_token, handle, code) = half_way(&latchkey).await;
        let id = latchkey.table.rows_of("account").await[0]["id"].as_s().unwrap().clone();
        latchkey.by(&token, "PUT", &format!("/customers/users/{id}"), &change).await.ok();
        latchkey.answer_oob(&token, &mfa_token, (&handle, &code)).await.refused_customer(400, "invalid_grant");
        latchkey.advance(60).await;
        let sent = latchkey.outbox().await.len();
        latchkey.challenged(&token, &mfa_token, "sms").await.refused_customer(401, "invalid_mfa_token");
        assert_eq!((sessions(&latchkey).await, latchkey.outbox().await.len()), (0, sent));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_wrong_second_factors_in_a_row_disable_it_and_a_recovery_code_starts_over() {
    let latchkey = Latchkey::start().await;
    let app = latchkey.kari_with_app().await;
    for _ in 0..20 {
        let token = latchkey.back_end("local-backend").await;
        let mfa_token = latchkey.mfa_login(&token).await;
        let wrong = another(&latchkey.next_totp(&app.secret).await);
        for _ in 0..5 {
            latchkey.answer_totp(&token, &mfa_token, &wrong).await.refused_customer(400, "invalid_grant");
        }
    }
    assert_eq!(failures(&latchkey).await.as_deref(), Some("100"));
    latchkey.advance(100_000).await;
    let token = latchkey.back_end("local-backend").await;
    let mfa_token = latchkey.mfa_login(&token).await;
    let right = latchkey.next_totp(&app.secret).await;
    latchkey.answer_totp(&token, &mfa_token, &right).await.refused_customer(400, "invalid_grant");
    assert_eq!((sessions(&latchkey).await, failures(&latchkey).await.as_deref()), (1, Some("100")));
    latchkey.answer_recovery_code(&token, &mfa_token, &app.recovery_codes[0]).await.access_token();
    let mfa_token = latchkey.mfa_login(&token).await;
    let right = latchkey.next_totp(&app.secret).await;
    latchkey.answer_totp(&token, &mfa_token, &right).await.access_token();
}

/// A right password that is compared while the account takes it, and acted upon once it is locked.
#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_falls_while_a_right_password_is_compared_keeps_it_out() {
    for (endpoint, name) in [("/customers/mfa_login", "secret"), ("/customers/login", "password")] {
        let latchkey = Latchkey::start().await;
        latchkey.kari().await;
        let token = latchkey.back_end("local-backend").await;
        let mut body = kari();
        body.as_object_mut().unwrap().remove("phone_number");
        body["audience"] = local::AUDIENCE.into();
        body["type"] = "customer".into();
        body[name] = "correct horse 8".into();
        let wrong = latchkey.post(&token, endpoint, &body).await;
        body[name] = KARI_PASSWORD.into();
        let (compared, locked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (seen, is_locked) = (Arc::clone(&compared), Arc::clone(&locked));
        latchkey.proxy.plan(move |call| {
            let writes = call.operation == "TransactWriteItems";
            seen.fetch_or(writes, Ordering::SeqCst);
            if writes && !is_locked.load(Ordering::SeqCst) { Fault::Conflict } else { Fault::Pass }
        });
        let lock = async {
            while !compared.load(Ordering::SeqCst) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let until = AttributeValue::N("4000000000".to_owned());
            latchkey.table.set("account", "locked_until", until).await;
            locked.store(true, Ordering::SeqCst);
        };
        let (right, ()) = tokio::join!(latchkey.post(&token, endpoint, &body), lock);
        right.refused_customer(401, "invalid_credentials");
        assert_eq!(right.face(), wrong.face());
        assert_eq!(sessions(&latchkey).await + latchkey.table.rows_of("mfa#").await.len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_forty_guesses_at_once_five_count_and_none_learns_of_the_right_one_behind_the_lock() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let token = latchkey.back_end("local-backend").await;
    let racer = {
        let token = token.clone();
        move |latchkey: Arc<Latchkey>, number: usize| {
            let token = token.clone();
            let body = mfa_login(&format!("{:06}", 731_000 + number));
            async move { latchkey.post(&token, "/customers/mfa_login", &body).await }
        }
    };
    for answer in latchkey.at_once(40, racer).await {
        answer.refused_customer(401, "invalid_credentials");
    }
    let row = latchkey.table.rows_of("account").await.remove(0);
    let counted: u32 = row["failed_since_success"].as_n().unwrap().parse().unwrap();
    assert!((5..=8).contains(&counted), "{counted}");
    let until = AttributeValue::N("4000000000".to_owned());
    latchkey.table.set("account", "locked_until", until).await;
    let right = latchkey.post(&token, "/customers/mfa_login", &mfa_login(KARI_PIN)).await;
    right.refused_customer(401, "invalid_credentials");
    assert!(latchkey.table.rows_of("mfa#").await.is_empty());
}
