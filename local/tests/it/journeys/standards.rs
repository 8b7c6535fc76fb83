use std::sync::Arc;

use super::{HANG, LATE, TOO_LATE, at_each_call};
use crate::harness::{INTROSPECT, Latchkey, Pair, REVOKE, TOKEN, insist};

const CLIENT: &str = "local-refresh";

#[tokio::test(flavor = "multi_thread")]
async fn a_client_gets_there_though_any_call_hangs() {
    at_each_call(HANG, customer, journey).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_gets_there_though_any_call_arrives_late() {
    at_each_call(LATE, customer, journey).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_gets_there_though_any_act_arrives_when_it_was_given_up() {
    at_each_call(TOO_LATE, customer, journey).await;
}

/// Somebody whom the client signed in, and caches that have run out.
async fn customer(latchkey: Arc<Latchkey>) -> Pair {
    let pair = latchkey.customer(CLIENT).await.pair;
    latchkey.advance(61).await;
    pair
}

async fn journey(latchkey: Arc<Latchkey>, mut pair: Pair) {
    let own =
        insist(async || latchkey.oauth(CLIENT, TOKEN, &[("grant_type", "client_credentials")]).await).await.access();
    for _ in 0..3 {
        pair = insist(async || latchkey.refresh_by_form(CLIENT, &pair.refresh).await).await.oauth_pair();
        for token in [&pair.access, &pair.refresh, &own] {
            let told = insist(async || latchkey.oauth(CLIENT, INTROSPECT, &[("token", token)]).await).await.ok();
            assert_eq!(told["active"], true);
        }
    }
    latchkey.proxy.settled().await;
    pair = insist(async || latchkey.refresh_by_form(CLIENT, &pair.refresh).await).await.oauth_pair();
    let revoked = insist(async || latchkey.oauth(CLIENT, REVOKE, &[("token", &pair.refresh)]).await).await;
    assert_eq!(revoked.status, 200);
    latchkey.proxy.settled().await;
    for token in [&pair.access, &pair.refresh] {
        let told = insist(async || latchkey.oauth(CLIENT, INTROSPECT, &[("token", token)]).await).await.ok();
        assert_eq!(told["active"], false);
    }
}
