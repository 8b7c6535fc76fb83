//! What people do from beginning to end, with calls to DynamoDB that hang or arrive late at each place in turn. The faults
//! that are over at once are tried act by act: [`crate::faults`] and its like.

mod brokers;
mod customers;
mod leads;
mod standards;
mod transfers;

use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::{FutureExt, StreamExt, stream};
use tokio::sync::Mutex;

use crate::harness::{Call, Fault, Latchkey};

/// What calls meet, and how many in a row: as many as an act attempts, or one.
type Hit = (Fault, usize);
const HANG: Hit = (Fault::Hang, 3);
/// An attempt is given up and arrives all the same, amid what its person does next.
const LATE: Hit = (Fault::Delay(Duration::from_secs(2)), 1);
/// All attempts arrive when the whole act has been given up.
const TOO_LATE: Hit = (Fault::Delay(Duration::from_secs(5)), 3);
/// Journeys at once: they wait more than they work.
const AT_ONCE: usize = 16;

/// Goes the way once for each of its calls: that call meets the fault, and those after it until `calls` have.
async fn at_each_call<T, P: Future<Output = T>, F: Future<Output = ()>>(
    (fault, calls): Hit,
    prepare: fn(Arc<Latchkey>) -> P,
    journey: fn(Arc<Latchkey>, T) -> F,
) {
    // A key of 2,048 bits is made at each start, and takes a busy machine as long as a call may.
    let starting = Mutex::new(());
    let go = async |hit: Range<usize>| {
        let alone = starting.lock().await;
        // Boxed, or sixteen of them at once are more than a stack holds.
        let latchkey = Box::pin(Latchkey::start()).await;
        drop(alone);
        let prepared = Box::pin(prepare(Arc::clone(&latchkey))).await;
        // What the local server alone does is not tried.
        let is_hit = move |call: &Call| hit.contains(&call.number) && call.operation != "Scan";
        latchkey.proxy.plan(move |call| if is_hit(call) { fault } else { Fault::Pass });
        Box::pin(journey(Arc::clone(&latchkey), prepared)).await;
        latchkey.proxy.count()
    };
    let journeys = stream::iter(0..go(0..0).await).map(async |number| {
        let end = AssertUnwindSafe(go(number..number + calls)).catch_unwind().await;
        assert!(end.is_ok(), "{fault:?} at call {number}");
    });
    journeys.buffer_unordered(AT_ONCE).collect::<()>().await;
}

/// What stays until somebody removes it, by the beginnings of sort keys: the chart in `shared/src/store/keys.rs`.
const KEPT: [&str; 10] = [
    "key-ring",
    "credential",
    "tenant",
    "client#",
    "calls",
    "intermediary",
    "account",
    "consent#",
    "identifier",
    "account#",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_row_that_is_not_kept_says_when_it_expires_in_seconds() {
    let latchkey = Latchkey::start().await;
    brokers::journey(Arc::clone(&latchkey), ()).await;
    let portal = leads::portal(Arc::clone(&latchkey)).await;
    leads::journey(Arc::clone(&latchkey), portal).await;
    let token = customers::back_end(Arc::clone(&latchkey)).await;
    customers::journey(Arc::clone(&latchkey), token).await;
    latchkey.let_requests_wait(300).await;
    transfers::journey(Arc::clone(&latchkey), ()).await;
    let now = latchkey.advance(0).await;
    let year = 366 * 86_400;
    for row in latchkey.table.rows().await {
        let sk = row["sk"].as_s().expect("text");
        let is_kept = row["pk"] == AttributeValue::S("tenants".to_owned())
            || KEPT.iter().any(|kept| sk == kept || kept.ends_with('#') && sk.starts_with(kept));
        match row.get("expires_at") {
            Some(at) => {
                let at: i64 = at.as_n().expect("a number").parse().expect("whole seconds");
                assert!((now - year..now + year).contains(&at), "{sk}: {at}");
            }
            None => assert!(is_kept, "{sk} never expires"),
        }
    }
}
