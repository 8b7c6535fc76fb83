//! What CloudWatch makes of the log: every metric is counted where it happens, exactly, and in the embedded metric
//! format's own rules.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::metric::{DIMENSION, Metric, NAMESPACE};

use crate::harness::{EMAIL, Fault, Latchkey, Mishap, PASSWORD, PHONE, record};

/// The metrics of one line, by name, held against the format's specification.
fn embedded(line: &Value, table: &str) -> BTreeMap<String, Vec<u64>> {
    let aws = line["_aws"].as_object().expect("an object");
    assert_eq!(aws.keys().collect::<Vec<_>>(), ["CloudWatchMetrics", "Timestamp"]);
    let milliseconds = aws["Timestamp"].as_i64().expect("an integer");
    assert!((1_000_000_000_000..10_000_000_000_000).contains(&milliseconds), "{milliseconds}");
    let directives = aws["CloudWatchMetrics"].as_array().expect("an array");
    let [directive] = directives.as_slice() else { panic!("one directive: {directives:?}") };
    let members: Vec<_> = directive.as_object().expect("an object").keys().collect();
    assert_eq!(members, ["Dimensions", "Metrics", "Namespace"]);
    assert_eq!(directive["Namespace"], NAMESPACE);
    assert_eq!(directive["Dimensions"], serde_json::json!([[DIMENSION]]), "one set of one");
    assert_eq!(line[DIMENSION], table, "a member of the line");
    let metrics = directive["Metrics"].as_array().expect("an array");
    assert!((1..=100).contains(&metrics.len()));
    let of = |metric: &Value| {
        assert_eq!(metric.as_object().expect("an object").len(), 2, "{metric}");
        let name = metric["Name"].as_str().expect("a name");
        let known = Metric::ALL.into_iter().find(|known| known.name() == name).expect("one of ours");
        assert_eq!(metric["Unit"], known.unit());
        assert!(["Count", "Milliseconds", "Seconds"].contains(&known.unit()), "one of CloudWatch's");
        let values = match &line[name] {
            Value::Array(values) => values.iter().map(|value| value.as_u64().expect("a number")).collect(),
            value => vec![value.as_u64().expect("a number")],
        };
        assert!((1..=100).contains(&values.len()));
        (name.to_owned(), values)
    };
    let found: BTreeMap<_, _> = metrics.iter().map(of).collect();
    assert_eq!(found.len(), metrics.len(), "each once");
    found
}

/// All that was counted since the start: by metric, the values, a count as the sum of them.
fn counted(latchkey: &Latchkey) -> BTreeMap<String, Vec<u64>> {
    let mut all = BTreeMap::<String, Vec<u64>>::new();
    for line in latchkey.log.lines().lines() {
        assert!(line.len() < 1024, "small: {line}");
        let line: Value = serde_json::from_str(line).expect("JSON");
        assert!(line["timestamp"].is_string() && line["level"].is_string(), "as Lambda wants it: {line}");
        if line.get("_aws").is_some() {
            for (name, values) in embedded(&line, &latchkey.table.name) {
                all.entry(name).or_default().extend(values);
            }
        } else {
            assert_eq!(line.get(DIMENSION), None, "{line}");
        }
    }
    all
}

#[track_caller]
fn assert_counts(latchkey: &Latchkey, expected: &[(Metric, u64)]) {
    let counted = counted(latchkey);
    for (metric, times) in expected {
        let sum: u64 = counted.get(metric.name()).into_iter().flatten().sum();
        assert_eq!(sum, *times, "{metric:?}: {counted:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_is_counted_where_it_happens() {
    let latchkey = Latchkey::start().await;
    let first = latchkey.jane().await;
    latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    assert_counts(&latchkey, &[(Metric::SignInOk, 1), (Metric::SignInRefused, 0), (Metric::ServerError, 0)]);

    let next = latchkey.re_sign(&first.refresh).await.pair();
    assert_eq!(latchkey.re_sign(&first.refresh).await.pair().refresh, next.refresh);
    latchkey.advance(31).await;
    for _ in 0..2 {
        latchkey.re_sign(&first.refresh).await.refused(401, "invalid_refresh_token");
    }
    let refreshes = [(Metric::RefreshOk, 1), (Metric::RefreshRepeated, 1), (Metric::RefreshReused, 1)];
    assert_counts(&latchkey, &refreshes);

    latchkey.send_code(PHONE).await.ok();
    latchkey.send_code(PHONE).await.refused(429, "too_many_requests");
    assert_counts(&latchkey, &[(Metric::RateLimited, 1)]);

    latchkey.proxy.plan(|_| Fault::Throttle);
    latchkey.sign_in(EMAIL, PASSWORD).await.refused(503, "unavailable");
    latchkey.proxy.plan(|call| if call.operation == "UpdateItem" { Fault::Conflict } else { Fault::Pass });
    latchkey.re_sign(&next.refresh).await.refused(503, "unavailable");
    latchkey.proxy.heal();
    assert_counts(&latchkey, &[(Metric::Conflict, 1), (Metric::ServerError, 2)]);
    assert!(counted(&latchkey).contains_key(Metric::Throttled.name()));

    deliveries(&latchkey).await;

    for _ in 0..5 {
        latchkey.sign_in(EMAIL, "wrong").await.refused(401, "invalid_credentials");
    }
    latchkey.sign_in(EMAIL, PASSWORD).await.refused(401, "invalid_credentials");
    assert_counts(&latchkey, &[(Metric::AccountLocked, 1), (Metric::SignInRefused, 6), (Metric::SignInOk, 1)]);

    let permits = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    latchkey
        .at_once(permits * 4, |latchkey, number| async move {
            latchkey.sign_in(&format!("stranger{number}@example.com"), PASSWORD).await
        })
        .await;

    let written: BTreeSet<_> = counted(&latchkey).into_keys().collect();
    // Nobody waits for 2 s here; `hasher.rs` has its own test of that.
    let all = Metric::ALL.into_iter().filter(|metric| *metric != Metric::HashRefused);
    assert_eq!(written, all.map(|metric| metric.name().to_owned()).collect());
}

/// The end of a session by e-mail and a code by text message: sent, failed, refused.
async fn deliveries(latchkey: &Latchkey) {
    let rows = latchkey.messages().await;
    assert_eq!(rows.len(), 2, "a notice and a code");
    latchkey.carrier.plan(|to| {
        let (code, status) = if to == PHONE { ("OptedOut", 400) } else { ("InternalServiceErrorException", 500) };
        Mishap::Refuse(code, "no", status)
    });
    latchkey.advance(100).await;
    assert_eq!(latchkey.deliver(&rows).await, [0]);
    latchkey.carrier.heal();
    latchkey.advance(50).await;
    latchkey.deliver_records(&[record(&rows[0], 0), record(&rows[1], 1)]).await;
    let counts = [(Metric::MessageFailed, 1), (Metric::MessageRefused, 1), (Metric::MessageDelivered, 1)];
    assert_counts(latchkey, &counts);
    let mut ages = counted(latchkey)[Metric::MessageAge.name()].clone();
    ages.sort_unstable();
    let [first, second, again] = ages.as_slice() else { panic!("two, and the one that failed again: {ages:?}") };
    assert!(*first >= 100 && *second >= 100 && *again >= 150, "seconds since each was written: {ages:?}");
}
