//! Tokens that were never ours, or are ours no more, open nothing: a single answer, no 5xx, no call.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::harness::Latchkey;

fn parts(token: &str) -> (Value, Value, String) {
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>().try_into().expect("three parts");
    let read = |part: &str| serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap();
    (read(header), read(claims), signature.to_owned())
}

fn write(part: &Value) -> String {
    BASE64URL_NOPAD.encode(part.to_string().as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_is_an_rfc_9068_jwt() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let (header, claims, _) = parts(&pair.access);
    let keys = latchkey.send("GET", "/.well-known/jwks.json", &[], "").await.ok();
    assert_eq!(header, json!({ "alg": "RS256", "typ": "at+jwt", "kid": keys["keys"][0]["kid"] }));
    let base = &latchkey.server.base_url;
    assert_eq!(claims["iss"], json!(base));
    assert_eq!(claims["aud"], json!(format!("{base}/T00000001/intermediaries")));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
    assert_eq!((&claims["client_id"], &claims["scope"]), (&json!("local-portal"), &json!("intermediary")));
    assert_eq!((&claims["amr"], &claims["auth_time"]), (&json!(["pwd"]), &claims["iat"]));
    let account = latchkey.find_account(&pair.access).await.ok();
    assert_eq!((&claims["sub"], &claims["intermediary_id"]), (&account["id"], &account["intermediaryId"]));
    for claim in ["jti", "sid"] {
        assert!(claims[claim].as_str().is_some_and(|id| id.len() == 36), "{claim}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_and_malformed_tokens_are_refused_without_a_call() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let (header, claims, signature) = parts(&pair.access);
    let key = latchkey.send("GET", "/.well-known/jwks.json", &[], "").await.ok()["keys"][0].clone();
    let with_header = |change: Value| {
        let mut header = header.clone();
        header.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        format!("{}.{}.{signature}", write(&header), write(&claims))
    };
    let mut forged = vec![
        with_header(json!({ "alg": "none" })),
        with_header(json!({ "alg": "NONE" })),
        format!("{}.{}.", write(&json!({ "alg": "none", "typ": "at+jwt", "kid": key["kid"] })), write(&claims)),
        with_header(json!({ "alg": "HS256" })),
        with_header(json!({ "alg": "RS512" })),
        with_header(json!({ "typ": "JWT" })),
        with_header(json!({ "kid": "other" })),
        with_header(json!({ "kid": 1 })),
        with_header(json!({ "kid": "../../etc/passwd" })),
        with_header(json!({ "jwk": key })),
        with_header(json!({ "jku": "http://127.0.0.1:1/jwks.json" })),
        with_header(json!({ "x5u": "http://127.0.0.1:1/cert" })),
        with_header(json!({ "crit": ["b64"], "b64": false })),
        format!("{}=.{}.{signature}", write(&header), write(&claims)),
        format!("{}.{}", write(&header), write(&claims)),
        format!("{}.extra", pair.access),
        format!(" {}", &pair.access[1..]),
        pair.access.replace('.', ".."),
        "a.b.c".to_owned(),
        "..".to_owned(),
        "x".repeat(5_000),
    ];
    for (name, value) in [("sub", json!("x")), ("exp", json!("9999999999")), ("aud", json!([])), ("sid", Value::Null)] {
        let mut claims = claims.clone();
        claims[name] = value;
        forged.push(format!("{}.{}.{signature}", write(&header), write(&claims)));
    }
    latchkey.proxy.record();
    for token in &forged {
        latchkey.check_session(token).await.refused(401, "invalid_access_token");
        latchkey.sign_out(token).await.refused(401, "invalid_access_token");
    }
    assert_eq!(latchkey.proxy.count(), 0);
    latchkey.check_session(&pair.access).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_minutes_later_it_opens_nothing() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.advance(590).await;
    latchkey.check_session(&pair.access).await.ok();
    latchkey.advance(11).await;
    latchkey.check_session(&pair.access).await.refused(401, "invalid_access_token");
    let next = latchkey.re_sign(&pair.refresh).await.pair();
    latchkey.check_session(&next.access).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_deployments_token_opens_nothing() {
    let (ours, theirs) = (Latchkey::start().await, Latchkey::start().await);
    ours.jane().await;
    let foreign = theirs.jane().await;
    ours.check_session(&foreign.access).await.refused(401, "invalid_access_token");
    ours.re_sign(&foreign.refresh).await.refused(401, "invalid_refresh_token");
    theirs.re_sign(&foreign.refresh).await.pair();
}
