use serde_json::json;

use crate::harness::{LEAD_EMAIL, Latchkey, PHONE};

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
async fn a_browser_sees_each_message_as_its_person_would() {
    let latchkey = Latchkey::start().await;
    let browser = [("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")];
    let empty = latchkey.send("GET", "/local/outbox", &browser, "").await;
    assert!(empty.status == 200 && empty.text.contains("Nothing yet"), "{empty:?}");
    assert!(latchkey.send("GET", "/", &browser, "").await.text.contains("href=\"/local/outbox\""));

    let name = "<b onclick=\"alert(1)\">Nordlys' & Co</b>";
    latchkey
        .change_tenant(|mut settings| {
            settings.display_name = Some(name.to_owned());
            settings.portal_url = Some("https://portal.example.test/\"><script>alert(1)</script>".to_owned());
            settings
        })
        .await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    latchkey.forgot_password(&portal, &json!({ "EmailAddress": LEAD_EMAIL })).await.ok();
    latchkey.forgot_password(&portal, &json!({ "EmailAddress": "nobody@example.com" })).await.ok();
    latchkey.jane().await;
    latchkey.send_code(PHONE).await.ok();
    let page = latchkey.send("GET", "/local/outbox", &browser, "").await;
    assert!(page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
    assert!(!page.text.contains("<b ") && !page.text.contains("<script"), "{}", page.text);
    let outbox = latchkey.outbox().await;
    assert_eq!(outbox.len(), 2, "programs get JSON");
    let (email, code) = (&outbox[0], outbox[1]["code"].as_str().unwrap());
    assert_eq!(email["subject"], format!("Set a new password for {name}"));
    let texts = page.text.split("<article").skip(1).collect::<Vec<_>>();
    assert!(texts.len() == 2 && texts[0].contains(code) && texts[0].contains(PHONE), "the newest first: {texts:?}");
    assert!(texts[1].contains(LEAD_EMAIL) && texts[1].contains("Set a new password for &#60;b onclick="));
    let link = texts[1].split_once("<a href=\"").unwrap().1.split_once('"').unwrap().0;
    let shown = link.replace("&#34;", "\"").replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&");
    assert_eq!(json!(shown), email["link"]);
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
    let too_long = latchkey.send("POST", "/nothing", &[], vec![b'x'; 10 * 1024 * 1024 + 1]).await;
    assert_eq!((too_long.status, too_long.json()), (413, json!({ "message": "Request Too Long" })));
    let head = latchkey.call("HEAD", "/.well-known/jwks.json", &[], None).await;
    assert_eq!((head.status, head.text.as_str()), (404, ""));
}
