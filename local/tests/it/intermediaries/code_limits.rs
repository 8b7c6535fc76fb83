//! Codes and links: one in 60 s, five an hour, ten a day, and none after a hundred wrong entries in a row.

use std::sync::Arc;

use serde_json::json;

use crate::harness::{Answer, EMAIL, Latchkey, NEW_EMAIL, NEW_PHONE, PASSWORD, PHONE, other_than};

const DAY: u32 = 86_400;

/// What sends something to somebody.
#[derive(Debug, Clone, Copy)]
enum Send {
    Email,
    Phone,
    NewEmail,
    NewPhone,
    AddedPhone,
    Reset,
    Invitation,
}

const SENDS: [Send; 7] =
    [Send::Email, Send::Phone, Send::NewEmail, Send::NewPhone, Send::AddedPhone, Send::Reset, Send::Invitation];

/// Somebody who sends, and who goes on being signed in.
struct Sender {
    latchkey: Arc<Latchkey>,
    what: Send,
    refresh: String,
    record: String,
}

impl Sender {
    async fn new(what: Send) -> Self {
        let latchkey = Latchkey::start().await;
        let email = if matches!(what, Send::AddedPhone) { "other@example.com" } else { EMAIL };
        if matches!(what, Send::AddedPhone) {
            latchkey.another_account(email).await;
        } else {
            latchkey.jane().await;
        }
        let body = json!({ "email": email, "password": PASSWORD, "refreshTokenExpirationTimeMinutes": 10_080 });
        let refresh = latchkey.sessions(body).await.pair().refresh;
        let record = latchkey.create_intermediary().await;
        Self { latchkey, what, refresh, record }
    }

    async fn access(&mut self) -> String {
        let pair = self.latchkey.re_sign(&self.refresh).await.pair();
        self.refresh = pair.refresh;
        pair.access
    }

    async fn send(&mut self) -> Answer {
        let access = self.access().await;
        let latchkey = &self.latchkey;
        match self.what {
            Send::Email => latchkey.send_email_code(&access).await,
            Send::Phone => latchkey.send_phone_code(&access, PHONE).await,
            Send::NewEmail => latchkey.ask_email(&access, NEW_EMAIL).await,
            Send::NewPhone => latchkey.ask_phone(&access, "PUT", NEW_PHONE).await,
            Send::AddedPhone => latchkey.ask_phone(&access, "POST", NEW_PHONE).await,
            Send::Reset => latchkey.forget_password(EMAIL).await,
            Send::Invitation => latchkey.invite(&self.record, "new@example.com").await,
        }
    }

