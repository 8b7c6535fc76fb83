//! The calls that people make most, each for any person of the table.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::Outcome;
use crate::clocks::now;
use crate::crowd::Person;
use crate::function::{Function, check_session_event, re_sign_event};

const CREATE_INTERMEDIARY: &str = include_str!("../../events/intermediary-create-intermediary.json");
const CREATE_ACCOUNT: &str = include_str!("../../events/intermediary-create-account.json");
const SIGN_IN: &str = include_str!("../../events/intermediary-sign-in.json");
const FIND_ACCOUNT: &str = include_str!("../../events/intermediary-find-account.json");
const PORTAL_KEYS: &str = include_str!("../../events/lead-portal-keys.json");
const REGISTER: &str = include_str!("../../events/lead-register.json");
const LEAD_SIGN_IN: &str = include_str!("../../events/lead-sign-in.json");
pub const CLIENT_TOKEN: &str = include_str!("../../events/customer-issue-token.json");
const CREATE_CUSTOMER: &str = include_str!("../../events/customer-create-customer.json");
const CUSTOMER_LOGIN: &str = include_str!("../../events/customer-login.json");
pub const KEYS: &str = include_str!("../../events/standard-keys.json");

pub struct Call {
    pub what: &'static str,
    /// The function that answers it.
    pub function: &'static str,
    /// How many Argon2 are in it.
    pub hashes: u32,
    /// The event, and before it whatever must be there first.
    event: fn(&Function, Person) -> Outcome<String>,
}

/// What one call took: CPU time of the function's thread, which hashes nothing, and wall time, with all.
pub struct Taken {
    pub cpu: Duration,
    pub wall: Duration,
}

pub const CALLS: [Call; 10] = [
    Call { what: "sign up", function: "intermediary-create-account", hashes: 1, event: sign_up },
    Call { what: "sign in", function: "intermediary-sign-in", hashes: 1, event: |_, person| Ok(sign_in(person)) },
    Call { what: "check a session", function: "intermediary-check-session", hashes: 0, event: check_session },
    Call { what: "refresh", function: "intermediary-sign-in", hashes: 0, event: refresh },
    Call {
        what: "find by e-mail",
        function: "intermediary-find-account",
        hashes: 0,
        event: |_, person| Ok(find(person)),
    },
    Call { what: "search", function: "intermediary-find-account", hashes: 0, event: |_, person| Ok(search(person)) },
    Call { what: "a lead by tax number", function: "lead-sign-in", hashes: 1, event: lead_sign_in },
    Call { what: "customer login", function: "customer-login", hashes: 1, event: customer_login },
    Call {
        what: "client's token",
        function: "customer-issue-token",
        hashes: 0,
        event: |_, _| Ok(CLIENT_TOKEN.to_owned()),
    },
    Call { what: "signing keys", function: "standard-keys", hashes: 0, event: |_, _| Ok(KEYS.to_owned()) },
];

impl Call {
    /// Its event, once all is there that it needs.
    pub fn prepare(&self, function: &Function, person: Person) -> Outcome<String> {
        (self.event)(function, person)
    }

    /// Makes it for a person who is there; whoever signs up is beside them.
    pub fn make(&self, function: &Function, person: Person) -> Outcome<Taken> {
        let event = self.prepare(function, person)?;
        let begun = now();
        let (cpu, _) = function.invoke(self.function, &event, 200)?;
        Ok(Taken { cpu, wall: begun.elapsed() })
    }
}

/// One account of each kind, made and signed in through the product.
pub fn open_accounts(function: &Function, person: Person) -> Outcome<()> {
    function.invoke("intermediary-create-account", &account(function, person)?, 200)?;
    let registration = text(&function.invoke("lead-portal-keys", &registration_token(), 200)?.1, "")?;
    let register = REGISTER
        .replace("PASTE-THE-PUBLIC-KEY", &public_key(function)?)
        .replace("PASTE-THE-REGISTRATION-TOKEN", &registration)
        .replace("johnwick@example.com", &person.email())
        .replace("SSKKPPYY222", &person.tax_number())
        .replace("+14-157415569", &person.phone());
    function.invoke("lead-register", &register, 200)?;
    function.invoke("lead-sign-in", &lead_sign_in(function, person)?, 200)?;
    let customer = CREATE_CUSTOMER
        .replace("PASTE-A-CLIENT-TOKEN", &client_token(function)?)
        .replace("10042", &person.customer_id())
        .replace("kari.nordmann@example.com", &person.email())
        .replace("+4799999999", &person.phone());
    function.invoke("customer-create-customer", &customer, 200)?;
    function.invoke("customer-login", &customer_login(function, person)?, 200).map(drop)
}

