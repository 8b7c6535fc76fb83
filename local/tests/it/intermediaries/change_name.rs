use serde_json::json;

use crate::harness::{Latchkey, jane};

#[tokio::test(flavor = "multi_thread")]
async fn the_name_is_what_was_said_last() {
    let latchkey = Latchkey::start().await;
    let mut body = jane();
    body["fullName"] = json!("Jane Broker");
    let pair = latchkey.create_account(body).await.pair();
    let before = latchkey.find_account(&pair.access).await.ok();
    let name = "J\u{e4}ne O'Br\u{f6}ker \u{738b}";
    let body = json!({ "fullName": name, "email": "mallory@example.com", "status": "blocked", "id": "x" });
    let account = latchkey.within(&pair.access, "PUT", "accounts/full-name", Some(body)).await.ok();
    let mut expected = before;
    expected["fullName"] = json!(name);
    expected["lastActiveAt"] = account["lastActiveAt"].clone();
    assert_eq!(account, expected);
    assert_eq!(latchkey.find_account(&pair.access).await.ok()["fullName"], name);
    assert!(latchkey.is_signed_in(&pair.access).await);
    assert!(latchkey.outbox().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_name_and_who_is_not_signed_in_change_nothing() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let left = latchkey.another_account("other@example.com").await;
    latchkey.sign_out(&left.access).await.ok();
    let before = latchkey.table.rows().await;
    for name in [
        json!(null),
        json!(5),
        json!(["Jane"]),
        json!({ "S": "x" }),
        json!("a\u{0}b"),
        json!("a\r\nb"),
        json!("x".repeat(257)),
    ] {
        let body = json!({ "fullName": name });
        let answer = latchkey.within(&pair.access, "PUT", "accounts/full-name", Some(body)).await;
        assert_eq!(answer.refused(400, "invalid_request")["field"], "fullName", "{name}");
    }
    latchkey.within(&pair.access, "PUT", "accounts/full-name", Some(json!({}))).await.refused(400, "invalid_request");
    for token in ["", "x", &left.access, &pair.refresh] {
        let body = json!({ "fullName": "Mallory" });
        let answer = latchkey.within(token, "PUT", "accounts/full-name", Some(body)).await;
        answer.refused(401, "invalid_access_token");
    }
    assert_eq!(latchkey.table.rows().await, before);
}
