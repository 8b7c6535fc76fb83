//! What leaves, to whom, and what is left of it.

use serde_json::{Value, json};

use crate::harness::{Item, LEAD_EMAIL, Latchkey, PHONE, SENDER, record};
use crate::secrets::has_word;

/// A link by e-mail.
async fn send_link(latchkey: &Latchkey) {
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    latchkey.forgot_password(&portal, &json!({ "EmailAddress": LEAD_EMAIL })).await.ok();
}

fn id_of(row: &Item) -> &str {
    row["pk"].as_s().unwrap().rsplit('#').next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_goes_out_by_text_message_as_the_outbox_has_it() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    latchkey.send_code(PHONE).await.ok();
    let wanted = latchkey.outbox().await.remove(0);
    assert_eq!(wanted.get("subject"), None);
    assert!(latchkey.deliver(&latchkey.messages().await).await.is_empty());
    let sent = latchkey.carrier.texts().remove(0);
    assert_eq!((&sent["Action"], &sent["PhoneNumber"]), (&"Publish".to_owned(), &PHONE.to_owned()));
    assert_eq!((json!(sent["PhoneNumber"]), json!(sent["Message"])), (wanted["to"].clone(), wanted["body"].clone()));
    let attributes: Vec<_> = (1..3)
        .map(|number| {
            let of = |part: &str| sent[&format!("MessageAttributes.entry.{number}.{part}")].clone();
            assert_eq!(of("Value.DataType"), "String");
            (of("Name"), of("Value.StringValue"))
        })
        .collect();
    for (name, value) in [("AWS.SNS.SMS.SMSType", "Transactional"), ("AWS.SNS.SMS.SenderID", "Nordlys")] {
        assert!(attributes.contains(&(name.to_owned(), value.to_owned())), "{attributes:?}");
    }
    assert_eq!(latchkey.carrier.counts(), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_goes_out_by_e_mail_as_the_outbox_has_it() {
    let latchkey = Latchkey::start().await;
    send_link(&latchkey).await;
    let wanted = latchkey.outbox().await.remove(0);
    assert!(latchkey.deliver(&latchkey.messages().await).await.is_empty());
    let sent = latchkey.carrier.emails().remove(0);
    let simple = &sent["Content"]["Simple"];
    assert_eq!(sent["Destination"], json!({ "ToAddresses": [LEAD_EMAIL] }));
    assert_eq!(simple["Subject"], json!({ "Data": wanted["subject"], "Charset": "UTF-8" }));
    assert_eq!(simple["Body"], json!({ "Text": { "Data": wanted["body"], "Charset": "UTF-8" } }));
    assert_eq!(simple["Headers"], json!([{ "Name": "Auto-Submitted", "Value": "auto-generated" }]));
    assert_eq!(sent["FromEmailAddress"], format!("\"Nordlys Bank\" <{SENDER}>"));
    assert_eq!(sent["ConfigurationSetName"], "portal");
    assert_eq!(wanted["subject"], "Set a new password for Nordlys Bank");
    assert!(wanted["body"].as_str().unwrap().contains(wanted["link"].as_str().unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_is_no_longer_in_the_table() {
    let latchkey = Latchkey::start().await;
    send_link(&latchkey).await;
    let written = latchkey.messages().await;
    assert!(written[0].contains_key("sealed"));
    assert!(latchkey.deliver(&written).await.is_empty());
    let after = latchkey.messages().await;
    let mut names: Vec<_> = after[0].keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["channel", "created_at_ms", "delivered_at", "expires_at", "pk", "sk"]);
    assert_eq!(latchkey.outbox().await, Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobodys_message_is_never_sent() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.forgot_password(&portal, &json!({ "EmailAddress": "nobody@example.com" })).await.ok();
    let rows = latchkey.messages().await;
    assert_eq!(rows[0]["channel"].as_s().unwrap(), "none");
    assert!(latchkey.deliver(&rows).await.is_empty());
    assert_eq!(latchkey.deliver_by_hand(&rows[0]).await, json!({ "outcome": "repeated" }));
    assert_eq!(latchkey.carrier.counts(), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_run_out_is_not_sent() {
    for (seconds, is_sent) in [(590, true), (600, false)] {
        let latchkey = Latchkey::start().await;
        latchkey.jane().await;
        latchkey.send_code(PHONE).await.ok();
        latchkey.advance(seconds).await;
        let rows = latchkey.messages().await;
        assert!(latchkey.deliver(&rows).await.is_empty());
        assert_eq!(latchkey.carrier.counts().0 == 1, is_sent, "{seconds}");
        let after = latchkey.messages().await.remove(0);
        assert!(!after.contains_key("sealed") && after.contains_key("past_use_at") != is_sent);
        assert_eq!(latchkey.deliver_by_hand(&rows[0]).await, json!({ "outcome": "repeated" }));
    }
    for (seconds, is_sent) in [(1_790, true), (1_800, false)] {
        let latchkey = Latchkey::start().await;
        send_link(&latchkey).await;
        latchkey.advance(seconds).await;
        assert!(latchkey.deliver(&latchkey.messages().await).await.is_empty());
        assert_eq!(latchkey.carrier.counts().0 == 1, is_sent, "{seconds}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_new_message_holds_up_nothing() {
    let latchkey = Latchkey::start().await;
    send_link(&latchkey).await;
    let (row, account) = (latchkey.messages().await.remove(0), latchkey.table.rows_of("account").await.remove(0));
    let good = record(&row, 9);
    let changed = |name: &str, value: Value| {
        let mut record = good.clone();
        record[name] = value;
        record
    };
    let of_keys = |pk: &str, sk: &str| {
        let keys = json!({ "pk": { "S": pk }, "sk": { "S": sk } });
        changed("dynamodb", json!({ "Keys": keys, "SequenceNumber": "7" }))
    };
    let records = [
        json!({}),
        json!(null),
        json!("INSERT"),
        changed("eventName", json!(null)),
        changed("dynamodb", json!({})),
        changed("dynamodb", json!({ "Keys": good["dynamodb"]["Keys"] })),
        changed("dynamodb", json!({ "Keys": { "pk": { "N": "1" }, "sk": { "S": "message" } }, "SequenceNumber": "7" })),
        changed("eventName", json!("MODIFY")),
        changed("eventName", json!("REMOVE")),
        record(&account, 8),
        of_keys("key-ring", "key-ring"),
        of_keys("T00000001#message#../../x", "message"),
        of_keys("X#message#5b1d7c6e-0f4a-4f5e-9c39-0d3f6a1e2b4c", "message"),
        of_keys("T00000001#message#5b1d7c6e-0f4a-4f5e-9c39-0d3f6a1e2b4c", "message"),
    ];
    let before = latchkey.table.rows().await;
    assert!(latchkey.deliver_records(&records).await.is_empty());
    assert_eq!((latchkey.table.rows().await, latchkey.carrier.counts()), (before, (0, 0)));
    let malformed = latchkey.log.lines().lines().filter(|line| line.contains("message.malformed")).count();
    assert_eq!(malformed, 7);
    assert!(latchkey.deliver_records(&[&records[..], &[good]].concat()).await.is_empty());
    assert_eq!(latchkey.carrier.counts(), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sends_one_by_its_id_in_the_log() {
    let latchkey = Latchkey::start().await;
    send_link(&latchkey).await;
    let row = latchkey.messages().await.remove(0);
    let id = id_of(&row);
    for event in [
        json!({}),
        json!([]),
        json!({ "message": id }),
        json!({ "tenant": "T00000001" }),
        json!({ "message": id, "tenant": "nobody" }),
        json!({ "message": "T00000001#message", "tenant": "T00000001" }),
        json!({ "message": id, "tenant": "T00000001", "to": "else@example.com" }),
        json!({ "Records": {} }),
        json!({ "Records": null }),
    ] {
        assert_eq!(latchkey.invoke_delivery(&event).await["errorType"], "invalid_request", "{event}");
    }
    assert_eq!(latchkey.carrier.counts(), (0, 0));
    assert_eq!(latchkey.deliver_by_hand(&row).await, json!({ "outcome": "delivered" }));
    assert_eq!(latchkey.deliver_by_hand(&row).await, json!({ "outcome": "repeated" }));
    let elsewhere = json!({ "message": id, "tenant": "T00000002" });
    assert_eq!(latchkey.invoke_delivery(&elsewhere).await, json!({ "outcome": "repeated" }));
    assert_eq!(latchkey.carrier.counts(), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_has_a_line_a_delivery_and_nothing_of_the_message() {
    let latchkey = Latchkey::start().await;
    send_link(&latchkey).await;
    latchkey.jane().await;
    latchkey.send_code(PHONE).await.ok();
    let (outbox, rows) = (latchkey.outbox().await, latchkey.messages().await);
    latchkey.deliver(&rows).await;
    let lines = latchkey.log.lines();
    let delivered: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &Value| line["event"] == "message.delivered")
        .collect();
    assert_eq!(delivered.len(), 2);
    for row in &rows {
        let line = delivered.iter().find(|line| line["message"] == id_of(row)).expect("a line");
        let mut names: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["channel", "event", "level", "message", "purpose", "tenant", "timestamp"]);
        assert_eq!(
            (line["channel"].as_str(), &line["tenant"]),
            (row["channel"].as_s().ok().map(String::as_str), &json!("T00000001"))
        );
    }
    for message in &outbox {
        for secret in ["to", "body", "link"].iter().filter_map(|name| message[name].as_str()) {
            assert!(!lines.contains(secret), "{secret}");
        }
        assert!(!message["code"].as_str().is_some_and(|code| has_word(&lines, code)), "{message}");
    }
    assert!(!lines.contains("Nordlys"), "nor of who writes");
}
