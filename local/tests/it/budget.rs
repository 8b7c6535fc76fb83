//! The DynamoDB budget of the README, counted as the calls that leave the AWS SDK.

use serde_json::json;

use crate::harness::{EMAIL, Latchkey, PASSWORD, jane};

#[tokio::test(flavor = "multi_thread")]
async fn warm_calls_cost_what_the_readme_says() {
    let latchkey = Latchkey::start().await;
    // What is cached for a minute does not count.
    latchkey.create_intermediary().await;
    let (proxy, mut measured) = (&latchkey.proxy, Vec::new());
    let mut note = |name: &'static str| {
        measured.push(format!("{name}: {} round trips, {}", proxy.round_trips(), proxy.operations().join(" ")));
    };

    proxy.record();
    let pair = latchkey.create_account(jane()).await.pair();
    note("create account");
    proxy.record();
    latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    note("sign in");
    proxy.record();
    latchkey.sign_in(EMAIL, "wrong").await.refused(401, "invalid_credentials");
    note("sign in, wrong password");
    proxy.record();
    let next = latchkey.re_sign(&pair.refresh).await.pair();
    note("re-sign");
    proxy.record();
    latchkey.re_sign(&pair.refresh).await.pair();
    note("re-sign, retried");
    proxy.record();
    latchkey.check_session(&next.access).await.ok();
    note("check session");
    proxy.record();
    latchkey.find_account(&next.access).await.ok();
    note("find account");
    proxy.record();
    latchkey.send_code(crate::harness::PHONE).await.ok();
    note("send sign-in code");
    let code = latchkey.last_code().await;
    proxy.record();
    latchkey.sessions(json!({ "phoneVerificationCode": code })).await.pair();
    note("sign in by phone code");
    proxy.record();
    latchkey.sign_out(&next.access).await.ok();
    note("sign out");
    proxy.record();
    latchkey.call("POST", "/intermediaries", &[], Some(json!({ "variables": {} }))).await.ok();
    note("create intermediary");
    proxy.record();
    latchkey.send("GET", "/.well-known/jwks.json", &[], "").await.ok();
    note("keys");

    let budget = [
        "create account: 2 round trips, BatchGetItem TransactWriteItems",
        "sign in: 3 round trips, GetItem GetItem PutItem UpdateItem",
        "sign in, wrong password: 3 round trips, GetItem GetItem UpdateItem",
        "re-sign: 1 round trips, GetItem UpdateItem",
        "re-sign, retried: 1 round trips, GetItem UpdateItem",
        "check session: 1 round trips, BatchGetItem",
        "find account: 1 round trips, BatchGetItem",
        "send sign-in code: 2 round trips, GetItem Query TransactWriteItems",
        "sign in by phone code: 3 round trips, GetItem Query Query TransactWriteItems",
        "sign out: 1 round trips, UpdateItem",
        "create intermediary: 1 round trips, PutItem",
        "keys: 0 round trips, ",
    ];
    assert_eq!(measured, budget);
}
