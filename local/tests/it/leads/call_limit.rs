//! 25 calls in 5 seconds of one access key, over all instances (document 002).

use serde_json::json;
use shared::store::CallLimit;

use crate::harness::{Answer, LEAD_PASSWORD, Latchkey, OTHER_TENANT, Portal, SAME_TENANT, by_email};

const MESSAGE: &str = "API calls exceeded the limit of 25 in 5 second(s)";

async fn public_token(latchkey: &Latchkey, portal: &Portal) -> Answer {
    latchkey.send("GET", &format!("/api/Access/PublicToken?{}", portal.query()), &[], "").await
}

#[track_caller]
fn passed_and_refused(answers: &[Answer]) -> (usize, usize) {
    let refused = answers.iter().filter(|answer| answer.status == 429);
    for answer in refused.clone() {
        assert_eq!(answer.refused_lead(429, "MXAPIRateLimitExceededException"), MESSAGE);
        let wait: u32 = answer.header("retry-after").expect("retry-after").parse().expect("seconds");
        assert!((1..=5).contains(&wait), "{wait}");
    }
    let passed = answers.iter().filter(|answer| answer.status != 429);
    for answer in passed.clone() {
        answer.ok();
    }
    (passed.count(), refused.count())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_40_calls_at_once_25_pass_and_5_seconds_later_the_next_ones() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let other = latchkey.another_portal(SAME_TENANT, "other-portal", None).await;
    latchkey.john(&portal).await;
    latchkey.rest().await;
    let sign_in = {
        let portal = portal.clone();
        move |latchkey: std::sync::Arc<Latchkey>, number| {
            let portal = portal.clone();
            async move {
                if number % 2 == 0 {
                    return public_token(&latchkey, &portal).await;
                }
                latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await
            }
        }
    };
    let answers = latchkey.at_once(40, sign_in.clone()).await;
    assert_eq!(passed_and_refused(&answers), (25, 15));
    public_token(&latchkey, &other).await.ok();
    assert_eq!(public_token(&latchkey, &portal).await.status, 429);
    latchkey.rest().await;
    public_token(&latchkey, &portal).await.ok();
    let answers = latchkey.at_once(40, sign_in).await;
    assert_eq!(passed_and_refused(&answers), (24, 16));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_5_seconds_hold_more_than_25_whichever_they_are() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let mut passed_at = Vec::new();
    for second in 0..30_usize {
        for _ in 0..[3, 0, 25, 9, 1, 14][second % 6] {
            if public_token(&latchkey, &portal).await.status == 200 {
                passed_at.push(second);
            }
        }
        latchkey.advance(1).await;
    }
    // The clock moves on while the calls are made, so a second here may be a little longer than one.
    for from in 0..26 {
        let within = passed_at.iter().filter(|second| (from..from + 5).contains(*second)).count();
        assert!(within <= 25 + 2, "{within} from second {from}");
    }
    assert!(passed_at.len() > 100, "{}", passed_at.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_may_set_another_limit() {
    let latchkey = Latchkey::start().await;
    let limit = CallLimit { calls: 3, seconds: 60 };
    let portal = latchkey.another_portal(OTHER_TENANT, "slow-portal", Some(limit)).await;
    public_token(&latchkey, &portal).await.ok();
    let answer = public_token(&latchkey, &portal).await;
    let message = answer.refused_lead(429, "MXAPIRateLimitExceededException");
    assert_eq!(message, "API calls exceeded the limit of 3 in 60 second(s)");
    latchkey.advance(60).await;
    public_token(&latchkey, &portal).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_calls_stays_short() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    for _ in 0..8 {
        let call = {
            let portal = portal.clone();
            move |latchkey: std::sync::Arc<Latchkey>, _| {
                let portal = portal.clone();
                async move { public_token(&latchkey, &portal).await }
            }
        };
        assert_eq!(passed_and_refused(&latchkey.at_once(30, call).await), (25, 5));
        latchkey.rest().await;
    }
    let rows = latchkey.table.rows_of("calls").await;
    let longest = rows.iter().map(|row| row["calls"].as_l().unwrap().len()).max();
    assert!(longest.is_some_and(|longest| (25..=100).contains(&longest)), "{longest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_over_the_limit_changes_nothing() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    let auth_key = latchkey.auth_key(&portal).await;
    for _ in 2..25 {
        public_token(&latchkey, &portal).await.ok();
    }
    let before = latchkey.table.rows().await;
    let phone = json!({ "FieldSchemaName": "Phone", "FieldContent": "+14157415569" });
    let answers = [
        latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await,
        latchkey.lead_sign_in(&portal, &by_email("wrong")).await,
        latchkey.sign_in_by_otp(&portal, "123456", "+14157415569", "none").await,
        latchkey.authorized(&portal.public_key, "/api/Authentication/SigninOTP/Get", &phone).await,
        latchkey.change_password(&auth_key, LEAD_PASSWORD, "another sample pw").await,
        latchkey.forgot_password(&portal, &json!({ "EmailAddress": "johnwick@example.com" })).await,
        latchkey.reset_password(&portal, &lead, "none", "another sample pw").await,
        latchkey.register(&portal, &[("EmailAddress", "b@example.com")]).await,
        latchkey.save_lead(&portal, "POST", "/api/Leads", &[("EmailAddress", "c@example.com")]).await,
        public_token(&latchkey, &portal).await,
    ];
    assert_eq!(passed_and_refused(&answers), (0, 10));
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_and_repeated_calls_count_too() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let headers = [
        ("authorization", portal.public_key.as_str()),
        ("content-type", "application/json"),
        ("idempotency-key", "the-same-each-time"),
    ];
    let phone = json!({ "FieldSchemaName": "Phone", "FieldContent": "+14157415569" }).to_string();
    for (path, body, status) in [
        ("/api/Authentication/Signin", "{", 400),
        ("/api/Authentication/SigninOTP/Get", phone.as_str(), 200),
        ("/api/Authentication/SecureForgotPassword", "nonsense", 400),
    ] {
        latchkey.rest().await;
        for _ in 0..25 {
            assert_eq!(latchkey.send("POST", path, &headers, body).await.status, status, "{path}");
        }
        assert_eq!(latchkey.send("POST", path, &headers, body).await.status, 429, "{path}");
    }
}
