//! Whoever had an account, an address or a password before its owner keeps no hold on it (yardstick C8, C9, E6).

use serde_json::json;

use crate::harness::{EMAIL, Latchkey, NEW_EMAIL, NEW_PASSWORD, NEW_PHONE, PASSWORD, PHONE, acceptance, jane};

const THIEFS_PHONE: &str = "+19172246666";

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_the_one_who_lost_the_address_opens_nothing_of_whoever_opens_the_records_account_next() {
    let latchkey = Latchkey::start().await;
    let record = latchkey.create_intermediary().await;
    let body = json!({ "email": EMAIL, "password": PASSWORD, "phone": PHONE, "intermediaryId": record });
    let squatter = latchkey.create_account(body).await.pair();
    let old = latchkey.account_id(&squatter.access).await;
    latchkey.send_code(PHONE).await.ok();
    let code = latchkey.last_code().await;
    let owner = latchkey.invited(EMAIL).await;
    let mut accepted = acceptance();
    accepted["phone"] = json!(NEW_PHONE);
    latchkey.accept(&owner.token, accepted).await.pair();

    let body = json!({ "email": NEW_EMAIL, "password": NEW_PASSWORD, "phone": PHONE, "intermediaryId": record });
    let next = latchkey.create_account(body).await.pair();
    let id = latchkey.account_id(&next.access).await;
    assert_ne!(id, old, "nobody inherits what was known under the old id");
    let before = latchkey.standing().await;
    for body in [json!({ "phoneVerificationCode": code }), json!({ "phoneVerificationCode": code, "phone": PHONE })] {
        latchkey.sessions(body).await.refused(401, "invalid_credentials");
    }
    assert_eq!(latchkey.standing().await, before);
    let path = format!("/intermediaries/accounts/history?id={id}");
    let events = latchkey.call("GET", &path, &[], None).await.ok()["events"].as_array().map(Vec::len);
    assert_eq!(events, Some(1), "its own opening alone");
    latchkey.set_status(&old, "active").await.refused(400, "invalid_request");
    assert_eq!(latchkey.account_of(&old).await["status"], "blocked");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_alone_replaces_or_removes_no_proved_phone_and_moves_no_address() {
    let latchkey = Latchkey::start().await;
    let owner = latchkey.jane().await;
    latchkey.prove_phone(&owner.access, PHONE).await;
    let thief = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    latchkey.advance(61).await;
    let before = latchkey.standing().await;
    let asked = [
        latchkey.ask_phone(&thief.access, "PUT", THIEFS_PHONE).await,
        latchkey.delete_phone(&thief.access, PHONE).await,
        latchkey.ask_email(&thief.access, NEW_EMAIL).await,
    ];
    for answer in asked {
        answer.refused(403, "reauthentication_required");
    }
    assert_eq!(latchkey.standing().await, before);
    assert!(latchkey.told("email-code").await.is_empty(), "nothing was sent");

    latchkey.prove_phone(&thief.access, PHONE).await;
    latchkey.ask_email(&thief.access, NEW_EMAIL).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_confirms_the_address_by_a_phone_code_alone_is_rid_of_whoever_chose_the_password() {
    let latchkey = Latchkey::start().await;
    let squatter = latchkey.jane().await;
    latchkey.ask_email(&squatter.access, NEW_EMAIL).await.ok();
    let change = latchkey.last_code().await;
    latchkey.send_code(PHONE).await.ok();
    let code = latchkey.last_code().await;
    let owner = latchkey.sessions(json!({ "phoneVerificationCode": code })).await.pair();
    latchkey.prove_email(&owner.access).await;

    assert!(latchkey.is_signed_in(&owner.access).await);
    assert!(!latchkey.is_signed_in(&squatter.access).await);
    latchkey.re_sign(&squatter.refresh).await.refused(401, "invalid_refresh_token");
    latchkey.sign_in(EMAIL, PASSWORD).await.refused(401, "invalid_credentials");
    latchkey.confirm_email(&squatter.access, &change).await.refused(401, "invalid_access_token");
    assert_eq!(latchkey.told("account-claimed").await, [EMAIL]);
    let token = latchkey.reset_token(EMAIL).await;
    latchkey.reset(&token, NEW_PASSWORD).await.ok();
    latchkey.sign_in(EMAIL, NEW_PASSWORD).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_confirms_the_address_in_a_session_of_the_password_signs_nobody_out() {
    let latchkey = Latchkey::start().await;
    let (here, there) = (latchkey.jane().await, latchkey.sign_in(EMAIL, PASSWORD).await.pair());
    latchkey.prove_email(&here.access).await;
    for pair in [here, there] {
        assert!(latchkey.is_signed_in(&pair.access).await);
    }
    latchkey.sign_in(EMAIL, PASSWORD).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_nobody_proved_is_told_that_a_reset_took_it_away() {
    let latchkey = Latchkey::start().await;
    let mut body = jane();
    body["fullName"] = json!("Jane");
    latchkey.create_account(body).await.pair();
    let token = latchkey.reset_token(EMAIL).await;
    latchkey.reset(&token, NEW_PASSWORD).await.ok();
    assert_eq!(latchkey.told("phone-changed").await, [PHONE]);
    let pair = latchkey.sign_in(EMAIL, NEW_PASSWORD).await.pair();
    let account = latchkey.find_account(&pair.access).await.ok();
    assert_eq!((account.get("phone"), account.get("isEmailNotVerified")), (None, None), "{account}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sixth_password_in_an_hour_waits() {
    let latchkey = Latchkey::start().await;
    latchkey.begin_window(3_600).await;
    let pair = latchkey.jane().await;
    let passwords: Vec<_> = (0..7).map(|number| format!("{PASSWORD}{number}")).collect();
    latchkey.replace_password(&pair.access, PASSWORD, &passwords[0]).await.ok();
    for pair_of in passwords[..5].windows(2) {
        latchkey.replace_password(&pair.access, &pair_of[0], &pair_of[1]).await.ok();
    }
    let before = latchkey.standing().await;
    let wait = latchkey.replace_password(&pair.access, &passwords[4], &passwords[5]).await.slowed();
    assert!((3_500..=3_600).contains(&wait), "{wait}");
    assert_eq!(latchkey.standing().await, before);
    latchkey.sign_in(EMAIL, &passwords[4]).await.pair();
    latchkey.advance(wait).await;
    let pair = latchkey.sign_in(EMAIL, &passwords[4]).await.pair();
    latchkey.replace_password(&pair.access, &passwords[4], &passwords[5]).await.ok();
}
