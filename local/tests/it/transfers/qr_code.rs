use crate::harness::{Asked, Latchkey};

async fn picture(latchkey: &Latchkey, asked: &Asked) -> crate::harness::Answer {
    latchkey.send("GET", &format!("{}/qr.svg", asked.path()), &[], "").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_is_a_picture_that_any_page_may_show() {
    let latchkey = Latchkey::start().await;
    let asked = latchkey.ask("names").await;
    let before = latchkey.table.rows().await;
    let answer = picture(&latchkey, &asked).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("image/svg+xml"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("cross-origin-resource-policy"), Some("cross-origin"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("content-security-policy"), Some("default-src 'none'"));
    assert!(answer.header("set-cookie").is_none());
    assert!(answer.text.contains("<svg") && answer.text.ends_with("</svg>") && !answer.text.contains("<script"));
    assert!(!answer.text.contains(&asked.token), "to be scanned, not read");
    assert_eq!(picture(&latchkey, &asked).await.text, answer.text);
    assert_eq!(latchkey.table.rows().await, before, "looking is not scanning");
    let other = latchkey.ask("names").await;
    assert_ne!(picture(&latchkey, &other).await.text, answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn once_it_was_scanned_or_is_over_there_is_no_code_to_show() {
    let latchkey = Latchkey::start().await;
    let (scanned, declined, late) =
        (latchkey.ask("names").await, latchkey.ask("names").await, latchkey.ask("names").await);
    latchkey.information(&scanned.token, &scanned.id).await.ok();
    let mut browser = latchkey.browser();
    browser.scan(&declined).await;
    browser.decline().await;
    for asked in [&scanned, &declined] {
        assert_eq!(picture(&latchkey, asked).await.status, 404);
    }
    assert_eq!(picture(&latchkey, &late).await.status, 200);
    latchkey.advance(120).await;
    assert_eq!(picture(&latchkey, &late).await.status, 404);
}
