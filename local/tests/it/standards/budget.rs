//! The README's DynamoDB budget of these endpoints, counted as the calls that leave the AWS SDK.

use crate::harness::{INTROSPECT, Latchkey, REVOKE, TOKEN};

#[tokio::test(flavor = "multi_thread")]
async fn warm_calls_cost_what_they_are_meant_to() {
    let latchkey = Latchkey::start().await;
    let customer = latchkey.customer("local-refresh").await;
    let client = latchkey.client_access("local-refresh").await;
    let (proxy, mut measured) = (&latchkey.proxy, Vec::new());
    let mut note = |name: &'static str| {
        measured.push(format!("{name}: {} round trips, {}", proxy.round_trips(), proxy.operations().join(" ")));
        proxy.record();
    };

    proxy.record();
    latchkey.client_access("local-refresh").await;
    note("client's token");
    let next = latchkey.refresh_by_form("local-refresh", &customer.pair.refresh).await.oauth_pair();
    note("refresh");
    let refresh = ("refresh_token", next.refresh.as_str());
    let narrow = [("grant_type", "refresh_token"), refresh, ("scope", "orders:read")];
    let next = latchkey.oauth("local-refresh", TOKEN, &narrow).await.oauth_pair();
    note("refresh, narrowed");
    for (name, token) in [
        ("introspect a person's token", &next.access),
        ("introspect a refresh token", &next.refresh),
        ("introspect a client's token", &client),
    ] {
        assert_eq!(latchkey.oauth("local-refresh", INTROSPECT, &[("token", token)]).await.ok()["active"], true);
        note(name);
    }
    latchkey.introspect("local-refresh", "forged").await;
    note("introspect a forged token");
    latchkey.oauth("local-refresh", REVOKE, &[("token", "forged")]).await;
    note("revoke a forged token");
    latchkey.revoke("local-refresh", &next.refresh).await;
    note("revoke");

    let budget = [
        "client's token: 0 round trips, ",
        "refresh: 1 round trips, GetItem UpdateItem",
        "refresh, narrowed: 2 round trips, BatchGetItem GetItem UpdateItem",
        "introspect a person's token: 1 round trips, BatchGetItem",
        "introspect a refresh token: 1 round trips, BatchGetItem",
        "introspect a client's token: 1 round trips, GetItem",
        "introspect a forged token: 0 round trips, ",
        "revoke a forged token: 0 round trips, ",
        "revoke: 1 round trips, UpdateItem",
    ];
    assert_eq!(measured, budget);
}
