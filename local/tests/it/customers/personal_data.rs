//! `profile`: what third parties may ask for of a customer.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::{Answer, KARI_EMAIL, KARI_PASSWORD, Latchkey, kari, login_by, path};

fn user(id: &str) -> String {
    format!("/customers/users/{id}")
}

fn profile() -> Value {
    json!({
        "picture": "https://example.com/kari.png",
        "gender": "female",
        "birthdate": "1999-03-24",
        "emails": ["kari@work.example", "kari@home.example"],
        "phone_numbers": ["+4790000001"],
        "addresses": [{ "street_address": "1 Main Street", "locality": "Oslo", "postal_code": "0150", "country": "Norway" },
                      { "locality": "Bergen" }],
        "bank_accounts": [{ "iban": "NO9386011117947", "bank_name": "Example Bank" }, { "account_number": "8601.11.17947" }],
        "document_detail": { "document_type": "passport", "document_number": "12345678", "expires_on": "2030-05-01" },
        "preferences": { "language": "nb-NO", "currency": "NOK", "time_zone": "Europe/Oslo" },
        "instagram_account": "kari.nordmann",
        "x_account": "kari_nordmann",
        "tiktok_account": "kari",
        "is_verified": true,
    })
}

async fn update(latchkey: &Latchkey, id: &str, body: &Value) -> Answer {
    latchkey.by(&latchkey.back_end("local-backend").await, "PUT", &user(id), body).await
}

async fn find(latchkey: &Latchkey, id: &str) -> Value {
    latchkey.by(&latchkey.back_end("local-backend").await, "GET", &user(id), &Value::Null).await.ok()
}

