use serde_json::json;

use crate::harness::{Latchkey, PHONE};

#[tokio::test(flavor = "multi_thread")]
async fn unknown_shared_and_known_numbers_answer_and_cost_alike_and_only_the_last_gets_a_message() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    for email in ["a@example.com", "b@example.com"] {
        let id = latchkey.create_intermediary().await;
        let body = json!({ "email": email, "intermediaryId": id, "phone": "+19172240000" });
        latchkey.create_account(body).await.pair();
    }
    let (mut faces, mut calls) = (Vec::new(), Vec::new());
    for phone in ["+19172241111", "+19172240000", PHONE] {
        for _ in 0..2 {
            latchkey.proxy.record();
            faces.push(latchkey.send_code(phone).await.face());
            calls.push((latchkey.proxy.operations(), latchkey.proxy.round_trips()));
        }
    }
    assert_eq!((faces[0].0, faces[1].0), (200, 429));
    assert!(faces[2..4] == faces[..2] && faces[4..] == faces[..2], "{faces:#?}");
    assert!(calls[2..4] == calls[..2] && calls[4..] == calls[..2], "{calls:#?}");
    let outbox = latchkey.outbox().await;
    assert_eq!(outbox.len(), 1);
    assert_eq!((&outbox[0]["channel"], &outbox[0]["to"]), (&json!("sms"), &json!(PHONE)));
    assert!(outbox[0]["body"].as_str().unwrap().contains(outbox[0]["code"].as_str().unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_a_minute_five_an_hour_ten_a_day() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    let wait = async || {
        let answer = latchkey.send_code(PHONE).await;
        answer.refused(429, "too_many_requests");
        answer.header("retry-after").unwrap().parse::<u32>().unwrap()
    };
    for (sends, longest) in [(5, 3_600_u32), (5, 86_400)] {
        for _ in 0..sends - 1 {
            latchkey.send_code(PHONE).await.ok();
            let seconds = wait().await;
            assert!((55..=60).contains(&seconds), "{seconds}");
            latchkey.advance(seconds).await;
        }
        latchkey.send_code(PHONE).await.ok();
        let seconds = wait().await;
        assert!((longest.saturating_sub(4_200)..=longest).contains(&seconds), "{seconds}");
        latchkey.advance(seconds).await;
    }
    latchkey.send_code(PHONE).await.ok();
    assert_eq!(latchkey.outbox().await.len(), 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_at_once_one_is_sent() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    let answers = latchkey.at_once(10, |latchkey, _| async move { latchkey.send_code(PHONE).await }).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused(429, "too_many_requests");
    }
    assert_eq!(latchkey.outbox().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_number_is_refused() {
    let latchkey = Latchkey::start().await;
    let before = latchkey.table.rows().await;
    for path in ["19172249999", "+1917", "%2B1917224999x", "%00", "+1%20917%20224%209999", "%252B19172249999"] {
        let error = latchkey.send_code(path).await.refused(400, "invalid_request");
        assert_eq!(error["field"], "phone", "{path}");
    }
    assert_eq!(latchkey.table.rows().await, before);
}
