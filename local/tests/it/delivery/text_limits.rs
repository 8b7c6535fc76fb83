//! Which text messages a tenant pays for: those to its own countries, and so many a day (yardstick C4).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use shared::store::TenantSettings;
use shared::types::PhonePrefix;

use crate::harness::{Fault, Item, Latchkey, Mishap, PHONE};

async fn with_settings(change: impl FnOnce(TenantSettings) -> TenantSettings) -> Arc<Latchkey> {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    latchkey.change_tenant(change).await;
    latchkey
}

fn prefixes(given: &[&str]) -> Vec<PhonePrefix> {
    given.iter().map(|prefix| PhonePrefix::try_from((*prefix).to_owned()).expect("a prefix")).collect()
}

/// As many codes by text message, a minute apart and none delivered yet.
async fn codes(latchkey: &Latchkey, how_many: usize) -> Vec<Item> {
    let before = latchkey.messages().await;
    for _ in 0..how_many {
        latchkey.advance(60).await;
        latchkey.send_code(PHONE).await.ok();
    }
    let mut rows = latchkey.messages().await;
    rows.retain(|row| !before.iter().any(|known| known["pk"] == row["pk"]));
    assert_eq!(rows.len(), how_many);
    rows
}

fn refusals(latchkey: &Latchkey) -> Vec<Value> {
    let lines = latchkey.log.lines();
    let refused = lines.lines().filter(|line| line.contains("message.refused"));
    refused.map(|line| serde_json::from_str::<Value>(line).expect("JSON")["reason"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_go_to_the_tenants_countries_and_to_no_others() {
    let latchkey = with_settings(|settings| settings.with_sms_prefixes(prefixes(&["+47", "+1242"]))).await;
    let rows = codes(&latchkey, 1).await;
    for _ in 0..2 {
        assert!(latchkey.deliver(&rows).await.is_empty(), "it need not come again");
    }
    assert_eq!(latchkey.carrier.counts(), (0, 0));
    assert_eq!(refusals(&latchkey), [json!("the tenant sends no text messages to such numbers")]);
    latchkey.change_tenant(|settings| settings.with_sms_prefixes(prefixes(&["+47", "+1917"]))).await;
    assert_eq!(latchkey.deliver_by_hand(&rows[0]).await, json!({ "outcome": "delivered" }));
    assert_eq!((latchkey.carrier.counts(), latchkey.carrier.texts()[0]["PhoneNumber"].as_str()), ((1, 1), PHONE));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_texts_delivered_at_once_no_more_leave_than_the_day_has() {
    let latchkey = with_settings(|settings| settings.with_sms_per_day(2)).await;
    let rows = codes(&latchkey, 4).await;
    let each = rows.iter().map(|row| latchkey.deliver(std::slice::from_ref(row)));
    assert!(futures_util::future::join_all(each).await.iter().all(Vec::is_empty));
    assert_eq!(latchkey.carrier.counts(), (2, 2));
    assert_eq!(refusals(&latchkey), vec![json!("the tenant's text messages of the day are used up"); 2]);
    latchkey.advance(86_400).await;
    let next = codes(&latchkey, 1).await;
    assert!(latchkey.deliver(&next).await.is_empty());
    assert_eq!(latchkey.carrier.counts(), (3, 3), "another day");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_none_a_day_none_leaves() {
    let latchkey = with_settings(|settings| settings.with_sms_per_day(0)).await;
    let rows = codes(&latchkey, 1).await;
    assert!(latchkey.deliver(&rows).await.is_empty());
    assert_eq!((latchkey.carrier.counts(), refusals(&latchkey).len()), ((0, 0), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_counted_once_however_often_it_is_tried() {
    let latchkey = with_settings(|settings| settings.with_sms_per_day(2)).await;
    let rows = codes(&latchkey, 3).await;
    latchkey.carrier.plan(|_| Mishap::Refuse("InternalError", "", 500));
    for _ in 0..3 {
        assert_eq!(latchkey.deliver(&rows[..1]).await, [0]);
    }
    latchkey.carrier.heal();
    assert!(latchkey.deliver(&rows).await.is_empty());
    assert_eq!((latchkey.carrier.texts().len(), refusals(&latchkey).len()), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_counted_does_not_leave_and_is_not_lost() {
    let latchkey = with_settings(|settings| settings.with_sms_per_day(1)).await;
    let rows = codes(&latchkey, 2).await;
    for fault in [Fault::Fail, Fault::Throttle, Fault::Drop] {
        // The first update claims the message, the next counts it.
        let updates = AtomicUsize::new(0);
        latchkey.proxy.plan(move |call| {
            let is_later = call.operation == "UpdateItem" && updates.fetch_add(1, Ordering::Relaxed) > 0;
            if is_later { fault } else { Fault::Pass }
        });
        assert_eq!(latchkey.deliver(&rows[..1]).await, [0], "{fault:?}");
        assert_eq!(latchkey.carrier.counts(), (0, 0));
        latchkey.proxy.heal();
        latchkey.advance(60).await;
    }
    assert!(latchkey.deliver(&rows).await.is_empty());
    assert_eq!((latchkey.carrier.counts(), refusals(&latchkey).len()), ((1, 1), 1));
}
