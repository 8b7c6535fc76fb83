//! Where the local server shows `openapi.yaml`.

use local::{ApiDocument, OPENAPI};

use crate::harness::Latchkey;

#[tokio::test(flavor = "multi_thread")]
async fn tools_get_the_document_as_it_stands() {
    let latchkey = Latchkey::start().await;
    let text = latchkey.send("GET", "/openapi.yaml", &[], "").await;
    assert_eq!((text.status, text.header("content-type")), (200, Some("application/yaml")));
    assert_eq!(text.text, OPENAPI);
    let start = latchkey.send("GET", "/", &[], "").await.text;
    assert!(start.contains("href=\"/openapi\"") && start.contains("href=\"/openapi.yaml\""), "{start}");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_get_a_page_that_needs_no_script_and_nothing_from_elsewhere() {
    let latchkey = Latchkey::start().await;
    let page = latchkey.send("GET", "/openapi", &[], "").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    for foreign in
        ["<script", "<iframe", "<img", "<link", "style=\"", " src=", "javascript:", "url(", "@import", " onclick"]
    {
        assert!(!page.text.contains(foreign), "{foreign}");
    }
    let document = ApiDocument::built_in().unwrap();
    for operation in document.operations() {
        assert!(page.text.contains(&format!("id=\"{}\"", operation.id())), "{}", operation.id());
        assert!(page.text.contains(&format!("</b><code>{}</code>", operation.path)), "{}", operation.path);
    }
    assert!(
        page.text.contains("<code>invalid_grant</code>") && !page.text.contains('\u{60}'),
        "code between backticks"
    );
}
