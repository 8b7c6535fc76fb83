use local::{AUDIENCE, TENANT_ID};
use serde_json::json;
use shared::session::SessionGrant;
use shared::store::GrantType;

use crate::harness::{CUSTOMER_SCOPE, Fault, Latchkey, TOKEN, customer_grant};

const CLIENT: (&str, &str) = ("grant_type", "client_credentials");
const REFRESH: (&str, &str) = ("grant_type", "refresh_token");
const OTHER_AUDIENCE: &str = "https://other.example.test";

#[tokio::test(flavor = "multi_thread")]
async fn a_client_gets_a_token_of_its_own_and_nothing_to_refresh_it_by() {
    let latchkey = Latchkey::start().await;
    let named = [("audience", AUDIENCE), ("resource", AUDIENCE)];
    for more in [&[][..], &named[..1], &named[1..], &named] {
        let answer = latchkey.oauth("local-refresh", TOKEN, &[&[CLIENT], more].concat()).await;
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let body = answer.ok();
        let members: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["access_token", "expires_in", "scope", "token_type"]);
        assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(1_800)));
        let token = latchkey.introspect("local-verifier", &answer.access()).await;
        assert_eq!((&token["aud"], &token["sub"]), (&json!(AUDIENCE), &json!("local-refresh")));
        assert_eq!(token["scope"], body["scope"]);
        assert_eq!(body["scope"].as_str().unwrap().split(' ').count(), 13, "all that was granted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_gets_no_more_than_it_was_granted() {
    let latchkey = Latchkey::start().await;
    let ask = |more: &'static [(&'static str, &'static str)]| {
        let latchkey = &latchkey;
        async move { latchkey.oauth("local-backend", TOKEN, &[&[CLIENT], more].concat()).await }
    };
    let narrow = ask(&[("scope", "read:customers  read:accounts")]).await.ok();
    assert_eq!(narrow["scope"], "read:accounts read:customers");
    for scope in ["create:accounts:auth:refresh_token", "read:customers nothing", "READ:customers", "a\"b", " ", "ä"] {
        let answer = latchkey.oauth("local-backend", TOKEN, &[CLIENT, ("scope", scope)]).await;
        answer.refused_oauth(400, "invalid_scope");
    }
    let upper = AUDIENCE.to_ascii_uppercase();
    let longer = format!("{AUDIENCE}/");
    for audience in [OTHER_AUDIENCE, "not a URL", &upper, &longer, &"x".repeat(300)] {
        for name in ["audience", "resource"] {
            let answer = latchkey.oauth("local-backend", TOKEN, &[CLIENT, (name, audience)]).await;
            answer.refused_oauth(400, "invalid_target");
        }
    }
    ask(&[("audience", AUDIENCE), ("resource", OTHER_AUDIENCE)]).await.refused_oauth(400, "invalid_request");
    let nothing = latchkey.oauth("local-verifier", TOKEN, &[CLIENT]).await;
    nothing.refused_oauth(400, "unauthorized_client");
    let nothing = latchkey.oauth("local-verifier", TOKEN, &[CLIENT, ("audience", AUDIENCE)]).await;
    nothing.refused_oauth(400, "unauthorized_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_is_for_its_way_of_asking_and_one_of_several_audiences_is_named() {
    let latchkey = Latchkey::start().await;
    let people = [(AUDIENCE, "a", GrantType::Password), (OTHER_AUDIENCE, "b", GrantType::AuthorizationCode)];
    latchkey.another_client(TENANT_ID, "people", &people).await;
    latchkey.oauth("people", TOKEN, &[CLIENT]).await.refused_oauth(400, "unauthorized_client");
    let one = [(AUDIENCE, "a", GrantType::Password), (OTHER_AUDIENCE, "b", GrantType::ClientCredentials)];
    latchkey.another_client(TENANT_ID, "one", &one).await;
    assert_eq!(latchkey.oauth("one", TOKEN, &[CLIENT]).await.ok()["scope"], "b");
    latchkey.oauth("one", TOKEN, &[CLIENT, ("audience", AUDIENCE)]).await.refused_oauth(400, "invalid_target");
    let two = [(AUDIENCE, "a", GrantType::Any), (AUDIENCE, "c", GrantType::Any), (OTHER_AUDIENCE, "b", GrantType::Any)];
    latchkey.another_client(TENANT_ID, "two", &two).await;
    latchkey.oauth("two", TOKEN, &[CLIENT]).await.refused_oauth(400, "invalid_target");
    assert_eq!(latchkey.oauth("two", TOKEN, &[CLIENT, ("resource", AUDIENCE)]).await.ok()["scope"], "a c");
    latchkey
        .oauth("two", TOKEN, &[CLIENT, ("resource", AUDIENCE), ("scope", "b")])
        .await
        .refused_oauth(400, "invalid_scope");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_grants_are_not_supported() {
    let latchkey = Latchkey::start().await;
    for grant in ["password", "authorization_code", "implicit", "Client_Credentials", "client_credentials ", "null"] {
        let answer = latchkey.oauth("local-backend", TOKEN, &[("grant_type", grant), ("username", "x")]).await;
        answer.refused_oauth(400, "unsupported_grant_type");
    }
    for form in
        [&[("grant_type", "")][..], &[("scope", "read:customers")], &[REFRESH], &[REFRESH, ("refresh_token", "")]]
    {
        latchkey.oauth("local-backend", TOKEN, form).await.refused_oauth(400, "invalid_request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_rotates_and_its_retry_gets_the_same_successor() {
    let latchkey = Latchkey::start().await;
    let customer = latchkey.customer("local-refresh").await;
    let answer = latchkey.refresh_by_form("local-refresh", &customer.pair.refresh).await;
    let body = answer.ok();
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(600)));
    assert_eq!(body["scope"], CUSTOMER_SCOPE);
    let next = answer.oauth_pair();
    assert_ne!(next.refresh, customer.pair.refresh);
    let token = latchkey.introspect("local-verifier", &next.access).await;
    assert_eq!(token["sub"], customer.account_id.to_string());
    assert_eq!((&token["aud"], &token["client_id"]), (&json!(AUDIENCE), &json!("local-refresh")));
    let again = latchkey.refresh_by_form("local-refresh", &customer.pair.refresh).await.oauth_pair();
    assert_eq!(again.refresh, next.refresh);
    let racers = latchkey
        .at_once(8, move |latchkey, _| {
            let refresh = next.refresh.clone();
            async move { latchkey.refresh_by_form("local-refresh", &refresh).await.oauth_pair().refresh }
        })
        .await;
    assert!(racers.iter().all(|refresh| *refresh == racers[0]), "one successor for all");

    latchkey.advance(31).await;
    let answer = latchkey.refresh_by_form("local-refresh", &customer.pair.refresh).await;
    answer.refused_oauth(400, "invalid_grant");
    latchkey.refresh_by_form("local-refresh", &racers[0]).await.refused_oauth(400, "invalid_grant");
    assert!(!latchkey.is_active("local-verifier", &again.access).await, "reuse ended the session");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_may_narrow_and_what_it_may_not_changes_nothing() {
    let latchkey = Latchkey::start().await;
    let customer = latchkey.customer("local-refresh").await;
    let token = ("refresh_token", customer.pair.refresh.as_str());
    let before = latchkey.table.rows().await;
    for (more, error) in [
        (("scope", "orders:read admin"), "invalid_scope"),
        (("scope", "read:customers"), "invalid_scope"),
        (("scope", " "), "invalid_scope"),
        (("audience", OTHER_AUDIENCE), "invalid_target"),
        (("resource", "not a URL"), "invalid_target"),
    ] {
        latchkey.oauth("local-refresh", TOKEN, &[REFRESH, token, more]).await.refused_oauth(400, error);
    }
    let both = [REFRESH, token, ("audience", AUDIENCE), ("resource", OTHER_AUDIENCE)];
    latchkey.oauth("local-refresh", TOKEN, &both).await.refused_oauth(400, "invalid_request");
    assert_eq!(latchkey.table.rows().await, before);

    let narrow = [REFRESH, token, ("scope", "orders:read"), ("audience", AUDIENCE)];
    let answer = latchkey.oauth("local-refresh", TOKEN, &narrow).await;
    assert_eq!(answer.ok()["scope"], "orders:read");
    let next = answer.oauth_pair();
    assert_eq!(latchkey.introspect("local-verifier", &next.access).await["scope"], "orders:read");
    let wide = latchkey.refresh_by_form("local-refresh", &next.refresh).await.ok();
    assert_eq!(wide["scope"], CUSTOMER_SCOPE, "the session keeps what it was granted");

    // An old token that asks for too much is still an old token.
    latchkey.advance(31).await;
    let greedy = [REFRESH, token, ("scope", "admin")];
    latchkey.oauth("local-refresh", TOKEN, &greedy).await.refused_oauth(400, "invalid_grant");
    assert!(!latchkey.is_active("local-verifier", &next.access).await, "reuse ended the session");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_its_own_client_refreshes_and_only_what_may_be() {
    let latchkey = Latchkey::start().await;
    let customer = latchkey.customer("local-refresh").await;
    let (refresh, access) = (customer.pair.refresh.as_str(), customer.pair.access.as_str());
    let jane = latchkey.jane().await;
    let another = if refresh.ends_with('A') { 'B' } else { 'A' };
    let changed = format!("{}{another}", &refresh[..refresh.len() - 1]);
    latchkey.client_access("local-backend").await;
    latchkey.proxy.record();
    for (client, token) in [
        ("local-backend", refresh),
        ("local-verifier", refresh),
        ("local-refresh", access),
        ("local-refresh", jane.refresh.as_str()),
        ("local-refresh", changed.as_str()),
        ("local-refresh", "lkr_"),
        ("local-refresh", "x"),
    ] {
        latchkey.refresh_by_form(client, token).await.refused_oauth(400, "invalid_grant");
    }
    assert!(latchkey.proxy.operations().iter().all(|operation| operation == "GetItem"), "credentials alone are read");

    let unrefreshable = SessionGrant { is_refreshable: false, ..customer_grant() };
    for grant in [None, Some(unrefreshable)] {
        let other = latchkey.customer_for("local-refresh", grant).await;
        latchkey.refresh_by_form("local-refresh", &other.pair.refresh).await.refused_oauth(400, "invalid_grant");
        let narrow = [REFRESH, ("refresh_token", other.pair.refresh.as_str()), ("scope", "orders:read")];
        latchkey.oauth("local-refresh", TOKEN, &narrow).await.refused_oauth(400, "invalid_grant");
    }
    latchkey.refresh_by_form("local-refresh", refresh).await.oauth_pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_dynamodb_fails_signs_nobody_out() {
    let latchkey = Latchkey::start().await;
    let customer = latchkey.customer("local-refresh").await;
    latchkey.client_access("local-refresh").await;
    for fault in [Fault::Fail, Fault::Drop, Fault::LoseAnswer, Fault::Throttle] {
        latchkey.proxy.plan(move |_| fault);
        let answer = latchkey.refresh_by_form("local-refresh", &customer.pair.refresh).await;
        answer.refused_oauth(503, "unavailable");
        assert!(answer.header("retry-after").is_some());
        let narrow = [REFRESH, ("refresh_token", customer.pair.refresh.as_str()), ("scope", "orders:read")];
        latchkey.oauth("local-refresh", TOKEN, &narrow).await.refused_oauth(503, "unavailable");
        latchkey.proxy.heal();
        latchkey.refresh_by_form("local-refresh", &customer.pair.refresh).await.oauth_pair();
    }
    // A client's own token needs no read while its client is known.
    latchkey.proxy.plan(|_| Fault::Fail);
    latchkey.client_access("local-refresh").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_account_is_not_refreshed() {
    let latchkey = Latchkey::start().await;
    let customer = latchkey.customer("local-refresh").await;
    latchkey.table.set("account", "status", aws_sdk_dynamodb::types::AttributeValue::S("blocked".to_owned())).await;
    latchkey.refresh_by_form("local-refresh", &customer.pair.refresh).await.refused_oauth(400, "invalid_grant");
    assert!(!latchkey.is_active("local-verifier", &customer.pair.access).await);
}
