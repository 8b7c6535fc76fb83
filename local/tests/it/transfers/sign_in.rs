use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use shared::account::Signer;
use tokio::sync::Mutex;

use crate::harness::{
    Answer, Asked, EMAIL, KARI_EMAIL, KARI_PASSWORD, LEAD_EMAIL, LEAD_PASSWORD, Latchkey, PASSWORD, insist,
};

/// The page that somebody is shown who signs in so, without what differs from browser to browser. Whom a busy machine could
/// not judge starts again.
async fn shown(latchkey: &Arc<Latchkey>, asked: &Asked, (kind, who, password): (&str, &str, &str)) -> (u16, String) {
    let browser = Mutex::new(latchkey.browser());
    let answer = insist(async || {
        let mut browser = browser.lock().await;
        *browser = latchkey.browser();
        browser.scan(asked).await;
        browser.sign_in(kind, who, password).await
    });
    let Answer { status, text, .. } = answer.await;
    let browser = browser.into_inner();
    assert!(status != 200 && browser.is_to_sign_in(), "{status} {text}");
    assert!(!text.contains(password), "no password is shown again");
    let (before, rest) = text.split_once(r#"<div class="clock">"#).expect("a clock");
    let (_, after) = rest.split_once("</div>").expect("its end");
    (status, format!("{before}{after}").replace(&browser.csrf(), "csrf").replace(&browser.value("identifier"), "who"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_an_unknown_a_blocked_and_a_locked_account_look_alike() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    latchkey.jane().await;
    latchkey.john(&latchkey.portal().await).await;
    latchkey.let_requests_wait(3_600).await;
    let asked = latchkey.ask("names").await;
    let kinds = [
        ("customer", KARI_EMAIL, KARI_PASSWORD),
        ("intermediary", EMAIL, PASSWORD),
        ("lead", LEAD_EMAIL, LEAD_PASSWORD),
    ];
    for (kind, who, password) in kinds {
        let mut pages = vec![
            shown(&latchkey, &asked, (kind, who, "wrong password")).await,
            shown(&latchkey, &asked, (kind, "nobody@example.com", password)).await,
            shown(&latchkey, &asked, (kind, "+15550009999", password)).await,
            shown(&latchkey, &asked, (kind, "\u{202e}no identifier at all\u{7}", password)).await,
        ];
        // The five before the lock, and the one after it.
        for _ in 0..5 {
            pages.push(shown(&latchkey, &asked, (kind, who, "wrong password")).await);
        }
        pages.push(shown(&latchkey, &asked, (kind, who, password)).await);
        latchkey.advance(60).await;
        assert_eq!(pages[0].0, 401);
        assert!(pages.iter().all(|page| *page == pages[0]), "{kind}: {pages:?}");
    }
    latchkey.advance(900).await;
    latchkey.table.set("account", "status", AttributeValue::S("blocked".to_owned())).await;
    let asked = latchkey.ask("names").await;
    for (kind, who, password) in kinds {
        let wrong = shown(&latchkey, &asked, (kind, who, "wrong password")).await;
        assert_eq!(shown(&latchkey, &asked, (kind, who, password)).await, wrong);
    }
    latchkey.nothing_shared(&asked).await;
    assert!(latchkey.table.rows_of("session#").await.iter().all(|row| !row.contains_key("grant")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_for_its_own_kind_of_account() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let asked = latchkey.ask("names").await;
    for kind in ["company", "lead", "intermediary"] {
        assert_eq!(shown(&latchkey, &asked, (kind, KARI_EMAIL, KARI_PASSWORD)).await.0, 401, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_said_and_what_was_typed_stays() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let asked = latchkey.ask("names").await;
    let mut browser = latchkey.browser();
    browser.scan(&asked).await;
    let before = latchkey.table.rows().await;
    for (kind, who, password) in [
        ("customer", "", KARI_PASSWORD),
        ("customer", KARI_EMAIL, ""),
        ("", KARI_EMAIL, KARI_PASSWORD),
        ("admin", KARI_EMAIL, KARI_PASSWORD),
        ("Customer", KARI_EMAIL, KARI_PASSWORD),
    ] {
        let answer = browser.sign_in(kind, who, password).await;
        assert!(answer.status == 400 && browser.is_to_sign_in(), "{}", answer.text);
        assert!(answer.text.contains(who) && !answer.text.contains(KARI_PASSWORD));
    }
    assert_eq!(latchkey.table.rows().await, before, "nothing is counted");
    let mean = "\"><script>alert(1)</script>@example.com";
    let answer = browser.sign_in("customer", mean, "x").await;
    assert!(answer.status == 401 && !answer.text.contains("<script"), "{}", answer.text);
    assert!(browser.sign_in("customer", KARI_EMAIL, KARI_PASSWORD).await.status == 200 && browser.is_asked());
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_sign_ins_a_minute_from_one_source_and_no_more() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    latchkey.let_requests_wait(3_600).await;
    let asked = latchkey.ask("names").await;
    latchkey.begin_window(60).await;
    let browser = {
        let mut browser = latchkey.browser();
        browser.scan(&asked).await;
        browser
    };
    let racer = |_, number: usize| {
        let mut browser = browser.clone();
        async move {
            let who = format!("nobody{number}@example.com");
            let form = [("identifier", who.as_str()), ("kind", "customer"), ("password", "x")];
            browser.send_form(&form).await
        }
    };
    let answers = latchkey.at_once(24, racer).await;
    let limited: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert_eq!((answers.iter().filter(|answer| answer.status == 401).count(), limited.len()), (20, 4));
    assert!(limited.iter().all(|answer| answer.header("retry-after").is_some()));
    let mut right = latchkey.browser();
    right.scan(&asked).await;
    let answer = right.sign_in("customer", KARI_EMAIL, KARI_PASSWORD).await;
    assert!(answer.status == 429 && !right.is_asked(), "a right one is one more");
    let wait = answer.header("retry-after").unwrap().parse::<u32>().unwrap();
    latchkey.advance(wait).await;
    assert!(right.sign_in("customer", KARI_EMAIL, KARI_PASSWORD).await.status == 200 && right.is_asked());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_whom_the_tenant_lets_in_signs_in() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    latchkey.jane().await;
    latchkey.let_sign_in(&[Signer::Customer]).await;
    let asked = latchkey.ask("names").await;
    let mut browser = latchkey.browser();
    browser.scan(&asked).await;
    let csrf = browser.csrf();
    let jane = [("csrf", csrf.as_str()), ("kind", "intermediary"), ("identifier", EMAIL), ("password", PASSWORD)];
    let answer = browser.post(&format!("{}/sign-in", asked.path()), &jane).await;
    assert!(answer.status != 303 && browser.is_to_sign_in(), "{}", answer.text);
    // With one kind alone, nothing is asked.
    let form = [("identifier", KARI_EMAIL), ("password", KARI_PASSWORD)];
    assert!(browser.submit(&form).await.status == 200 && browser.is_asked());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_a_password_cannot_sign_in_here() {
    let latchkey = Latchkey::start().await;
    latchkey.create_customer(&json!({ "email": KARI_EMAIL })).await.ok();
    let asked = latchkey.ask("names").await;
    for guess in ["null pointer", "undefined behaviour", KARI_PASSWORD] {
        assert_eq!(shown(&latchkey, &asked, ("customer", KARI_EMAIL, guess)).await.0, 401);
    }
}
