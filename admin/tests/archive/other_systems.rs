use local::{AUDIENCE, INTERMEDIARY_ID, TENANT_ID};
use serde_json::{Value, json};

use crate::command::{Folder, run};
use crate::harness::Latchkey;

const PASSWORD: &str = "Zug nach K\u{f6}ln 7!";
/// Made by Python's bcrypt 5.0.0, `hashlib.scrypt` and `hashlib.pbkdf2_hmac`, Django 5.2.19 and argon2-cffi 25.1.0.
const BCRYPT: &str = "$2b$10$TNDiLYDViKW74NI9Foc5BOdoIu3yby.4vFj58HQzftEMvSLY2l1pS";
const SCRYPT: &str = "$scrypt$ln=14,r=8,p=1$c2FsdCBvZiAxNiBieXRlcw$doGi926iWaQAAA5+tu4t1DxCejS8V/uglG6jFUcZQqM";
const PBKDF2: &str = "$pbkdf2-sha256$i=20000,l=32$c2FsdCBvZiAxNiBieXRlcw$bmNImXe3Yf1pG4t9U3VosPc8R42LUUTax4kxsmbTYUo";
const DJANGO: &str = "pbkdf2_sha256$20000$seasalt2seasalt2$CobAZQn2BZ56zl/hfw7rQEkHFq0/7+TkxKEs87+OgzQ=";
const ARGON2: &str =
    "$argon2id$v=19$m=65536,t=3,p=4$RKyTshqSoRejyllpXcFwJg$fK4v0PWiqkZpVjYWlnublTWD1JwGitLx43UJJUPqkOI";

fn customer(id: &str, email: &str, hash: &str) -> Value {
    json!({ "line": "account", "owner": { "kind": "customer", "type": "customer", "customer_id": id },
            "email": email, "password_hash": hash })
}

fn lead(email: &str, hash: &str) -> Value {
    json!({ "line": "account", "owner": { "kind": "lead", "fields": {} }, "email": email, "password_hash": hash })
}

fn intermediary(email: &str, hash: &str) -> Value {
    json!({ "line": "account", "owner": { "kind": "intermediary", "intermediary_id": INTERMEDIARY_ID },
            "email": email, "password_hash": hash })
}

fn file(lines: &[Value]) -> String {
    let header = json!({ "line": "header", "version": 1 });
    let lines: Vec<_> = [&header].into_iter().chain(lines).map(Value::to_string).collect();
    lines.join("\n") + "\n"
}

async fn import(latchkey: &Latchkey, folder: &Folder, lines: &str) -> crate::command::Ran {
    let from = folder.write("accounts", lines.as_bytes());
    run(latchkey, &["import", "--from", &from, "--plain", "--tenant", TENANT_ID]).await
}

async fn log_in(latchkey: &Latchkey, email: &str, password: &str) -> crate::harness::Answer {
    let token = latchkey.back_end("local-backend").await;
    let body = json!({ "audience": AUDIENCE, "type": "customer", "email": email, "password": password });
    latchkey.post(&token, "/customers/login", &body).await
}

