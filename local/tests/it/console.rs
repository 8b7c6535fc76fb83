use serde_json::json;

use crate::harness::Latchkey;

#[tokio::test(flavor = "multi_thread")]
async fn the_start_page_names_this_server() {
    let latchkey = Latchkey::start().await;
    let page = latchkey.send("GET", "/", &[], "").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
    assert!(page.text.contains(&latchkey.server.base_url) && !page.text.contains("{{"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_outbox_is_an_empty_list() {
    let latchkey = Latchkey::start().await;
    assert_eq!(latchkey.send("GET", "/local/outbox", &[], "").await.ok(), json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_goes_ahead_by_what_it_is_told_and_never_back() {
    let latchkey = Latchkey::start().await;
    let now = async |body: &str| latchkey.send("POST", "/local/clock", &[], body.to_owned()).await;
    let before = now(r#"{"advance_seconds": 0}"#).await.ok()["now"].as_i64().unwrap();
    let after = now(r#"{"advance_seconds": 1800}"#).await.ok()["now"].as_i64().unwrap();
    assert!((1_800..1_810).contains(&(after - before)));
    for body in
        ["", "{}", "[]", r#"{"advance_seconds": -1}"#, r#"{"advance_seconds": "1"}"#, r#"{"advance_seconds": 1e30}"#]
    {
        assert_eq!(now(body).await.status, 400, "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_routes_answer_as_api_gateway_does() {
    let latchkey = Latchkey::start().await;
    let not_found = json!({ "message": "Not Found" });
    for (method, path) in [
        ("GET", "/intermediaries/"),
        ("POST", "/intermediaries/accounts/"),
        ("GET", "/intermediaries/sessions"),
        ("PATCH", "/intermediaries/accounts"),
        ("POST", "/intermediaries/sessions/%2B1/x"),
        ("GET", "/nothing"),
    ] {
        let answer = latchkey.call(method, path, &[], None).await;
        assert_eq!((answer.status, answer.json()), (404, not_found.clone()), "{method} {path}");
    }
    let head = latchkey.call("HEAD", "/.well-known/jwks.json", &[], None).await;
    assert_eq!((head.status, head.text.as_str()), (404, ""));
}
