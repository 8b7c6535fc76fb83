//! What messages say, in our words and in a tenant's.

use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::BASE64;
use serde_json::{Value, json};
use shared::store::MessageTexts;

use crate::harness::{LEAD_EMAIL, Latchkey, PHONE, Portal, SENDER};

fn texts(texts: Value) -> MessageTexts {
    serde_json::from_value(texts).expect("texts as they may be")
}

/// The last e-mail that was sent, after one was asked for: its sender, subject and body.
async fn email(latchkey: &Latchkey, portal: &Portal) -> [String; 3] {
    latchkey.advance(1_800).await;
    latchkey.forgot_password(portal, &json!({ "EmailAddress": LEAD_EMAIL })).await.ok();
    assert!(latchkey.deliver(&latchkey.messages().await).await.is_empty());
    let sent = latchkey.carrier.emails().pop().expect("an e-mail");
    let simple = &sent["Content"]["Simple"];
    [&sent["FromEmailAddress"], &simple["Subject"]["Data"], &simple["Body"]["Text"]["Data"]]
        .map(|text| text.as_str().expect("text").to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_own_words_take_the_place_of_ours() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let own = texts(json!({
        "reset-password": { "subject": "Nytt passord hos {tenant}", "body": "Hei!\n{link}\nHilsen {tenant}" },
        "sign-in-code": { "body": "Koden er {code}." },
    }));
    latchkey
        .change_tenant(|mut settings| {
            settings.message_texts = own;
            settings
        })
        .await;
    let [_, subject, body] = email(&latchkey, &portal).await;
    assert_eq!(subject, "Nytt passord hos Nordlys Bank");
    let (before, rest) = body.split_once("https://").expect("a link");
    assert_eq!((before, rest.split_once('\n').expect("a line").1), ("Hei!\n", "Hilsen Nordlys Bank"));
    latchkey.jane().await;
    latchkey.send_code(PHONE).await.ok();
    let code = latchkey.last_code().await;
    latchkey.deliver(&latchkey.messages().await).await;
    assert_eq!(latchkey.carrier.texts()[0]["Message"], format!("Koden er {code}."));

    // Of the others ours stay, and so does our subject where the tenant has none.
    let own = texts(json!({ "reset-password": { "body": "{link}" } }));
    latchkey
        .change_tenant(|mut settings| {
            settings.message_texts = own;
            settings
        })
        .await;
    assert_eq!(email(&latchkey, &portal).await[1], "Set a new password for Nordlys Bank");
    latchkey.send_code(PHONE).await.ok();
    assert!(latchkey.outbox().await[0]["body"].as_str().unwrap().contains("It works once, for 10 minutes."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_with_texts_that_would_lose_a_code_is_none() {
    let latchkey = Latchkey::start().await;
    let mut row = latchkey.table.rows_of("tenant").await.remove(0);
    let map = |name: &str, value: AttributeValue| AttributeValue::M([(name.to_owned(), value)].into());
    let texts = |body: &str| map("sign-in-code", map("body", AttributeValue::S(body.to_owned())));
    for (body, is_sound) in [("Koden er {code}", true), ("Koden er her", false)] {
        let mut settings = row["settings"].as_m().unwrap().clone();
        settings.insert("message_texts".to_owned(), texts(body));
        row.insert("settings".to_owned(), AttributeValue::M(settings));
        latchkey.table.put(row.clone()).await;
        latchkey.advance(61).await;
        let status = latchkey.send_code(PHONE).await.status;
        assert_eq!(status, if is_sound { 200 } else { 500 });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_begins_no_header_and_no_line() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let (long, cut) = ("Å".repeat(200), format!("{}…", "Å".repeat(63)));
    let words =
        [22, 22, 1].map(|count| format!("=?UTF-8?B?{}?=", BASE64.encode("Å".repeat(count).as_bytes()))).join(" ");
    for (name, from, subject) in [
        ("Nordlys\r\nBcc: x@example.com\0", "\"Nordlys Bcc: x@example.com\"", "Nordlys Bcc: x@example.com"),
        (
            "A \"quoted\" \\ name, Ltd. <x>",
            "\"A \\\"quoted\\\" \\\\ name, Ltd. <x>\"",
            "A \"quoted\" \\ name, Ltd. <x>",
        ),
        ("Sparebanken Sør", "=?UTF-8?B?U3BhcmViYW5rZW4gU8O4cg==?=", "Sparebanken Sør"),
        ("\u{202e}Nordlys\u{200b}", "\"Nordlys\"", "Nordlys"),
        ("{link} {code}", "\"{link} {code}\"", "{link} {code}"),
        ("\u{202e}\n", "\"(no name)\"", "(no name)"),
        (&long, &words, &cut),
    ] {
        latchkey
            .change_tenant(|mut settings| {
                settings.display_name = Some(name.to_owned());
                settings
            })
            .await;
        let sent = email(&latchkey, &portal).await;
        assert_eq!(sent[0], format!("{from} <{SENDER}>"));
        assert_eq!(sent[1], format!("Set a new password for {subject}"));
        assert!(sent[0].len() <= 320 && !sent.iter().any(|text| text.contains(char::is_control)), "{sent:?}");
    }
}
