//! The README's DynamoDB budget of data transfers, counted as the calls that leave the AWS SDK.

use serde_json::json;

use crate::harness::{KARI_EMAIL, KARI_PASSWORD, Latchkey, SESSION, VERIFIER};

const CONSENTS: &str = "/authorize/consents?tenant=T00000001";

#[tokio::test(flavor = "multi_thread")]
async fn warm_calls_cost_what_they_are_meant_to() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    latchkey.kari_is_asked(&latchkey.ask("names").await).await;
    let (proxy, mut measured) = (&latchkey.proxy, Vec::new());
    let mut note = |name: &'static str| {
        measured.push(format!("{name}: {} round trips, {}", proxy.round_trips(), proxy.operations().join(" ")));
        proxy.record();
    };

    proxy.record();
    let token = latchkey.third_party(VERIFIER).await;
    note("client token");
    let asked = latchkey.open_transfer(&token, &json!({ "scope": "names" })).await.asked(&token);
    note("open");
    let declined = latchkey.open_transfer(&token, &json!({ "scope": "names" })).await.asked(&token);
    latchkey.open_transfer(&token, &json!({ "scope": "passport" })).await.refused_transfer(400, "invalid_scope");
    note("open two, one of them refused");
    latchkey.open_transfer("forged", &json!({ "scope": "names" })).await.refused_transfer(401, "invalid_token");
    note("forged token");
    latchkey.status(&asked).await.ok();
    note("status");
    latchkey.status(&asked).await.refused_transfer(429, "slow_down");
    note("status, too early");
    latchkey.send("GET", &format!("{SESSION}/{}/status", asked.token), &[], "").await.ok();
    note("status by the code");
    latchkey.decision(&asked).await.ok();
    note("decision");
    latchkey.information(&token, &asked.id).await.ok();
    note("information");
    assert_eq!(latchkey.send("GET", &format!("{}/qr.svg", asked.path()), &[], "").await.status, 200);
    note("QR code");
    latchkey.browser().get("/authorize/lkt_forged").await;
    note("no code at all");
    let mut browser = latchkey.browser();
    browser.get(&asked.path()).await;
    note("scan");
    browser.get(&format!("{}/sign-in", asked.path())).await;
    note("sign-in page");
    let who = [("identifier", KARI_EMAIL), ("kind", "customer"), ("password", "wrong password")];
    browser.send_form(&who).await;
    note("sign in, wrong password");
    browser.send_form(&[who[0], who[1], ("password", KARI_PASSWORD)]).await;
    note("sign in");
    browser.get(&asked.path()).await;
    note("question");
    browser.send_form(&[("decision", "agree")]).await;
    note("agree");
    browser.get(&declined.path()).await;
    proxy.record();
    browser.send_form(&[("decision", "decline")]).await;
    note("decline");
    latchkey.decision(&asked).await.ok();
    note("decision, agreed");
    browser.get(CONSENTS).await;
    note("consents");
    browser.send_form(&[("revoke", &asked.id)]).await;
    note("revoke");

    let budget = [
        "client token: 0 round trips, ",
        "open: 1 round trips, PutItem",
        "open two, one of them refused: 1 round trips, PutItem",
        "forged token: 0 round trips, ",
        "status: 1 round trips, UpdateItem",
        "status, too early: 1 round trips, UpdateItem",
        "status by the code: 1 round trips, UpdateItem",
        "decision: 1 round trips, UpdateItem",
        "information: 1 round trips, GetItem",
        "QR code: 1 round trips, GetItem",
        "no code at all: 0 round trips, ",
        "scan: 1 round trips, UpdateItem",
        "sign-in page: 1 round trips, UpdateItem",
        "sign in, wrong password: 5 round trips, GetItem GetItem GetItem UpdateItem UpdateItem UpdateItem UpdateItem",
        "sign in: 5 round trips, GetItem GetItem GetItem TransactWriteItems UpdateItem UpdateItem",
        "question: 2 round trips, BatchGetItem UpdateItem UpdateItem",
        "agree: 2 round trips, BatchGetItem TransactWriteItems UpdateItem",
        "decline: 2 round trips, BatchGetItem UpdateItem UpdateItem",
        "decision, agreed: 1 round trips, UpdateItem",
        "consents: 2 round trips, BatchGetItem Query",
        "revoke: 2 round trips, BatchGetItem TransactWriteItems",
    ];
    assert_eq!(measured, budget);
}