async fn revision(latchkey: &Latchkey) -> u32 {
    let account = latchkey.table.rows_of("account").await.remove(0);
    account["revision"].as_n().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_kept_shown_replaced_whole_and_taken_away() {
    let latchkey = Latchkey::start().await;
    let mut body = kari();
    body["profile"] = profile();
    let made = latchkey.create_customer(&body).await.ok();
    assert_eq!(made["profile"], profile());
    let id = made["user_id"].as_str().unwrap();
    assert_eq!(find(&latchkey, id).await, made);
    assert_eq!(revision(&latchkey).await, 0);

    let named = update(&latchkey, id, &json!({ "first_name": "Kari Anne" })).await.ok();
    assert_eq!((&named["profile"], revision(&latchkey).await), (&profile(), 1), "absent, it stays");
    let same = update(&latchkey, id, &json!({ "profile": profile() })).await.ok();
    assert_eq!((same, revision(&latchkey).await), (named, 1), "nothing has changed");

    let smaller = json!({ "gender": "Female", "x_account": "@kari_nordmann", "shoe_size": 42 });
    let changed = update(&latchkey, id, &json!({ "profile": smaller })).await.ok();
    assert_eq!(changed["profile"], json!({ "gender": "female", "x_account": "kari_nordmann" }));
    assert_eq!((find(&latchkey, id).await, revision(&latchkey).await), (changed, 2));
    for nothing in [Value::Null, json!({})] {
        update(&latchkey, id, &json!({ "profile": profile() })).await.ok();
        let emptied = update(&latchkey, id, &json!({ "profile": nothing })).await.ok();
        assert_eq!(emptied.get("profile"), None);
        assert_eq!(find(&latchkey, id).await, emptied);
        let account = latchkey.table.rows_of("account").await.remove(0);
        assert!(!account.contains_key("profile"), "as an account has it that never had one");
    }
    assert_eq!(revision(&latchkey).await, 6);
    assert!(latchkey.outbox().await.is_empty(), "nobody is written to");
    latchkey.by(&latchkey.back_end("local-backend").await, "DELETE", &user(id), &Value::Null).await.empty(204);
    assert!(latchkey.table.rows_of("account").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_of_a_profile_are_nobodys_identifiers() {
    let latchkey = Latchkey::start().await;
    let mut body = kari();
    body["profile"] = json!({ "emails": ["ola@example.com"], "phone_numbers": ["+4790000001"] });
    latchkey.create_customer(&body).await.ok();
    assert_eq!(latchkey.table.rows_of("identifier").await.len(), 3, "id, address and phone of her own");
    let token = latchkey.back_end("local-backend").await;
    for (kind, ident) in [("email", "ola@example.com"), ("phone_number", "+4790000001")] {
        let answer = latchkey.post(&token, "/customers/login", &login_by(kind, ident, KARI_PASSWORD)).await;
        answer.refused_customer(401, "invalid_credentials");
    }
    let forgotten = json!({ "audience": local::AUDIENCE, "type": "customer", "email": "ola@example.com" });
    latchkey.post(&token, "/customers/change_password", &forgotten).await.empty(204);
    assert!(latchkey.outbox().await.is_empty());
    latchkey.create_customer(&json!({ "email": "ola@example.com", "phone_number": "+4790000001" })).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_profile_is_refused_by_the_name_of_what_is_wrong_and_changes_nothing() {
    let latchkey = Latchkey::start().await;
    let mut body = kari();
    body["profile"] = profile();
    let made = latchkey.create_customer(&body).await.ok();
    let id = made["user_id"].as_str().unwrap();
    let before = latchkey.table.rows().await;
    let large = json!({ "street_address": "å".repeat(256), "locality": "å".repeat(256), "region": "å".repeat(256),
                        "country": "å".repeat(256) });
    for (profile, field) in [
        (json!([]), "profile"),
        (json!("x"), "profile"),
        (json!(true), "profile"),
        (json!({ "addresses": vec![&large; 5] }), "profile"),
        (json!({ "picture": "http://example.com/kari.png" }), "profile.picture"),
        (json!({ "picture": null }), "profile.picture"),
        (json!({ "gender": 1 }), "profile.gender"),
        (json!({ "birthdate": "1999-02-29" }), "profile.birthdate"),
        (json!({ "birthdate": "24.03.1999" }), "profile.birthdate"),
        (json!({ "emails": "kari@work.example" }), "profile.emails"),
        (json!({ "emails": vec!["kari@work.example"; 6] }), "profile.emails"),
        (json!({ "emails": ["kari@work.example", "s3cret"] }), "profile.emails[1]"),
        (json!({ "phone_numbers": ["12"] }), "profile.phone_numbers[0]"),
        (json!({ "addresses": [{ "locality": "Oslo" }, {}] }), "profile.addresses[1]"),
        (json!({ "addresses": [["1 Main Street"]] }), "profile.addresses[0]"),
        (json!({ "addresses": [{ "locality": "Os\u{7}lo" }] }), "profile.addresses[0].locality"),
        (json!({ "bank_accounts": [{ "bank_name": "Example Bank" }] }), "profile.bank_accounts[0]"),
        (json!({ "bank_accounts": [{ "iban": "NO9386011117948" }] }), "profile.bank_accounts[0].iban"),
        (json!({ "document_detail": { "document_type": "passport" } }), "profile.document_detail.document_number"),
        (
            json!({ "document_detail": { "document_type": "s3cret", "document_number": "1" } }),
            "profile.document_detail.document_type",
        ),
        (json!({ "preferences": {} }), "profile.preferences"),
        (json!({ "preferences": { "currency": "kroner" } }), "profile.preferences.currency"),
        (json!({ "instagram_account": "s3cret s3cret" }), "profile.instagram_account"),
        (json!({ "is_verified": "yes" }), "profile.is_verified"),
    ] {
        let body = json!({ "first_name": "Ola", "profile": profile });
        for answer in [latchkey.create_customer(&body).await, update(&latchkey, id, &body).await] {
            let error = answer.refused_customer(400, "invalid_request");
            assert_eq!(error["errors"][0]["field"], field, "{error}");
            assert!(error["message"].as_str().unwrap().starts_with(field), "{error}");
            assert!(!answer.text.contains("s3cret"), "{error}");
        }
    }
    assert_eq!(latchkey.table.rows().await, before);
    assert_eq!(find(&latchkey, id).await, made);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_profiles_set_at_once_each_holds_whole_or_not_at_all() {
    let latchkey = Latchkey::start().await;
    let id = latchkey.kari().await;
    let token = latchkey.back_end("local-backend").await;
    let racer = {
        let id = id.clone();
        move |latchkey: Arc<Latchkey>, number: usize| {
            let (token, rest) = (token.clone(), user(&id));
            let profile = json!({ "x_account": format!("kari_{number}"), "tiktok_account": format!("kari_{number}") });
            async move { latchkey.by(&token, "PUT", &rest, &json!({ "profile": profile })).await }
        }
    };
    let answers = latchkey.at_once(10, racer).await;
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused_customer(503, "unavailable");
    }
    let after = find(&latchkey, &id).await;
    assert!(answers.iter().any(|answer| answer.status == 200 && answer.json() == after));
    assert_eq!(after["profile"]["x_account"], after["profile"]["tiktok_account"]);
    let held = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(revision(&latchkey).await, u32::try_from(held).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_at_the_same_time_leaves_the_profile_and_no_answer_to_a_person_has_it() {
    let latchkey = Latchkey::start().await;
    let id = latchkey.kari().await;
    update(&latchkey, &id, &json!({ "profile": profile() })).await.ok();
    let token = latchkey.back_end("local-backend").await;
    let answer = latchkey.log_in(&token, KARI_PASSWORD).await;
    assert!(!answer.text.contains("work.example") && answer.claims().get("profile").is_none());
    let found = find(&latchkey, &id).await;
    assert_eq!((&found["profile"], found["email"].as_str()), (&profile(), Some(KARI_EMAIL)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_call_is_answered_with_the_profile_of_the_first() {
    let latchkey = Latchkey::start().await;
    let token = latchkey.back_end("local-backend").await;
    let authorization = format!("Bearer {token}");
    let headers =
        [("authorization", &*authorization), ("content-type", "application/json"), ("idempotency-key", "once")];
    let body = json!({ "email": KARI_EMAIL, "profile": profile() }).to_string();
    let users = path("/customers/users");
    let first = latchkey.send("POST", &users, &headers, body.clone()).await.ok();
    assert_eq!(latchkey.send("POST", &users, &headers, body).await.ok(), first);
    assert_eq!(first["profile"], profile());
}
