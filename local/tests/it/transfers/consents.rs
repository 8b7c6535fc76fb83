use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use crate::harness::{Answer, Asked, Browser, Fault, Item, KARI_EMAIL, KARI_PASSWORD, Latchkey, VERIFIER};

const CONSENTS: &str = "/authorize/consents?tenant=T00000001";

/// What Kari agreed to, one after another, and her browser.
async fn agreed(latchkey: &Arc<Latchkey>, scopes: &[&str]) -> (Vec<Asked>, Browser) {
    latchkey.kari().await;
    let (mut given, mut browser) = (Vec::new(), latchkey.browser());
    for scope in scopes {
        let asked = latchkey.ask(scope).await;
        browser.scan(&asked).await;
        if browser.is_to_sign_in() {
            browser.sign_in("customer", KARI_EMAIL, KARI_PASSWORD).await;
        }
        browser.agree(&[]).await;
        given.push(asked);
        latchkey.advance(2).await;
    }
    (given, browser)
}

#[tokio::test(flavor = "multi_thread")]
async fn consents_are_listed_the_newest_first() {
    let latchkey = Latchkey::start().await;
    let (given, mut browser) = agreed(&latchkey, &["names", "email", "phone"]).await;
    let answer = browser.visit("/authorize/consents").await;
    assert_eq!(answer.status, 200);
    let at = |asked: &Asked| answer.text.find(&format!(r#"name="revoke" value="{}""#, asked.id)).expect("listed");
    assert!(at(&given[2]) < at(&given[1]) && at(&given[1]) < at(&given[0]), "{}", answer.text);
    assert_eq!(answer.text.matches("<h2><bdi>Harbour Car Rental</bdi></h2>").count(), 3);
    assert!(answer.text.contains(KARI_EMAIL) && answer.text.contains(" UTC"));
    let mut nobody = latchkey.browser();
    nobody.visit(CONSENTS).await;
    assert!(nobody.is_to_sign_in() && !nobody.has("decision"));
    nobody.sign_in("customer", KARI_EMAIL, KARI_PASSWORD).await;
    assert!(nobody.has("revoke") && nobody.has("sign_out"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_is_read_no_more() {
    let latchkey = Latchkey::start().await;
    let (given, mut browser) = agreed(&latchkey, &["names", "email"]).await;
    latchkey.shared(&given[0]).await;
    browser.visit(CONSENTS).await;
    let answer = browser.submit(&[("revoke", &given[0].id)]).await;
    assert!(answer.status == 200 && answer.text.contains("Taken back"), "{}", answer.text);
    latchkey.decision(&given[0]).await.refused_transfer(404, "not_found");
    latchkey.status(&given[0]).await.refused_transfer(404, "not_found");
    assert_eq!(browser.clone().scan(&given[0]).await.status, 404);
    latchkey.shared(&given[1]).await;
    let kept = latchkey.table.rows_of(&format!("consent#{}", given[0].id)).await.remove(0);
    assert!(
        kept["revoked_at"].as_n().unwrap().parse::<i64>().unwrap() >= kept["given_at"].as_n().unwrap().parse().unwrap()
    );
    for name in ["client_id", "client_name", "scope", "version", "id"] {
        assert!(kept.contains_key(name), "the record stays: {name}");
    }
    latchkey.advance(30).await;
    let csrf = browser.csrf();
    assert_eq!(browser.post(CONSENTS, &[("csrf", &csrf), ("revoke", &given[0].id)]).await.status, 303);
    assert_eq!(latchkey.table.rows_of(&format!("consent#{}", given[0].id)).await.remove(0), kept, "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn taken_back_many_times_at_one_instant_is_taken_back_once() {
    let latchkey = Latchkey::start().await;
    let (given, mut browser) = agreed(&latchkey, &["names"]).await;
    browser.visit(CONSENTS).await;
    let racer = |_, _| {
        let (mut browser, id) = (browser.clone(), given[0].id.clone());
        async move { browser.send_form(&[("revoke", &id)]).await.status }
    };
    assert_eq!(latchkey.at_once(6, racer).await, [303; 6]);
    let lines = latchkey.log.lines();
    assert_eq!(lines.lines().filter(|line| line.contains(r#""consent.revoked""#)).count(), 1);
    latchkey.decision(&given[0]).await.refused_transfer(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_takes_back_what_another_agreed_to() {
    let latchkey = Latchkey::start().await;
    let (given, _) = agreed(&latchkey, &["names"]).await;
    let company = json!({ "type": "company", "email": "firma@example.com", "password": "a fjord in summer" });
    latchkey.create_customer(&company).await.ok();
    let mut other = latchkey.browser();
    other.visit(CONSENTS).await;
    other.sign_in("company", "firma@example.com", "a fjord in summer").await;
    assert!(!other.has("revoke") && other.page.contains("You have shared nothing yet"), "{}", other.page);
    let before = latchkey.table.rows().await;
    let csrf = other.csrf();
    for (id, status) in [
        (given[0].id.as_str(), 303),
        ("00000000-0000-4000-8000-000000000000", 303),
        ("x", 400),
        ("consent#", 400),
        (&given[0].token, 400),
    ] {
        assert_eq!(other.post(CONSENTS, &[("csrf", &csrf), ("revoke", id)]).await.status, status, "{id}");
    }
    assert_eq!(other.post(CONSENTS, &[("csrf", &csrf)]).await.status, 400);
    assert_eq!(latchkey.table.rows().await, before);
    latchkey.shared(&given[0]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_the_session() {
    let latchkey = Latchkey::start().await;
    let (given, mut browser) = agreed(&latchkey, &["names"]).await;
    browser.visit(CONSENTS).await;
    let mut kept = browser.clone();
    browser.submit(&[("sign_out", "1")]).await;
    assert!(browser.is_to_sign_in());
    kept.visit(CONSENTS).await;
    assert!(kept.is_to_sign_in(), "wherever its cookie was copied to");
    assert_eq!(latchkey.browser().scan(&given[0]).await.status, 410);
    assert!(latchkey.table.rows_of("session#").await.iter().all(|row| row.contains_key("ended_at")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_of_the_tenant_that_is_named_or_signed_in_to() {
    let latchkey = Latchkey::start().await;
    let (_, mut browser) = agreed(&latchkey, &["names"]).await;
    for path in ["/authorize/consents", "/authorize/consents?tenant=", "/authorize/consents?tenant=T00000009"] {
        for path in [path.to_owned(), path.replace("consents", "consents/sign-in")] {
            assert_eq!(latchkey.browser().get(&path).await.status, 404, "{path}");
        }
    }
    let twice = "/authorize/consents?tenant=T00000001&tenant=T00000001";
    assert_eq!(latchkey.browser().get(twice).await.status, 400);
    assert!(browser.get("/authorize/consents").await.status == 200 && browser.has("revoke"));
    assert_eq!(browser.get("/authorize/consents?tenant=%3Cscript%3E").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_customers_consents_go_with_them_and_what_can_still_be_read() {
    for more in [0, 48, 49, 150] {
        let latchkey = Latchkey::start().await;
        let (_, mut browser) = agreed(&latchkey, &["names"]).await;
        let (consent, transfer) = (row_of(&latchkey, "consent#").await, row_of(&latchkey, "transfer").await);
        for number in 0..more {
            let id = format!("00000000-0000-4000-8000-{number:012}");
            let (consents, transfers) = (format!("consent#{id}"), format!("T00000001#transfer#{id}"));
            for (mut row, key, value) in [(consent.clone(), "sk", consents), (transfer.clone(), "pk", transfers)] {
                row.insert(key.to_owned(), AttributeValue::S(value));
                row.insert("id".to_owned(), AttributeValue::S(id.clone()));
                latchkey.table.put(row).await;
            }
        }
        assert!(browser.visit(CONSENTS).await.status == 200 && browser.page.matches("<h2>").count() == more + 1);
        let pk = consent["pk"].as_s().unwrap();
        delete(&latchkey, pk).await.empty(204);
        assert!(latchkey.table.rows().await.iter().all(|row| row["pk"].as_s().unwrap() != pk), "{more}");
        assert!(latchkey.table.rows_of("transfer").await.is_empty(), "{more}");
        browser.visit(CONSENTS).await;
        assert!(browser.is_to_sign_in());
    }
}

async fn row_of(latchkey: &Latchkey, sk: &str) -> Item {
    latchkey.table.rows_of(sk).await.remove(0)
}

/// Deletes the customer whose rows are there.
async fn delete(latchkey: &Latchkey, pk: &str) -> Answer {
    let (admin, id) = (latchkey.back_end("local-backend").await, pk.rsplit('#').next().unwrap());
    latchkey.by(&admin, "DELETE", &format!("/customers/users/{id}"), &Value::Null).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_given_while_its_account_is_deleted_is_not_left_behind() {
    for _ in 0..5 {
        let latchkey = Latchkey::start().await;
        let pk = format!("T00000001#account#{}", latchkey.kari().await);
        let asked = latchkey.ask("names").await;
        let mut browser = latchkey.kari_is_asked(&asked).await;
        // The delete has seen what there is, and is held up until the consent is there.
        let held_up = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&held_up);
        latchkey.proxy.plan(move |call| {
            let is_delete = call.actions.iter().filter(|action| *action == "DeleteItem").count() > 1;
            let is_held_up = is_delete && seen.fetch_add(1, Ordering::SeqCst) < 3;
            if is_held_up { Fault::Conflict } else { Fault::Pass }
        });
        let agree = async {
            while held_up.load(Ordering::SeqCst) == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            browser.send_form(&[("decision", "agree")]).await
        };
        let (first, agreed) = tokio::join!(delete(&latchkey, &pk), agree);
        latchkey.proxy.heal();
        assert!([303, 409].contains(&agreed.status), "{}", agreed.text);
        assert!([204, 503].contains(&first.status), "{}", first.text);
        let last = delete(&latchkey, &pk).await;
        assert!([204, 404].contains(&last.status), "{}", last.text);
        let rows = latchkey.table.rows().await;
        let left: Vec<_> = rows.iter().filter(|row| row["pk"].as_s().unwrap() == &pk).collect();
        assert!(left.is_empty(), "{left:?}");
        assert!(latchkey.transfer(&asked).await.is_none_or(|row| !row.contains_key("user_data")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_has_one_id_for_each_third_party() {
    let latchkey = Latchkey::start().await;
    let (given, mut browser) = agreed(&latchkey, &["names", "user_id"]).await;
    latchkey.another_third_party("T00000001", "newsletter", "user_id").await;
    let other = latchkey.third_party("newsletter").await;
    let other = latchkey.open_transfer(&other, &json!({ "scope": "user_id" })).await.asked(&other);
    browser.scan(&other).await;
    browser.agree(&[]).await;
    let (first, second) = (latchkey.shared(&given[0]).await, latchkey.shared(&given[1]).await);
    let elsewhere = latchkey.shared(&other).await;
    assert_eq!((&first["sub"], &second["user_id"]), (&second["sub"], &second["sub"]), "{VERIFIER}");
    assert_ne!(elsewhere["sub"], second["sub"]);
    assert_eq!(elsewhere["sub"], elsewhere["user_id"]);
    let account = latchkey.table.rows_of("account").await.remove(0);
    for shared in [&first, &elsewhere] {
        assert_ne!(shared["sub"], json!(account["id"].as_s().unwrap()), "nor is it what we know her by");
    }
    let company = json!({ "type": "company", "email": KARI_EMAIL, "password": "a fjord in summer" });
    latchkey.create_customer(&company).await.ok();
    let mut theirs = latchkey.browser();
    let asked = latchkey.ask("user_id").await;
    theirs.scan(&asked).await;
    theirs.sign_in("company", KARI_EMAIL, "a fjord in summer").await;
    theirs.agree(&[]).await;
    assert_ne!(latchkey.shared(&asked).await["sub"], first["sub"], "another person");
}
