use std::sync::Arc;

use local::AUDIENCE;
use serde_json::{Value, json};

use crate::harness::{Answer, KARI_EMAIL, KARI_PASSWORD, KARI_PHONE, Latchkey, NO_MFA};

const ASK: &str = "/customers/change_password";
const CONFIRM: &str = "/customers/change_password/confirm";
const NEW: &str = "another horse 9";

fn ask(email: &str) -> Value {
    json!({ "email": email, "audience": AUDIENCE, "type": "customer" })
}

async fn asked(latchkey: &Latchkey, email: &str) -> Answer {
    latchkey.post(&latchkey.back_end("local-backend").await, ASK, &ask(email)).await
}

/// What the link that was sent last holds, with a new password.
async fn from_the_link(latchkey: &Latchkey) -> Value {
    let outbox = latchkey.outbox().await;
    let link = outbox.last().expect("a message")["link"].as_str().expect("a link").to_owned();
    let query = link.strip_prefix("https://portal.example.test/reset-password?").expect("the configured page");
    let mut body = json!({ "password": NEW });
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        body[name] = value.into();
    }
    body
}

async fn confirm(latchkey: &Latchkey, body: &Value) -> Answer {
    latchkey.post(&latchkey.back_end("local-backend").await, CONFIRM, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_sets_a_password_once_ends_every_session_and_signs_nobody_in() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let (refresh, access) = latchkey.refreshable().await;
    let before = latchkey.table.rows_of("account").await;
    asked(&latchkey, "Kari@EXAMPLE.com").await.empty(204);
    let message = latchkey.outbox().await.last().unwrap().clone();
    assert_eq!((&message["channel"], &message["to"]), (&json!("email"), &json!(KARI_EMAIL)));
    assert_eq!(latchkey.table.rows_of("account").await, before, "nothing changes until it comes back");
    let body = from_the_link(&latchkey).await;
    assert!(body["reset_token"].as_str().unwrap().len() >= 32);
    confirm(&latchkey, &body).await.empty(204);
    let sent = latchkey.outbox().await;
    assert_eq!((sent.len(), sent[1]["to"].as_str()), (2, Some(KARI_EMAIL)), "told");
    assert!(!latchkey.is_live(&access).await);
    let token = latchkey.back_end("local-refresh").await;
    latchkey.refresh(&token, &refresh).await.refused_customer(400, "invalid_grant");
    latchkey.log_in(&token, KARI_PASSWORD).await.refused_customer(401, "invalid_credentials");
    latchkey.log_in(&token, NEW).await.access_token();
    confirm(&latchkey, &body).await.refused_customer(401, "invalid_reset_link");
    latchkey.log_in(&token, NEW).await.access_token();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_password_is_set_the_same_way_and_the_second_factor_is_still_asked_for() {
    let latchkey = Latchkey::start().await;
    latchkey.create_customer(&json!({ "email": KARI_EMAIL, "phone_number": KARI_PHONE })).await.ok();
    latchkey.change_settings(json!({ "mfa": { "enabled": true } })).await;
    asked(&latchkey, KARI_EMAIL).await.empty(204);
    confirm(&latchkey, &from_the_link(&latchkey).await).await.empty(204);
    latchkey.log_in(&latchkey.back_end("local-backend").await, NEW).await.mfa_token();
    assert!(latchkey.table.rows_of("session#").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_unknown_gets_the_same_answer_for_the_same_work_and_no_message() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    latchkey.create_customer(&json!({ "type": "other", "email": "other@example.com" })).await.ok();
    let token = latchkey.back_end("local-backend").await;
    latchkey.log_in(&token, "warm the caches").await.refused_customer(401, "invalid_credentials");
    let (mut faces, mut costs) = (Vec::new(), Vec::new());
    for _ in 0..2 {
        for email in [KARI_EMAIL, "nobody@example.com", "other@example.com"] {
            latchkey.proxy.record();
            faces.push(latchkey.post(&token, ASK, &ask(email)).await.face());
            costs.push((latchkey.proxy.operations(), latchkey.proxy.round_trips()));
        }
        latchkey.proxy.heal();
        faces.dedup();
        costs.dedup();
    }
    let statuses: Vec<_> = faces.iter().map(|face| face.0).collect();
    assert_eq!((statuses, costs.len()), (vec![204, 429], 2), "{faces:#?} {costs:#?}");
    assert_eq!(latchkey.outbox().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_works_for_its_person_and_half_an_hour_and_a_new_one_ends_it() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let company = json!({ "type": "company", "email": KARI_EMAIL, "password": KARI_PASSWORD });
    let company = latchkey.create_customer(&company).await.ok()["user_id"].clone();
    asked(&latchkey, KARI_EMAIL).await.empty(204);
    let body = from_the_link(&latchkey).await;
    let with = |name: &str, value: Value| {
        let mut body = body.clone();
        body[name] = value;
        body
    };
    let before = latchkey.table.rows().await;
    let random = json!("6e1f4f0e-9c7d-4b53-8a52-0d0d5d2f1c11");
    for body in [with("user_id", company), with("user_id", random), with("reset_token", json!("0".repeat(64)))] {
        confirm(&latchkey, &body).await.refused_customer(401, "invalid_reset_link");
    }
    for body in [with("user_id", json!("x")), with("password", Value::Null), with("reset_token", json!(1))] {
        confirm(&latchkey, &body).await.refused_customer(400, "invalid_request");
    }
    for weak in ["short 1", "password1"] {
        confirm(&latchkey, &with("password", json!(weak))).await.refused_customer(400, "weak_password");
    }
    assert_eq!(latchkey.table.rows().await, before, "and the link still works");
    latchkey.advance(60).await;
    asked(&latchkey, KARI_EMAIL).await.empty(204);
    confirm(&latchkey, &body).await.refused_customer(401, "invalid_reset_link");
    let body = from_the_link(&latchkey).await;
    latchkey.advance(1_801).await;
    confirm(&latchkey, &body).await.refused_customer(401, "invalid_reset_link");
    asked(&latchkey, KARI_EMAIL).await.empty(204);
    let body = from_the_link(&latchkey).await;
    let token = latchkey.back_end("local-backend").await;
    let id = body["user_id"].as_str().unwrap();
    latchkey.by(&token, "PUT", &format!("/customers/users/{id}"), &json!({ "phone_number": null })).await.ok();
    confirm(&latchkey, &body).await.refused_customer(401, "invalid_reset_link");
    latchkey.log_in(&token, KARI_PASSWORD).await.access_token();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_uses_of_a_link_at_once_one_sets_its_password() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    asked(&latchkey, KARI_EMAIL).await.empty(204);
    let body = from_the_link(&latchkey).await;
    let token = latchkey.back_end("local-backend").await;
    let racer = {
        let token = token.clone();
        move |latchkey: Arc<Latchkey>, number: usize| {
            let (token, mut body) = (token.clone(), body.clone());
            body["password"] = format!("another horse {number}").into();
            async move { latchkey.post(&token, CONFIRM, &body).await }
        }
    };
    let answers = latchkey.at_once(10, racer).await;
    let won: Vec<_> = (0..10).filter(|number| answers[*number].status == 204).collect();
    assert_eq!(won.len(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 204) {
        answer.refused_customer(401, "invalid_reset_link");
    }
    latchkey.log_in(&token, &format!("another horse {}", won[0])).await.access_token();
    assert_eq!(latchkey.outbox().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_calls_want_the_scope_and_the_first_an_audience_of_the_client() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let no_mfa = latchkey.back_end_with(&[NO_MFA, "admin:accounts", "admin:customers"]).await.token;
    let token = latchkey.back_end("local-backend").await;
    let before = latchkey.table.rows().await;
    for rest in [ASK, CONFIRM] {
        latchkey.post(&no_mfa, rest, &ask(KARI_EMAIL)).await.refused_customer(403, "insufficient_scope");
    }
    let with = |name: &str, value: Value| {
        let mut body = ask(KARI_EMAIL);
        body[name] = value;
        body
    };
    let other = with("audience", json!("https://other.example.test"));
    latchkey.post(&token, ASK, &other).await.refused_customer(403, "invalid_target");
    for body in [with("email", Value::Null), with("email", json!(KARI_PHONE)), with("type", json!("other"))] {
        latchkey.post(&token, ASK, &body).await.refused_customer(400, "invalid_request");
    }
    assert_eq!(latchkey.table.rows().await, before);
}
