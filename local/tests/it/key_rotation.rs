//! The signing keys over the months: no token that is valid fails, and a key that must go is gone.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};
use shared::key_ring::Material;

use crate::harness::{EMAIL, Fault, Latchkey, PASSWORD, instance_of};

const HOUR: u32 = 3_600;
const DAY: u32 = 24 * HOUR;
/// Before it signs a new key is published for so long: a day and ten minutes.
const AHEAD: u32 = DAY + 600;
const ROTATE: &str = "operation-rotate-keys";

impl Latchkey {
    async fn key_set(&self) -> String {
        let answer = self.send("GET", "/.well-known/jwks.json", &[], "").await;
        answer.ok();
        answer.text
    }

    async fn kids(&self) -> BTreeSet<String> {
        kids(&self.key_set().await)
    }

    async fn rotate(&self, event: &Value) -> Value {
        self.server.invoke(ROTATE, &event.to_string()).await.expect("the operation")
    }

    /// Lets so much time pass without any scheduled run.
    async fn advance_unscheduled(&self, seconds: u32) {
        self.proxy.plan(|_| Fault::Fail);
        self.advance(seconds).await;
        self.proxy.heal();
    }

    async fn access(&self) -> String {
        self.sign_in(EMAIL, PASSWORD).await.pair().access
    }

    /// Verifies a token as anybody else would, by a set that was read earlier.
    #[track_caller]
    fn verifies(&self, set: &str, token: &str, tenant: &str, algorithm: Algorithm) {
        let set: JwkSet = serde_json::from_str(set).unwrap();
        let jwk = set.find(&kid(token)).unwrap_or_else(|| panic!("the key of {token} is not published"));
        let mut validation = Validation::new(algorithm);
        validation.set_audience(&[format!("{}/{tenant}/intermediaries", self.server.base_url)]);
        validation.set_issuer(&[&self.server.base_url]);
        decode::<Value>(token, &DecodingKey::from_jwk(jwk).unwrap(), &validation).unwrap();
    }
}

