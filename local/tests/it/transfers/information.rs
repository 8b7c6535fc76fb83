use serde_json::{Value, json};

use crate::harness::{Answer, Asked, Latchkey, OTHER_TENANT, SESSION, VERIFIER};

/// As an app asks that knows nothing but the code.
async fn by_code_alone(latchkey: &Latchkey, asked: &Asked) -> Answer {
    latchkey.send("GET", &format!("{SESSION}/{}/information", asked.token), &[], "").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_says_what_is_asked_and_by_whom_and_is_scanned_once() {
    let latchkey = Latchkey::start().await;
    let body = json!({ "scope": "pictures names email", "optional_scope": "email", "vendor_data": "order 4711" });
    let asked = latchkey.ask_for(&body).await;
    let before = latchkey.transfer(&asked).await.unwrap();
    let by_bearer = latchkey.information(&asked.token, &asked.id).await;
    let with_slash = format!("{SESSION}/{}/information/", asked.id);
    let after = latchkey.transfer(&asked).await.unwrap();
    let with_slash = latchkey.bearing(&asked.token, "GET", &with_slash, &Value::Null).await;
    let by_path = by_code_alone(&latchkey, &asked).await;
    for answer in [&by_bearer, &with_slash, &by_path] {
        let json = answer.ok();
        let members: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        let documented =
            ["client_id", "client_name", "created_at", "expires_at", "optional_scope", "scope", "session_id", "status"];
        assert_eq!(members, documented, "and no vendor_data, which is the third party's");
        assert_eq!(json, by_bearer.ok());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let json = by_bearer.ok();
    assert_eq!((&json["session_id"], &json["status"]), (&json!(asked.id), &json!("retrieved")));
    assert_eq!((&json["scope"], &json["optional_scope"]), (&json!("pictures names email"), &json!("email")));
    assert_eq!(json["client_id"], VERIFIER);
    assert_eq!(json["client_name"], "Harbour Car Rental");
    for name in ["created_at", "expires_at"] {
        let time = json[name].as_str().unwrap();
        assert!(time.len() == 24 && time.ends_with('Z') && time.as_bytes()[19] == b'.', "{time}");
    }
    assert_ne!(before, after);
    assert_eq!(latchkey.transfer(&asked).await.unwrap(), after, "scanned once");
}

#[tokio::test(flavor = "multi_thread")]
async fn its_third_party_looks_without_scanning() {
    let latchkey = Latchkey::start().await;
    let asked = latchkey.ask("names").await;
    let before = latchkey.table.rows().await;
    let json = latchkey.information(&asked.by, &asked.id).await.ok();
    assert_eq!((json.get("status"), &json["client_id"]), (None, &json!(VERIFIER)), "that it has to poll for");
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_none_or_anothers_is_as_good_as_unknown() {
    let latchkey = Latchkey::start().await;
    let (asked, other) = (latchkey.ask("names").await, latchkey.ask("email").await);
    latchkey.another_third_party(OTHER_TENANT, "stranger", "names").await;
    let stranger = latchkey.third_party("stranger").await;
    let foreign = latchkey.open_transfer(&stranger, &json!({ "scope": "names" })).await.asked(&stranger);
    let before = latchkey.table.rows().await;
    let last = if asked.token.ends_with('A') { 'Q' } else { 'A' };
    let forged = format!("{}{last}", &asked.token[..asked.token.len() - 1]);
    let mut answers = Vec::new();
    for token in [&forged, &other.token, &foreign.token] {
        answers.push(latchkey.information(token, &asked.id).await);
        let status = format!("{SESSION}/{}/status", asked.id);
        answers.push(latchkey.bearing(token, "GET", &status, &Value::Null).await);
    }
    let unknown = "00000000-0000-4000-8000-000000000000";
    answers.push(latchkey.information(&asked.token, unknown).await);
    answers.push(latchkey.information(&asked.by, unknown).await);
    answers.push(by_code_alone(&latchkey, &Asked { token: forged.clone(), ..asked.clone() }).await);
    for answer in &answers {
        answer.refused_transfer(404, "not_found");
        assert_eq!(answer.face(), answers[0].face());
    }
    // It opens the two calls that are for it, and nothing else.
    latchkey.decision(&Asked { by: asked.token.clone(), ..asked.clone() }).await.refused_transfer(401, "invalid_token");
    latchkey.open_transfer(&asked.token, &json!({ "scope": "names" })).await.refused_transfer(401, "invalid_token");
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_are_none_are_as_good_as_unknown() {
    let latchkey = Latchkey::start().await;
    let asked = latchkey.ask("names").await;
    let unknown = latchkey.information(&asked.by, "00000000-0000-4000-8000-000000000000").await;
    unknown.refused_transfer(404, "not_found");
    for id in ["x", "10042", "%00", "lkt_", &asked.token[..79], &format!("{}x", asked.id), "%F0%9F%98%80"] {
        for call in ["information", "status", "decision", "decision/"] {
            let path = format!("{SESSION}/{id}/{call}");
            let answer = latchkey.bearing(&asked.by, "GET", &path, &Value::Null).await;
            assert_eq!(answer.face(), unknown.face(), "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_the_code_sees_how_it_ended_and_nothing_of_what_was_shared() {
    let latchkey = Latchkey::start().await;
    let asked = latchkey.ask("names").await;
    latchkey.advance(121).await;
    assert_eq!(by_code_alone(&latchkey, &asked).await.ok()["status"], "expired");
    assert_eq!(latchkey.written_status(&asked).await, "initialized", "nobody scanned it in time");
    latchkey.advance(600).await;
    by_code_alone(&latchkey, &asked).await.refused_transfer(404, "not_found");
}
