use local::{AUDIENCE, TENANT_ID};
use serde_json::{Value, json};
use shared::store::GrantType;

use crate::harness::{
    Answer, Asked, CLIENT_TOKEN, KARI_PASSWORD, Latchkey, SESSION, USERS, VERIFIER, basic, claims, form, login,
};

const GRANT: (&str, &str) = ("grant_type", "client_credentials");
const ID: (&str, &str) = ("client_id", VERIFIER);
const SECRET: (&str, &str) = ("client_secret", "local-verifier-secret");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const SLASHES: [&str; 2] = [CLIENT_TOKEN, "/auth/v2/token"];

#[tokio::test(flavor = "multi_thread")]
async fn a_third_party_gets_a_token_for_a_day_and_nothing_to_refresh_it_by() {
    let latchkey = Latchkey::start().await;
    for path in SLASHES {
        let by_header = latchkey.oauth(VERIFIER, path, &[GRANT]).await;
        let by_form = latchkey.post_form(path, &[GRANT, ID, SECRET]).await;
        for answer in [by_header, by_form] {
            let body = answer.ok();
            let members: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
            let documented = ["access_token", "client_id", "exp", "expires_in", "iat", "iss", "organization_id", "sub"];
            assert_eq!(members, documented);
            let base = &latchkey.server.base_url;
            assert_eq!((&body["iss"], &body["organization_id"]), (&json!(base), &json!(TENANT_ID)));
            assert_eq!((&body["sub"], &body["client_id"]), (&json!(VERIFIER), &json!(VERIFIER)));
            assert_eq!(body["expires_in"], 86_400);
            assert_eq!(body["exp"].as_i64().unwrap() - body["iat"].as_i64().unwrap(), 86_400);
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            let claims = claims(&answer.access_token());
            assert_eq!((&claims["exp"], &claims["iat"]), (&body["exp"], &body["iat"]));
            assert_eq!(claims["aud"], format!("{base}/{TENANT_ID}/transfers"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_may_be_for_less_than_the_third_party_may_ask_for() {
    let latchkey = Latchkey::start().await;
    let narrow = latchkey.oauth(VERIFIER, CLIENT_TOKEN, &[GRANT, ("scope", "names email")]).await.access_token();
    latchkey.open_transfer(&narrow, &json!({ "scope": "email" })).await.asked(&narrow);
    let pictures = latchkey.oauth(VERIFIER, CLIENT_TOKEN, &[GRANT, ("scope", "pictures")]).await.access_token();
    latchkey.open_transfer(&pictures, &json!({ "scope": "picture" })).await.asked(&pictures);
    let before = latchkey.table.rows().await;
    let message = latchkey.open_transfer(&narrow, &json!({ "scope": "email phone" })).await;
    assert!(message.refused_transfer(403, "insufficient_scope").contains("phone"));
    for scope in ["names read:customers", "NAMES", "a\"b"] {
        let answer = latchkey.oauth(VERIFIER, CLIENT_TOKEN, &[GRANT, ("scope", scope)]).await;
        answer.refused_transfer(400, "invalid_scope");
    }
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_prove_itself_gets_one_answer() {
    let latchkey = Latchkey::start().await;
    let bearer = format!("Bearer {}", latchkey.third_party(VERIFIER).await);
    for path in SLASHES {
        let mut answers = Vec::new();
        for authorization in [&*basic("nobody"), "Basic !", "Basic bG9jYWw=", &bearer] {
            let headers = [("authorization", authorization), FORM];
            answers.push(latchkey.send("POST", path, &headers, form(&[GRANT])).await);
        }
        for credentials in [&[][..], &[ID], &[ID, ("client_secret", "wrong")], &[("client_id", "nobody"), SECRET]] {
            answers.push(latchkey.post_form(path, &[&[GRANT], credentials].concat()).await);
        }
        let messages: Vec<_> = answers.iter().map(|answer| answer.refused_transfer(401, "invalid_client")).collect();
        assert!(messages.iter().all(|message| *message == messages[0]), "{messages:?}");
        let faces: Vec<_> = answers.iter().map(Answer::face).collect();
        assert!(faces.iter().all(|face| *face == faces[0]), "{faces:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_secrets_are_counted_by_their_source() {
    let latchkey = Latchkey::start().await;
    latchkey.begin_window(60).await;
    let wrong = [GRANT, ID, ("client_secret", "wrong")];
    for number in 0..20 {
        latchkey.post_form(SLASHES[number % 2], &wrong).await.refused_transfer(401, "invalid_client");
    }
    latchkey.post_form(CLIENT_TOKEN, &wrong).await.refused_transfer(429, "too_many_requests");
    latchkey.third_party(VERIFIER).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_post_and_no_form_is_refused_without_a_call() {
    let latchkey = Latchkey::start().await;
    latchkey.third_party(VERIFIER).await;
    let header = basic(VERIFIER);
    let authorized = ("authorization", header.as_str());
    latchkey.proxy.record();
    for path in SLASHES {
        for method in ["GET", "PUT", "DELETE", "PATCH"] {
            let in_query = format!("{path}?{}", form(&[GRANT, ID, SECRET]));
            let answer = latchkey.send(method, &in_query, &[authorized, FORM], form(&[GRANT])).await;
            answer.refused_transfer(405, "invalid_request");
            assert_eq!(answer.header("allow"), Some("POST"));
        }
        for kind in ["application/json", "text/plain", "multipart/form-data", ""] {
            let answer = latchkey.send("POST", path, &[authorized, ("content-type", kind)], form(&[GRANT])).await;
            answer.refused_transfer(415, "invalid_request");
        }
        latchkey.send("POST", path, &[authorized, FORM], "a=1&a=2").await.refused_transfer(400, "invalid_request");
        latchkey.oauth(VERIFIER, path, &[("grant_type", "")]).await.refused_transfer(400, "invalid_request");
        for grant in ["authorization_code", "refresh_token", "password", "Client_Credentials"] {
            let answer = latchkey.oauth(VERIFIER, path, &[("grant_type", grant)]).await;
            answer.refused_transfer(400, "unsupported_grant_type");
        }
    }
    assert_eq!(latchkey.proxy.operations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_may_ask_nobody_for_data_gets_none() {
    let latchkey = Latchkey::start().await;
    for client in ["local-backend", "local-refresh"] {
        for more in [&[][..], &[("scope", "names")]] {
            let answer = latchkey.oauth(client, CLIENT_TOKEN, &[&[GRANT], more].concat()).await;
            answer.refused_transfer(400, "unauthorized_client");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_one_surface_opens_nothing_on_another() {
    let latchkey = Latchkey::start().await;
    let asked = latchkey.ask("names").await;
    let body = json!({ "scope": "names" });
    for token in [latchkey.back_end("local-backend").await, latchkey.client_access("local-refresh").await] {
        latchkey.open_transfer(&token, &body).await.refused_transfer(401, "invalid_token");
        let another = Asked { by: token, ..asked.clone() };
        latchkey.decision(&another).await.refused_transfer(401, "invalid_token");
        latchkey.status(&another).await.refused_transfer(401, "invalid_token");
        latchkey.information(&another.by, &asked.id).await.refused_transfer(401, "invalid_token");
    }
    for rest in ["/auth/keys", "/customers/users/10042", "/auth/clients"] {
        latchkey.by(&asked.by, "GET", rest, &Value::Null).await.refused_customer(401, "invalid_token");
    }
    latchkey.check_session(&asked.by).await.refused(401, "invalid_access_token");
    for (method, path) in
        [("POST", SESSION.to_owned()), ("GET", asked.call("decision/")), ("GET", asked.call("status"))]
    {
        let headers = [("content-type", "application/json")];
        latchkey.send(method, &path, &headers, body.to_string()).await.refused_transfer(401, "missing_token");
    }
    assert_eq!(latchkey.table.rows_of("transfer").await.len(), 1);
    assert_eq!(latchkey.written_status(&asked).await, "initialized");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_person_asks_people_for_their_data() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let audience = format!("{}/{TENANT_ID}/transfers", latchkey.server.base_url);
    let admin = latchkey.back_end("local-backend").await;
    let grants = json!({ "name": "x", "grants": [{ "audience": audience, "scope": ["names"] }] });
    latchkey.post(&admin, "/auth/clients", &grants).await.refused_customer(400, "invalid_request");
    // Nor would one whose client an operator gave this audience.
    let grants = [(AUDIENCE, USERS, GrantType::Any), (audience.as_str(), "names", GrantType::Any)];
    latchkey.another_client(TENANT_ID, "back-end", &grants).await;
    let back_end = latchkey.back_end("back-end").await;
    let mut body = login(KARI_PASSWORD);
    body["audience"] = json!(audience);
    let person = latchkey.post(&back_end, "/customers/login", &body).await.access_token();
    let asked = latchkey.ask("names").await;
    latchkey.open_transfer(&person, &json!({ "scope": "names" })).await.refused_transfer(403, "forbidden");
    let hers = Asked { by: person, ..asked };
    latchkey.decision(&hers).await.refused_transfer(403, "forbidden");
    let audience = json!({ "audience": audience });
    let token = latchkey.ask_client_token(("back-end", "back-end-secret"), &audience).await.access_token();
    let answer = latchkey.open_transfer(&token, &json!({ "scope": "names" })).await;
    answer.refused_transfer(403, "insufficient_scope");
    let theirs = Asked { by: token, ..hers };
    latchkey.decision(&theirs).await.refused_transfer(404, "not_found");
    assert_eq!(latchkey.table.rows_of("transfer").await.len(), 1);
}
