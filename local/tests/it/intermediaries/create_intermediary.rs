use serde_json::{Value, json};

use crate::harness::Latchkey;

const PATH: &str = "/intermediaries";

#[tokio::test(flavor = "multi_thread")]
async fn a_record_gets_an_id_and_its_variables_come_back_as_they_were() {
    let latchkey = Latchkey::start().await;
    let variables = r#"{"name": "Acme", "rate": 1.10, "big": 12345678901234567890123, "tags": [null, true]}"#;
    let headers = [("api-key", "local-api-key"), ("content-type", "application/json; charset=utf-8")];
    let answer = latchkey.send("POST", PATH, &headers, format!("{{\"variables\": {variables}}}")).await;
    assert!(answer.text.contains(variables), "{}", answer.text);
    let body = answer.ok();
    let id = body["id"].as_str().unwrap();
    assert!(id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    let account = json!({ "email": "new@example.com", "intermediaryId": id });
    latchkey.create_account(account).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_object_of_variables_is_a_record() {
    let latchkey = Latchkey::start().await;
    let before = latchkey.table.rows().await;
    for body in [json!({}), json!({ "variables": null }), json!({ "variables": [] }), json!({ "variables": "x" })] {
        let error = latchkey.call("POST", PATH, &[], Some(body)).await.refused(400, "invalid_request");
        assert_eq!(error["field"], "variables");
    }
    for body in [Value::Null, json!([]), json!("x")] {
        latchkey.call("POST", PATH, &[], Some(body)).await.refused(400, "invalid_request");
    }
    assert_eq!(latchkey.table.rows().await, before);
}
