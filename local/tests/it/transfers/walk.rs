//! The whole way of each kind of account: scan, sign in, agree; and the decision.

use serde_json::{Value, json};

use crate::harness::{
    Asked, Browser, EMAIL, KARI_EMAIL, KARI_PASSWORD, KARI_PHONE, LEAD_EMAIL, LEAD_PASSWORD, LEAD_PHONE, Latchkey, PAN,
    PASSWORD, PHONE,
};

/// Scans, signs in so and agrees; what was shared.
async fn walk(latchkey: &Latchkey, mut browser: Browser, who: (&str, &str, &str)) -> Value {
    let asked = latchkey.ask("names email").await;
    let answer = browser.scan(&asked).await;
    assert!(answer.status == 200 && browser.is_to_sign_in(), "{}", answer.text);
    let answer = browser.sign_in(who.0, who.1, who.2).await;
    assert!(answer.status == 200 && browser.is_asked(), "{who:?}: {}", answer.text);
    latchkey.nothing_shared(&asked).await;
    let answer = browser.agree(&[]).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text.contains("You agreed"), "{}", answer.text);
    let decision = latchkey.decision(&asked).await.ok();
    assert_eq!(decision["status"], "Confirmed");
    let known: Vec<_> =
        ["names", "email"].into_iter().filter(|name| decision["user_data"].get(name).is_some()).collect();
    assert_eq!(decision["scope"], known.join(" "));
    assert_eq!(latchkey.status(&asked).await.ok()["status"], "confirmed");
    let again = browser.scan(&asked).await;
    assert!(again.status == 200 && again.text.contains("You agreed"), "{}", again.text);
    decision["user_data"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_agrees() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    for identifier in [KARI_EMAIL, " KARI@Example.com ", KARI_PHONE, "+47 99 99 99 99"] {
        let shared = walk(&latchkey, latchkey.browser(), ("customer", identifier, KARI_PASSWORD)).await;
        assert_eq!(
            (&shared["names"]["full_name"], &shared["email"]["email"]),
            (&json!("Kari Nordmann"), &json!(KARI_EMAIL))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_agrees() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    // The same address as Kari's: another kind of account.
    let company = json!({ "type": "company", "email": KARI_EMAIL, "password": "a fjord in summer" });
    latchkey.create_customer(&company).await.ok();
    let of_company = walk(&latchkey, latchkey.browser(), ("company", KARI_EMAIL, "a fjord in summer")).await;
    let of_kari = walk(&latchkey, latchkey.browser(), ("customer", KARI_EMAIL, KARI_PASSWORD)).await;
    assert_ne!(of_company["sub"], of_kari["sub"]);
    assert_eq!(of_company["email"]["email"], of_kari["email"]["email"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_agrees_by_whatever_they_are_known_by() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let mut subjects = Vec::new();
    for identifier in [LEAD_EMAIL, LEAD_PHONE, PAN] {
        let shared = walk(&latchkey, latchkey.browser(), ("lead", identifier, LEAD_PASSWORD)).await;
        assert_eq!(shared["email"]["email"], LEAD_EMAIL);
        subjects.push(shared["sub"].clone());
    }
    assert!(subjects.iter().all(|subject| *subject == subjects[0]), "one person: {subjects:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intermediary_agrees() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    let shared = walk(&latchkey, latchkey.browser(), ("intermediary", EMAIL, PASSWORD)).await;
    assert_eq!(shared["email"]["email"], EMAIL);
    // A number is not what an intermediary is known by: several may have it.
    let asked = latchkey.ask("names").await;
    let mut browser = latchkey.browser();
    browser.scan(&asked).await;
    assert_eq!(browser.sign_in("intermediary", PHONE, PASSWORD).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_signed_in_already_is_asked_at_once() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let mut browser = latchkey.kari_is_asked(&latchkey.ask("names").await).await;
    browser.agree(&[]).await;
    let next = latchkey.ask("email").await;
    assert!(browser.get(&next.path()).await.status == 200 && browser.is_asked());
    browser.agree(&[]).await;
    assert!(latchkey.shared(&next).await["email"] != Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_none_leads_nowhere() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let asked = latchkey.ask("names").await;
    let last = if asked.token.ends_with('A') { 'Q' } else { 'A' };
    let forged = format!("{}{last}", &asked.token[..asked.token.len() - 1]);
    for token in [forged.as_str(), &asked.token[..60], "x", &asked.id, "lkt_", "%00", "%3Cscript%3E"] {
        let code = Asked { token: token.to_owned(), ..asked.clone() };
        for path in [code.path(), format!("{}/sign-in", code.path()), format!("{}/qr.svg", code.path())] {
            let answer = latchkey.browser().get(&path).await;
            assert_eq!(answer.status, 404, "{path}");
            assert!(!answer.text.contains("<script"), "{}", answer.text);
        }
        for path in [code.path(), format!("{}/sign-in", code.path())] {
            let mut browser = latchkey.kari_is_asked(&asked).await;
            let csrf = browser.csrf();
            let form = [("csrf", csrf.as_str()), ("decision", "decline"), ("password", KARI_PASSWORD)];
            assert_eq!(browser.post(&path, &form).await.status, 404, "{path}");
        }
    }
    assert_eq!(latchkey.written_status(&asked).await, "retrieved");
}
