use serde_json::json;

use crate::harness::{KARI_EMAIL, KARI_PASSWORD, Latchkey};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_to_sign_in_to_say_no() {
    let latchkey = Latchkey::start().await;
    let asked = latchkey.ask("names").await;
    let mut browser = latchkey.browser();
    browser.scan(&asked).await;
    let answer = browser.decline().await;
    assert!(answer.status == 200 && answer.text.contains("This request was declined"), "{}", answer.text);
    let row = latchkey.transfer(&asked).await.unwrap();
    assert_eq!((row["status"].as_s().unwrap().as_str(), row.contains_key("account_id")), ("cancelled", false));
    let decision = latchkey.decision(&asked).await.ok();
    assert_eq!((&decision["status"], &decision["user_data"]), (&json!("Cancelled"), &json!({})));
    assert_eq!(decision["scope"], "names");
    latchkey.nothing_shared(&asked).await;
    assert!(latchkey.outbox().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_declined_is_over() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let asked = latchkey.ask("names").await;
    let mut browser = latchkey.kari_is_asked(&asked).await;
    let mut back = browser.clone();
    assert!(browser.decline().await.text.contains("This request was declined"));
    let row = latchkey.transfer(&asked).await;
    for answer in [back.clone().agree(&[]).await, back.decline().await, browser.scan(&asked).await] {
        assert!(answer.status == 200 && answer.text.contains("This request was declined"), "{}", answer.text);
    }
    let sign_in = browser.visit(&format!("{}/sign-in", asked.path())).await;
    assert!(sign_in.text.contains("This request was declined"), "{}", sign_in.text);
    assert_eq!(latchkey.transfer(&asked).await, row);
    latchkey.nothing_shared(&asked).await;
    let somebody = latchkey.browser().scan(&asked).await;
    assert!(somebody.status == 410 && somebody.text.contains("This request was answered"), "{}", somebody.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_agreed_to_stays_agreed() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let asked = latchkey.ask("names").await;
    let mut browser = latchkey.kari_is_asked(&asked).await;
    let mut back = browser.clone();
    browser.agree(&[]).await;
    let row = latchkey.transfer(&asked).await;
    for answer in [back.clone().agree(&[]).await, back.decline().await, browser.scan(&asked).await] {
        assert!(answer.status == 200 && answer.text.contains("You agreed"), "{}", answer.text);
    }
    let mut somebody = latchkey.browser();
    let answer = somebody.scan(&asked).await;
    assert!(answer.status == 410 && answer.text.contains("This request was answered"), "{}", answer.text);
    assert!(!answer.text.contains("Nordmann") && !answer.text.contains("Harbour"), "{}", answer.text);
    assert!(!answer.text.contains("nothing was shared"), "for it may be she who comes back: {}", answer.text);
    assert_eq!(latchkey.transfer(&asked).await, row);
    assert_eq!((latchkey.consents_told().await, latchkey.table.rows_of("consent#").await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_its_time_it_can_be_answered_no_more() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let asked = latchkey.ask("names").await;
    let mut nobody = latchkey.browser();
    nobody.get(&format!("{}/sign-in", asked.path())).await;
    let mut browser = latchkey.kari_is_asked(&asked).await;
    latchkey.advance(120).await;
    for mut late in [browser.clone(), nobody.clone()] {
        let answer = late.decline().await;
        assert!(answer.status == 410 && answer.text.contains("Time is up"), "{}", answer.text);
    }
    let answer = browser.agree(&[]).await;
    assert!(answer.status == 410 && answer.text.contains("Time is up"), "{}", answer.text);
    let answer = nobody.sign_in("customer", KARI_EMAIL, KARI_PASSWORD).await;
    assert!(answer.status == 410 && answer.text.contains("Time is up"), "{}", answer.text);
    assert_eq!(latchkey.written_status(&asked).await, "retrieved");
    latchkey.nothing_shared(&asked).await;
    latchkey.advance(600).await;
    assert_eq!(browser.scan(&asked).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_people_with_one_code_the_first_to_sign_in_answers() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let company = json!({ "type": "company", "email": "firma@example.com", "password": "a fjord in summer" });
    latchkey.create_customer(&company).await.ok();
    let asked = latchkey.ask("names").await;
    let mut third = latchkey.browser();
    third.scan(&asked).await;
    let mut nobody = third.clone();
    let mut first = latchkey.kari_is_asked(&asked).await;
    let answer = third.sign_in("company", "firma@example.com", "a fjord in summer").await;
    assert!(answer.status == 410 && answer.text.contains("Somebody else"), "{}", answer.text);
    let row = latchkey.transfer(&asked).await;
    // With a form that is theirs, they neither agree nor decline.
    third.visit(&format!("{}/sign-in", asked.path())).await;
    let csrf = third.csrf();
    for decision in ["agree", "decline"] {
        let form = [("csrf", csrf.as_str()), ("decision", decision), ("shown", "")];
        let answer = third.post(&asked.path(), &form).await;
        let answer = third.follow(answer).await;
        assert!([409, 410].contains(&answer.status) && !third.is_asked(), "{decision}: {}", answer.text);
    }
    nobody.decline().await;
    assert!(nobody.is_to_sign_in() && !nobody.has("decision"), "it may be theirs: {}", nobody.page);
    assert_eq!(latchkey.transfer(&asked).await, row);
    first.agree(&[]).await;
    assert_eq!(latchkey.shared(&asked).await["names"]["full_name"], "Kari Nordmann");
    assert_eq!(third.scan(&asked).await.status, 410);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_to_another_account_of_theirs_answers_with_that() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let company = json!({ "type": "company", "email": "firma@example.com", "first_name": "Firma", "password": "a fjord in summer" });
    latchkey.create_customer(&company).await.ok();
    let asked = latchkey.ask("names").await;
    let mut browser = latchkey.kari_is_asked(&asked).await;
    let mut before = browser.clone();
    assert!(browser.page.contains(&format!(r#"href="{}/sign-in""#, asked.path())), "Not you?");
    browser.visit(&format!("{}/sign-in", asked.path())).await;
    let answer = browser.sign_in("company", "firma@example.com", "a fjord in summer").await;
    assert!(answer.status == 200 && browser.is_asked() && answer.text.contains("Firma"), "{}", answer.text);
    before.agree(&[]).await;
    assert!(before.is_to_sign_in(), "Kari is signed out: {}", before.page);
    latchkey.nothing_shared(&asked).await;
    browser.agree(&[]).await;
    assert_eq!(latchkey.shared(&asked).await["names"]["full_name"], "Firma");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_gives_nothing_away() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let company = json!({ "type": "company", "email": "firma@example.com", "password": "a fjord in summer" });
    latchkey.create_customer(&company).await.ok();
    let asked = latchkey.ask("names").await;
    let mut browser = latchkey.kari_is_asked(&asked).await;
    let row = latchkey.transfer(&asked).await;
    let mut again = browser.clone();
    again.visit(&format!("{}/sign-in", asked.path())).await;
    assert_eq!(again.sign_in("company", "firma@example.com", "a fjord in spring").await.status, 401);
    assert_eq!(latchkey.transfer(&asked).await, row, "it is Kari's to answer");
    let mut third = latchkey.browser();
    third.scan(&asked).await;
    assert_eq!(third.sign_in("company", "firma@example.com", "a fjord in summer").await.status, 410);
    browser.agree(&[]).await;
    latchkey.shared(&asked).await;
}