    async fn enter(&mut self, code: &str) -> Answer {
        let access = self.access().await;
        let latchkey = &self.latchkey;
        match self.what {
            Send::Email => latchkey.verify_email(&access, code).await,
            Send::Phone => latchkey.verify_phone(&access, code).await,
            Send::NewEmail => latchkey.confirm_email(&access, code).await,
            Send::NewPhone => latchkey.confirm_phone(&access, "PUT", code).await,
            Send::AddedPhone => latchkey.confirm_phone(&access, "POST", code).await,
            Send::Reset | Send::Invitation => unreachable!("a link has no code"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_a_minute_five_an_hour_ten_a_day() {
    for what in SENDS {
        let mut sender = Sender::new(what).await;
        for (sends, longest) in [(5, 3_600_u32), (5, DAY)] {
            for _ in 0..sends - 1 {
                sender.send().await.ok();
                let seconds = sender.send().await.slowed();
                assert!((55..=60).contains(&seconds), "{what:?}: {seconds}");
                sender.latchkey.advance(seconds).await;
            }
            sender.send().await.ok();
            let seconds = sender.send().await.slowed();
            assert!((longest.saturating_sub(4_200)..=longest).contains(&seconds), "{what:?}: {seconds}");
            sender.latchkey.advance(seconds).await;
        }
        sender.send().await.ok();
        assert_eq!(sender.latchkey.outbox().await.len(), 11, "{what:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_at_once_one_is_sent_and_it_is_the_one_that_works() {
    for what in [Send::Email, Send::Phone] {
        let mut sender = Sender::new(what).await;
        let access = sender.access().await;
        let answers = sender
            .latchkey
            .at_once(10, |latchkey, _| {
                let access = access.clone();
                async move {
                    match what {
                        Send::Email => latchkey.send_email_code(&access).await,
                        _ => latchkey.send_phone_code(&access, PHONE).await,
                    }
                }
            })
            .await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{what:?}");
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            answer.slowed();
        }
        assert_eq!(sender.latchkey.outbox().await.len(), 1);
        let code = sender.latchkey.last_code().await;
        sender.enter(&code).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sessions_share_one_limit_and_two_accounts_share_that_of_one_destination() {
    let latchkey = Latchkey::start().await;
    let here = latchkey.jane().await;
    let elsewhere = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    latchkey.send_email_code(&here.access).await.ok();
    latchkey.send_email_code(&elsewhere.access).await.slowed();
    latchkey.advance(61).await;
    let other = latchkey.another_account("other@example.com").await;
    latchkey.ask_email(&here.access, NEW_EMAIL).await.ok();
    latchkey.ask_email(&other.access, NEW_EMAIL).await.slowed();
    assert_eq!(latchkey.told("email-code").await, [EMAIL, NEW_EMAIL]);
}

#[tokio::test(flavor = "multi_thread")]
async fn naming_another_destination_each_time_is_no_way_around_the_accounts_limit() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    for number in 0..5 {
        latchkey.ask_email(&pair.access, &format!("victim{number}@example.com")).await;
        latchkey.ask_phone(&pair.access, "PUT", &format!("+1917224000{number}")).await;
    }
    let outbox = latchkey.outbox().await;
    let of = |channel: &str| outbox.iter().filter(|message| message["channel"] == channel).count();
    assert_eq!((of("email"), of("sms")), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_hundred_wrong_entries_in_a_row_no_code_is_sent_for_thirty_days() {
    let mut sender = Sender::new(Send::Email).await;
    for number in 0..100 {
        sender.send().await.ok();
        let code = sender.latchkey.last_code().await;
        sender.enter(&other_than(&code)).await.refused(400, "invalid_code");
        // Ten a day, well apart.
        sender.latchkey.advance(if number % 10 == 9 { DAY } else { 3_601 }).await;
        if number == 45 {
            let body = json!({ "email": EMAIL, "password": PASSWORD, "refreshTokenExpirationTimeMinutes": 10_080 });
            sender.refresh = sender.latchkey.sessions(body).await.pair().refresh;
        }
    }
    let sent = sender.latchkey.outbox().await.len();
    let wait = sender.send().await.slowed();
    assert!((27 * DAY..=30 * DAY).contains(&wait), "{wait}");
    assert_eq!(sender.latchkey.outbox().await.len(), sent);
    sender.latchkey.advance(wait + 60).await;
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    sender.refresh = sender.latchkey.sessions(body).await.pair().refresh;
    sender.send().await.ok();
    let code = sender.latchkey.last_code().await;
    sender.enter(&code).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_send_changes_nothing() {
    for what in SENDS {
        let mut sender = Sender::new(what).await;
        sender.send().await.ok();
        let sent = sender.latchkey.outbox().await;
        let before: Vec<_> = sender.latchkey.standing().await;
        sender.send().await.slowed();
        assert_eq!(sender.latchkey.outbox().await, sent, "{what:?}");
        let of = |rows: Vec<crate::harness::Item>| -> Vec<_> {
            rows.into_iter().filter(|row| !row["sk"].as_s().unwrap().starts_with("session#")).collect()
        };
        assert_eq!(of(sender.latchkey.standing().await), of(before), "{what:?}");
        if !matches!(what, Send::Reset | Send::Invitation) {
            let code = sender.latchkey.last_code().await;
            sender.enter(&code).await.ok();
        }
    }
}
