//! One row is one message, however often its record comes and whatever dies in between.

use std::sync::Mutex;
use std::time::Duration;

use crate::harness::{Call, Fault, Item, Latchkey, Mishap, PHONE};

async fn with_a_code() -> (std::sync::Arc<Latchkey>, Vec<Item>) {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    latchkey.send_code(PHONE).await.ok();
    let rows = latchkey.messages().await;
    (latchkey, rows)
}

/// What claims and counts the text message passes, and what notes that it was sent meets the fault.
fn on_settling(fault: Fault) -> impl Fn(&Call) -> Fault {
    let updates = Mutex::new(0);
    move |call| {
        let mut updates = updates.lock().unwrap();
        *updates += usize::from(call.operation == "UpdateItem");
        if *updates > 3 { fault } else { Fault::Pass }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_comes_twice_is_sent_once() {
    let (latchkey, rows) = with_a_code().await;
    for _ in 0..3 {
        assert!(latchkey.deliver(&rows).await.is_empty());
    }
    assert_eq!(latchkey.carrier.counts(), (1, 1));
    assert!(latchkey.log.lines().contains("message.repeated"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_deliveries_at_once_one_sends() {
    let (latchkey, rows) = with_a_code().await;
    let twice = [rows.clone(), rows.clone()].concat();
    let race = |latchkey: std::sync::Arc<Latchkey>, _| {
        let twice = twice.clone();
        async move { latchkey.deliver(&twice).await }
    };
    let failures = latchkey.at_once(4, race).await.concat();
    assert_eq!(latchkey.carrier.counts(), (1, 1), "{failures:?}");
    assert!(latchkey.deliver(&rows).await.is_empty(), "whoever failed finds it sent");
    assert_eq!(latchkey.carrier.counts(), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_one_is_sending_others_fail_and_are_brought_again() {
    let (latchkey, rows) = with_a_code().await;
    latchkey.carrier.plan(|_| Mishap::Hang);
    let (first, second) = tokio::join!(latchkey.deliver(&rows), async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        latchkey.deliver(&rows).await
    });
    assert_eq!((first, second), (vec![0], vec![0]));
    assert_eq!(latchkey.carrier.counts(), (0, 1), "the second did not try");
    latchkey.carrier.heal();
    assert!(latchkey.deliver(&rows).await.is_empty());
    assert_eq!(latchkey.carrier.counts(), (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_the_table_that_are_lost_cost_nothing() {
    // Claimed, counted, marked as counted, settled.
    for number in 0..4 {
        let (latchkey, rows) = with_a_code().await;
        let (updates, lost) = (Mutex::new(0), Mutex::new(false));
        latchkey.proxy.plan(move |call| {
            let mut updates = updates.lock().unwrap();
            let hit = call.operation == "UpdateItem"
                && *updates == number
                && !std::mem::replace(&mut *lost.lock().unwrap(), *updates == number);
            *updates += usize::from(call.operation == "UpdateItem");
            if hit { Fault::LoseAnswer } else { Fault::Pass }
        });
        assert!(latchkey.deliver(&rows).await.is_empty(), "{number}");
        assert!(!latchkey.messages().await[0].contains_key("sealed"));
        assert!(latchkey.deliver(&rows).await.is_empty());
        assert_eq!(latchkey.carrier.counts(), (1, 1), "{number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_and_could_not_be_noted_is_not_brought_again() {
    let (latchkey, rows) = with_a_code().await;
    latchkey.proxy.plan(on_settling(Fault::Fail));
    assert!(latchkey.deliver(&rows).await.is_empty(), "it was sent");
    latchkey.proxy.heal();
    let lines = latchkey.log.lines();
    assert!(lines.contains("message.unsettled") && !lines.contains("message.delivered"));
    // Brought again all the same, with a record that failed beside it: the claim holds for a minute.
    assert_eq!(latchkey.deliver(&rows).await, [0]);
    assert_eq!(latchkey.carrier.counts(), (1, 1));
    latchkey.advance(61).await;
    assert!(latchkey.deliver(&rows).await.is_empty());
    assert_eq!(latchkey.carrier.counts(), (2, 2), "as documented: once more, a minute later at the earliest");
    assert!(latchkey.deliver(&rows).await.is_empty());
    assert_eq!(latchkey.carrier.counts(), (2, 2));

    let (latchkey, rows) = with_a_code().await;
    latchkey.proxy.plan(on_settling(Fault::LoseAnswer));
    assert!(latchkey.deliver(&rows).await.is_empty());
    latchkey.proxy.heal();
    latchkey.advance(61).await;
    assert!(latchkey.deliver(&rows).await.is_empty());
    assert_eq!(latchkey.carrier.counts(), (1, 1), "it was noted, though nobody heard of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_whose_holder_died_runs_out_in_a_minute() {
    let (latchkey, rows) = with_a_code().await;
    latchkey.proxy.plan(|call| if call.operation == "UpdateItem" { Fault::LoseAnswer } else { Fault::Pass });
    assert_eq!(latchkey.deliver(&rows).await, [0], "it does not know that it has the claim");
    latchkey.proxy.heal();
    assert_eq!(latchkey.deliver(&rows).await, [0]);
    assert_eq!(latchkey.carrier.counts(), (0, 0));
    latchkey.advance(60).await;
    assert!(latchkey.deliver(&rows).await.is_empty());
    assert_eq!(latchkey.carrier.counts(), (1, 1));
}