async fn hash_of(latchkey: &Latchkey, email: &str) -> String {
    let rows = latchkey.table.rows_of("account").await;
    let row = rows.iter().find(|row| row["email"].as_s().unwrap() == email).expect("an account");
    row["password_hash"].as_s().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_from_another_system_signs_in_once_by_its_hash_and_then_by_ours() {
    let (latchkey, folder) = (Latchkey::start().await, Folder::new("other-systems"));
    let (kari, ola, john) = ("kari@example.com", "ola@example.com", "john@example.com");
    let (jane, siri) = ("jane@example.com", "siri@example.com");
    let lines = file(&[
        customer("1", kari, BCRYPT),
        customer("2", ola, SCRYPT),
        lead(john, DJANGO),
        intermediary(jane, PBKDF2),
        customer("5", siri, ARGON2),
    ]);
    let imported = import(&latchkey, &folder, &lines).await;
    assert_eq!(*imported.ok(), json!({ "tenant_id": TENANT_ID, "imported": 5, "were_there": 0, "refused": 0 }));
    assert_eq!(import(&latchkey, &folder, &lines).await.ok()["were_there"], 5, "the same accounts");

    let portal = latchkey.portal().await;
    let by_lead = |password: &str| json!({ "EmailAddress": john, "Password": password });
    for (email, hash) in [(kari, BCRYPT), (ola, SCRYPT), (siri, ARGON2)] {
        log_in(&latchkey, email, "Zug nach K\u{f6}ln 8!").await.refused_customer(401, "invalid_credentials");
        assert_eq!(hash_of(&latchkey, email).await, hash, "a wrong password makes nothing anew");
    }
    latchkey.sign_in(jane, "Zug nach K\u{f6}ln 8!").await.refused(401, "invalid_credentials");
    assert_eq!(latchkey.lead_sign_in(&portal, &by_lead("Zug nach K\u{f6}ln 8!")).await.status, 401);

    for _ in 0..2 {
        for email in [kari, ola, siri] {
            log_in(&latchkey, email, PASSWORD).await.access_token();
        }
        latchkey.sign_in(jane, PASSWORD).await.pair();
        latchkey.lead_sign_in(&portal, &by_lead(PASSWORD)).await.auth_key();
        for email in [kari, ola, siri, jane, john] {
            let hash = hash_of(&latchkey, email).await;
            assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1,keyid="), "{email}");
        }
    }
    log_in(&latchkey, kari, "Zug nach K\u{f6}ln 8!").await.refused_customer(401, "invalid_credentials");
    for secret in [PASSWORD, BCRYPT, DJANGO] {
        assert!(!latchkey.log.lines().contains(secret));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_lines_are_taken_as_they_stand() {
    let (latchkey, folder) = (Latchkey::start().await, Folder::new("documented"));
    let readme = include_str!("../../README.md");
    let lines = readme.split_once("```json\n").expect("an example").1.split_once("```").expect("its end").0;
    assert_eq!(import(&latchkey, &folder, lines).await.ok()["imported"], 4);
    log_in(&latchkey, "kari.nordmann@example.com", PASSWORD).await.access_token();
    latchkey.sign_in("broker@example.com", PASSWORD).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_changes_a_password_proves_the_old_one_by_its_old_hash() {
    let (latchkey, folder) = (Latchkey::start().await, Folder::new("changed-password"));
    import(&latchkey, &folder, &file(&[intermediary("jane@example.com", DJANGO)])).await.ok();
    let session = latchkey.sign_in("jane@example.com", PASSWORD).await.pair();
    latchkey.replace_password(&session.access, PASSWORD, "Zug nach Bonn 7!").await.ok();
    latchkey.sign_in("jane@example.com", PASSWORD).await.refused(401, "invalid_credentials");
    latchkey.sign_in("jane@example.com", "Zug nach Bonn 7!").await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_cannot_be_taken_is_named_and_the_rest_goes_in() {
    let (latchkey, folder) = (Latchkey::start().await, Folder::new("refused-lines"));
    latchkey.kari().await;
    latchkey.jane().await;
    let with = |mut line: Value, member: &str, value: Value| {
        line[member] = value;
        line
    };
    let good = customer("1", "good@example.com", BCRYPT);
    let some = |email: &str| customer(email, email, BCRYPT);
    let refused = [
        (customer("2", "two@example.com", PASSWORD), "password_hash must be a bcrypt, scrypt, PBKDF2 or Argon2 hash"),
        (
            customer("3", "three@example.com", &BCRYPT.replace("$10$", "$31$")),
            "password_hash must not ask for more work than a sign-in may cost",
        ),
        (
            customer("4", "four@example.com", &SCRYPT.replace("ln=14", "ln=40")),
            "password_hash must not ask for more work than a sign-in may cost",
        ),
        (
            customer("5", "five@example.com", &ARGON2.replace("p=4", "p=4,keyid=AQ")),
            "password_hash names a pepper that the file has not",
        ),
        (some("no address"), "email must be an e-mail address"),
        (some("kari@example.com"), "its EmailAddress is another account's here"),
        (intermediary("second@example.com", BCRYPT), "the intermediary has an account"),
        (with(some("a@example.com"), "pasword", json!("x")), "it has a member that such a line has not"),
        (with(some("b@example.com"), "status", json!("secret@example.com")), "status cannot be read"),
        (
            with(some("c@example.com"), "identifiers", json!({ "EmailAddress": "kari@example.com" })),
            "identifiers has one that the account does not say or the tenant does not know",
        ),
        (with(some("d@example.com"), "totp", json!({ "secret": "AAAA" })), "totp.secret must be 160 bits in base32"),
        (with(json!({ "line": "account" }), "email", json!("e@example.com")), "it has no `owner`"),
        (json!({ "line": "person" }), "its member `line` names no kind of line"),
        (json!(["secret@example.com"]), "it is no JSON object"),
        (
            json!({ "line": "consent", "account_id": "00000000-0000-4000-8000-000000000000", "consent": {
                "id": "00000000-0000-4000-8000-000000000001", "client_id": "local-verifier", "client_name": "Harbour",
                "scope": "email", "given_at": 1, "version": "1" } }),
            "its account is not here",
        ),
    ];
    let before = latchkey.table.rows().await.len();
    let lines: Vec<_> = refused.iter().map(|(line, _)| line.clone()).chain([good]).collect();
    let ran = import(&latchkey, &folder, &file(&lines)).await;
    assert_eq!((ran.status, &ran.result["imported"]), (1, &json!(1)), "{}", ran.told);
    for (number, (_, why)) in refused.iter().enumerate() {
        let line = format!("line {} is refused: {why}", number + 2);
        assert!(ran.told.lines().any(|told| told == line), "{line}\n{}", ran.told);
    }
    assert!(ran.told.ends_with("error: 15 lines were refused; all others are in\n"), "{}", ran.told);
    assert!(!ran.told.contains('@'), "no personal data: {}", ran.told);
    assert_eq!(latchkey.table.rows().await.len(), before + 3, "the good one: an account, its id and its address");
    log_in(&latchkey, "good@example.com", PASSWORD).await.access_token();
    log_in(&latchkey, "kari@example.com", crate::harness::KARI_PASSWORD).await.access_token();

    let ran = import(&latchkey, &folder, &format!("{}\n", some("late@example.com"))).await;
    ran.refused("the first line is no header");
    let ran = import(&latchkey, &folder, "{\"line\": \"header\", \"version\": 2}\n").await;
    ran.refused("the file is of version 2, and this command reads 1");
}