/// Of somebody who is not there yet: the numbers of those who are end long before.
fn sign_up(function: &Function, _: Person) -> Outcome<String> {
    static NEXT: AtomicU32 = AtomicU32::new(500_000_000);
    account(function, Person(NEXT.fetch_add(1, Ordering::Relaxed)))
}

fn account(function: &Function, person: Person) -> Outcome<String> {
    let record = function.invoke("intermediary-create-intermediary", CREATE_INTERMEDIARY, 200)?.1;
    Ok(CREATE_ACCOUNT
        .replace("jane.broker@example.com", &person.email())
        .replace("+19172249999", &person.phone())
        .replace("507f281e810c19729de860ea", &text(&record, "/id")?))
}

pub fn sign_in(person: Person) -> String {
    SIGN_IN.replace("jane.broker@example.com", &person.email())
}

pub fn check_session(function: &Function, person: Person) -> Outcome<String> {
    let pair = function.invoke("intermediary-sign-in", &sign_in(person), 200)?.1;
    Ok(check_session_event(&text(&pair, "/accessToken")?))
}

pub fn refresh(function: &Function, person: Person) -> Outcome<String> {
    refresh_again(&function.invoke("intermediary-sign-in", &sign_in(person), 200)?.1)
}

/// By the refresh token of the pair before.
pub fn refresh_again(pair: &Value) -> Outcome<String> {
    Ok(re_sign_event(&text(pair, "/refreshToken")?))
}

pub fn sign_out(function: &Function, pair: &Value) -> Outcome<()> {
    function.sign_out(&text(pair, "/accessToken")?)
}

fn find(person: Person) -> String {
    let parameters = format!(r#""pathParameters": {{"email": "{}"}}, "rawQueryString": """#, person.email());
    FIND_ACCOUNT
        .replace("GET /intermediaries/accounts", "GET /intermediaries/accounts/{email}")
        .replace(r#""/intermediaries/accounts""#, &format!(r#""/intermediaries/accounts/{}""#, person.email()))
        .replace(r#""rawQueryString": """#, &parameters)
        .replace("accountaccesstoken", "x-not-needed")
}

/// By an address and a number.
fn search(person: Person) -> String {
    let query = format!("emails={}&phones={}", person.email(), person.phone().replace('+', "%2B"));
    FIND_ACCOUNT
        .replace("/intermediaries/accounts", "/intermediaries/accounts/search")
        .replace(r#""rawQueryString": """#, &format!(r#""rawQueryString": "{query}""#))
        .replace("accountaccesstoken", "x-not-needed")
}

fn lead_sign_in(function: &Function, person: Person) -> Outcome<String> {
    // 25 calls in 5 seconds are a portal's.
    function.advance(1);
    let by_email = r#"\"EmailAddress\": \"johnwick@example.com\""#;
    let tax_number = person.tax_number();
    let by_tax_number =
        format!(r#"\"SearchKeyData\": {{\"SchemaName\": \"mx_PAN_Number\", \"Value\": \"{tax_number}\"}}"#);
    Ok(LEAD_SIGN_IN.replace("PASTE-THE-PUBLIC-KEY", &public_key(function)?).replace(by_email, &by_tax_number))
}

fn public_key(function: &Function) -> Outcome<String> {
    text(&function.invoke("lead-portal-keys", PORTAL_KEYS, 200)?.1, "/PublicAuthKey")
}

fn registration_token() -> String {
    PORTAL_KEYS.replace("PublicToken", "GetRegisterToken")
}

fn customer_login(function: &Function, person: Person) -> Outcome<String> {
    Ok(CUSTOMER_LOGIN
        .replace("PASTE-A-CLIENT-TOKEN", &client_token(function)?)
        .replace("kari.nordmann@example.com", &person.email()))
}

fn client_token(function: &Function) -> Outcome<String> {
    text(&function.invoke("customer-issue-token", CLIENT_TOKEN, 200)?.1, "/access_token")
}

fn text(answer: &Value, member: &str) -> Outcome<String> {
    let text = answer.pointer(member).and_then(Value::as_str).map(str::to_owned);
    Ok(text.ok_or_else(|| format!("an answer without {member}"))?)
}
