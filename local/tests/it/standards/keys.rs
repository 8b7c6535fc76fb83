use crate::harness::{Fault, Latchkey};

const PATH: &str = "/.well-known/jwks.json";

#[tokio::test(flavor = "multi_thread")]
async fn the_set_has_public_members_only_and_costs_no_call() {
    let latchkey = Latchkey::start().await;
    latchkey.proxy.record();
    let answer = latchkey.send("GET", PATH, &[], "").await;
    assert_eq!(answer.header("cache-control"), Some("public, max-age=600"));
    let set = answer.ok();
    let keys = set["keys"].as_array().unwrap();
    assert_eq!(keys.iter().map(|key| &key["alg"]).collect::<Vec<_>>(), ["RS256", "ES256", "EdDSA"]);
    let names: Vec<_> = keys[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["alg", "e", "kid", "kty", "n", "use"]);
    assert_eq!(latchkey.proxy.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_third_party_verifies_our_tokens_by_it() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let set = latchkey.send("GET", PATH, &[], "").await.text;
    let set: jsonwebtoken::jwk::JwkSet = serde_json::from_str(&set).unwrap();
    let kid = jsonwebtoken::decode_header(&pair.access).unwrap().kid.unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(set.find(&kid).unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    validation.set_audience(&[format!("{}/T00000001/intermediaries", latchkey.server.base_url)]);
    validation.set_issuer(&[&latchkey.server.base_url]);
    jsonwebtoken::decode::<serde_json::Value>(&pair.access, &key, &validation).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_there_while_dynamodb_is_not() {
    let latchkey = Latchkey::start().await;
    latchkey.proxy.plan(|_| Fault::Fail);
    latchkey.advance(3_600).await;
    latchkey.send("GET", PATH, &[], "").await.ok();
}
