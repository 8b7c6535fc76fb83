//! To agree one must have signed in within the last 5 minutes, and still be who one was then.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use crate::harness::{KARI_EMAIL, KARI_PASSWORD, Latchkey, USERS};

#[tokio::test(flavor = "multi_thread")]
async fn within_five_minutes_of_signing_in_one_agrees() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    latchkey.let_requests_wait(3_600).await;
    let asked = latchkey.ask("names").await;
    let mut browser = latchkey.kari_is_asked(&asked).await;
    latchkey.advance(295).await;
    assert_eq!(browser.agree(&[]).await.status, 200);
    latchkey.shared(&asked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_five_minutes_one_signs_in_again() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    latchkey.let_requests_wait(3_600).await;
    let asked = latchkey.ask("names").await;
    let mut browser = latchkey.kari_is_asked(&asked).await;
    latchkey.advance(301).await;
    let mut elsewhere = browser.clone();
    let answer = browser.agree(&[]).await;
    assert!(answer.status == 200 && browser.is_to_sign_in(), "{}", answer.text);
    assert!(answer.text.contains("sign in again to answer"), "and is told so: {}", answer.text);
    assert!(elsewhere.scan(&asked).await.status == 200 && elsewhere.is_to_sign_in());
    latchkey.nothing_shared(&asked).await;
    browser.sign_in("customer", KARI_EMAIL, KARI_PASSWORD).await;
    assert!(browser.is_asked());
    browser.agree(&[]).await;
    latchkey.shared(&asked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn declining_and_looking_at_past_consents_take_no_new_sign_in() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    latchkey.let_requests_wait(3_600).await;
    let (asked, other) = (latchkey.ask("names").await, latchkey.ask("email").await);
    let mut browser = latchkey.kari_is_asked(&asked).await;
    latchkey.advance(301).await;
    assert_eq!(browser.clone().visit("/authorize/consents").await.status, 200);
    let answer = browser.decline().await;
    assert!(answer.text.contains("This request was declined"), "{}", answer.text);
    assert_eq!(latchkey.written_status(&asked).await, "cancelled");
    latchkey.advance(3_600).await;
    let mut over = browser.clone();
    over.visit("/authorize/consents").await;
    assert!(over.is_to_sign_in(), "the session is over");
    assert_eq!(latchkey.written_status(&other).await, "initialized");
}

/// What ends somebody's sessions, or what they may do, while they look at the question.
async fn what_ends_a_session(latchkey: &Latchkey, id: &str, what: &str) {
    let admin = latchkey.back_end_with(&[USERS, "admin:accounts", "admin:customers"]).await.token;
    let user = format!("/customers/users/{id}");
    match what {
        "blocked" => latchkey.table.set("account", "status", AttributeValue::S("blocked".to_owned())).await,
        "another password" => {
            let change = json!({ "password": "a fjord in summer" });
            latchkey.by(&admin, "PUT", &user, &change).await.ok();
        }
        "signed out everywhere" => {
            let rest = format!("/auth/users/{id}/sessions");
            latchkey.by(&admin, "DELETE", &rest, &Value::Null).await.empty(204);
        }
        "signed out here" => {
            let rest = format!("/auth/users/{id}/sessions");
            let sessions = latchkey.by(&admin, "GET", &rest, &Value::Null).await.ok();
            for session in sessions["sessions"].as_array().expect("a list") {
                let one = format!("{rest}/{}", session["session_id"].as_str().expect("an id"));
                latchkey.by(&admin, "DELETE", &one, &Value::Null).await.empty(204);
            }
        }
        "deleted" => latchkey.by(&admin, "DELETE", &user, &Value::Null).await.empty(204),
        what => panic!("{what}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_signed_out_or_blocked_meanwhile_agrees_to_nothing() {
    for what in ["blocked", "another password", "signed out everywhere", "signed out here", "deleted"] {
        let latchkey = Latchkey::start().await;
        let id = latchkey.kari().await;
        let asked = latchkey.ask("names").await;
        let mut browser = latchkey.kari_is_asked(&asked).await;
        what_ends_a_session(&latchkey, &id, what).await;
        let answer = browser.agree(&[]).await;
        assert!(answer.status == 200 && browser.is_to_sign_in(), "{what}: {}", answer.text);
        latchkey.nothing_shared(&asked).await;
        assert_eq!(latchkey.written_status(&asked).await, "retrieved", "{what}");
        browser.visit("/authorize/consents").await;
        assert!(browser.is_to_sign_in(), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_is_changed_at_the_same_instant_leaves_all_or_nothing() {
    let latchkey = Latchkey::start().await;
    let id = latchkey.kari().await;
    let admin = latchkey.back_end_with(&[USERS, "admin:customers"]).await.token;
    let mut password = KARI_PASSWORD.to_owned();
    for round in 0..10 {
        let asked = latchkey.ask("names").await;
        let mut browser = latchkey.browser();
        browser.scan(&asked).await;
        browser.sign_in("customer", KARI_EMAIL, &password).await;
        assert!(browser.is_asked());
        password = format!("a fjord in winter {round}");
        let change = json!({ "password": password });
        let user = format!("/customers/users/{id}");
        let (agreed, changed) =
            tokio::join!(browser.send_form(&[("decision", "agree")]), latchkey.by(&admin, "PUT", &user, &change));
        changed.ok();
        assert_eq!(agreed.status, 303, "{}", agreed.text);
        let row = latchkey.transfer(&asked).await.unwrap();
        let consents = latchkey.table.rows_of(&format!("consent#{}", asked.id)).await.len();
        let is_confirmed = row["status"] == AttributeValue::S("confirmed".to_owned());
        assert_eq!((consents, row.contains_key("user_data")), (usize::from(is_confirmed), is_confirmed));
        assert_eq!(latchkey.consents_told().await, latchkey.table.rows_of("consent#").await.len());
        latchkey.advance(6).await;
    }
}
