//! Codes and links: one in 60 s, five an hour, ten a day, and none after a hundred wrong entries in a row; and what holds
//! of every code that is out.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::json;

use crate::harness::{Answer, EMAIL, Latchkey, NEW_EMAIL, NEW_PHONE, PASSWORD, PHONE, insist, other_than};

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

/// Those that send a code, which whoever is signed in enters.
const CODES: [Send; 5] = [Send::Email, Send::Phone, Send::NewEmail, Send::NewPhone, Send::AddedPhone];

const NO_CODES: [&str; 13] = [
    "12345",
    "1234567",
    "%20123456",
    "%2012345",
    "12345a",
    "+12345",
    "-12345",
    "1234.5",
    "%00%00%00%00%00%00",
    "%D9%A1%D9%A2%D9%A3%D9%A4%D9%A5%D9%A6",
    "%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96",
    "12345%0A",
    "%ff%ff%ff",
];

impl Send {
    async fn send(self, latchkey: &Latchkey, access: &str) -> Answer {
        match self {
            Self::Email => latchkey.send_email_code(access).await,
            Self::Phone => latchkey.send_phone_code(access, PHONE).await,
            Self::NewEmail => latchkey.ask_email(access, NEW_EMAIL).await,
            Self::NewPhone => latchkey.ask_phone(access, "PUT", NEW_PHONE).await,
            Self::AddedPhone => latchkey.ask_phone(access, "POST", NEW_PHONE).await,
            Self::Reset => latchkey.forget_password(EMAIL).await,
            Self::Invitation => latchkey.invite(local::INTERMEDIARY_ID, "new@example.com").await,
        }
    }

    async fn enter(self, latchkey: &Latchkey, access: &str, code: &str) -> Answer {
        match self {
            Self::Email => latchkey.verify_email(access, code).await,
            Self::Phone => latchkey.verify_phone(access, code).await,
            Self::NewEmail => latchkey.confirm_email(access, code).await,
            Self::NewPhone => latchkey.confirm_phone(access, "PUT", code).await,
            Self::AddedPhone => latchkey.confirm_phone(access, "POST", code).await,
            Self::Reset | Self::Invitation => unreachable!("a link has no code"),
        }
    }

    /// How many are told once the code came back.
    const fn notices(self) -> usize {
        match self {
            Self::NewEmail | Self::NewPhone => 2,
            Self::AddedPhone => 1,
            _ => 0,
        }
    }
}

/// Somebody who sends, and who goes on being signed in.
struct Sender {
    latchkey: Arc<Latchkey>,
    what: Send,
    refresh: String,
}

impl Sender {
    /// Of an account that has a phone, unless one is to be added.
    async fn new(what: Send) -> Self {
        let latchkey = Latchkey::start().await;
        // An invitation is for a record that has no account yet.
        let record = latchkey.create_intermediary().await;
        let mut body = json!({ "email": EMAIL, "password": PASSWORD, "intermediaryId": record });
        if !matches!(what, Send::AddedPhone) {
            body["phone"] = json!(PHONE);
        }
        latchkey.create_account(body).await.pair();
        let body = json!({ "email": EMAIL, "password": PASSWORD, "refreshTokenExpirationTimeMinutes": 10_080 });
        let refresh = latchkey.sessions(body).await.pair().refresh;
        Self { latchkey, what, refresh }
    }

    async fn access(&mut self) -> String {
        let pair = self.latchkey.re_sign(&self.refresh).await.pair();
        self.refresh = pair.refresh;
        pair.access
    }

    async fn send(&mut self) -> Answer {
        let access = self.access().await;
        self.what.send(&self.latchkey, &access).await
    }

    /// Sends a code and answers with it.
    async fn code(&mut self) -> String {
        self.send().await.ok();
        self.latchkey.last_code().await
    }

