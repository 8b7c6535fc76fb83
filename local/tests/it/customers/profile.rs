use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::{
    Answer, KARI_EMAIL, KARI_PASSWORD, KARI_PHONE, KARI_PIN, Latchkey, USERS, kari, login_by, mfa_login, path,
};

const USERS_PATH: &str = "/customers/users";

fn user(id: &str) -> String {
    format!("{USERS_PATH}/{id}")
}

async fn update(latchkey: &Latchkey, id: &str, body: &Value) -> Answer {
    latchkey.by(&latchkey.back_end("local-backend").await, "PUT", &user(id), body).await
}

async fn find(latchkey: &Latchkey, id: &str) -> Answer {
    latchkey.by(&latchkey.back_end("local-backend").await, "GET", &user(id), &Value::Null).await
}

async fn is_there(latchkey: &Latchkey, query: &str) -> u16 {
    let token = latchkey.back_end("local-backend").await;
    let answer = latchkey.by(&token, "HEAD", &format!("{USERS_PATH}?{query}"), &Value::Null).await;
    assert_eq!(answer.text, "");
    answer.status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_made_shown_and_known_to_be_there() {
    let latchkey = Latchkey::start().await;
    let mut body = kari();
    body["customer_id"] = "c-1".into();
    let made = latchkey.create_customer(&body).await.ok();
    let expected = json!({
        "customer_id": "c-1", "user_id": made["user_id"], "type": "customer", "email": KARI_EMAIL,
        "phone_number": KARI_PHONE, "first_name": "Kari", "last_name": "Nordmann", "status": "active",
        "created_at": made["created_at"],
    });
    assert_eq!(made, expected, "and no password, pin or hash");
    assert!(made["created_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(find(&latchkey, "c-1").await.ok(), made);
    let without = latchkey.create_customer(&json!({ "type": "other" })).await.ok();
    assert_eq!(without["customer_id"], without["user_id"], "made here unless the tenant says");
    for (query, status) in [
        ("email=kari@example.com", 200),
        ("email=KARI%40example.com&type=customer", 200),
        ("phone_number=%2B4799999999", 200),
        ("phone_number=+4799999999", 200),
        ("phone_number=4799999999", 200),
        ("email=kari@example.com&type=company", 404),
        ("email=ola@example.com", 404),
        ("phone_number=4799999998", 404),
        ("", 400),
        ("email=none", 400),
        ("email=kari@example.com&phone_number=4799999999", 400),
        ("email=kari@example.com&type=nobody", 400),
        ("email=kari@example.com&email=ola@example.com", 400),
    ] {
        assert_eq!(is_there(&latchkey, query).await, status, "{query}");
    }
    for id in ["c-2", "C-1", "c-1 ", "%25", KARI_EMAIL] {
        let answer = find(&latchkey, &id.replace(' ', "%20")).await;
        assert!([400, 404].contains(&answer.status), "{id}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_call_wants_its_scope_and_a_secret_one_more() {
    let latchkey = Latchkey::start().await;
    let id = latchkey.kari().await;
    let (none, new) = (Value::Null, json!({ "first_name": "Ola" }));
    let by = async |scope: &str| latchkey.back_end_with(&[scope]).await.token;
    let (create, write, read) =
        (by("create:customers:/users").await, by("write:customers").await, by("read:customers").await);
    let (admin, users) = (by("admin:customers").await, by(USERS).await);
    let before = latchkey.table.rows().await;
    for (method, rest, body, refused) in [
        ("POST", USERS_PATH.to_owned(), &new, vec![&read, &users]),
        ("GET", user(&id), &none, vec![&create, &write, &users]),
        ("PUT", user(&id), &new, vec![&create, &read, &users]),
        ("DELETE", user(&id), &none, vec![&create, &read, &users]),
    ] {
        for token in refused {
            let answer = latchkey.by(token, method, &rest, body).await;
            answer.refused_customer(403, "insufficient_scope");
        }
    }
    let secrets = [json!({ "password": "another horse 9" }), json!({ "pin": "731946" })];
    for secret in &secrets {
        for token in [&create, &write, &admin] {
            let answer = latchkey.post(token, USERS_PATH, secret).await;
            let error = answer.refused_customer(403, "insufficient_scope");
            assert!(error["message"].as_str().unwrap().contains(USERS), "{error}");
        }
        for token in [&write, &admin] {
            latchkey.by(token, "PUT", &user(&id), secret).await.refused_customer(403, "insufficient_scope");
        }
    }
    assert_eq!(latchkey.table.rows().await, before);
    for (token, status) in [(&create, 200), (&write, 200), (&admin, 200)] {
        assert_eq!(latchkey.post(token, USERS_PATH, &new).await.status, status);
    }
    latchkey.by(&read, "GET", &user(&id), &none).await.ok();
    let both = latchkey.back_end_with(&["write:customers", USERS]).await.token;
    latchkey.by(&both, "PUT", &user(&id), &secrets[0]).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identifier_is_one_customers_however_it_is_spelled() {
    let latchkey = Latchkey::start().await;
    let mut body = kari();
    body["customer_id"] = "c-1".into();
    latchkey.create_customer(&body).await.ok();
    let ola = latchkey.create_customer(&json!({ "customer_id": "c-2", "email": "ola@example.com" })).await.ok();
    let before = latchkey.table.rows().await;
    let duplicates = [
        (json!({ "email": "kari@example.com" }), "email"),
        (json!({ "email": "Kari@Example.COM", "phone_number": "+4790000001" }), "email"),
        (json!({ "phone_number": "+4799999999" }), "phone_number"),
        (json!({ "phone_number": "4799999999", "email": "new@example.com" }), "phone_number"),
    ];
    for (body, field) in &duplicates {
        for answer in [latchkey.create_customer(body).await, update(&latchkey, "c-2", body).await] {
            let error = answer.refused_customer(400, "customer_exists");
            assert_eq!(error["errors"][0]["field"], *field);
        }
    }
    for kind in ["customer", "company", "other"] {
        let body = json!({ "type": kind, "customer_id": "c-1", "email": "new@example.com" });
        let error = latchkey.create_customer(&body).await.refused_customer(400, "customer_exists");
        assert_eq!(error["errors"][0]["field"], "customer_id", "one id whatever the type");
    }
    assert_eq!(latchkey.table.rows().await, before);
    assert_eq!(find(&latchkey, "c-2").await.ok(), ola);
    let new = json!({ "email": "new@example.com", "phone_number": "+4790000001" });
    latchkey.create_customer(&new).await.ok();
    latchkey.create_customer(&json!({ "type": "company", "email": KARI_EMAIL })).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_alike_at_once_one_is_made_and_the_losers_other_identifiers_stay_free() {
    let latchkey = Latchkey::start().await;
    let token = latchkey.back_end("local-backend").await;
    let other =
        |number: usize| json!({ "customer_id": format!("c-{number}"), "phone_number": format!("+479000{number:04}") });
    let racer = {
        let token = token.clone();
        move |latchkey: Arc<Latchkey>, number: usize| {
            let (token, mut body) = (token.clone(), other(number));
            body["email"] = if number.is_multiple_of(2) { KARI_EMAIL.into() } else { "Kari@EXAMPLE.com".into() };
            async move { latchkey.post(&token, USERS_PATH, &body).await }
        }
    };
    let answers = latchkey.at_once(20, racer).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    let lost: Vec<_> = (0..20).filter(|number| answers[*number].status != 200).collect();
    for number in &lost {
        answers[*number].refused_customer(400, "customer_exists");
    }
    assert_eq!(latchkey.table.rows_of("identifier").await.len(), 3);
    assert_eq!(latchkey.table.rows_of("account").await.len(), 1);
    for number in &lost[..3] {
        latchkey.create_customer(&other(*number)).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_absent_stays_null_takes_away_and_an_old_address_is_free_and_told() {
    let latchkey = Latchkey::start().await;
    let id = latchkey.kari().await;
    let before = find(&latchkey, &id).await.ok();
    assert_eq!(update(&latchkey, &id, &json!({})).await.ok(), before);
    assert_eq!(
        update(
            &latchkey,
            &id,
            &json!({ "type": "company", "customer_id": "x", "status": "blocked",
        "user_id": "x", "email_verified_at": 1, "mfa": false })
        )
        .await
        .ok(),
        before,
        "nothing else can be set"
    );
    let mut named = before.clone();
    named["first_name"] = "Kari Anne".into();
    assert_eq!(update(&latchkey, &id, &json!({ "first_name": "Kari Anne" })).await.ok(), named);
    assert!(latchkey.outbox().await.is_empty());
    latchkey.log_in(&latchkey.back_end("local-backend").await, KARI_PASSWORD).await.ok();

    update(&latchkey, &id, &json!({ "email": "new@example.com", "phone_number": null, "last_name": null })).await.ok();
    let after = find(&latchkey, &id).await.ok();
    assert_eq!((after.get("phone_number"), after.get("last_name")), (None, None));
    let outbox = latchkey.outbox().await;
    let told: BTreeSet<_> = outbox.iter().map(|message| message["to"].as_str().unwrap()).collect();
    assert_eq!(told, BTreeSet::from([KARI_EMAIL, KARI_PHONE]));
    latchkey.create_customer(&json!({ "email": KARI_EMAIL, "phone_number": KARI_PHONE })).await.ok();
    let token = latchkey.back_end("local-backend").await;
    let by_new = login_by("email", "new@example.com", KARI_PASSWORD);
    latchkey.post(&token, "/customers/login", &by_new).await.ok();
    latchkey.log_in(&token, KARI_PASSWORD).await.refused_customer(401, "invalid_credentials");
    update(&latchkey, "nobody", &json!({ "first_name": "x" })).await.refused_customer(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_members_are_refused_and_change_nothing() {
    let latchkey = Latchkey::start().await;
    let id = latchkey.kari().await;
    let before = latchkey.table.rows().await;
    for body in [
        json!({ "email": "none" }),
        json!({ "email": "a@b.example\r\nbcc: x@example.com" }),
        json!({ "email": 1 }),
        json!({ "phone_number": "12" }),
        json!({ "phone_number": "++4799999999" }),
        json!({ "phone_number": "0047 99999999" }),
        json!({ "first_name": "x".repeat(300) }),
        json!({ "first_name": "a\u{0}b" }),
        json!({ "last_name": ["x"] }),
        json!({ "pin": 482_913 }),
        json!([]),
    ] {
        latchkey.create_customer(&body).await.refused_customer(400, "invalid_request");
        update(&latchkey, &id, &body).await.refused_customer(400, "invalid_request");
    }
    for body in
        [json!({ "type": null }), json!({ "type": "admin" }), json!({ "type": 1 }), json!({ "customer_id": null })]
    {
        latchkey.create_customer(&body).await.refused_customer(400, "invalid_request");
    }
    for weak in ["short 1", "password", "12345678", "password1", &"x".repeat(257)] {
        let answer = update(&latchkey, &id, &json!({ "password": weak })).await;
        let error = answer.refused_customer(400, "weak_password");
        assert_eq!(error["errors"][0]["field"], "password", "{weak}");
    }
    for weak in ["12345", "1234567", "12345a", "111111", "123456", "987654", "１２３４５６"] {
        for body in [json!({ "pin": weak }), json!({ "pin": weak, "password": "another horse 9" })] {
            let answer = update(&latchkey, &id, &body).await;
            assert_eq!(answer.refused_customer(400, "weak_password")["errors"][0]["field"], "pin", "{weak}");
            latchkey.create_customer(&body).await.refused_customer(400, "weak_password");
        }
    }
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_id_is_what_the_tenant_says_percent_encoded_in_a_path() {
    let latchkey = Latchkey::start().await;
    let token = latchkey.back_end("local-backend").await;
    let longest = "x".repeat(255);
    for (id, encoded) in [
        ("c 1", "c%201"),
        ("a/b", "a%2Fb"),
        ("å+é", "%C3%A5%2B%C3%A9"),
        ("a?b#c", "a%3Fb%23c"),
        ("1", "1"),
        (longest.as_str(), longest.as_str()),
    ] {
        let made = latchkey.create_customer(&json!({ "customer_id": id })).await.ok();
        assert_eq!(find(&latchkey, encoded).await.ok(), made, "{id}");
        latchkey.by(&token, "DELETE", &user(encoded), &Value::Null).await.empty(204);
        find(&latchkey, encoded).await.refused_customer(404, "not_found");
    }
    let before = latchkey.table.rows().await;
    for id in ["", " c", "c ", "a%2Fb", "a\u{7}b", "a\nb", &"x".repeat(256), "\u{a0}c"] {
        let made = latchkey.create_customer(&json!({ "customer_id": id })).await;
        made.refused_customer(400, "invalid_request");
    }
    for encoded in ["%20c", "a%252Fb", "a%07b", &"x".repeat(256)] {
        find(&latchkey, encoded).await.refused_customer(400, "invalid_request");
    }
    assert_eq!(latchkey.send("GET", &path("/customers/users/a/b"), &[], "").await.status, 404);
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_changes_at_once_each_holds_whole_or_not_at_all() {
    let latchkey = Latchkey::start().await;
    let id = latchkey.kari().await;
    let token = latchkey.back_end("local-backend").await;
    let racer = {
        let id = id.clone();
        move |latchkey: Arc<Latchkey>, number: usize| {
            let (token, rest) = (token.clone(), user(&id));
            let body = json!({ "email": format!("kari{number}@example.com"), "first_name": format!("Kari {number}") });
            async move { latchkey.by(&token, "PUT", &rest, &body).await }
        }
    };
    let answers = latchkey.at_once(10, racer).await;
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused_customer(503, "unavailable");
        assert!(answer.header("retry-after").is_some());
    }
    let after = find(&latchkey, &id).await.ok();
    assert!(answers.iter().any(|answer| answer.status == 200 && answer.json() == after));
    let number = after["first_name"].as_str().unwrap().rsplit(' ').next().unwrap().to_owned();
    assert_eq!(after["email"], format!("kari{number}@example.com"));
    assert_eq!(latchkey.table.rows_of("identifier").await.len(), 3, "id, phone and one address");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_or_pin_ends_every_session_and_is_told() {
    let latchkey = Latchkey::start().await;
    let id = latchkey.kari().await;
    let secrets = [json!({ "password": "another horse 9" }), json!({ "pin": "731946" })];
    let mut password = KARI_PASSWORD;
    for secret in secrets {
        let token = latchkey.back_end("local-refresh").await;
        let answer = latchkey.log_in(&token, password).await;
        let sent = latchkey.outbox().await.len();
        update(&latchkey, &id, &secret).await.ok();
        password = "another horse 9";
        assert!(!latchkey.is_live(&answer.access_token()).await);
        latchkey.refresh(&token, &answer.refresh_token()).await.refused_customer(400, "invalid_grant");
        let outbox = latchkey.outbox().await;
        assert_eq!((outbox.len(), outbox[sent]["to"].as_str()), (sent + 1, Some(KARI_EMAIL)));
    }
    let token = latchkey.back_end("local-backend").await;
    latchkey.log_in(&token, KARI_PASSWORD).await.refused_customer(401, "invalid_credentials");
    latchkey
        .post(&token, "/customers/mfa_login", &mfa_login(KARI_PIN))
        .await
        .refused_customer(401, "invalid_credentials");
    latchkey.post(&token, "/customers/mfa_login", &mfa_login("731946")).await.mfa_token();
    let ended = latchkey.table.rows_of("session#").await;
    assert!(ended.iter().all(|row| row.contains_key("ended_at")), "no row is left to live for a century");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_is_taken_away_opens_nothing() {
    let latchkey = Latchkey::start().await;
    let id = latchkey.kari().await;
    let (_, access) = latchkey.refreshable().await;
    update(&latchkey, &id, &json!({ "password": null })).await.ok();
    let token = latchkey.back_end("local-backend").await;
    latchkey.log_in(&token, KARI_PASSWORD).await.refused_customer(401, "invalid_credentials");
    assert!(!latchkey.is_live(&access).await);
    latchkey.post(&token, "/customers/mfa_login", &mfa_login(KARI_PIN)).await.mfa_token();
}
