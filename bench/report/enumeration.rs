//! Whether the time of an answer tells what an address is: unknown, confirmed, unconfirmed, locked or blocked
//! (yardstick E2). Wall time, for that is what a stranger can measure; median over samples that take turns.

use std::fmt::Write;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;

use crate::Outcome;
use crate::bare::client;
use crate::clocks::{Contender, medians, now, shown};
use crate::function::Function;
use crate::row::verdict;

/// Over a tenth of a day: an address is sent ten messages a day.
const BETWEEN_SENDS_SECONDS: u32 = 8_700;
const END_OF_TIME: i64 = 9_999_999_999;

/// Percent.
const SPREAD: f64 = 5.0;

const WRONG: &str = "not the password";
const PASSWORD: &str = "123QW@qwe!";
const KINDS: [&str; 5] = ["unknown", "confirmed", "unconfirmed", "locked", "blocked"];

const CREATE_INTERMEDIARY: &str = include_str!("../../events/intermediary-create-intermediary.json");
const CREATE_ACCOUNT: &str = include_str!("../../events/intermediary-create-account.json");
const SIGN_IN: &str = include_str!("../../events/intermediary-sign-in.json");
const RESET_PASSWORD: &str = include_str!("../../events/intermediary-reset-password.json");
const SEND_CODE: &str = include_str!("../../events/intermediary-send-sign-in-code.json");
const FIND_ACCOUNT: &str = include_str!("../../events/intermediary-find-account.json");
const SET_STATUS: &str = include_str!("../../events/intermediary-set-status.json");

/// What is asked of an address, and how.
struct Question {
    what: &'static str,
    name: &'static str,
    event: fn(usize) -> String,
    status: u16,
    pause_seconds: u32,
}

const QUESTIONS: [Question; 3] = [
    Question {
        what: "wrong password",
        name: "intermediary-sign-in",
        event: |kind| addressed(SIGN_IN, kind).replace(PASSWORD, WRONG),
        status: 401,
        pause_seconds: 0,
    },
    Question {
        what: "forgotten password",
        name: "intermediary-reset-password",
        event: |kind| addressed(RESET_PASSWORD, kind),
        status: 200,
        pause_seconds: BETWEEN_SENDS_SECONDS,
    },
    Question {
        what: "sign-in code",
        name: "intermediary-send-sign-in-code",
        event: |kind| addressed(SEND_CODE, kind),
        status: 200,
        pause_seconds: BETWEEN_SENDS_SECONDS,
    },
];

pub fn report(function: &Function, endpoint: &str, rounds: usize) -> Outcome<String> {
    let [confirmed, _, locked, blocked] =
        [open(function, 1)?, open(function, 2)?, open(function, 3)?, open(function, 4)?];
    set(function, endpoint, &confirmed, "email_verified_at", 1)?;
    set(function, endpoint, &locked, "locked_until", END_OF_TIME)?;
    function.invoke("intermediary-set-status", &SET_STATUS.replace("PASTE-AN-ACCOUNT-ID", &blocked), 200)?;

    let mut report = format!("| wall time | {} | spread, below {SPREAD} % |\n", KINDS.join(" | "));
    writeln!(report, "|---|{}---|", "---|".repeat(KINDS.len()))?;
    for question in QUESTIONS {
        let times = ask(function, &question, rounds)?;
        let (least, most) = times
            .iter()
            .fold((Duration::MAX, Duration::ZERO), |(least, most), time| (least.min(*time), most.max(*time)));
        let spread = (most.div_duration_f64(least) - 1.0) * 100.0;
        let times = times.map(shown).join(" | ");
        writeln!(report, "| {} | {times} | {spread:.1} %: {} |", question.what, verdict(spread < SPREAD))?;
    }
    writeln!(report, "\nOf an address that is unknown, confirmed and so on; medians of {rounds} in turn.")?;
    Ok(report)
}

fn ask(function: &Function, question: &Question, rounds: usize) -> Outcome<[Duration; 5]> {
    let sample = |kind: usize| {
        // A success forgets the failure before, so that what is not locked stays so; for the others one elsewhere.
        let known = if kind == 2 { 2 } else { 1 };
        function.invoke("intermediary-sign-in", &addressed(SIGN_IN, known), 200)?;
        function.advance(question.pause_seconds / 5);
        let event = (question.event)(kind);
        let begun = now();
        function.invoke(question.name, &event, question.status)?;
        Outcome::Ok(begun.elapsed())
    };
    let mut samples = [0, 1, 2, 3, 4].map(|kind| move || sample(kind));
    medians(rounds, samples.each_mut().map(|sample| sample as Contender<'_>))
}

/// An account of its own address, phone and record: its id.
fn open(function: &Function, kind: usize) -> Outcome<String> {
    let text = |body: &Value, name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let (_, made) = function.invoke("intermediary-create-intermediary", CREATE_INTERMEDIARY, 200)?;
    let record = text(&made, "id").ok_or("no record")?;
    let event = addressed(CREATE_ACCOUNT, kind).replace("507f281e810c19729de860ea", &record);
    let (_, pair) = function.invoke("intermediary-create-account", &event, 200)?;
    let access = text(&pair, "accessToken").ok_or("no session")?;
    let event = FIND_ACCOUNT.replace("PASTE-AN-ACCESS-TOKEN", &access);
    let (_, account) = function.invoke("intermediary-find-account", &event, 200)?;
    Ok(text(&account, "id").ok_or("no account")?)
}

/// Sets an attribute of an account as no call would so soon.
fn set(function: &Function, endpoint: &str, id: &str, attribute: &str, seconds: i64) -> Outcome<()> {
    let set = client(endpoint)
        .update_item()
        .table_name(local::TABLE)
        .key("pk", AttributeValue::S(format!("{}#account#{id}", local::TENANT_ID)))
        .key("sk", AttributeValue::S("account".to_owned()))
        .update_expression("SET #attribute = :seconds")
        .expression_attribute_names("#attribute", attribute)
        .expression_attribute_values(":seconds", AttributeValue::N(seconds.to_string()))
        .send();
    function.runtime.block_on(set)?;
    Ok(())
}

fn addressed(event: &str, kind: usize) -> String {
    event
        .replace("jane.broker@example.com", &format!("broker{kind}@example.com"))
        .replace("+19172249999", &format!("+1917224000{kind}"))
}
