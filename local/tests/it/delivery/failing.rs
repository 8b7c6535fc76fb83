//! SES, SNS or the table fail: no request notices, no message is lost, and what can go on goes on.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;

use crate::harness::{Fault, Item, LEAD_EMAIL, Latchkey, Mishap, PHONE};

/// A link by e-mail, then a code by text message.
async fn with_both() -> (std::sync::Arc<Latchkey>, Vec<Item>) {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    latchkey.forgot_password(&portal, &json!({ "EmailAddress": LEAD_EMAIL })).await.ok();
    latchkey.jane().await;
    latchkey.send_code(PHONE).await.ok();
    let rows = latchkey.messages().await;
    assert_eq!(rows.len(), 2);
    (latchkey, rows)
}

const WORDS: &str = "something about johnwick@example.com and +19172249999";

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_brought_again_and_the_rest_of_the_batch_is_sent() {
    for mishap in [
        Mishap::Refuse("InternalServiceErrorException", WORDS, 500),
        Mishap::Refuse("TooManyRequestsException", WORDS, 429),
        Mishap::Refuse("SendingPausedException", WORDS, 400),
        Mishap::Refuse("AccountSuspendedException", WORDS, 400),
        Mishap::Refuse("MailFromDomainNotVerifiedException", WORDS, 400),
        Mishap::Refuse("NotFoundException", WORDS, 404),
        Mishap::Refuse("AccessDeniedException", WORDS, 403),
        Mishap::Refuse("MessageRejected", "Email address is not verified. johnwick@example.com", 400),
        Mishap::Hang,
    ] {
        let (latchkey, rows) = with_both().await;
        latchkey.carrier.plan(move |to| if to == LEAD_EMAIL { mishap } else { Mishap::None });
        assert_eq!(latchkey.deliver(&rows).await, [0], "{mishap:?}");
        assert_eq!((latchkey.carrier.emails().len(), latchkey.carrier.texts().len()), (0, 1));
        assert_eq!(latchkey.outbox().await.len(), 1, "it is still there");
        latchkey.carrier.heal();
        assert!(latchkey.deliver(&rows).await.is_empty());
        assert_eq!((latchkey.carrier.emails().len(), latchkey.carrier.texts().len()), (1, 1));
        quiet(&latchkey);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn text_messages_that_fail_are_brought_again() {
    for mishap in [
        Mishap::Refuse("InternalError", WORDS, 500),
        Mishap::Refuse("Throttled", WORDS, 400),
        Mishap::Refuse("AuthorizationError", WORDS, 403),
        Mishap::Hang,
    ] {
        let (latchkey, rows) = with_both().await;
        latchkey.carrier.plan(move |to| if to == PHONE { mishap } else { Mishap::None });
        assert_eq!(latchkey.deliver(&rows).await, [1], "{mishap:?}");
        latchkey.carrier.heal();
        assert!(latchkey.deliver(&rows).await.is_empty());
        assert_eq!((latchkey.carrier.emails().len(), latchkey.carrier.texts().len()), (1, 1));
        quiet(&latchkey);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_good_waits_for_an_operator() {
    for (code, by_email) in [
        ("MessageRejected", true),
        ("BadRequestException", true),
        ("InvalidParameter", false),
        ("ParameterValueInvalid", false),
        ("OptedOut", false),
    ] {
        let (latchkey, rows) = with_both().await;
        let refused = Mishap::Refuse(code, WORDS, 400);
        latchkey.carrier.plan(move |to| if (to == LEAD_EMAIL) == by_email { refused } else { Mishap::None });
        for _ in 0..3 {
            assert!(latchkey.deliver(&rows).await.is_empty(), "{code}");
        }
        assert_eq!(latchkey.carrier.counts(), (1, 2), "{code}: tried once");
        let logged = latchkey.log.lines().lines().filter(|line| line.contains("message.refused")).count();
        assert_eq!(logged, 1);
        quiet(&latchkey);
        let row = &rows[usize::from(!by_email)];
        assert_eq!(latchkey.deliver_by_hand(row).await, json!({ "outcome": "refused" }));
        latchkey.carrier.heal();
        assert_eq!(latchkey.deliver_by_hand(row).await, json!({ "outcome": "delivered" }));
        assert_eq!(latchkey.carrier.counts(), (2, 4));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_without_a_word_is_sent_again_at_once_and_then_once_a_minute() {
    let (latchkey, rows) = with_both().await;
    let silent = |to: &str| if to == LEAD_EMAIL { Mishap::TakeAndHang } else { Mishap::None };
    latchkey.carrier.plan(silent);
    for emails in [1, 2, 2, 2] {
        assert_eq!(latchkey.deliver(&rows).await, [0]);
        assert_eq!((latchkey.carrier.emails().len(), latchkey.carrier.texts().len()), (emails, 1));
    }
    latchkey.carrier.heal();
    assert_eq!(latchkey.deliver(&rows).await, [0]);
    latchkey.advance(60).await;
    for _ in 0..2 {
        assert!(latchkey.deliver(&rows).await.is_empty());
        assert_eq!((latchkey.carrier.emails().len(), latchkey.carrier.texts().len()), (3, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_dynamodb_is_down_nothing_is_sent_and_nothing_lost() {
    let (latchkey, rows) = with_both().await;
    for fault in [Fault::Fail, Fault::Drop, Fault::Throttle, Fault::Hang] {
        latchkey.proxy.plan(move |_| fault);
        assert_eq!(latchkey.deliver(&rows).await, [0, 1], "{fault:?}");
        assert_eq!(latchkey.deliver_by_hand(&rows[0]).await["errorType"], "unavailable");
    }
    latchkey.proxy.heal();
    assert_eq!(latchkey.carrier.counts(), (0, 0));
    assert!(latchkey.deliver(&rows).await.is_empty());
    assert_eq!(latchkey.carrier.counts(), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_does_not_open_is_reported_and_holds_up_nobody() {
    let (latchkey, rows) = with_both().await;
    let whole = rows[0].clone();
    for sealed in ["", "no Base64", "AAAA", rows[1]["sealed"].as_s().unwrap()] {
        let mut broken = whole.clone();
        broken.insert("sealed".to_owned(), AttributeValue::S(sealed.to_owned()));
        latchkey.table.put(broken).await;
        assert_eq!(latchkey.deliver(&rows).await, [0], "{sealed}");
    }
    assert_eq!((latchkey.carrier.emails().len(), latchkey.carrier.texts().len()), (0, 1));
    latchkey.table.put(whole).await;
    assert!(latchkey.deliver(&rows).await.is_empty());
    assert_eq!(latchkey.carrier.emails().len(), 1);
}

/// Asserts that what SES and SNS say of people stays out of the log.
#[track_caller]
fn quiet(latchkey: &Latchkey) {
    let lines = latchkey.log.lines();
    for secret in [LEAD_EMAIL, PHONE, "something about", "not verified"] {
        assert!(!lines.contains(secret), "{secret}");
    }
}
