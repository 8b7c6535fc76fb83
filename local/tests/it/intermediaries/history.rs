use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::key_ring::Algorithm;

use crate::harness::{Answer, EMAIL, Fault, Item, LEAD_EMAIL, Latchkey, OTHER_TENANT, PASSWORD, PHONE, Pair, by_email};
use crate::secrets::has_word;

const PATH: &str = "/intermediaries/accounts/history";
const WRONG: &str = "123QW@qwe?";

impl Latchkey {
    async fn history(&self, access: &str, query: &str) -> Answer {
        self.call("GET", &format!("{PATH}{query}"), &[("accountAccessToken", access)], None).await
    }

    async fn history_of(&self, id: &str) -> Answer {
        self.call("GET", &format!("{PATH}?id={id}&limit=100"), &[], None).await
    }

    /// What happened to Jane's account, the newest last.
    async fn happened(&self) -> Vec<String> {
        let id = text(&self.table.rows_of("account").await[0], "id");
        names(&self.history_of(&id).await)
    }

    async fn bound_code(&self, code: &str, phone: &str) -> Answer {
        self.sessions(json!({ "phoneVerificationCode": code, "phone": phone })).await
    }
}

fn events(answer: &Answer) -> Vec<Value> {
    answer.ok()["events"].as_array().expect("events").clone()
}

fn names(answer: &Answer) -> Vec<String> {
    events(answer).iter().rev().map(|event| event["event"].as_str().expect("a name").to_owned()).collect()
}

