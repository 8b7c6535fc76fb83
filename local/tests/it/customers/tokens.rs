use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use local::AUDIENCE;
use serde_json::{Value, json};
use shared::key_ring::Algorithm;

use crate::harness::{
    Answer, KARI_PASSWORD, Latchkey, OTHER_TENANT, REFRESH_TOKEN, USERS, claims, login, mfa_login, path,
};

const SECRET: (&str, &str) = ("local-backend", "local-backend-secret");

#[tokio::test(flavor = "multi_thread")]
async fn a_client_gets_a_token_of_its_own_without_a_call_and_no_refresh_token() {
    let latchkey = Latchkey::start().await;
    let answer = latchkey.ask_client_token(("local-refresh", "local-refresh-secret"), &json!({})).await;
    let body = answer.ok();
    let names: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["access_token", "expires_in", "scope", "token_type"]);
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(1_800)));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let claims = answer.claims();
    assert_eq!((&claims["sub"], &claims["client_id"]), (&json!("local-refresh"), &json!("local-refresh")));
    assert_eq!((&claims["aud"], &claims["tenant"]), (&json!(AUDIENCE), &json!("T00000001")));
    assert_eq!(claims["scope"], body["scope"]);
    assert!(body["scope"].as_str().unwrap().split(' ').any(|scope| scope == REFRESH_TOKEN));
    for persons in ["sid", "amr", "auth_time", "customer_id"] {
        assert!(claims.get(persons).is_none(), "{persons}");
    }
    let rows = latchkey.table.rows().await;
    latchkey.proxy.record();
    latchkey.ask_client_token(("local-refresh", "local-refresh-secret"), &json!({})).await.ok();
    assert_eq!(latchkey.proxy.count(), 0);
    assert_eq!(latchkey.table.rows().await, rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_client_and_a_wrong_secret_are_one_refusal() {
    let latchkey = Latchkey::start().await;
    latchkey.ask_client_token(SECRET, &json!({})).await.ok();
    latchkey.begin_window(60).await;
    let (mut faces, mut costs) = (Vec::new(), Vec::new());
    for credentials in
        [("nobody", "local-backend-secret"), ("local-backend", "wrong"), ("local-no-mfa", "local-backend-secret")]
    {
        latchkey.proxy.record();
        let answer = latchkey.ask_client_token(credentials, &json!({})).await;
        answer.refused_customer(401, "invalid_client");
        assert_eq!(answer.header("www-authenticate"), Some(r#"Basic realm="latchkey""#));
        faces.push(answer.face());
        costs.push(latchkey.proxy.operations());
    }
    latchkey.proxy.heal();
    faces.dedup();
    costs.dedup();
    assert_eq!((faces.len(), costs.len()), (1, 1), "{faces:?} {costs:?}");
    let body = json!({ "grant_type": "client_credentials", "audience": AUDIENCE }).to_string();
    let json_type = ("content-type", "application/json");
    let bearer = format!("Bearer {}", latchkey.back_end("local-backend").await);
    for headers in [
        vec![json_type],
        vec![json_type, ("authorization", "Basic")],
        vec![json_type, ("authorization", "Basic !")],
        vec![json_type, ("authorization", "Basic bG9jYWwtYmFja2VuZA==")],
        vec![json_type, ("authorization", &bearer)],
    ] {
        let answer = latchkey.send("POST", &path("/auth/token"), &headers, body.clone()).await;
        answer.refused_customer(401, "invalid_client");
    }
    latchkey.another_portal(OTHER_TENANT, "portal", None).await;
    let basic = ("authorization", "Basic bG9jYWwtYmFja2VuZDpsb2NhbC1iYWNrZW5kLXNlY3JldA==");
    for tenant in [OTHER_TENANT, "T99999999"] {
        let path = format!("/v1/accounts/{tenant}/auth/token");
        let answer = latchkey.send("POST", &path, &[json_type, basic], body.clone()).await;
        answer.refused_customer(401, "invalid_client");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_with_too_many_bad_secrets_is_slowed_and_a_good_one_goes_on() {
    let latchkey = Latchkey::start().await;
    latchkey.ask_client_token(SECRET, &json!({})).await.ok();
    latchkey.begin_window(60).await;
    for _ in 0..20 {
        latchkey.ask_client_token(("local-backend", "wrong"), &json!({})).await.refused_customer(401, "invalid_client");
    }
    let slowed = latchkey.ask_client_token(("local-backend", "wrong"), &json!({})).await;
    slowed.refused_customer(429, "too_many_requests");
    assert!(slowed.header("retry-after").is_some());
    latchkey.ask_client_token(SECRET, &json!({})).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_asks_for_less_than_its_grant_never_for_more() {
    let latchkey = Latchkey::start().await;
    let grants = json!([
        { "audience": AUDIENCE, "scope": ["read:customers", "write:customers"] },
        { "audience": "https://people.example.test", "scope": ["a:b"], "type": "password" },
    ]);
    let back_end = latchkey.back_end_granted(&grants).await;
    let secret = (back_end.id.as_str(), back_end.secret.as_str());
    let less = latchkey.ask_client_token(secret, &json!({ "scope": "read:customers" })).await;
    assert_eq!((&less.ok()["scope"], &less.claims()["scope"]), (&json!("read:customers"), &json!("read:customers")));
    let made = latchkey.post(&less.access_token(), "/customers/users", &json!({})).await;
    made.refused_customer(403, "insufficient_scope");
    for scope in ["read:customers admin:accounts", "admin:accounts", "READ:customers", "a:b"] {
        let answer = latchkey.ask_client_token(secret, &json!({ "scope": scope })).await;
        answer.refused_customer(400, "invalid_scope");
    }
    for audience in ["https://people.example.test", "https://other.example.test"] {
        let answer = latchkey.ask_client_token(secret, &json!({ "audience": audience })).await;
        answer.refused_customer(403, "invalid_target");
    }
    for more in [json!({ "audience": null }), json!({ "audience": "a b" }), json!({ "scope": ["read:customers"] })] {
        latchkey.ask_client_token(secret, &more).await.refused_customer(400, "invalid_request");
    }
    latchkey
        .ask_client_token(("local-verifier", "local-verifier-secret"), &json!({}))
        .await
        .refused_customer(403, "invalid_target");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_grant_types_and_other_forms_are_refused() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let token = latchkey.back_end("local-backend").await;
    let before = latchkey.table.rows().await;
    for grant_type in ["password", "implicit", "account_user", "Refresh_Token", "", "mfa"] {
        let mut body = login(KARI_PASSWORD);
        body["grant_type"] = grant_type.into();
        body["username"] = body["email"].clone();
        latchkey.grant(&token, &body).await.refused_customer(400, "unsupported_grant_type");
    }
    for body in [json!({}), json!({ "grant_type": null }), json!({ "grant_type": ["refresh_token"] })] {
        latchkey.grant(&token, &body).await.refused_customer(400, "invalid_request");
    }
    let authorization = format!("Bearer {token}");
    let send = async |content_type: &str, body: &str| {
        let headers = [("authorization", authorization.as_str()), ("content-type", content_type)];
        latchkey.send("POST", &path("/auth/token"), &headers, body).await
    };
    let form = send("application/x-www-form-urlencoded", "grant_type=refresh_token&refresh_token=x").await;
    form.refused_customer(415, "unsupported_media_type");
    let twice = r#"{"grant_type": "refresh_token", "refresh_token": "x", "refresh_token": "y"}"#;
    send("application/json", twice).await.refused_customer(400, "invalid_request");
    send("application/json", &"x".repeat(17_000)).await.refused_customer(413, "body_too_large");
    assert_eq!(latchkey.table.rows().await, before);
    assert_eq!(latchkey.send("GET", &path("/auth/token"), &[], "").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_rotates_its_parent_gets_the_same_again_and_an_old_one_ends_the_session() {
    let latchkey = Latchkey::start().await;
    let user_id = latchkey.kari().await;
    let token = latchkey.back_end("local-refresh").await;
    let first = latchkey.log_in(&token, KARI_PASSWORD).await;
    let (first, opened) = (first.refresh_token(), first.claims());
    let answer = latchkey.refresh(&token, &first).await;
    let (second, claims) = (answer.refresh_token(), answer.claims());
    assert_ne!(first, second);
    assert_eq!(answer.ok().as_object().map(serde_json::Map::len), Some(5));
    for same in ["sub", "sid", "aud", "scope", "amr", "auth_time", "client_id", "customer_id"] {
        assert_eq!(claims[same], opened[same], "{same}");
    }
    assert_ne!(claims["jti"], opened["jti"]);
    let rows = latchkey.table.rows().await;
    assert_eq!(latchkey.refresh(&token, &first).await.refresh_token(), second);
    assert_eq!(latchkey.table.rows().await, rows, "the parent changes nothing");
    latchkey.advance(31).await;
    let access = latchkey.refresh(&token, &second).await.access_token();
    assert!(latchkey.is_live(&access).await);

    let sent = latchkey.outbox().await.len();
    latchkey.refresh(&token, &first).await.refused_customer(400, "invalid_grant");
    assert!(!latchkey.is_live(&access).await, "two generations old");
    latchkey.refresh(&token, &second).await.refused_customer(400, "invalid_grant");
    let outbox = latchkey.outbox().await;
    assert_eq!((outbox.len(), outbox.last().unwrap()["purpose"].as_str()), (sent + 1, Some("session-ended")));

    let (first, _) = latchkey.refreshable().await;
    let second = latchkey.refresh(&token, &first).await.refresh_token();
    latchkey.advance(31).await;
    latchkey.refresh(&token, &first).await.refused_customer(400, "invalid_grant");
    latchkey.refresh(&token, &second).await.refused_customer(400, "invalid_grant");
    assert!(latchkey.log.lines().contains("session.reuse") && latchkey.log.lines().contains(&user_id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_may_narrow_and_what_is_refused_rotates_nothing() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let grants = json!([
        { "audience": AUDIENCE, "scope": [USERS, REFRESH_TOKEN, "orders:read", "orders:write"] },
        { "audience": "https://shop.example.test", "scope": ["carts:read"] },
    ]);
    let back_end = latchkey.back_end_granted(&grants).await;
    let token = back_end.token.as_str();
    let refresh = latchkey.log_in(token, KARI_PASSWORD).await.refresh_token();
    let rows = latchkey.table.rows().await;
    let with = |more: Value| {
        let mut body = json!({ "grant_type": "refresh_token", "refresh_token": refresh });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for scope in ["orders:delete", "customer orders:read carts:read", USERS, "company"] {
        latchkey.grant(token, &with(json!({ "scope": scope }))).await.refused_customer(400, "invalid_scope");
    }
    for audience in ["https://shop.example.test", "https://other.example.test"] {
        let answer = latchkey.grant(token, &with(json!({ "audience": audience }))).await;
        answer.refused_customer(403, "invalid_target");
    }
    for other in ["local-refresh", "local-backend"] {
        let theirs = latchkey.back_end(other).await;
        latchkey.grant(&theirs, &with(json!({}))).await.refused_customer(400, "invalid_grant");
        latchkey.grant(&theirs, &with(json!({ "scope": "customer" }))).await.refused_customer(400, "invalid_grant");
    }
    assert_eq!(latchkey.table.rows().await, rows, "nothing was rotated");
    let answer = latchkey.grant(token, &with(json!({ "scope": "orders:read", "audience": AUDIENCE }))).await;
    assert_eq!((&answer.ok()["scope"], &answer.claims()["scope"]), (&json!("orders:read"), &json!("orders:read")));
    let whole = latchkey.refresh(token, &answer.refresh_token()).await.ok();
    assert_eq!(whole["scope"], "customer orders:read orders:write", "as the person granted");
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_refresh_tokens_are_refused_without_a_call() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let (refresh, access) = latchkey.refreshable().await;
    let token = latchkey.back_end("local-refresh").await;
    let mut middle = refresh.clone().into_bytes();
    let at = middle.len() / 2;
    middle[at] = if middle[at] == b'A' { b'B' } else { b'A' };
    let middle = String::from_utf8(middle).unwrap();
    latchkey.proxy.record();
    for forged in ["", "x", &refresh[1..], &format!("{refresh}A"), &middle, &access] {
        latchkey.refresh(&token, forged).await.refused_customer(400, "invalid_grant");
    }
    assert_eq!(latchkey.proxy.count(), 0);
    latchkey.refresh(&token, &refresh).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_refreshes_at_once_get_one_successor() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let (refresh, _) = latchkey.refreshable().await;
    let token = latchkey.back_end("local-refresh").await;
    let racer = move |latchkey: Arc<Latchkey>, _| {
        let (token, refresh) = (token.clone(), refresh.clone());
        async move { latchkey.refresh(&token, &refresh).await }
    };
    let mut successors: Vec<_> = latchkey.at_once(20, racer).await.iter().map(Answer::refresh_token).collect();
    successors.dedup();
    assert_eq!(successors.len(), 1);
    let row = latchkey.table.rows_of("session#").await.remove(0);
    assert_eq!(row["generation"].as_n().unwrap(), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_lives_essentially_forever_until_it_is_revoked() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let (mut refresh, _) = latchkey.refreshable().await;
    for days in [400, 29 * 365] {
        latchkey.advance(days * 86_400).await;
        let token = latchkey.back_end("local-refresh").await;
        let answer = latchkey.refresh(&token, &refresh).await;
        assert_eq!(answer.ok()["expires_in"], 600, "{days}");
        assert!(latchkey.is_live(&answer.access_token()).await);
        refresh = answer.refresh_token();
    }
    let token = latchkey.back_end("local-refresh").await;
    let answer = latchkey.post(&token, "/auth/revoke", &json!({ "token": refresh })).await;
    assert_eq!(answer.ok(), json!({}));
    latchkey.refresh(&token, &refresh).await.refused_customer(400, "invalid_grant");
    let row = latchkey.table.rows_of("session#").await.remove(0);
    let ttl = row["expires_at"].as_n().unwrap().parse::<i64>().unwrap() - latchkey.advance(0).await;
    assert!(ttl <= 7 * 86_400, "its row goes in a week: {ttl}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_ends_its_session_and_only_for_its_client() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let (refresh, access) = latchkey.refreshable().await;
    let (other, _) = latchkey.refreshable().await;
    let theirs = latchkey.back_end_with(&[REFRESH_TOKEN]).await;
    let without = latchkey.back_end_with(&[USERS]).await;
    let before = latchkey.table.rows().await;
    for token in [refresh.as_str(), "x", "", &access] {
        let answer = latchkey.post(&theirs.token, "/auth/revoke", &json!({ "token": token })).await;
        assert_eq!(answer.ok(), json!({}));
    }
    let answer = latchkey.post(&without.token, "/auth/revoke", &json!({ "token": refresh })).await;
    answer.refused_customer(403, "insufficient_scope");
    let token = latchkey.back_end("local-refresh").await;
    for body in [json!({}), json!({ "token": null }), json!({ "token": 1 })] {
        latchkey.post(&token, "/auth/revoke", &body).await.refused_customer(400, "invalid_request");
    }
    assert_eq!(latchkey.table.rows().await, before);
    assert!(latchkey.is_live(&access).await);
    let next = latchkey.refresh(&token, &refresh).await;
    for _ in 0..2 {
        latchkey.post(&token, "/auth/revoke", &json!({ "token": next.refresh_token() })).await.ok();
        assert!(!latchkey.is_live(&next.access_token()).await);
        latchkey.refresh(&token, &next.refresh_token()).await.refused_customer(400, "invalid_grant");
        latchkey.refresh(&token, &refresh).await.refused_customer(400, "invalid_grant");
    }
    latchkey.refresh(&token, &other).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_customer_refreshes_nothing() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let (refresh, access) = latchkey.refreshable().await;
    let token = latchkey.back_end("local-refresh").await;
    latchkey.table.set("account", "status", AttributeValue::S("blocked".to_owned())).await;
    latchkey.refresh(&token, &refresh).await.refused_customer(400, "invalid_grant");
    assert!(!latchkey.is_live(&access).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_token_is_no_clients_and_the_reverse() {
    let latchkey = Latchkey::start().await;
    let user_id = latchkey.kari().await;
    let (refresh, person) = latchkey.refreshable().await;
    let client = latchkey.back_end("local-backend").await;
    let before = latchkey.table.rows().await;
    let none = Value::Null;
    for (method, rest, body) in [
        ("POST", "/customers/login", login(KARI_PASSWORD)),
        ("POST", "/customers/mfa_login", mfa_login(KARI_PASSWORD)),
        ("POST", "/auth/token", json!({ "grant_type": "refresh_token", "refresh_token": refresh })),
        ("POST", "/auth/revoke", json!({ "token": refresh })),
        ("GET", "/auth/keys", none.clone()),
        ("GET", "/auth/clients", none.clone()),
        ("POST", "/auth/clients", json!({ "name": "x" })),
        ("GET", &format!("/customers/users/{user_id}"), none.clone()),
        ("PUT", &format!("/customers/users/{user_id}"), json!({ "first_name": "x" })),
        ("DELETE", &format!("/customers/users/{user_id}"), none.clone()),
        ("PUT", "/customers/settings", json!({})),
    ] {
        latchkey.by(&person, method, rest, &body).await.refused_customer(403, "forbidden");
    }
    for (method, rest) in [("POST", ""), ("POST", "/confirm"), ("DELETE", "")] {
        let rest = format!("/auth/mfa/totp{rest}");
        latchkey.by(&client, method, &rest, &json!({ "code": "123456" })).await.refused_customer(403, "forbidden");
    }
    latchkey.post(&client, "/auth/mfa/recovery-codes", &none).await.refused_customer(403, "forbidden");
    assert_eq!(latchkey.table.rows().await, before);
    assert_ne!(claims(&person)["sub"], claims(&client)["sub"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keys_are_a_bare_array_of_rs256_unless_the_tenant_signs_by_something_else() {
    let latchkey = Latchkey::start().await;
    for (algorithm, used) in [(Algorithm::Rs256, vec!["RS256"]), (Algorithm::Es256, vec!["RS256", "ES256", "EdDSA"])] {
        latchkey.change_tenant(|settings| settings.with_signing_algorithm(algorithm)).await;
        let client = latchkey.back_end("local-backend").await;
        let keys = latchkey.by(&client, "GET", "/auth/keys", &Value::Null).await.ok();
        let mut published = latchkey.send("GET", "/.well-known/jwks.json", &[], "").await.ok()["keys"].take();
        published.as_array_mut().unwrap().retain(|key| used.contains(&key["alg"].as_str().unwrap()));
        assert_eq!((&keys, keys.as_array().unwrap().len()), (&published, used.len()));
    }
}
