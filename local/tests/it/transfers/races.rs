//! What happens at one instant holds one way.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use crate::harness::{Answer, Asked, Browser, Fault, Latchkey};

/// Sends each of these forms at once.
async fn at_once(latchkey: &Arc<Latchkey>, browser: &Browser, decisions: &'static [&'static str]) -> Vec<Answer> {
    let racer = |_, number: usize| {
        let mut browser = browser.clone();
        async move { browser.send_form(&[("decision", decisions[number])]).await }
    };
    latchkey.at_once(decisions.len(), racer).await
}

/// Whether somebody agreed; what is written, kept and told fits together either way.
async fn is_confirmed(latchkey: &Latchkey, asked: &Asked) -> bool {
    let row = latchkey.transfer(asked).await.unwrap();
    let consents = latchkey.table.rows_of(&format!("consent#{}", asked.id)).await.len();
    let is_confirmed = row["status"] == AttributeValue::S("confirmed".to_owned());
    let has = |name: &str| row.contains_key(name);
    assert_eq!((consents, has("user_data"), has("approved")), (usize::from(is_confirmed), is_confirmed, is_confirmed));
    assert_eq!(latchkey.consents_told().await, latchkey.table.rows_of("consent#").await.len());
    let decision = latchkey.decision(asked).await.ok();
    assert_eq!(decision["status"], if is_confirmed { "Confirmed" } else { "Cancelled" });
    assert_eq!(decision["user_data"] != json!({}), is_confirmed, "{decision}");
    is_confirmed
}

#[tokio::test(flavor = "multi_thread")]
async fn agreed_to_and_declined_at_one_instant_is_one_of_them() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let mut browser = latchkey.kari_is_asked(&latchkey.ask("names").await).await;
    for round in 0..20 {
        let asked = latchkey.ask("names").await;
        browser.scan(&asked).await;
        let forms: &[&str] = if round % 2 == 0 { &["agree", "decline"] } else { &["decline", "agree"] };
        let answers = at_once(&latchkey, &browser, forms).await;
        let is_confirmed = is_confirmed(&latchkey, &asked).await;
        let page = browser.scan(&asked).await.text;
        assert!(page.contains(if is_confirmed { "You agreed" } else { "This request was declined" }), "{page}");
        for answer in answers {
            assert_eq!(answer.status, 303, "either way one is shown how it ended: {}", answer.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_agrees_or_declines_once() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let mut browser = latchkey.kari_is_asked(&latchkey.ask("names").await).await;
    for round in 0..10 {
        let asked = latchkey.ask("names").await;
        browser.scan(&asked).await;
        let forms: &[&str] = if round % 2 == 0 { &["agree"; 4] } else { &["decline"; 4] };
        for answer in at_once(&latchkey, &browser, forms).await {
            assert_eq!(answer.status, 303, "{}", answer.text);
        }
        assert_eq!(is_confirmed(&latchkey, &asked).await, round % 2 == 0);
        let events = latchkey.log.lines();
        let told = |event: &str| events.lines().filter(|line| line.contains(&asked.id) && line.contains(event)).count();
        assert_eq!(told("transfer.confirmed") + told("transfer.cancelled"), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_people_who_sign_in_at_one_instant_one_is_asked() {
    let latchkey = Latchkey::start().await;
    let mut browsers = Vec::new();
    for number in 0..6 {
        let (email, password) = (format!("person{number}@example.com"), "a fjord in summer");
        latchkey.create_customer(&json!({ "email": email, "first_name": "A", "password": password })).await.ok();
        let mut browser = latchkey.browser();
        browser.visit("/authorize/consents?tenant=T00000001").await;
        browser.sign_in("customer", &email, password).await;
        browsers.push(browser);
    }
    for _ in 0..5 {
        let asked = latchkey.ask("names").await;
        let racer = |_, number: usize| {
            let (mut browser, asked): (Browser, Asked) = (browsers[number].clone(), asked.clone());
            async move {
                let answer = browser.scan(&asked).await;
                (answer.status, browser)
            }
        };
        let outcomes = latchkey.at_once(browsers.len(), racer).await;
        let mut asked_ones: Vec<_> = outcomes.iter().filter(|(_, browser)| browser.is_asked()).collect();
        assert_eq!(asked_ones.len(), 1);
        assert_eq!(outcomes.iter().filter(|(status, _)| *status == 410).count(), 5);
        let (_, winner) = asked_ones.remove(0);
        winner.clone().agree(&[]).await;
        latchkey.shared(&asked).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_at_the_instant_of_agreeing_is_handed_over_as_it_was_shown_or_not_at_all() {
    let latchkey = Latchkey::start().await;
    let id = latchkey.kari().await;
    let mut browser = latchkey.kari_is_asked(&latchkey.ask("names").await).await;
    for round in 0..10 {
        let asked = latchkey.ask("names").await;
        browser.scan(&asked).await;
        let shown = browser.page.clone();
        let name = format!("Kari {}", ["Anne", "Berit", "Dagny", "Eva", "Frida"][round % 5]);
        let change = json!({ "first_name": name });
        let mut racer = browser.clone();
        let (answer, ()) =
            tokio::join!(racer.send_form(&[("decision", "agree")]), latchkey.change_customer(&id, &change));
        assert!([303, 409].contains(&answer.status), "{}", answer.text);
        let row = latchkey.transfer(&asked).await.unwrap();
        if row["status"] == AttributeValue::S("confirmed".to_owned()) {
            let shared: Value = latchkey.shared(&asked).await;
            let handed_over = shared["names"]["full_name"].as_str().unwrap();
            assert!(shown.contains(handed_over), "{handed_over}");
        } else {
            assert_eq!(answer.status, 409);
            latchkey.nothing_shared(&asked).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn between_the_look_and_the_write_nothing_may_have_changed() {
    let (text, number) = (|text: &str| AttributeValue::S(text.to_owned()), || AttributeValue::N("7".to_owned()));
    for (sk, name, value) in [
        ("account", "status", text("blocked")),
        ("account", "sessions", AttributeValue::M(HashMap::new())),
        ("account", "revision", number()),
        ("account", "identity_version", number()),
        ("account", "password_version", number()),
        ("transfer", "account_id", text("00000000-0000-4000-8000-000000000000")),
        ("transfer", "status", text("cancelled")),
        ("transfer", "status", text("expired")),
        ("transfer", "ends_at", number()),
    ] {
        let latchkey = Latchkey::start().await;
        latchkey.kari().await;
        let asked = latchkey.ask("names").await;
        let mut browser = latchkey.kari_is_asked(&asked).await;
        let (other, new) = (Arc::clone(&latchkey), value.clone());
        latchkey.proxy.plan(move |call| {
            if call.operation == "TransactWriteItems" {
                let change = other.table.set(sk, name, new.clone());
                tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(change));
            }
            Fault::Pass
        });
        let answer = browser.send_form(&[("decision", "agree")]).await;
        latchkey.proxy.heal();
        assert!([303, 409, 410].contains(&answer.status), "{name}: {}", answer.text);
        latchkey.nothing_shared(&asked).await;
        assert_ne!(latchkey.written_status(&asked).await, "confirmed", "{name}");
        assert!(
            latchkey.table.rows_of(sk).await.iter().all(|row| row[name] == value),
            "{name}: it was looked at before"
        );
    }
}
