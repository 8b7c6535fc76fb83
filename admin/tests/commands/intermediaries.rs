use local::{API_KEY, INTERMEDIARY_ID, TENANT_ID};
use serde_json::{Value, json};

use crate::harness::Latchkey;

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_is_invited_opens_the_records_account() {
    let latchkey = Latchkey::start().await;
    let record =
        latchkey.run(&["intermediary", "create", TENANT_ID]).result()["id"].as_str().expect("an id").to_owned();
    let invite = ["intermediary", "invite", TENANT_ID, &record, "john@example.com", "--full-name", "John Broker"];
    let invited = latchkey.run(&invite);
    assert!(invited.logged("account.invited"));
    let invited = invited.result();
    assert_eq!((&invited["intermediaryId"], &invited["email"]), (&json!(record), &json!("john@example.com")));
    let (_, outbox) = latchkey.call("GET", "/local/outbox", &[], &Value::Null).await;
    let link = outbox[0]["link"].as_str().expect("a link");
    assert!(link.starts_with("https://portal.example.test/invitation?token="), "{link}");
    let path = format!("/intermediaries/invites/{}", link.split_once("token=").unwrap().1);
    let body = json!({ "password": "123QW@qwe!", "phone": "+19172248888" });
    let (status, accepted) = latchkey.call("POST", &path, &[("api-key", API_KEY)], &body).await;
    assert_eq!(status, 200, "{accepted}");
    let found = latchkey.run(&["account", "find", TENANT_ID, "intermediary", "john@example.com"]).result();
    assert_eq!((&found["account_id"], &found["status"]), (&invited["accountId"], &json!("active")));
    assert_eq!(found["full_name"], "John Broker");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_is_refused_changes_nothing() {
    let latchkey = Latchkey::start().await;
    let invite = |record: &'static str, email: &'static str| ["intermediary", "invite", TENANT_ID, record, email];
    latchkey.refuses(&invite("507f281e810c19729de86000", "john@example.com"), "There is no such intermediary.").await;
    latchkey.mistyped(&invite("507f", "john@example.com"), "must be 24 hexadecimal digits").await;
    latchkey.mistyped(&invite(INTERMEDIARY_ID, "john"), "invalid value 'john' for '<EMAIL>'").await;
    latchkey.run(&invite(INTERMEDIARY_ID, "john@example.com")).result();
    let before = latchkey.rows().await;
    let again = latchkey.run(&invite(INTERMEDIARY_ID, "john@example.com"));
    assert_eq!((again.code, again.output.as_str()), (Some(1), ""));
    assert!(again.messages.starts_with("error: ") && again.messages.ends_with(" seconds)\n"), "{again:?}");
    assert!(latchkey.holds(&before).await);
}
