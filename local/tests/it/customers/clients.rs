use std::sync::Arc;

use local::AUDIENCE;
use serde_json::{Value, json};

use crate::harness::{KARI_PASSWORD, Latchkey, NO_MFA, REFRESH_TOKEN, USERS, path};

const CLIENTS: &str = "/auth/clients";

fn client(id: &str) -> String {
    format!("{CLIENTS}/{id}")
}

/// Whether a secret gets tokens.
async fn opens(latchkey: &Latchkey, id: &str, secret: &str) -> bool {
    let answer = latchkey.ask_client_token((id, secret), &json!({})).await;
    if answer.status != 200 {
        answer.refused_customer(401, "invalid_client");
    }
    answer.status == 200
}

async fn rotate(latchkey: &Latchkey, id: &str, body: &Value) -> String {
    let admin = latchkey.back_end("local-backend").await;
    let rotated = latchkey.post(&admin, &format!("{}/rotate-secret", client(id)), body).await.ok();
    rotated["client_secret"].as_str().expect("a secret").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_shown_once_and_kept_nowhere() {
    let latchkey = Latchkey::start().await;
    let admin = latchkey.back_end("local-backend").await;
    let grants = json!([{ "audience": AUDIENCE, "scope": ["read:customers", "a:b"], "type": "client_credentials" }]);
    let made = latchkey.post(&admin, CLIENTS, &json!({ "name": "Shop", "grants": grants })).await;
    assert_eq!(made.header("cache-control"), Some("no-store"));
    let made = made.ok();
    let (id, secret) = (made["client_id"].as_str().unwrap(), made["client_secret"].as_str().unwrap());
    assert_eq!(secret.len(), 64, "256 bits");
    assert_eq!((&made["name"], &made["grants"][0]["type"]), (&json!("Shop"), &json!("client_credentials")));
    assert_eq!(made["grants"][0]["scope"], json!(["a:b", "read:customers"]));
    let shown = latchkey.by(&admin, "GET", &client(id), &Value::Null).await;
    let list = latchkey.by(&admin, "GET", CLIENTS, &Value::Null).await;
    let mut without = made.clone();
    without.as_object_mut().unwrap().remove("client_secret");
    assert_eq!(shown.ok(), without);
    let listed = list.ok();
    assert_eq!(listed.as_array().unwrap().len(), 6, "the demo's five and this one");
    assert!(listed.as_array().unwrap().contains(&without));
    for entry in listed.as_array().unwrap() {
        let mut names: Vec<_> = entry.as_object().unwrap().keys().map(String::as_str).collect();
        names.retain(|name| *name != "data_scope");
        names.sort_unstable();
        assert_eq!(names, ["client_id", "created_at", "grants", "name"]);
    }
    let kept = format!("{:?} {}", latchkey.table.rows().await, latchkey.log.lines());
    assert!(!kept.contains(secret));
    assert!(opens(&latchkey, id, secret).await && !opens(&latchkey, id, &secret.to_uppercase()).await);
    latchkey.by(&admin, "GET", &client("client_0"), &Value::Null).await.refused_customer(404, "not_found");
    assert!(latchkey.log.lines().contains("client.created"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_secrets_live_side_by_side_until_the_older_ends() {
    let latchkey = Latchkey::start().await;
    let made = latchkey.back_end_with(&["read:customers"]).await;
    let second = rotate(&latchkey, &made.id, &json!({ "previous_expires_in": 100 })).await;
    assert!(opens(&latchkey, &made.id, &made.secret).await && opens(&latchkey, &made.id, &second).await);
    latchkey.advance(99).await;
    assert!(opens(&latchkey, &made.id, &made.secret).await);
    latchkey.advance(2).await;
    assert!(!opens(&latchkey, &made.id, &made.secret).await, "however it was remembered");
    assert!(opens(&latchkey, &made.id, &second).await);

    let third = rotate(&latchkey, &made.id, &Value::Null).await;
    latchkey.advance(86_390).await;
    assert!(opens(&latchkey, &made.id, &second).await, "a day unless set");
    let fourth = rotate(&latchkey, &made.id, &json!({ "previous_expires_in": 604_800 })).await;
    let lives: [bool; 3] = [
        opens(&latchkey, &made.id, &second).await,
        opens(&latchkey, &made.id, &third).await,
        opens(&latchkey, &made.id, &fourth).await,
    ];
    assert_eq!(lives, [false, true, true], "rotated twice, the first is dead");
    let fifth = rotate(&latchkey, &made.id, &json!({ "previous_expires_in": 0 })).await;
    assert!(!opens(&latchkey, &made.id, &fourth).await && opens(&latchkey, &made.id, &fifth).await);
    assert_eq!(latchkey.table.rows_of("credential").await.len(), 2 + 4 + 1, "and no row of the dead ones is left");

    let admin = latchkey.back_end("local-backend").await;
    let before = latchkey.table.rows().await;
    let rest = format!("{}/rotate-secret", client(&made.id));
    for seconds in [json!(604_801), json!(-1), json!("60"), json!(null), json!(1.5)] {
        let answer = latchkey.post(&admin, &rest, &json!({ "previous_expires_in": seconds })).await;
        answer.refused_customer(400, "invalid_request");
    }
    let nobody = format!("{}/rotate-secret", client("client_0"));
    latchkey.post(&admin, &nobody, &Value::Null).await.refused_customer(404, "not_found");
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_rotations_at_once_the_last_to_hold_leaves_two_secrets_at_most() {
    let latchkey = Latchkey::start().await;
    let made = latchkey.back_end_with(&["read:customers"]).await;
    let admin = latchkey.back_end("local-backend").await;
    let rest = format!("{}/rotate-secret", client(&made.id));
    let racer = move |latchkey: Arc<Latchkey>, _| {
        let (admin, rest) = (admin.clone(), rest.clone());
        async move { latchkey.post(&admin, &rest, &Value::Null).await }
    };
    let answers = latchkey.at_once(8, racer).await;
    let mut live = usize::from(opens(&latchkey, &made.id, &made.secret).await);
    for answer in &answers {
        if answer.status == 200 {
            live += usize::from(opens(&latchkey, &made.id, answer.json()["client_secret"].as_str().unwrap()).await);
        } else {
            answer.refused_customer(503, "unavailable");
        }
    }
    assert_eq!(live, 2);
    assert_eq!(latchkey.table.rows_of("credential").await.len(), 2 + 4 + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_client_opens_nothing_at_once_and_leaves_no_row() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let before = latchkey.table.rows().await;
    let made = latchkey.back_end_with(&[USERS, REFRESH_TOKEN]).await;
    let second = rotate(&latchkey, &made.id, &Value::Null).await;
    assert!(opens(&latchkey, &made.id, &second).await && opens(&latchkey, &made.id, &made.secret).await);
    let refresh = latchkey.log_in(&made.token, KARI_PASSWORD).await.refresh_token();
    let admin = latchkey.back_end("local-backend").await;
    assert_eq!(latchkey.by(&admin, "DELETE", &client(&made.id), &Value::Null).await.ok(), json!({}));
    assert!(!opens(&latchkey, &made.id, &second).await && !opens(&latchkey, &made.id, &made.secret).await);
    latchkey.log_in(&made.token, KARI_PASSWORD).await.refused_customer(401, "invalid_token");
    latchkey.refresh(&made.token, &refresh).await.refused_customer(401, "invalid_token");
    for method in ["GET", "DELETE"] {
        latchkey.by(&admin, method, &client(&made.id), &Value::Null).await.refused_customer(404, "not_found");
    }
    let left: Vec<_> = latchkey.table.rows().await;
    let left = left.iter().filter(|row| {
        let sk = row["sk"].as_s().unwrap();
        !sk.starts_with("session#") && sk != "account" && sk != "bad-credentials"
    });
    assert_eq!(left.count(), before.len() - 1, "but for the person's own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_gives_nobody_more_than_it_may_itself() {
    let latchkey = Latchkey::start().await;
    let strong = latchkey.back_end_with(&["admin:customers", USERS]).await;
    let weak = latchkey.back_end_with(&["write:accounts", "read:customers"]).await;
    let reader = latchkey.back_end_with(&["read:accounts"]).await;
    let before = latchkey.table.rows().await;
    let asked =
        |scopes: &[&str], audience: &str| json!({ "name": "x", "grants": [{ "audience": audience, "scope": scopes }] });
    for scopes in [
        vec!["admin:accounts"],
        vec![NO_MFA],
        vec![REFRESH_TOKEN],
        vec!["write:customers"],
        vec!["read:customers", "read:accounts"],
    ] {
        for audience in [AUDIENCE, "https://other.example.test"] {
            let answer = latchkey.post(&weak.token, CLIENTS, &asked(&scopes, audience)).await;
            answer.refused_customer(403, "insufficient_scope");
        }
    }
    // Nor takes it over from one that has it.
    for id in ["local-backend", "local-no-mfa", &strong.id] {
        let rest = format!("{}/rotate-secret", client(id));
        let answer = latchkey.post(&weak.token, &rest, &json!({ "previous_expires_in": 86_400 })).await;
        answer.refused_customer(403, "insufficient_scope");
    }
    for id in ["local-portal", &strong.id] {
        let answer = latchkey.by(&weak.token, "DELETE", &client(id), &Value::Null).await;
        answer.refused_customer(403, "insufficient_scope");
    }
    for (method, rest) in [("POST", CLIENTS.to_owned()), ("DELETE", client(&weak.id))] {
        let answer = latchkey.by(&reader.token, method, &rest, &asked(&[], AUDIENCE)).await;
        answer.refused_customer(403, "insufficient_scope");
    }
    for rest in [CLIENTS.to_owned(), client(&strong.id)] {
        latchkey.by(&weak.token, "GET", &rest, &Value::Null).await.refused_customer(403, "insufficient_scope");
    }
    let payments = "https://payments.example.test";
    for (scopes, audience) in [(vec!["x:y"], AUDIENCE), (vec!["payments:admin"], payments), (vec![], payments)] {
        let answer = latchkey.post(&weak.token, CLIENTS, &asked(&scopes, audience)).await;
        answer.refused_customer(403, "insufficient_scope");
    }
    assert_eq!(latchkey.table.rows().await, before);
    latchkey.post(&weak.token, CLIENTS, &asked(&["write:accounts", "read:customers"], AUDIENCE)).await.ok();
    let own = format!("{}/rotate-secret", client(&weak.id));
    latchkey.post(&weak.token, &own, &Value::Null).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_cannot_delete_itself_and_what_is_malformed_makes_none() {
    let latchkey = Latchkey::start().await;
    let admin = latchkey.back_end("local-backend").await;
    let before = latchkey.table.rows().await;
    let own = latchkey.by(&admin, "DELETE", &client("local-backend"), &Value::Null).await;
    own.refused_customer(400, "invalid_request");
    let grant = json!({ "audience": AUDIENCE, "scope": ["a:b"] });
    let base = &latchkey.server.base_url;
    for body in [
        json!({}),
        json!({ "name": "" }),
        json!({ "name": 1 }),
        json!({ "name": "x", "grants": null }),
        json!({ "name": "x", "grants": [{ "audience": AUDIENCE }] }),
        json!({ "name": "x", "grants": [{ "scope": ["a:b"] }] }),
        json!({ "name": "x", "grants": [{ "audience": "a b", "scope": ["a:b"] }] }),
        json!({ "name": "x", "grants": [{ "audience": AUDIENCE, "scope": "a:b" }] }),
        json!({ "name": "x", "grants": [{ "audience": AUDIENCE, "scope": ["a b"] }] }),
        json!({ "name": "x", "grants": [{ "audience": AUDIENCE, "scope": ["a\"b"] }] }),
        json!({ "name": "x", "grants": [{ "audience": AUDIENCE, "scope": ["a:b"], "type": "implicit" }] }),
        json!({ "name": "x", "grants": vec![grant; 21] }),
        json!({ "name": "x", "grants": [{ "audience": format!("{base}/T00000001/leads"), "scope": ["a:b"] }] }),
        json!({ "name": "x", "grants": [{ "audience": format!("{base}/v1/accounts/T00000002"), "scope": [] }] }),
    ] {
        latchkey.post(&admin, CLIENTS, &body).await.refused_customer(400, "invalid_request");
    }
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_or_secret_whose_answer_was_lost_is_made_once_under_its_key() {
    let latchkey = Latchkey::start().await;
    let admin = latchkey.back_end("local-backend").await;
    let authorization = format!("Bearer {admin}");
    let made = latchkey.back_end_with(&["read:customers"]).await;
    let rotate = path(&format!("{}/rotate-secret", client(&made.id)));
    let create = json!({ "name": "x" });
    for (rest, body) in [(path(CLIENTS), &create), (rotate, &json!({ "previous_expires_in": 60 }))] {
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", "one"),
        ];
        let first = latchkey.send("POST", &rest, &headers, body.to_string()).await;
        let before = latchkey.table.rows().await;
        let again = latchkey.send("POST", &rest, &headers, body.to_string()).await;
        assert_eq!(again.ok(), first.ok());
        let other = latchkey.send("POST", &rest, &headers, json!({ "name": "y" }).to_string()).await;
        other.refused_customer(422, "idempotency_key_reused");
        assert_eq!(latchkey.table.rows().await, before);
        let kept = format!("{before:?} {}", latchkey.log.lines());
        assert!(!kept.contains(first.json()["client_secret"].as_str().unwrap()));
    }
}
