use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use crate::harness::{Answer, KARI_EMAIL, KARI_PHONE, Latchkey, another};

fn of(id: &str, rest: &str) -> String {
    format!("/customers/users/{id}/communication{rest}")
}

async fn send(latchkey: &Latchkey, id: &str, address: &str) -> Answer {
    let rest = of(id, &format!("/send-verification-code/{address}"));
    latchkey.post(&latchkey.back_end("local-backend").await, &rest, &Value::Null).await
}

async fn confirm(latchkey: &Latchkey, id: &str, address: &str, code: &str) -> Answer {
    let rest = of(id, &format!("/confirm-verification-code/{address}"));
    latchkey.post(&latchkey.back_end("local-backend").await, &rest, &json!({ "code": code })).await
}

async fn shown(latchkey: &Latchkey, id: &str) -> Value {
    let answer = latchkey.by(&latchkey.back_end("local-backend").await, "GET", &of(id, ""), &Value::Null).await;
    answer.ok()["communication"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_proved_by_the_code_that_was_sent_to_it() {
    let latchkey = Latchkey::start().await;
    let id = latchkey.kari().await;
    assert_eq!(shown(&latchkey, &id).await, json!({ "email": {}, "phone_number": {} }));
    for (address, to) in [("email", KARI_EMAIL), ("phone_number", KARI_PHONE)] {
        send(&latchkey, &id, address).await.empty(204);
        assert_eq!(latchkey.outbox().await.last().unwrap()["to"], to);
        let code = latchkey.last_code().await;
        confirm(&latchkey, &id, address, &another(&code)).await.refused_customer(400, "invalid_grant");
        assert_eq!(shown(&latchkey, &id).await[address], json!({}));
        confirm(&latchkey, &id, address, &code).await.empty(204);
        let at = shown(&latchkey, &id).await[address]["verified_at"].as_str().unwrap().to_owned();
        assert!(at.ends_with('Z'), "{at}");
        confirm(&latchkey, &id, address, &code).await.refused_customer(400, "invalid_grant");
    }
    let log = latchkey.log.lines();
    for (event, times) in [("code.refused", 4), ("email.verified", 1), ("phone.verified", 1)] {
        let told = log.lines().filter(|line| line.contains(event) && line.contains(&id)).count();
        assert_eq!(told, times, "{event}");
    }
    // An address that takes the place of a proved one is not proved.
    let token = latchkey.back_end("local-backend").await;
    let change = json!({ "email": "new@example.com" });
    latchkey.by(&token, "PUT", &format!("/customers/users/{id}"), &change).await.ok();
    let after = shown(&latchkey, &id).await;
    assert_eq!(after["email"], json!({}));
    assert!(after["phone_number"]["verified_at"].is_string());
    let change = json!({ "email": null });
    latchkey.by(&token, "PUT", &format!("/customers/users/{id}"), &change).await.ok();
    assert!(shown(&latchkey, &id).await.get("email").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_one_customers_for_one_address_and_five_tries() {
    let latchkey = Latchkey::start().await;
    let id = latchkey.kari().await;
    let other = json!({ "type": "company", "email": KARI_EMAIL, "phone_number": KARI_PHONE });
    let other = latchkey.create_customer(&other).await.ok()["customer_id"].as_str().unwrap().to_owned();
    send(&latchkey, &id, "email").await.empty(204);
    let code = latchkey.last_code().await;
    confirm(&latchkey, &other, "email", &code).await.refused_customer(400, "invalid_grant");
    confirm(&latchkey, &id, "phone_number", &code).await.refused_customer(400, "invalid_grant");
    let token = latchkey.back_end("local-backend").await;
    let rest = of(&id, "/confirm-verification-code/email");
    let racer = {
        let (token, wrong) = (token.clone(), another(&code));
        move |latchkey: Arc<Latchkey>, _| {
            let (token, rest, wrong) = (token.clone(), rest.clone(), wrong.clone());
            async move { latchkey.post(&token, &rest, &json!({ "code": wrong })).await }
        }
    };
    for answer in latchkey.at_once(20, racer).await {
        answer.refused_customer(400, "invalid_grant");
    }
    confirm(&latchkey, &id, "email", &code).await.refused_customer(400, "invalid_grant");
    let row = latchkey.table.rows_of("code").await.remove(0);
    assert_eq!(row["failures"].as_n().unwrap(), "5");
    let accounts = latchkey.table.rows_of("account").await;
    assert!(accounts.iter().all(|row| !row.contains_key("email_verified_at")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_ends_in_ten_minutes_and_with_a_changed_account() {
    let latchkey = Latchkey::start().await;
    let id = latchkey.kari().await;
    send(&latchkey, &id, "email").await.empty(204);
    let code = latchkey.last_code().await;
    latchkey.advance(601).await;
    confirm(&latchkey, &id, "email", &code).await.refused_customer(400, "invalid_grant");
    send(&latchkey, &id, "email").await.empty(204);
    let code = latchkey.last_code().await;
    let token = latchkey.back_end("local-backend").await;
    let rest = format!("/customers/users/{id}");
    for email in ["new@example.com", KARI_EMAIL] {
        latchkey.by(&token, "PUT", &rest, &json!({ "email": email })).await.ok();
    }
    confirm(&latchkey, &id, "email", &code).await.refused_customer(400, "invalid_grant");
    assert_eq!(shown(&latchkey, &id).await["email"], json!({}));
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_go_out_once_a_minute_and_a_hundred_failures_end_them_until_the_address_changes() {
    let latchkey = Latchkey::start().await;
    let id = latchkey.kari().await;
    send(&latchkey, &id, "email").await.empty(204);
    let before = latchkey.table.rows().await;
    let soon = send(&latchkey, &id, "email").await;
    soon.refused_customer(429, "too_many_requests");
    assert!((1..=60).contains(&soon.header("retry-after").unwrap().parse::<u32>().unwrap()));
    assert_eq!(latchkey.table.rows().await, before);
    send(&latchkey, &id, "phone_number").await.empty(204);
    latchkey.table.set("code", "failures", AttributeValue::N("100".to_owned())).await;
    latchkey.advance(60).await;
    let sent = latchkey.outbox().await.len();
    send(&latchkey, &id, "email").await.refused_customer(429, "too_many_requests");
    assert_eq!(latchkey.outbox().await.len(), sent);
    let token = latchkey.back_end("local-backend").await;
    let change = json!({ "email": "new@example.com" });
    latchkey.by(&token, "PUT", &format!("/customers/users/{id}"), &change).await.ok();
    send(&latchkey, &id, "email").await.empty(204);
    confirm(&latchkey, &id, "email", &latchkey.last_code().await).await.empty(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sends_at_once_one_goes_out() {
    let latchkey = Latchkey::start().await;
    let id = latchkey.kari().await;
    let token = latchkey.back_end("local-backend").await;
    let rest = of(&id, "/send-verification-code/email");
    let racer = move |latchkey: Arc<Latchkey>, _| {
        let (token, rest) = (token.clone(), rest.clone());
        async move { latchkey.post(&token, &rest, &Value::Null).await }
    };
    let answers = latchkey.at_once(10, racer).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 204) {
        answer.refused_customer(429, "too_many_requests");
    }
    assert_eq!(latchkey.outbox().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_such_address_or_no_scope_gets_nothing() {
    let latchkey = Latchkey::start().await;
    let made = latchkey.create_customer(&json!({ "customer_id": "c-1", "email": KARI_EMAIL })).await.ok();
    assert_eq!(made["customer_id"], "c-1");
    let reader = latchkey.back_end_with(&["read:customers"]).await.token;
    let writer = latchkey.back_end_with(&["write:customers"]).await.token;
    let before = latchkey.table.rows().await;
    send(&latchkey, "c-1", "phone_number").await.refused_customer(400, "invalid_request");
    send(&latchkey, "c-1", "fax").await.refused_customer(400, "invalid_request");
    send(&latchkey, "c-2", "email").await.refused_customer(404, "not_found");
    confirm(&latchkey, "c-2", "email", "123456").await.refused_customer(404, "not_found");
    confirm(&latchkey, "c-1", "email", "123456").await.refused_customer(400, "invalid_grant");
    confirm(&latchkey, "c-1", "email", "12345").await.refused_customer(400, "invalid_request");
    for rest in ["/send-verification-code/email", "/confirm-verification-code/email"] {
        let answer = latchkey.post(&reader, &of("c-1", rest), &json!({ "code": "123456" })).await;
        answer.refused_customer(403, "insufficient_scope");
    }
    let answer = latchkey.by(&writer, "GET", &of("c-1", ""), &Value::Null).await;
    answer.refused_customer(403, "insufficient_scope");
    assert_eq!(latchkey.table.rows().await, before);
}
