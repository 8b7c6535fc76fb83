use serde_json::{Value, json};

use crate::harness::{Answer, Asked, KARI_EMAIL, KARI_PASSWORD, Latchkey, OTHER_TENANT, SESSION, VERIFIER};

async fn status_by_code(latchkey: &Latchkey, asked: &Asked) -> Answer {
    latchkey.bearing(&asked.token, "GET", &asked.call("status"), &Value::Null).await
}

#[tokio::test(flavor = "multi_thread")]
async fn before_anybody_agreed_a_decision_has_no_personal_data() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let asked = latchkey.ask_for(&json!({ "scope": "names email", "vendor_data": "order 4711" })).await;
    let undecided = async |status: &str| {
        latchkey.advance(5).await;
        let answer = latchkey.decision(&asked).await;
        let json = answer.ok();
        let members: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        let documented = ["created_at", "scope", "session_id", "session_number", "status", "user_data", "vendor_data"];
        assert_eq!(members, documented);
        assert_eq!((&json["session_id"], &json["status"]), (&json!(asked.id), &json!(status)));
        assert_eq!((&json["user_data"], &json["scope"]), (&json!({}), &json!("names email")));
        assert_eq!(json["vendor_data"], "order 4711");
        assert!(json["session_number"].is_u64());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        for personal in ["kari", "Kari", "Nordmann", KARI_EMAIL] {
            assert!(!answer.text.contains(personal), "{}", answer.text);
        }
        json["created_at"].as_str().unwrap().to_owned()
    };
    let created_at = undecided("Initialized").await;
    assert!(created_at.len() == 24 && created_at.ends_with('Z') && created_at.as_bytes()[19] == b'.');
    let mut browser = latchkey.browser();
    browser.scan(&asked).await;
    undecided("Retrieved").await;
    assert_eq!(browser.sign_in("customer", KARI_EMAIL, KARI_PASSWORD).await.status, 200);
    undecided("Retrieved").await;
    latchkey.advance(120).await;
    undecided("Expired").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_slash_forms_answer() {
    let latchkey = Latchkey::start().await;
    let asked = latchkey.ask("names").await;
    for call in ["status", "status/", "decision", "decision/", "information", "information/"] {
        latchkey.advance(5).await;
        latchkey.bearing(&asked.by, "GET", &asked.call(call), &Value::Null).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_rise_with_time() {
    let latchkey = Latchkey::start().await;
    let mut last = 0;
    for _ in 0..5 {
        let asked = latchkey.ask("names").await;
        let number = latchkey.decision(&asked).await.ok()["session_number"].as_u64().unwrap();
        assert!(last < number && number < 1 << 53, "whole in every JSON: {number}");
        last = number;
        latchkey.advance(1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_again_within_five_seconds_is_told_to_slow_down() {
    let latchkey = Latchkey::start().await;
    let asked = latchkey.ask("names").await;
    assert_eq!(latchkey.status(&asked).await.ok(), json!({ "session_id": asked.id, "status": "initialized" }));
    let row = latchkey.transfer(&asked).await;
    let soon = latchkey.status(&asked).await;
    soon.refused_transfer(429, "slow_down");
    assert_eq!(soon.header("retry-after"), Some("5"));
    assert_eq!(latchkey.transfer(&asked).await, row, "asking too soon does not make one wait longer");
    latchkey.decision(&asked).await.ok();
    latchkey.decision(&asked).await.refused_transfer(429, "slow_down");
    status_by_code(&latchkey, &asked).await.ok();
    status_by_code(&latchkey, &asked).await.refused_transfer(429, "slow_down");
    latchkey.advance(5).await;
    latchkey.status(&asked).await.ok();
    latchkey.decision(&asked).await.ok();
    status_by_code(&latchkey, &asked).await.ok();
    // Looking at what is asked is no polling.
    for _ in 0..3 {
        latchkey.information(&asked.by, &asked.id).await.ok();
        latchkey.information(&asked.token, &asked.id).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_polls_at_once_one_is_answered() {
    let latchkey = Latchkey::start().await;
    let asked = latchkey.ask("names").await;
    for poll in ["status", "decision"] {
        let racer = |latchkey: std::sync::Arc<Latchkey>, _| {
            let (asked, path) = (asked.clone(), asked.call(poll));
            async move { latchkey.bearing(&asked.by, "GET", &path, &Value::Null).await }
        };
        let answers = latchkey.at_once(10, racer).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{poll}");
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            answer.refused_transfer(429, "slow_down");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_once_it_is_decided() {
    let latchkey = Latchkey::start().await;
    let (declined, expired) = (latchkey.ask("names").await, latchkey.ask("names").await);
    let mut browser = latchkey.browser();
    browser.scan(&declined).await;
    assert_eq!(browser.decline().await.status, 200);
    for _ in 0..4 {
        assert_eq!(latchkey.decision(&declined).await.ok()["status"], "Cancelled");
        assert_eq!(latchkey.decision(&declined).await.ok()["user_data"], json!({}));
        assert_eq!(latchkey.status(&declined).await.ok()["status"], "cancelled");
        assert_eq!(status_by_code(&latchkey, &declined).await.ok()["status"], "cancelled");
    }
    latchkey.advance(121).await;
    for _ in 0..4 {
        assert_eq!(latchkey.decision(&expired).await.ok()["status"], "Expired");
        assert_eq!(latchkey.status(&expired).await.ok()["status"], "expired");
        assert_eq!(status_by_code(&latchkey, &expired).await.ok()["status"], "expired");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn anothers_transfer_is_unknown_and_is_not_slowed_down_by_who_tries() {
    let latchkey = Latchkey::start().await;
    let asked = latchkey.ask("names").await;
    latchkey.another_third_party("T00000001", "newsletter", "names").await;
    latchkey.another_third_party(OTHER_TENANT, "stranger", "names").await;
    let mut answers = Vec::new();
    for client in ["newsletter", "stranger"] {
        let by = latchkey.third_party(client).await;
        let before = latchkey.table.rows().await;
        let theirs = Asked { by: by.clone(), ..asked.clone() };
        answers.extend([latchkey.status(&theirs).await, latchkey.decision(&theirs).await]);
        answers.extend([latchkey.status(&theirs).await, latchkey.decision(&theirs).await]);
        answers.push(latchkey.information(&by, &asked.id).await);
        let unknown = "00000000-0000-4000-8000-000000000000";
        answers.push(latchkey.decision(&Asked { id: unknown.to_owned(), ..theirs }).await);
        assert_eq!(latchkey.table.rows().await, before);
    }
    for answer in &answers {
        answer.refused_transfer(404, "not_found");
        assert_eq!(answer.face(), answers[0].face());
    }
    latchkey.status(&asked).await.ok();
    latchkey.decision(&asked).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_waits_two_minutes_unless_its_tenant_says_otherwise() {
    for (setting, seconds) in [(None, 120), (Some(1), 60), (Some(300), 300), (Some(86_400), 3_600)] {
        let latchkey = Latchkey::start().await;
        if let Some(setting) = setting {
            latchkey.let_requests_wait(setting).await;
        }
        let asked = latchkey.ask("names").await;
        let row = latchkey.transfer(&asked).await.unwrap();
        let number = |name: &str| row[name].as_n().unwrap().parse::<i64>().unwrap();
        assert_eq!(number("ends_at") - number("created_at_ms").div_euclid(1_000), seconds, "{setting:?}");
        latchkey.advance(u32::try_from(seconds).unwrap() - 10).await;
        assert_eq!(latchkey.status(&asked).await.ok()["status"], "initialized");
        latchkey.advance(10).await;
        assert_eq!(latchkey.status(&asked).await.ok()["status"], "expired");
        assert_eq!(latchkey.decision(&asked).await.ok()["status"], "Expired");
        latchkey.advance(600).await;
        latchkey.decision(&asked).await.refused_transfer(404, "not_found");
        latchkey.status(&asked).await.refused_transfer(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_works_for_a_day() {
    let latchkey = Latchkey::start().await;
    let token = latchkey.third_party(VERIFIER).await;
    latchkey.advance(86_390).await;
    let asked = latchkey.open_transfer(&token, &json!({ "scope": "names" })).await.asked(&token);
    latchkey.advance(10).await;
    latchkey.decision(&asked).await.refused_transfer(401, "invalid_token");
    let path = format!("{SESSION}/{}/decision", asked.id);
    latchkey.send("GET", &path, &[], "").await.refused_transfer(401, "missing_token");
}
