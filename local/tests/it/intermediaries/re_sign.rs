//! The refresh design of `shared/src/session.rs`, walked edge by edge.

use serde_json::{Value, json};

use crate::harness::{EMAIL, Latchkey, PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn twenty_at_once_get_one_and_the_same_successor() {
    let latchkey = Latchkey::start().await;
    let first = latchkey.jane().await;
    let answers = latchkey
        .at_once(20, |latchkey, _| {
            let refresh = first.refresh.clone();
            async move { latchkey.re_sign(&refresh).await }
        })
        .await;
    let successors: std::collections::HashSet<_> = answers.iter().map(|answer| answer.pair().refresh).collect();
    assert_eq!(successors.len(), 1, "every racer succeeded, with one token");
    let successor = successors.into_iter().next().unwrap();
    let next = latchkey.re_sign(&successor).await.pair();
    latchkey.check_session(&next.access).await.ok();
    latchkey.check_session(&first.access).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_within_thirty_seconds_gets_the_same_successor_and_writes_nothing() {
    let latchkey = Latchkey::start().await;
    let first = latchkey.jane().await;
    let second = latchkey.re_sign(&first.refresh).await.pair();
    let before = latchkey.table.rows().await;
    latchkey.advance(29).await;
    assert_eq!(latchkey.re_sign(&first.refresh).await.pair().refresh, second.refresh);
    assert_eq!(latchkey.table.rows().await, before);
    latchkey.re_sign(&second.refresh).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_after_thirty_seconds_ends_the_session() {
    let latchkey = Latchkey::start().await;
    let first = latchkey.jane().await;
    let other = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    let second = latchkey.re_sign(&first.refresh).await.pair();
    latchkey.advance(31).await;
    latchkey.re_sign(&first.refresh).await.refused(401, "invalid_refresh_token");
    latchkey.re_sign(&second.refresh).await.refused(401, "invalid_refresh_token");
    latchkey.check_session(&second.access).await.refused(401, "invalid_access_token");
    latchkey.check_session(&other.access).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_two_generations_old_ends_the_session_at_once_and_tells_its_owner_once() {
    let latchkey = Latchkey::start().await;
    let first = latchkey.jane().await;
    let second = latchkey.re_sign(&first.refresh).await.pair();
    let third = latchkey.re_sign(&second.refresh).await.pair();
    latchkey.re_sign(&first.refresh).await.refused(401, "invalid_refresh_token");
    for refresh in [&third.refresh, &second.refresh, &first.refresh] {
        latchkey.re_sign(refresh).await.refused(401, "invalid_refresh_token");
    }
    latchkey.check_session(&third.access).await.refused(401, "invalid_access_token");
    let outbox = latchkey.outbox().await;
    assert_eq!(outbox.len(), 1);
    assert_eq!((&outbox[0]["to"], &outbox[0]["purpose"]), (&json!(EMAIL), &json!("session-ended")));
    let lines = latchkey.log.lines();
    let told: Vec<_> = lines.lines().filter(|line| line.contains("session.reuse")).collect();
    assert_eq!(told.len(), 1);
    let told: Value = serde_json::from_str(told[0]).unwrap();
    assert_eq!(told["reason"], "an old refresh token, generation gap 2, rotated from 127.0.0.1");
    assert_eq!(told["source"], "127.0.0.1", "where each of the two came from");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chosen_lifetime_is_remembered_and_moved_on_but_never_past_the_absolute_end() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    let body = json!({ "email": EMAIL, "password": PASSWORD, "refreshTokenExpirationTimeMinutes": 10_080 });
    let mut refresh = latchkey.sessions(body).await.pair().refresh;
    for _ in 0..4 {
        latchkey.advance(10_080 * 60 - 60).await;
        refresh = latchkey.re_sign(&refresh).await.pair().refresh;
    }
    latchkey.advance(2 * 86_400 + 600).await;
    latchkey.re_sign(&refresh).await.refused(401, "invalid_refresh_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_lifetime_is_thirty_minutes() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.advance(30 * 60 - 30).await;
    let next = latchkey.re_sign(&pair.refresh).await.pair();
    latchkey.advance(30 * 60).await;
    latchkey.re_sign(&next.refresh).await.refused(401, "invalid_refresh_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_refresh_token_is_refused_before_any_call_to_the_table() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.proxy.record();
    let mut forged = pair.refresh.clone().into_bytes();
    let last = forged.len() - 1;
    forged[last - 3] = if forged[last - 3] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).unwrap();
    for token in ["x", "lkr_", &forged, &pair.access, &pair.refresh[..90], &"A".repeat(5_000)] {
        latchkey.re_sign(token).await.refused(401, "invalid_refresh_token");
    }
    assert_eq!(latchkey.proxy.count(), 0);
    latchkey.re_sign(&pair.refresh).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_goes_with_an_empty_body() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let headers = [("accountRefreshToken", pair.refresh.as_str())];
    let path = "/intermediaries/sessions";
    let both = json!({ "email": EMAIL, "password": PASSWORD });
    latchkey.call("POST", path, &headers, Some(both)).await.refused(400, "invalid_request");
    let plain = [("api-key", "local-api-key"), ("accountRefreshToken", pair.refresh.as_str())];
    latchkey.send("POST", path, &plain, "").await.pair();
    latchkey.call("POST", path, &headers, Some(json!({}))).await.pair();
}