fn text(row: &Item, name: &str) -> String {
    row[name].as_s().expect("text").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_act_is_listed_once_the_newest_first_and_told_to_the_log() {
    let latchkey = Latchkey::start().await;
    let mut answers = vec![latchkey.create_account(crate::harness::jane()).await];
    let first = answers[0].pair();
    answers.push(latchkey.sign_in(EMAIL, WRONG).await);
    answers.push(latchkey.sign_in(EMAIL, PASSWORD).await);
    let second = answers[2].pair();
    latchkey.send_code(PHONE).await.ok();
    answers.push(latchkey.bound_code("000000", PHONE).await);
    latchkey.advance(60).await;
    latchkey.send_code(PHONE).await.ok();
    let code = latchkey.last_code().await;
    answers.push(latchkey.sessions(json!({ "phoneVerificationCode": code })).await);
    latchkey.re_sign(&second.refresh).await.pair();
    latchkey.advance(31).await;
    answers.push(latchkey.re_sign(&second.refresh).await);
    answers.push(latchkey.sign_out(&first.access).await);
    latchkey.sign_out(&first.access).await.ok();
    latchkey.sign_out(&second.access).await.ok();

    let listed = events(&latchkey.history(&answers[4].pair().access, "").await);
    let sessions: Vec<_> = listed.iter().rev().map(|event| event.get("sessionId").is_some()).collect();
    let acts = [
        ("account.opened", None),
        ("sign_in.refused", Some("wrong password")),
        ("sign_in.ok", Some("pwd")),
        ("sign_in.refused", Some("a wrong code")),
        ("sign_in.ok", Some("sms")),
        ("session.reuse", Some("an old refresh token, generation gap 1")),
        ("sign_out", None),
    ];
    assert_eq!(listed.len(), acts.len(), "{listed:#?}");
    assert_eq!(sessions, [true, false, true, false, true, true, true]);
    let mut ids = BTreeSet::new();
    for ((event, (name, reason)), answer) in listed.iter().rev().zip(acts).zip(&answers) {
        assert_eq!((event["event"].as_str(), event.get("reason").and_then(Value::as_str)), (Some(name), reason));
        assert_eq!((&event["clientId"], &event["source"]), (&json!("local-portal"), &json!("127.0.0.1")));
        assert_eq!(event["requestId"].as_str(), answer.header("x-request-id"), "{name}");
        assert!(event["at"].as_i64().is_some_and(|at| at > 1_700_000_000_000), "{event}");
        assert!(ids.insert(event["id"].as_str().expect("an id").to_owned()));
        let request = format!("\"requestId\":\"{}\"", event["requestId"].as_str().expect("an id"));
        let lines = latchkey.log.lines();
        let of_act = |line: &&str| line.contains(&request) && line.contains(&format!("\"event\":\"{name}\""));
        assert_eq!(lines.lines().filter(of_act).count(), 1, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_try_that_locks_says_so_and_tries_while_locked_are_not_listed() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    for _ in 0..10 {
        latchkey.advance(33).await;
        latchkey.sign_in(EMAIL, WRONG).await.refused(401, "invalid_credentials");
    }
    for password in [WRONG, PASSWORD] {
        latchkey.sign_in(EMAIL, password).await.refused(401, "invalid_credentials");
    }
    latchkey.advance(33).await;
    latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    let refused = ["sign_in.refused"; 4];
    let locked = ["account.locked"; 6];
    assert_eq!(latchkey.happened().await, [&["account.opened"], &refused[..], &locked, &["sign_in.ok"]].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_wrong_and_right_passwords_at_once_each_is_listed_as_it_was_answered() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    let password = |number| if number % 4 == 0 { PASSWORD } else { WRONG };
    let answers =
        latchkey.at_once(24, |latchkey, number| async move { latchkey.sign_in(EMAIL, password(number)).await }).await;
    let happened = latchkey.happened().await;
    let listed = |name: &str| happened.iter().filter(|event| *event == name).count();
    assert_eq!(listed("sign_in.ok"), answers.iter().filter(|answer| answer.status == 200).count(), "{happened:?}");
    let refused = answers.iter().filter(|answer| answer.status == 401).count();
    let lines = latchkey.log.lines();
    let told = |name: &str| lines.matches(&format!("\"event\":\"{name}\"")).count();
    // Tries while locked are not listed.
    let unlisted = lines.matches("\"reason\":\"account blocked or locked\"").count();
    assert_eq!(told("sign_in.refused") + told("account.locked"), refused);
    assert_eq!(listed("sign_in.refused") + unlisted, told("sign_in.refused"), "{happened:?}");
    assert_eq!(listed("account.locked"), told("account.locked"), "{happened:?}");
    assert!(listed("sign_in.refused") >= 4 && (unlisted == 0 || told("account.locked") > 0), "{happened:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_sign_outs_at_once_one_is_listed_and_none_of_a_session_that_was_over() {
    let latchkey = Latchkey::start().await;
    let first = latchkey.jane().await;
    let over = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    let mut account = latchkey.table.rows_of("account").await.remove(0);
    let kept = account.clone();
    account.insert("sessions".to_owned(), aws_sdk_dynamodb::types::AttributeValue::M([].into()));
    latchkey.table.put(account).await;
    latchkey.sign_out(&over.access).await.ok();
    latchkey.table.put(kept).await;
    let sign_out =
        |latchkey: std::sync::Arc<Latchkey>, pair: Pair| async move { latchkey.sign_out(&pair.access).await };
    let answers = latchkey.at_once(8, |latchkey, _| sign_out(latchkey, first.clone())).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(latchkey.happened().await, ["account.opened", "sign_in.ok", "sign_out"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_whose_answers_are_lost_on_the_way_is_listed_once() {
    let latchkey = Latchkey::start().await;
    let lose = || latchkey.proxy.lose_first_answers();
    lose();
    let first = latchkey.jane().await;
    lose();
    let second = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    lose();
    latchkey.sign_in(EMAIL, WRONG).await.refused(401, "invalid_credentials");
    latchkey.send_code(PHONE).await.ok();
    lose();
    latchkey.bound_code("000000", PHONE).await.refused(401, "invalid_credentials");
    latchkey.advance(60).await;
    latchkey.send_code(PHONE).await.ok();
    let code = latchkey.last_code().await;
    lose();
    latchkey.bound_code(&code, PHONE).await.pair();
    latchkey.re_sign(&second.refresh).await.pair();
    latchkey.advance(31).await;
    lose();
    latchkey.re_sign(&second.refresh).await.refused(401, "invalid_refresh_token");
    lose();
    latchkey.sign_out(&first.access).await.ok();
    latchkey.proxy.heal();
    let acts = [
        "account.opened",
        "sign_in.ok",
        "sign_in.refused",
        "sign_in.refused",
        "sign_in.ok",
        "session.reuse",
        "sign_out",
    ];
    assert_eq!(latchkey.happened().await, acts);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_repeated_under_its_key_is_listed_once() {
    let latchkey = Latchkey::start().await;
    let key = [("idempotency-key", "once")];
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    for _ in 0..2 {
        latchkey.call("POST", "/intermediaries/accounts", &key, Some(crate::harness::jane())).await.pair();
    }
    let answers = latchkey
        .at_once(6, |latchkey, _| {
            let body = body.clone();
            async move { latchkey.call("POST", "/intermediaries/sessions", &key, Some(body)).await }
        })
        .await;
    assert!(answers.iter().all(|answer| answer.pair() == answers[0].pair()));
    assert_eq!(latchkey.happened().await, ["account.opened", "sign_in.ok"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_cut_off_at_any_call_is_listed_if_it_was_answered_and_never_twice() {
    for fault in Fault::AT_ONCE {
        for number in 0..4 {
            let latchkey = Latchkey::start().await;
            let first = latchkey.jane().await;
            latchkey.proxy.cut(number, fault);
            let signed_in = latchkey.sign_in(EMAIL, PASSWORD).await.status == 200;
            latchkey.proxy.cut(number, fault);
            let refused = latchkey.sign_in(EMAIL, WRONG).await.status == 401;
            latchkey.proxy.cut(number, fault);
            latchkey.sign_out(&first.access).await;
            latchkey.proxy.heal();
            let happened = latchkey.happened().await;
            let listed = |name: &str| happened.iter().filter(|event| *event == name).count();
            let at = format!("{fault:?} at call {number}: {happened:?}");
            assert!(listed("sign_in.ok") >= signed_in.into() && listed("sign_in.ok") <= 1, "{at}");
            assert!(listed("sign_in.refused") >= refused.into() && listed("sign_in.refused") <= 1, "{at}");
            let ended = latchkey.check_session(&first.access).await.status == 401;
            assert_eq!(listed("sign_out"), usize::from(ended), "{at}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_everything_once_while_more_comes_in() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    for _ in 0..7 {
        latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    }
    let whole = events(&latchkey.history(&pair.access, "?limit=100").await);
    let (mut seen, mut query) = (Vec::new(), "?limit=3".to_owned());
    let mut pages = Vec::new();
    loop {
        let page = latchkey.history(&pair.access, &query).await;
        seen.extend(events(&page));
        pages.push(events(&page).len());
        latchkey.sign_in(EMAIL, PASSWORD).await.pair();
        let Some(next) = page.ok().get("next").and_then(Value::as_str).map(str::to_owned) else { break };
        query = format!("?limit=3&before={next}");
    }
    assert_eq!((pages, seen), (vec![3, 3, 2], whole));
    let last = latchkey.history(&pair.access, "?limit=11").await;
    assert_eq!((events(&last).len(), last.ok().get("next")), (11, None), "as many as there are");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_or_place_that_is_none_is_refused_and_changes_nothing() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let before = latchkey.table.rows().await;
    for (query, field) in [
        ("?limit=0", "limit"),
        ("?limit=101", "limit"),
        ("?limit=-1", "limit"),
        ("?limit=", "limit"),
        ("?limit=5&limit=6", "limit"),
        ("?before=", "before"),
        ("?before=x", "before"),
        ("?before=1700000000000", "before"),
        ("?before=1700000000000.x", "before"),
        ("?before=-700000000000.7d9f3a52-5f0e-4c8a-9b1d-2e6a7c4f8b10", "before"),
        ("?before=session%237d9f3a52-5f0e-4c8a-9b1d-2e6a7c4f8b10", "before"),
        ("?id=7d9f3a52-5f0e-4c8a-9b1d-2e6a7c4f8b10", "id"),
    ] {
        let error = latchkey.history(&pair.access, query).await.refused(400, "invalid_request");
        assert_eq!(error["field"], field, "{query}");
    }
    latchkey.call("GET", PATH, &[], None).await.refused(400, "invalid_request");
    latchkey.history_of("x").await.refused(400, "invalid_request");
    assert_eq!(latchkey.table.rows().await, before);
    let future = "?before=9999999999999.7d9f3a52-5f0e-4c8a-9b1d-2e6a7c4f8b10";
    assert_eq!(names(&latchkey.history(&pair.access, future).await), ["account.opened"]);
    let past = "?before=0000000000000.7d9f3a52-5f0e-4c8a-9b1d-2e6a7c4f8b10";
    assert!(names(&latchkey.history(&pair.access, past).await).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_anothers() {
    let latchkey = Latchkey::start().await;
    let jane = latchkey.jane().await;
    for _ in 0..3 {
        latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    }
    let record = latchkey.create_intermediary().await;
    let joe = json!({ "email": "joe@example.com", "password": PASSWORD, "intermediaryId": record });
    let joe = latchkey.create_account(joe).await.pair();
    let next = latchkey.history(&jane.access, "?limit=1").await.ok()["next"].as_str().expect("a place").to_owned();
    assert!(names(&latchkey.history(&joe.access, &format!("?before={next}")).await).is_empty(), "before Joe's first");
    assert_eq!(names(&latchkey.history(&joe.access, "").await), ["account.opened"]);

    let id = latchkey.find_account(&jane.access).await.ok()["id"].as_str().expect("an id").to_owned();
    assert_eq!(names(&latchkey.history_of(&id).await).len(), 4, "the back end's own");
    let other = latchkey.tenant_signing_by(OTHER_TENANT, Algorithm::Rs256).await;
    let path = format!("{PATH}?id={id}");
    latchkey.send("GET", &path, &[("api-key", &other)], "").await.refused(404, "not_found");
    let headers = [("api-key", other.as_str()), ("accountAccessToken", jane.access.as_str())];
    latchkey.send("GET", PATH, &headers, "").await.refused(401, "invalid_access_token");
    latchkey.send("GET", &path, &[("api-key", "wrong")], "").await.refused(401, "invalid_api_key");
    for token in ["", "x", &jane.refresh] {
        latchkey.history(token, "").await.refused(401, "invalid_access_token");
    }
    latchkey.sign_out(&jane.access).await.ok();
    latchkey.history(&jane.access, "").await.refused(401, "invalid_access_token");

    let lead = latchkey.john(&latchkey.portal().await).await;
    let nobody = "7d9f3a52-5f0e-4c8a-9b1d-2e6a7c4f8b10";
    for id in [lead.as_str(), nobody] {
        latchkey.history_of(id).await.refused(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_leave_one_row_that_nobody_reads_and_others_than_intermediaries_none() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    latchkey.lead_sign_in(&portal, &by_email("wrong")).await.unauthorized_lead();
    latchkey.auth_key(&portal).await;
    for email in [LEAD_EMAIL, "nobody@example.com"] {
        latchkey.forgot_password(&portal, &json!({ "EmailAddress": email })).await.ok();
    }
    assert!(latchkey.table.rows_of("history#").await.is_empty());
    for event in ["sign_in.refused", "sign_in.ok", "password.reset_requested"] {
        assert_eq!(latchkey.log.lines().matches(&format!("\"event\":\"{event}\"")).count(), 1, "{event}");
    }
    for _ in 0..3 {
        latchkey.sign_in("nobody@example.com", WRONG).await.refused(401, "invalid_credentials");
    }
    let rows = latchkey.table.rows_of("history#").await;
    assert_eq!(rows.len(), 1);
    let now = latchkey.advance(0).await;
    let end: i64 = rows[0]["expires_at"].as_n().expect("a number").parse().expect("seconds");
    assert!((now + 890..=now + 900).contains(&end));
    latchkey.history_of(&text(&rows[0], "account_id")).await.refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_code_for_a_number_costs_the_same_whoever_has_it() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    let mut calls = Vec::new();
    for phone in [PHONE, "+19172240000"] {
        latchkey.send_code(phone).await.ok();
        for _ in 0..2 {
            latchkey.proxy.record();
            latchkey.bound_code("000000", phone).await.refused(401, "invalid_credentials");
            calls.push((latchkey.proxy.actions(), latchkey.proxy.round_trips()));
        }
    }
    assert_eq!(calls[..2], calls[2..]);
    assert_eq!(latchkey.happened().await, ["account.opened", "sign_in.refused"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_kept_for_ninety_days() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    latchkey.advance(90 * 86_400 - 5).await;
    latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    assert_eq!(latchkey.happened().await, ["account.opened", "sign_in.ok"]);
    latchkey.advance(6).await;
    assert_eq!(latchkey.happened().await, ["sign_in.ok"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_and_nothing_personal_but_the_address_is_in_an_entry() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.sign_in(EMAIL, WRONG).await.refused(401, "invalid_credentials");
    latchkey.sign_in("nobody@example.com", WRONG).await.refused(401, "invalid_credentials");
    latchkey.send_code(PHONE).await.ok();
    let code = latchkey.last_code().await;
    latchkey.bound_code("918273", PHONE).await.refused(401, "invalid_credentials");
    latchkey.sign_out(&pair.access).await.ok();
    let rows = format!("{:?}", latchkey.table.rows_of("history#").await);
    let signature = pair.access.rsplit('.').next().expect("a signature");
    for secret in [EMAIL, PHONE, PASSWORD, WRONG, "nobody@example.com", "918273", signature, &pair.refresh] {
        assert!(!rows.contains(secret), "{secret}");
    }
    assert!(!has_word(&rows, &code));
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_on_the_pages_is_listed() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    let mut browser = latchkey.browser();
    browser.scan(&latchkey.ask("names").await).await;
    browser.sign_in("intermediary", EMAIL, WRONG).await;
    browser.sign_in("intermediary", EMAIL, PASSWORD).await;
    assert_eq!(latchkey.happened().await, ["account.opened", "sign_in.refused", "sign_in.ok"]);
}