    async fn enter(&mut self, code: &str) -> Answer {
        let access = self.access().await;
        self.what.enter(&self.latchkey, &access, code).await
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
                // An earlier send may leave its hour a second or two after the last one leaves its minute.
                assert!((55..=65).contains(&seconds), "{what:?}: {seconds}");
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
                async move { what.send(&latchkey, &access).await }
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

#[tokio::test(flavor = "multi_thread")]
async fn one_wrong_entry_destroys_a_code_and_what_is_no_code_does_not() {
    for what in CODES {
        let mut sender = Sender::new(what).await;
        sender.enter("123456").await.refused(400, "invalid_code");
        let code = sender.code().await;
        let access = sender.access().await;
        let latchkey = Arc::clone(&sender.latchkey);
        let (before, standing) = (latchkey.table.rows().await, latchkey.standing().await);
        for wrong in NO_CODES.into_iter().chain(["1".repeat(4_000).as_str()]) {
            what.enter(&latchkey, &access, wrong).await.refused(400, "invalid_request");
        }
        assert_eq!(latchkey.table.rows().await, before, "{what:?}");
        what.enter(&latchkey, &access, &other_than(&code)).await.refused(400, "invalid_code");
        what.enter(&latchkey, &access, &code).await.refused(400, "invalid_code");
        assert_eq!(latchkey.standing().await, standing, "{what:?}");
        assert_eq!(latchkey.outbox().await.len(), 1, "{what:?}");
        latchkey.advance(61).await;
        let code = sender.code().await;
        sender.enter(&code).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_dies_after_ten_minutes_and_with_its_successor() {
    for what in CODES {
        let mut sender = Sender::new(what).await;
        let first = sender.code().await;
        sender.latchkey.advance(61).await;
        assert_ne!(first, sender.code().await);
        sender.enter(&first).await.refused(400, "invalid_code");
        sender.latchkey.advance(61).await;
        let late = sender.code().await;
        sender.latchkey.advance(600).await;
        sender.enter(&late).await.refused(400, "invalid_code");
        assert_eq!(sender.latchkey.outbox().await.len(), 3, "{what:?}");
        let in_time = sender.code().await;
        sender.latchkey.advance(590).await;
        sender.enter(&in_time).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_for_its_account_and_unless_it_proves_the_accounts_address_for_its_session() {
    for what in CODES {
        for is_same_account in [false, true] {
            let mut sender = Sender::new(what).await;
            let latchkey = Arc::clone(&sender.latchkey);
            let record = latchkey.create_intermediary().await;
            let mut body = json!({ "email": "other@example.com", "password": PASSWORD, "intermediaryId": record });
            if !matches!(what, Send::AddedPhone) {
                body["phone"] = json!(PHONE);
            }
            let other = latchkey.create_account(body).await.pair();
            let elsewhere = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
            let code = sender.code().await;
            latchkey.advance(61).await;
            what.send(&latchkey, &other.access).await.ok();
            let here = sender.access().await;
            let before = latchkey.standing().await;
            if is_same_account {
                let answer = what.enter(&latchkey, &elsewhere.access, &code).await;
                if matches!(what, Send::Email) {
                    answer.ok();
                    continue;
                }
                answer.refused(400, "invalid_code");
                what.enter(&latchkey, &here, &code).await.refused(400, "invalid_code");
            } else {
                what.enter(&latchkey, &other.access, &code).await.refused(400, "invalid_code");
            }
            assert_eq!(latchkey.standing().await, before, "{what:?}");
            if !is_same_account {
                what.enter(&latchkey, &here, &code).await.ok();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_right_codes_at_once_one_is_taken_and_after_wrong_ones_none() {
    for (what, is_right) in CODES.into_iter().flat_map(|what| [(what, true), (what, false)]) {
        let mut sender = Sender::new(what).await;
        let code = sender.code().await;
        let access = sender.access().await;
        let latchkey = Arc::clone(&sender.latchkey);
        let before = latchkey.standing().await;
        let tried = if is_right { code.clone() } else { other_than(&code) };
        let racer = |_| insist(async || what.enter(&latchkey, &access, &tried).await);
        let answers = join_all((0..20).map(racer)).await;
        let taken = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(taken, usize::from(is_right), "{what:?}");
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            // Who comes late enough learns that there is nothing left to prove or to add.
            let is_late = is_right && !matches!(what, Send::NewEmail | Send::NewPhone);
            let refusal = answer.json()["error"]["code"].clone();
            let refusal = if is_late && refusal == "invalid_request" { "invalid_request" } else { "invalid_code" };
            answer.refused(400, refusal);
        }
        if !is_right {
            what.enter(&latchkey, &access, &code).await.refused(400, "invalid_code");
        }
        assert_eq!(latchkey.standing().await == before, !is_right, "{what:?}");
        assert_eq!(latchkey.outbox().await.len(), 1 + taken * what.notices(), "{what:?}");
        assert_eq!(latchkey.table.rows_of("identifier").await.len(), 1, "{what:?}");
        assert!(latchkey.table.rows_of("account#").await.len() <= 1, "the number is the account's once");
    }
}
