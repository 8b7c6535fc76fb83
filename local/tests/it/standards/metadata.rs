use serde_json::json;

use crate::harness::{Fault, INTROSPECT, Latchkey, REVOKE, TOKEN};

const PATHS: [&str; 2] = ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"];

#[tokio::test(flavor = "multi_thread")]
async fn both_documents_say_what_works_and_nothing_else() {
    let latchkey = Latchkey::start().await;
    let base = &latchkey.server.base_url;
    for path in PATHS {
        let answer = latchkey.send("GET", path, &[], "").await;
        assert_eq!(answer.header("cache-control"), Some("public, max-age=600"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let mut metadata = answer.ok();
        let scopes = metadata.as_object_mut().unwrap().remove("scopes_supported").unwrap();
        let scopes: Vec<_> = scopes.as_array().unwrap().iter().filter_map(|scope| scope.as_str()).collect();
        assert_eq!(scopes, shared::app::customers::scopes::ALL);
        let ways = json!(["client_secret_basic", "client_secret_post"]);
        let expected = json!({
            "issuer": base,
            "jwks_uri": format!("{base}/.well-known/jwks.json"),
            "token_endpoint": format!("{base}{TOKEN}"),
            "token_endpoint_auth_methods_supported": ways,
            "grant_types_supported": ["client_credentials", "refresh_token"],
            "introspection_endpoint": format!("{base}{INTROSPECT}"),
            "introspection_endpoint_auth_methods_supported": ways,
            "revocation_endpoint": format!("{base}{REVOKE}"),
            "revocation_endpoint_auth_methods_supported": ways,
            "response_types_supported": [],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "EdDSA"],
        });
        assert_eq!(metadata, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_issuer_is_that_of_every_token_letter_for_letter() {
    let latchkey = Latchkey::start().await;
    let issuer = latchkey.send("GET", PATHS[0], &[], "").await.ok()["issuer"].clone();
    let client = latchkey.client_access("local-backend").await;
    for token in [latchkey.jane().await.access, client] {
        assert_eq!(latchkey.introspect("local-verifier", &token).await["iss"], issuer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn they_cost_no_call_and_are_there_while_dynamodb_is_not() {
    let latchkey = Latchkey::start().await;
    latchkey.advance(3_600).await;
    latchkey.proxy.plan(|_| Fault::Fail);
    for path in PATHS {
        latchkey.send("GET", path, &[], "").await.ok();
    }
    assert_eq!(latchkey.proxy.count(), 0);
}