fn kids(set: &str) -> BTreeSet<String> {
    let set: Value = serde_json::from_str(set).unwrap();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn kid(token: &str) -> String {
    decode_header(token).unwrap().kid.unwrap()
}

fn count(changes: &Value) -> (usize, usize) {
    let count = |member: &str| changes[member].as_array().unwrap_or_else(|| panic!("{changes}")).len();
    (count("published"), count("dropped"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_published_a_day_before_it_signs_and_a_day_after() {
    let latchkey = Latchkey::start().await;
    let first = kid(&latchkey.jane().await.access);
    latchkey.advance(82 * DAY - HOUR).await;
    assert_eq!(latchkey.kids().await.len(), 3);
    latchkey.advance(HOUR).await;
    let published = latchkey.kids().await;
    assert_eq!(published.len(), 6);
    latchkey.advance(AHEAD - 300).await;
    let last = latchkey.access().await;
    assert_eq!(kid(&last), first, "published and not signing yet");
    latchkey.advance(300).await;
    let second = kid(&latchkey.access().await);
    assert!(second != first && published.contains(&second));
    latchkey.check_session(&last).await.ok();
    latchkey.verifies(&latchkey.key_set().await, &last, "T00000001", Algorithm::RS256);

    latchkey.advance(25 * HOUR - 60).await;
    assert_eq!(latchkey.kids().await, published);
    latchkey.advance(60).await;
    let kept = latchkey.kids().await;
    assert!(kept.len() == 3 && kept.contains(&second) && !kept.contains(&first));
    let lines = latchkey.log.lines();
    let logged = |event: &str, kid: &str| lines.lines().any(|line| line.contains(event) && line.contains(kid));
    assert!(logged("key.published", &second) && logged("key.dropped", &first));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_steady_stream_of_verifications_sees_no_failure() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    let mut signers = BTreeSet::new();
    // Around each moment at which something changes: publishing, beginning to sign, dropping.
    for pause in [82 * DAY - HOUR, DAY - 2 * HOUR, DAY - 2 * HOUR] {
        latchkey.advance(pause).await;
        let mut tokens: Vec<String> = Vec::new();
        let mut set = latchkey.key_set().await;
        for step in 0..32 {
            latchkey.advance(299).await;
            tokens.push(latchkey.access().await);
            for token in tokens.iter().rev().take(2) {
                latchkey.verifies(&set, token, "T00000001", Algorithm::RS256);
                latchkey.check_session(token).await.ok();
            }
            if step % 2 == 1 {
                set = latchkey.key_set().await;
            }
        }
        signers.extend(tokens.iter().map(|token| kid(token)));
    }
    assert_eq!(signers.len(), 2, "one key followed another");
    assert_eq!(latchkey.kids().await.len(), 3, "and was dropped");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_set_has_no_private_member_of_any_kind_of_key() {
    let latchkey = Latchkey::start().await;
    latchkey.advance(82 * DAY).await;
    let set: Value = serde_json::from_str(&latchkey.key_set().await).unwrap();
    let members = |key: &Value| key.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    for key in set["keys"].as_array().unwrap() {
        let (alg, public): (_, &[&str]) = match key["kty"].as_str().unwrap() {
            "RSA" => ("RS256", &["n", "e"]),
            "EC" => ("ES256", &["crv", "x", "y"]),
            "OKP" => ("EdDSA", &["crv", "x"]),
            other => panic!("{other}"),
        };
        let wanted = public.iter().chain(&["kty", "use", "alg", "kid"]).map(|name| (*name).to_owned()).collect();
        assert_eq!(members(key), wanted);
        assert_eq!((&key["alg"], &key["use"]), (&json!(alg), &json!("sig")));
    }
    let first = set["keys"].as_array().unwrap().iter().map(|key| key["alg"].as_str().unwrap());
    assert_eq!(first.collect::<Vec<_>>(), ["RS256", "RS256", "ES256", "ES256", "EdDSA", "EdDSA"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_tokens_are_signed_as_it_says() {
    use shared::key_ring::Algorithm as Ours;

    let latchkey = Latchkey::start().await;
    let set = latchkey.key_set().await;
    for (tenant, ours, algorithm) in
        [("T00000002", Ours::Es256, Algorithm::ES256), ("T00000003", Ours::EdDsa, Algorithm::EdDSA)]
    {
        let api_key = latchkey.tenant_signing_by(tenant, ours).await;
        let headers = [("api-key", api_key.as_str()), ("content-type", "application/json")];
        let record = latchkey.send("POST", "/intermediaries", &headers, r#"{"variables": {}}"#).await.ok();
        let account = json!({ "email": EMAIL, "password": PASSWORD, "intermediaryId": record["id"] });
        let pair = latchkey.send("POST", "/intermediaries/accounts", &headers, account.to_string()).await.pair();
        assert_eq!(decode_header(&pair.access).unwrap().alg, algorithm);
        latchkey.verifies(&set, &pair.access, tenant, algorithm);

        let (key, access) = (("api-key", api_key.as_str()), pair.access.as_str());
        let status = "/intermediaries/sessions/token-status";
        latchkey.send("PUT", status, &[key, ("accountAccessToken", access)], "").await.ok();
        let (signed, signature) = access.rsplit_once('.').unwrap();
        let mut letters: Vec<_> = signature.chars().collect();
        letters[20] = if letters[20] == 'A' { 'B' } else { 'A' };
        let forged = format!("{signed}.{}", letters.iter().collect::<String>());
        let refused = latchkey.send("PUT", status, &[key, ("accountAccessToken", &forged)], "").await;
        refused.refused(401, "invalid_access_token");
        latchkey.check_session(access).await.refused(401, "invalid_access_token");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_key_opens_nothing_from_then_on_and_its_successor_signs() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let dropped = kid(&pair.access);
    let changes = latchkey.rotate(&json!({ "drop": dropped })).await;
    assert_eq!((count(&changes), &changes["dropped"]), ((1, 1), &json!([dropped])));
    latchkey.check_session(&pair.access).await.refused(401, "invalid_access_token");
    assert!(!latchkey.kids().await.contains(&dropped));
    let next = latchkey.re_sign(&pair.refresh).await.pair();
    assert_eq!(json!([kid(&next.access)]), changes["published"]);
    latchkey.check_session(&next.access).await.ok();
    latchkey.verifies(&latchkey.key_set().await, &next.access, "T00000001", Algorithm::RS256);

    latchkey.advance(82 * DAY).await;
    let published = latchkey.kids().await;
    let changes = latchkey.rotate(&json!({ "drop": kid(&next.access) })).await;
    assert_eq!(count(&changes), (0, 1), "the one that was published already signs");
    let third = kid(&latchkey.access().await);
    assert!(third != kid(&next.access) && published.contains(&third));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_instance_knows_of_a_dropped_key_within_a_minute() {
    let latchkey = Latchkey::start().await;
    let access = latchkey.jane().await.access;
    let header = access.split('.').next().unwrap();
    let other = instance_of(&latchkey);
    assert!(other.key_ring().await.unwrap().signing_keys().any(|key| key.access_token_header() == header));
    latchkey.rotate(&json!({ "drop": kid(&access) })).await;
    other.clock.advance(60);
    assert!(!other.key_ring().await.unwrap().signing_keys().any(|key| key.access_token_header() == header));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_rotations_at_once_one_publishes() {
    let latchkey = Latchkey::start().await;
    latchkey.advance_unscheduled(82 * DAY).await;
    let rotate = |latchkey: std::sync::Arc<Latchkey>, _| async move { latchkey.rotate(&json!({})).await };
    let published = |all: &[Value]| all.iter().map(|changes| count(changes).0).sum::<usize>();
    assert_eq!(published(&latchkey.at_once(4, rotate).await), 3);
    assert_eq!(latchkey.kids().await.len(), 6);

    latchkey.table.delete(&latchkey.table.rows_of("key-ring").await[0]).await;
    assert_eq!(published(&latchkey.at_once(4, rotate).await), 3, "one founds the ring");
    assert_eq!(latchkey.kids().await.len(), 3);
    latchkey.jane().await;
    assert_eq!(count(&latchkey.rotate(&json!({})).await), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_key_or_no_event_changes_no_row() {
    let latchkey = Latchkey::start().await;
    let access = latchkey.jane().await.access;
    let before = latchkey.table.rows().await;
    for (event, why) in [
        (json!({ "drop": "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" }).to_string(), "not_found"),
        (json!({ "drop": "" }).to_string(), "not_found"),
        (json!({ "drop": null }).to_string(), "invalid_request"),
        (json!({ "drop": [kid(&access)] }).to_string(), "invalid_request"),
        (json!({ "drop": kid(&access), "renew": "secrets" }).to_string(), "invalid_request"),
        (json!({ "renew": "everything" }).to_string(), "invalid_request"),
        (json!({ "renew": null }).to_string(), "invalid_request"),
        (json!([kid(&access)]).to_string(), "invalid_request"),
        (json!(kid(&access)).to_string(), "invalid_request"),
        ("rotate".to_owned(), "invalid_request"),
    ] {
        let answer = latchkey.server.invoke(ROTATE, &event).await.unwrap();
        assert_eq!(answer["errorType"], why, "{event}: {answer}");
        assert!(answer["errorMessage"].as_str().is_some_and(|message| !message.is_empty()));
    }
    assert_eq!(latchkey.table.rows().await, before);
    latchkey.check_session(&access).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_leaves_the_ring_whole_and_the_next_run_goes_on() {
    for fault in Fault::AT_ONCE {
        let latchkey = Latchkey::start().await;
        let pair = latchkey.jane().await;
        latchkey.advance_unscheduled(82 * DAY).await;
        let before = latchkey.table.rows_of("key-ring").await;
        latchkey.proxy.plan(move |call| if call.operation == "PutItem" { fault } else { Fault::Pass });
        assert_eq!(latchkey.rotate(&json!({})).await["errorType"], "unavailable", "{fault:?}");
        latchkey.proxy.heal();
        let was_written = latchkey.table.rows_of("key-ring").await != before;
        assert_eq!(was_written, fault == Fault::LoseAnswer);
        assert_eq!(count(&latchkey.rotate(&json!({})).await).0, if was_written { 0 } else { 3 });
        latchkey.advance(60).await;
        let kids = latchkey.kids().await;
        assert!(kids.len() == 6 && kids.contains(&kid(&pair.access)), "{fault:?}");
        latchkey.check_session(&latchkey.access().await).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_whose_first_answer_is_lost_is_made_once_and_told() {
    let latchkey = Latchkey::start().await;
    let dropped = kid(&latchkey.jane().await.access);
    let lost = AtomicBool::new(false);
    latchkey.proxy.plan(move |call| {
        let first = call.operation == "PutItem" && !lost.swap(true, Ordering::SeqCst);
        if first { Fault::LoseAnswer } else { Fault::Pass }
    });
    let changes = latchkey.rotate(&json!({ "drop": dropped })).await;
    assert_eq!(count(&changes), (1, 1), "{changes}");
    assert_eq!(json!([kid(&latchkey.access().await)]), changes["published"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ring_from_before_there_were_algorithms_goes_on_and_gains_them() {
    let latchkey = Latchkey::start().await;
    let access = latchkey.jane().await.access;
    let other = instance_of(&latchkey);
    let read = other.store.key_ring(other.clock.now()).await.unwrap().unwrap();
    let mut ring = serde_json::to_value(other.envelope.open(&read).await.unwrap()).unwrap();
    let keys = ring["signing_keys"].as_array_mut().unwrap();
    keys.truncate(1);
    keys[0].as_object_mut().unwrap().remove("algorithm").unwrap();
    let old: Material = serde_json::from_value(ring).unwrap();
    let old = other.envelope.seal(&old, &other.random).await.unwrap();
    assert!(other.store.put_key_ring(Some(&read), &old).await.unwrap());

    latchkey.advance_unscheduled(60).await;
    assert_eq!(latchkey.kids().await, [kid(&access)].into());
    latchkey.check_session(&access).await.ok();
    assert_eq!(count(&latchkey.rotate(&json!({})).await), (2, 0));
    assert_eq!(latchkey.kids().await.len(), 3);
    latchkey.check_session(&access).await.ok();
    assert_eq!(kid(&latchkey.access().await), kid(&access));
}
