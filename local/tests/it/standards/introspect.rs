use aws_sdk_dynamodb::types::AttributeValue;
use local::{AUDIENCE, TENANT_ID};
use serde_json::{Value, json};
use shared::session::SessionGrant;
use shared::store::GrantType;

use crate::harness::{CUSTOMER_SCOPE, Fault, INTROSPECT, Latchkey, customer_grant};

fn members(token: &Value) -> Vec<&str> {
    token.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clients_own_token_is_told_until_it_runs_out() {
    let latchkey = Latchkey::start().await;
    let access = latchkey.client_access("local-backend").await;
    let token = latchkey.introspect("local-verifier", &access).await;
    let names = ["active", "aud", "client_id", "exp", "iat", "iss", "jti", "scope", "sub", "tenant", "token_type"];
    assert_eq!(members(&token), names);
    assert_eq!((&token["active"], &token["token_type"]), (&json!(true), &json!("Bearer")));
    assert_eq!((&token["sub"], &token["client_id"]), (&json!("local-backend"), &json!("local-backend")));
    assert_eq!((&token["aud"], &token["tenant"]), (&json!(AUDIENCE), &json!(TENANT_ID)));
    assert_eq!(token["exp"].as_i64().unwrap() - token["iat"].as_i64().unwrap(), 1_800);
    latchkey.advance(1_790).await;
    assert!(latchkey.is_active("local-verifier", &access).await);
    latchkey.advance(11).await;
    assert!(!latchkey.is_active("local-verifier", &access).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_clients_tokens_are_inactive_at_once() {
    let latchkey = Latchkey::start().await;
    let grants = [(AUDIENCE, "a", GrantType::Any)];
    latchkey.another_client(TENANT_ID, "short-lived", &grants).await;
    let access = latchkey.client_access("short-lived").await;
    let customer = latchkey.customer("short-lived").await;
    for token in [&access, &customer.pair.access] {
        assert!(latchkey.is_active("local-verifier", token).await);
    }
    assert!(latchkey.is_active("short-lived", &customer.pair.refresh).await);
    latchkey.delete_client("short-lived").await;
    for token in [&access, &customer.pair.access] {
        assert!(!latchkey.is_active("local-verifier", token).await);
    }
    assert!(
        !latchkey.is_active("short-lived", &customer.pair.refresh).await,
        "though its secret may be known a minute"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_token_is_active_while_session_account_and_record_stand() {
    let latchkey = Latchkey::start().await;
    let jane = latchkey.jane().await;
    let token = latchkey.introspect("local-verifier", &jane.access).await;
    let names = [
        "active",
        "amr",
        "aud",
        "auth_time",
        "client_id",
        "exp",
        "iat",
        "intermediary_id",
        "iss",
        "jti",
        "scope",
        "sid",
        "sub",
        "tenant",
        "token_type",
    ];
    assert_eq!(members(&token), names);
    assert_eq!((&token["scope"], &token["client_id"]), (&json!("intermediary"), &json!("local-portal")));
    for (sk, name, value) in [("account", "status", "blocked"), ("intermediary", "expires_at", "1")] {
        let number = AttributeValue::N(value.to_owned());
        let rows = latchkey.table.rows_of(sk).await;
        let value = if name == "status" { AttributeValue::S(value.to_owned()) } else { number };
        latchkey.table.set(sk, name, value).await;
        assert!(!latchkey.is_active("local-verifier", &jane.access).await, "{sk}");
        for row in rows {
            latchkey.table.put(row).await;
        }
        assert!(latchkey.is_active("local-verifier", &jane.access).await, "{sk} again");
    }
    latchkey.sign_out(&jane.access).await.ok();
    assert!(!latchkey.is_active("local-verifier", &jane.access).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_told_to_its_own_client_while_it_is_the_live_one() {
    let latchkey = Latchkey::start().await;
    let customer = latchkey.customer("local-refresh").await;
    let first = customer.pair.refresh.as_str();
    let token = latchkey.introspect("local-refresh", first).await;
    assert_eq!(members(&token), ["active", "aud", "client_id", "exp", "iat", "iss", "scope", "sid", "sub", "tenant"]);
    assert_eq!((&token["aud"], &token["scope"]), (&json!(AUDIENCE), &json!(CUSTOMER_SCOPE)));
    assert_eq!(token["sid"], customer.session_id.to_string());
    for client in ["local-verifier", "local-backend"] {
        assert!(!latchkey.is_active(client, first).await, "{client}");
    }
    let second = latchkey.refresh_by_form("local-refresh", first).await.oauth_pair().refresh;
    assert!(latchkey.is_active("local-refresh", &second).await);
    assert!(latchkey.is_active("local-refresh", first).await, "it still gets its successor");
    latchkey.advance(31).await;
    assert!(!latchkey.is_active("local-refresh", first).await);
    assert!(latchkey.is_active("local-refresh", &second).await, "asking ends nothing");
    let third = latchkey.refresh_by_form("local-refresh", &second).await.oauth_pair().refresh;
    assert!(!latchkey.is_active("local-refresh", first).await, "a grandparent");
    assert!(latchkey.is_active("local-refresh", &third).await);

    let unrefreshable = SessionGrant { is_refreshable: false, ..customer_grant() };
    let other = latchkey.customer_for("local-refresh", Some(unrefreshable)).await;
    assert!(!latchkey.is_active("local-refresh", &other.pair.refresh).await);
    assert!(latchkey.is_active("local-refresh", &other.pair.access).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hint_changes_nothing() {
    let latchkey = Latchkey::start().await;
    let customer = latchkey.customer("local-refresh").await;
    for token in [customer.pair.access.as_str(), customer.pair.refresh.as_str(), "neither"] {
        let plain = latchkey.introspect("local-refresh", token).await;
        for hint in ["access_token", "refresh_token", "nonsense", "\u{1F511}", ""] {
            let form = [("token", token), ("token_type_hint", hint)];
            let answer = latchkey.oauth("local-refresh", INTROSPECT, &form).await;
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            assert_eq!(answer.ok(), plain, "{hint}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_token_of_ours_is_inactive_without_a_call() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let auth_key = latchkey.auth_key(&portal).await;
    let customer = latchkey.customer("local-refresh").await;
    let (access, refresh) = (customer.pair.access, customer.pair.refresh);
    latchkey.introspect("local-verifier", "x").await;
    let (ids, long) = ([customer.account_id.to_string(), customer.session_id.to_string()], "x".repeat(15_000));
    latchkey.proxy.record();
    for token in [
        auth_key.as_str(),
        &portal.public_key,
        &portal.registration_token,
        "local-api-key",
        "local-verifier-secret",
        "local-verifier",
        &ids[0],
        &ids[1],
        &refresh,
        &access[..access.len() - 1],
        &format!("{access}x"),
        &format!("Bearer {access}"),
        &format!(" {access}"),
        "..",
        "null",
        "\u{0}",
        &long,
    ] {
        assert!(!latchkey.is_active("local-verifier", token).await, "{token}");
    }
    assert_eq!(latchkey.proxy.operations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_called_inactive_that_could_not_be_looked_up() {
    let latchkey = Latchkey::start().await;
    let customer = latchkey.customer("local-refresh").await;
    let client = latchkey.client_access("local-refresh").await;
    for fault in [Fault::Fail, Fault::Throttle] {
        latchkey.proxy.plan(move |_| fault);
        for token in [&customer.pair.access, &customer.pair.refresh, &client] {
            let answer = latchkey.oauth("local-refresh", INTROSPECT, &[("token", token)]).await;
            answer.refused_oauth(503, "unavailable");
            assert!(answer.header("retry-after").is_some());
        }
        latchkey.proxy.heal();
        assert!(latchkey.is_active("local-refresh", &customer.pair.access).await);
    }
}
