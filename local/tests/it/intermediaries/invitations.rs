use local::INTERMEDIARY_ID;
use serde_json::{Value, json};

use crate::harness::{EMAIL, Invited, KARI_EMAIL, Latchkey, NEW_PASSWORD, PASSWORD, PHONE, acceptance};

const WEEK: u32 = 7 * 86_400;

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_mailed_looked_at_and_accepted_once() {
    let latchkey = Latchkey::start().await;
    let now = latchkey.advance(0).await;
    let invited = latchkey.invite(INTERMEDIARY_ID, EMAIL).await.ok();
    let id = invited["accountId"].as_str().unwrap().to_owned();
    let ends_in = invited["expiresAt"].as_i64().unwrap() / 1_000 - now;
    assert!((i64::from(WEEK) - 5..=i64::from(WEEK) + 5).contains(&ends_in), "{ends_in}");
    assert_eq!((&invited["intermediaryId"], &invited["email"]), (&json!(INTERMEDIARY_ID), &json!(EMAIL)));
    assert_eq!(invited.as_object().map(serde_json::Map::len), Some(4), "{invited}");
    let message = latchkey.outbox().await.remove(0);
    assert_eq!((&message["channel"], &message["to"]), (&json!("email"), &json!(EMAIL)));
    assert_eq!(message["purpose"], "invitation");
    let link = message["link"].as_str().unwrap();
    assert!(link.starts_with("https://portal.example.test/invitation?token="), "{link}");
    assert!(message["body"].as_str().unwrap().contains(link));
    assert_eq!(latchkey.account_of(&id).await["status"], "pending");

    let token = latchkey.link_token().await;
    let found = latchkey.find_invitation(&token).await.ok();
    assert_eq!(found, json!({ "accountId": id, "intermediaryId": INTERMEDIARY_ID }));
    let mut body = acceptance();
    body["fullName"] = json!("Jane Broker");
    let answer = latchkey.accept(&token, body).await;
    assert_eq!(answer.flags(), json!({ "isMfaIncomplete": true }));
    let account = latchkey.find_account(&answer.pair().access).await.ok();
    assert_eq!((&account["id"], &account["status"]), (&json!(id), &json!("active")));
    assert_eq!((&account["email"], &account["fullName"]), (&json!(EMAIL), &json!("Jane Broker")));
    assert_eq!((&account["phone"], &account["isPhoneVerified"]), (&json!(PHONE), &json!(false)));
    assert_eq!(account["intermediaryId"], INTERMEDIARY_ID);
    latchkey.re_sign(&answer.pair().refresh).await.pair();

    let before = latchkey.table.rows().await;
    latchkey.find_invitation(&token).await.refused(404, "invalid_link");
    latchkey.accept(&token, acceptance()).await.refused(404, "invalid_link");
    assert_eq!(latchkey.table.rows().await, before);
    latchkey.sign_in(EMAIL, PASSWORD).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn until_it_is_accepted_there_is_nobody_to_sign_in() {
    let latchkey = Latchkey::start().await;
    let invited = latchkey.invited(EMAIL).await;
    latchkey.sign_in(EMAIL, PASSWORD).await.refused(401, "invalid_credentials");
    latchkey.sign_in(EMAIL, "").await.refused(401, "invalid_credentials");
    latchkey.forget_password(EMAIL).await.ok();
    latchkey.send_code(PHONE).await.ok();
    let path = format!("/intermediaries/accounts/{EMAIL}");
    latchkey.call("GET", &path, &[], None).await.refused(404, "not_found");
    assert_eq!(latchkey.outbox().await.len(), 1, "the invitation alone");
    // The address is not held for whoever was invited.
    latchkey.another_account(EMAIL).await;
    assert_eq!(latchkey.account_of(&invited.account).await["status"], "pending");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_accepted_changes_nothing_and_the_link_goes_on_working() {
    let latchkey = Latchkey::start().await;
    let Invited { token, .. } = latchkey.invited(EMAIL).await;
    let before = latchkey.table.rows().await;
    let with = |name: &str, value: Value| {
        let mut body = acceptance();
        body[name] = value;
        body
    };
    for (body, code, field) in [
        (json!({ "password": PASSWORD }), "invalid_request", "phone"),
        (json!({ "phone": PHONE }), "invalid_request", "password"),
        (with("phone", Value::Null), "invalid_request", "phone"),
        (with("phone", json!("917-224-9999")), "invalid_request", "phone"),
        (with("phone", json!([PHONE])), "invalid_request", "phone"),
        (with("password", json!("short")), "weak_password", "password"),
        (with("password", json!("Password1")), "weak_password", "password"),
        (with("password", json!(12_345_678)), "invalid_request", "password"),
        (with("fullName", json!("a\u{0}b")), "invalid_request", "fullName"),
        (with("refreshTokenExpirationTimeMinutes", json!(29)), "invalid_request", "refreshTokenExpirationTimeMinutes"),
        (
            with("refreshTokenExpirationTimeMinutes", json!("30")),
            "invalid_request",
            "refreshTokenExpirationTimeMinutes",
        ),
    ] {
        let error = latchkey.accept(&token, body.clone()).await.refused(400, code);
        assert_eq!(error["field"], field, "{body}");
    }
    assert_eq!(latchkey.table.rows().await, before);
    latchkey.find_invitation(&token).await.ok();
    latchkey.accept(&token, acceptance()).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_lives_for_seven_days() {
    for (seconds, status) in [(WEEK - 10, 200), (WEEK + 1, 404)] {
        let latchkey = Latchkey::start().await;
        let Invited { token, account, .. } = latchkey.invited(EMAIL).await;
        latchkey.advance(seconds).await;
        assert_eq!(latchkey.find_invitation(&token).await.status, status);
        let answer = latchkey.accept(&token, acceptance()).await;
        assert_eq!(answer.status, status);
        if status == 404 {
            answer.refused(404, "invalid_link");
            assert_eq!(latchkey.account_of(&account).await["status"], "pending");
            latchkey.sign_in(EMAIL, PASSWORD).await.refused(401, "invalid_credentials");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_invitation_kills_the_first_and_is_for_the_same_account() {
    let latchkey = Latchkey::start().await;
    let first = latchkey.invited(EMAIL).await;
    let before = latchkey.table.rows().await;
    let wait = latchkey.invite(&first.record, EMAIL).await.slowed();
    assert!((50..=60).contains(&wait), "{wait}");
    assert_eq!(latchkey.table.rows().await, before);
    latchkey.advance(wait).await;
    let again = latchkey.invite(&first.record, "jane.at.home@example.com").await.ok();
    assert_eq!(again["accountId"], first.account);
    let second = latchkey.link_token().await;
    latchkey.find_invitation(&first.token).await.refused(404, "invalid_link");
    latchkey.accept(&first.token, acceptance()).await.refused(404, "invalid_link");
    let pair = latchkey.accept(&second, acceptance()).await.pair();
    assert_eq!(latchkey.find_account(&pair.access).await.ok()["email"], "jane.at.home@example.com");
    latchkey.sign_in(EMAIL, PASSWORD).await.refused(401, "invalid_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_bound_to_its_address_and_record_whatever_the_body_says() {
    let latchkey = Latchkey::start().await;
    let invited = latchkey.invited(EMAIL).await;
    let mut body = acceptance();
    for (name, value) in [
        ("email", json!("mallory@example.com")),
        ("intermediaryId", json!(INTERMEDIARY_ID)),
        ("accountId", json!("00000000-0000-4000-8000-000000000000")),
        ("status", json!("blocked")),
        ("isPhoneVerified", json!(true)),
        ("isMfaIncomplete", json!(false)),
    ] {
        body[name] = value;
    }
    let answer = latchkey.accept(&invited.token, body).await;
    let account = latchkey.find_account(&answer.pair().access).await.ok();
    assert_eq!((&account["email"], &account["intermediaryId"]), (&json!(EMAIL), &json!(invited.record)));
    assert_eq!((&account["id"], &account["isPhoneVerified"]), (&json!(invited.account), &json!(false)));
    assert_eq!(answer.flags(), json!({ "isMfaIncomplete": true }));
    latchkey.sign_in("mallory@example.com", PASSWORD).await.refused(401, "invalid_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_unknown_or_has_an_account_gets_no_invitation() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;
    let before = latchkey.table.rows().await;
    latchkey.invite("507f281e810c19729de860eb", EMAIL).await.refused(404, "intermediary_not_found");
    latchkey.invite(INTERMEDIARY_ID, EMAIL).await.refused(400, "account_exists");
    latchkey.invite(&INTERMEDIARY_ID.to_uppercase(), "new@example.com").await.refused(400, "account_exists");
    let id = latchkey.create_intermediary().await;
    let made = latchkey.table.rows().await;
    for email in [json!("jane"), json!(""), json!(null), json!([EMAIL]), json!("jane@example.com\r\nbcc: x"), json!(5)]
    {
        let body = json!({ "email": email });
        let answer = latchkey.call("POST", &format!("/intermediaries/{id}/invites"), &[], Some(body)).await;
        assert_eq!(answer.refused(400, "invalid_request")["field"], "email", "{email}");
    }
    let path = format!("/intermediaries/{id}/invites");
    let nameless = json!({ "email": EMAIL, "fullName": "a\u{0}b" });
    latchkey.call("POST", &path, &[], Some(nameless)).await.refused(400, "invalid_request");
    for record in ["x", "507f281e", "507f281e810c19729de860e%00"] {
        latchkey.invite(record, EMAIL).await.refused(400, "invalid_request");
    }
    assert_eq!(made.len(), before.len() + 1);
    assert_eq!(latchkey.table.rows().await, made);
    assert!(latchkey.outbox().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn inviting_does_not_tell_whether_the_address_has_an_account() {
    let latchkey = Latchkey::start().await;
    let proved = latchkey.jane().await;
    latchkey.prove_email(&proved.access).await;
    latchkey.another_account("unproved@example.com").await;
    latchkey.kari().await;
    let (mut faces, mut costs) = (Vec::new(), Vec::new());
    for email in [EMAIL, "unproved@example.com", "nobody@example.com", KARI_EMAIL] {
        let record = latchkey.create_intermediary().await;
        let before = latchkey.outbox().await.len();
        latchkey.proxy.record();
        let answer = latchkey.invite(&record, email).await;
        costs.push((latchkey.proxy.operations(), latchkey.proxy.round_trips()));
        let (status, names, _) = answer.face();
        let members: Vec<_> = answer.ok().as_object().unwrap().keys().cloned().collect();
        faces.push((status, names, members));
        assert_eq!(latchkey.outbox().await.len(), before + 1);
    }
    faces.dedup();
    costs.dedup();
    assert_eq!((faces.len(), costs.len()), (1, 1), "{faces:#?} {costs:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_another_account_proved_meanwhile_is_not_given_away() {
    let latchkey = Latchkey::start().await;
    let Invited { token, account, .. } = latchkey.invited(EMAIL).await;
    let owner = latchkey.another_account(EMAIL).await;
    latchkey.prove_email(&owner.access).await;
    let before = latchkey.standing().await;
    latchkey.accept(&token, acceptance()).await.refused(400, "email_taken");
    assert_eq!(latchkey.standing().await, before);
    assert_eq!(latchkey.account_of(&account).await["status"], "pending");
    latchkey.check_session(&owner.access).await.ok();
    latchkey.sign_in(EMAIL, PASSWORD).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn creating_the_records_account_takes_the_invited_one_over_and_the_link_dies() {
    let latchkey = Latchkey::start().await;
    let invited = latchkey.invited(EMAIL).await;
    let body = json!({ "email": "other@example.com", "password": NEW_PASSWORD, "intermediaryId": invited.record });
    let answer = latchkey.create_account(body).await;
    let account = latchkey.find_account(&answer.pair().access).await.ok();
    assert_eq!((&account["id"], &account["email"]), (&json!(invited.account), &json!("other@example.com")));
    assert_eq!(answer.flags(), json!({ "isEmailNotVerified": true, "isMfaIncomplete": true }));
    let before = latchkey.table.rows().await;
    latchkey.find_invitation(&invited.token).await.refused(404, "invalid_link");
    latchkey.accept(&invited.token, acceptance()).await.refused(404, "invalid_link");
    latchkey.advance(61).await;
    latchkey.invite(&invited.record, EMAIL).await.refused(400, "account_exists");
    assert_eq!(latchkey.table.rows().await, before);
    latchkey.sign_in("other@example.com", NEW_PASSWORD).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn blocking_who_was_invited_revokes_the_link_for_good() {
    let latchkey = Latchkey::start().await;
    let invited = latchkey.invited(EMAIL).await;
    assert_eq!(latchkey.set_status(&invited.account, "blocked").await.ok()["status"], "blocked");
    let before = latchkey.table.rows().await;
    latchkey.find_invitation(&invited.token).await.refused(404, "invalid_link");
    latchkey.accept(&invited.token, acceptance()).await.refused(404, "invalid_link");
    latchkey.advance(61).await;
    latchkey.invite(&invited.record, EMAIL).await.refused(400, "account_exists");
    let body = json!({ "email": "other@example.com", "password": PASSWORD, "intermediaryId": invited.record });
    latchkey.create_account(body).await.refused(400, "account_exists");
    assert_eq!(latchkey.table.rows().await, before);
    assert_eq!(latchkey.set_status(&invited.account, "active").await.ok()["status"], "pending");
    latchkey.accept(&invited.token, acceptance()).await.refused(404, "invalid_link");
    latchkey.advance(61).await;
    latchkey.invite(&invited.record, EMAIL).await.ok();
    latchkey.accept(&latchkey.link_token().await, acceptance()).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_token_of_an_invitation_opens_nothing() {
    let latchkey = Latchkey::start().await;
    let Invited { token, .. } = latchkey.invited(EMAIL).await;
    let proved = latchkey.another_account("other@example.com").await;
    let of_reset = latchkey.reset_token("other@example.com").await;
    let before = latchkey.table.rows().await;
    let middle = token.len() / 2;
    let other = if token.as_bytes()[middle] == b'0' { "1" } else { "0" };
    let forged = format!("{}{other}{}", &token[..middle], &token[middle + 1..]);
    let swapped: String = token
        .chars()
        .map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect();
    let (longer, huge) = (format!("{token}0"), "a".repeat(6_000));
    let spaced = format!("%20{token}");
    for wrong in [
        "x",
        &forged,
        &swapped,
        &token[..token.len() - 1],
        &longer,
        &huge,
        &spaced,
        &of_reset,
        &proved.access,
        "%00",
        "%ff",
    ] {
        latchkey.find_invitation(wrong).await.refused(404, "invalid_link");
        latchkey.accept(wrong, acceptance()).await.refused(404, "invalid_link");
    }
    latchkey.find_reset(&token).await.refused(404, "invalid_link");
    latchkey.reset(&token, NEW_PASSWORD).await.refused(404, "invalid_link");
    assert_eq!(latchkey.table.rows().await, before);
    latchkey.accept(&token, acceptance()).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_under_one_key_is_sent_once_and_answered_alike() {
    let latchkey = Latchkey::start().await;
    let path = format!("/intermediaries/{INTERMEDIARY_ID}/invites");
    let key = [("idempotency-key", "0b6f5d1c")];
    let body = json!({ "email": EMAIL });
    let first = latchkey.call("POST", &path, &key, Some(body.clone())).await;
    let token = latchkey.link_token().await;
    let second = latchkey.call("POST", &path, &key, Some(body)).await;
    assert_eq!((first.ok(), latchkey.outbox().await.len()), (second.ok(), 1));
    let path = format!("/intermediaries/invites/{token}");
    let first = latchkey.call("POST", &path, &key, Some(acceptance())).await;
    let second = latchkey.call("POST", &path, &key, Some(acceptance())).await;
    assert_eq!(first.pair(), second.pair());
    assert_eq!(latchkey.table.rows_of("session#").await.len(), 1);
}
