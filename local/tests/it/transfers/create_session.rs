use aws_lc_rs::digest::{SHA256, digest};
use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::harness::{Asked, Latchkey, SESSION, VERIFIER};

/// What comes back of `vendor_data`.
async fn echoed(latchkey: &Latchkey, asked: &Asked) -> Value {
    latchkey.decision(asked).await.ok()["vendor_data"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_is_opened_with_what_document_003_promises() {
    let latchkey = Latchkey::start().await;
    let token = latchkey.third_party(VERIFIER).await;
    for path in [SESSION.to_owned(), format!("{SESSION}/")] {
        let body = json!({ "scope": "pictures names email", "vendor_data": "optional-vendor-data" });
        let answer = latchkey.bearing(&token, "POST", &path, &body).await;
        let asked = answer.asked(&token);
        let json = answer.json();
        let members: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["session_id", "session_token", "url"]);
        assert_eq!(asked.url, format!("{}/authorize/{}", latchkey.server.base_url, asked.token));
        assert!(asked.id.len() == 36 && asked.id.split('-').count() == 5, "{}", asked.id);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let decision = latchkey.decision(&asked).await.ok();
        assert_eq!(decision["scope"], "pictures names email", "as it was spelt");
        assert_eq!(decision["vendor_data"], "optional-vendor-data");
    }
    let transfers = latchkey.table.rows_of("transfer").await;
    assert_eq!(transfers.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_session_token_has_256_bits_and_the_table_its_digest_only() {
    let latchkey = Latchkey::start().await;
    let mut secrets = std::collections::HashSet::new();
    for _ in 0..50 {
        let asked = latchkey.ask("names").await;
        let bytes = BASE64URL_NOPAD.decode(asked.token.strip_prefix("lkt_").unwrap().as_bytes()).unwrap();
        let (known, secret) = bytes.split_at(bytes.len() - 32);
        assert_eq!(known.len(), 9 + 16, "tenant and id, which are no secrets");
        assert!(secrets.insert(secret.to_vec()));
        let row = latchkey.transfer(&asked).await.unwrap();
        let kept = BASE64URL_NOPAD.encode(digest(&SHA256, asked.token.as_bytes()).as_ref());
        assert_eq!(row["token"], AttributeValue::S(kept));
        let rows = format!("{:?}", latchkey.table.rows().await);
        assert!(!rows.contains(&asked.token) && !rows.contains(&asked.token[40..]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_nobody_can_ask_for_is_named_and_opens_nothing() {
    let latchkey = Latchkey::start().await;
    let token = latchkey.third_party(VERIFIER).await;
    let before = latchkey.table.rows().await;
    for (scope, named) in [
        ("names passport", "passport"),
        ("Email", "Email"),
        ("openid", "openid"),
        ("names,email", "names,email"),
        ("email names\u{a0}phone", ""),
        ("nämes", ""),
        ("a\"b", ""),
        ("a\\b", ""),
        ("names \u{0}", ""),
    ] {
        let answer = latchkey.open_transfer(&token, &json!({ "scope": scope })).await;
        let message = answer.refused_transfer(400, "invalid_scope");
        assert!(message.contains(named) && message.contains("scope"), "{scope}: {message}");
    }
    for scope in ["", " ", "\t \n"] {
        let answer = latchkey.open_transfer(&token, &json!({ "scope": scope })).await;
        answer.refused_transfer(400, "invalid_scope");
    }
    let long = "names ".repeat(171);
    latchkey.open_transfer(&token, &json!({ "scope": long })).await.refused_transfer(400, "invalid_scope");
    for wrong in [Value::Null, json!(5), json!(true), json!(["names"]), json!({ "names": true })] {
        let message = latchkey.open_transfer(&token, &json!({ "scope": wrong })).await;
        assert!(message.refused_transfer(400, "invalid_request").contains("scope"));
    }
    let message = latchkey.open_transfer(&token, &json!({ "vendor_data": "x" })).await;
    assert!(message.refused_transfer(400, "invalid_request").contains("scope"));
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_twice_is_asked_for_once() {
    let latchkey = Latchkey::start().await;
    let longest = format!("{}{}", "names ".repeat(169), "birthdate1".replace('1', ""));
    for (scope, echoed) in [
        ("email email", "email"),
        ("pictures email picture", "pictures email"),
        (" names\temail\n", "names email"),
        (longest.as_str(), "names birthdate"),
    ] {
        let asked = latchkey.ask(scope).await;
        assert_eq!(latchkey.decision(&asked).await.ok()["scope"], echoed, "{scope:?}");
    }
    assert!(longest.len() <= 1_024);
}

#[tokio::test(flavor = "multi_thread")]
async fn vendor_data_comes_back_as_it_was_sent() {
    let latchkey = Latchkey::start().await;
    let token = latchkey.third_party(VERIFIER).await;
    let astral = "\u{1F468}\u{200D}\u{1F469}\u{10FFFF}".repeat(256);
    for text in [
        "",
        " ",
        "9f2c61a0-1b7e-4a55-8a3c-0d6d2a9b4e11",
        "<script>alert(1)</script>\r\n\u{0}\u{202E}\"'&",
        &"a".repeat(1_024),
        &astral,
    ] {
        assert!(text.chars().count() <= 1_024);
        let asked = latchkey.ask_for(&json!({ "scope": "names", "vendor_data": text })).await;
        assert_eq!(echoed(&latchkey, &asked).await, text);
    }
    for body in [json!({ "scope": "names" }), json!({ "scope": "names", "vendor_data": null })] {
        let asked = latchkey.ask_for(&body).await;
        assert_eq!(echoed(&latchkey, &asked).await, Value::Null);
    }
    let before = latchkey.table.rows().await;
    let (long, wide) = ("a".repeat(1_025), "\u{1F468}".repeat(1_025));
    for wrong in [json!(long), json!(wide), json!(5), json!(["a"]), json!({})] {
        let answer = latchkey.open_transfer(&token, &json!({ "scope": "names", "vendor_data": wrong })).await;
        let message = answer.refused_transfer(400, "invalid_request");
        assert!(message.contains("vendor_data"), "{message}");
    }
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_asked_for_can_be_optional() {
    let latchkey = Latchkey::start().await;
    let token = latchkey.third_party(VERIFIER).await;
    let asked = latchkey.ask_for(&json!({ "scope": "names email", "optional_scope": "email" })).await;
    let information = latchkey.information(&token, &asked.id).await.ok();
    assert_eq!((&information["scope"], &information["optional_scope"]), (&json!("names email"), &json!("email")));
    let asked = latchkey.ask_for(&json!({ "scope": "pictures", "optional_scope": "picture" })).await;
    assert_eq!(
        latchkey.information(&token, &asked.id).await.ok()["optional_scope"],
        "picture",
        "the same by its alias"
    );
    let before = latchkey.table.rows().await;
    for (optional, error) in [
        (json!("phone"), "invalid_request"),
        (json!("email phone"), "invalid_request"),
        (json!("passport"), "invalid_scope"),
        (Value::Null, "invalid_request"),
        (json!(["email"]), "invalid_request"),
    ] {
        let body = json!({ "scope": "names email", "optional_scope": optional });
        let message = latchkey.open_transfer(&token, &body).await.refused_transfer(400, error);
        assert!(message.contains("optional_scope"), "{message}");
    }
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_that_nobody_asked_for_set_nothing() {
    let latchkey = Latchkey::start().await;
    let body = json!({
        "scope": "names", "status": "confirmed", "approved": "names phone", "user_data": { "names": "x" }, "number": 1,
        "client_id": "local-backend", "account_id": "00000000-0000-4000-8000-000000000000", "ends_at": 99_999_999_999_i64,
        "expires_at": 99_999_999_999_i64, "token": "x", "id": "00000000-0000-4000-8000-000000000000", "tenant": "T00000002",
    });
    let asked = latchkey.ask_for(&body).await;
    assert_ne!(asked.id, "00000000-0000-4000-8000-000000000000");
    let plain = latchkey.transfer(&latchkey.ask("names").await).await.unwrap();
    let row = latchkey.transfer(&asked).await.unwrap();
    let mut names: Vec<_> = row.keys().collect();
    let mut plain_names: Vec<_> = plain.keys().collect();
    names.sort();
    plain_names.sort();
    assert_eq!(names, plain_names);
    assert_eq!((&row["status"], &row["client_id"]), (&plain["status"], &plain["client_id"]));
    let decision = latchkey.decision(&asked).await.ok();
    assert_eq!((&decision["status"], &decision["user_data"]), (&json!("Initialized"), &json!({})));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_third_party_asks_for_no_more_than_it_may() {
    let latchkey = Latchkey::start().await;
    latchkey.another_third_party("T00000001", "newsletter", "email picture").await;
    let token = latchkey.third_party("newsletter").await;
    latchkey.open_transfer(&token, &json!({ "scope": "pictures email" })).await.asked(&token);
    let before = latchkey.table.rows().await;
    for (scope, beyond) in [("names", "names"), ("email phone names", "phone"), ("bank_account email", "bank_account")]
    {
        let answer = latchkey.open_transfer(&token, &json!({ "scope": scope })).await;
        let message = answer.refused_transfer(403, "insufficient_scope");
        assert!(message.contains(beyond), "{message}");
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(challenge.ends_with(&format!(r#"scope="{beyond}""#)), "{challenge}");
    }
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_third_party_that_is_no_more_asks_and_reads_nothing() {
    let latchkey = Latchkey::start().await;
    latchkey.another_third_party("T00000001", "newsletter", "email").await;
    let token = latchkey.third_party("newsletter").await;
    let asked = latchkey.open_transfer(&token, &json!({ "scope": "email" })).await.asked(&token);
    latchkey.delete_client("newsletter").await;
    latchkey.advance(61).await;
    latchkey.open_transfer(&token, &json!({ "scope": "email" })).await.refused_transfer(401, "invalid_token");
    latchkey.decision(&asked).await.refused_transfer(401, "invalid_token");
    latchkey.status(&asked).await.refused_transfer(401, "invalid_token");
    assert_eq!(latchkey.browser().scan(&asked).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_makes_third_parties_and_nobody_else_does() {
    let latchkey = Latchkey::start().await;
    let admin = latchkey.back_end("local-backend").await;
    let body = json!({ "name": "Newsletter", "data_scope": ["email", "pictures"] });
    let made = latchkey.post(&admin, "/auth/clients", &body).await.ok();
    assert_eq!(made["data_scope"], json!(["email", "picture"]));
    let (id, secret) = (made["client_id"].as_str().unwrap(), made["client_secret"].as_str().unwrap());
    let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    let token = latchkey.post_form(crate::harness::CLIENT_TOKEN, &form).await.access_token();
    latchkey.open_transfer(&token, &json!({ "scope": "pictures" })).await.asked(&token);

    let manager = latchkey.back_end_with(&["write:accounts", "read:accounts"]).await.token;
    let before = latchkey.table.rows().await;
    latchkey.post(&manager, "/auth/clients", &body).await.refused_customer(403, "insufficient_scope");
    let rotate = format!("/auth/clients/{id}/rotate-secret");
    latchkey.post(&manager, &rotate, &Value::Null).await.refused_customer(403, "insufficient_scope");
    let one = format!("/auth/clients/{id}");
    latchkey.by(&manager, "DELETE", &one, &Value::Null).await.refused_customer(403, "insufficient_scope");
    for wrong in [json!(["passport"]), json!(["a\"b"]), json!("email"), Value::Null, json!([5])] {
        let body = json!({ "name": "Newsletter", "data_scope": wrong });
        let error = latchkey.post(&admin, "/auth/clients", &body).await.refused_customer(400, "invalid_request");
        assert!(error["message"].as_str().unwrap().contains("data_scope"), "{error}");
    }
    assert_eq!(latchkey.table.rows().await, before);
    assert_eq!(latchkey.by(&manager, "GET", &one, &Value::Null).await.ok()["data_scope"], made["data_scope"]);
}
