//! Whoever registers somebody else's address holds it only until its owner proves that it is theirs, and keeps no
//! way in afterwards (yardstick E6).

use serde_json::json;

use crate::harness::{EMAIL, Latchkey, NEW_EMAIL, NEW_PASSWORD, NEW_PHONE, PASSWORD, PHONE, Pair, acceptance};

/// Mallory has registered Jane's address with a phone of her own: her first session and the account's id.
async fn mallory(latchkey: &Latchkey) -> (Pair, String, String) {
    let record = latchkey.create_intermediary().await;
    let body = json!({ "email": EMAIL, "password": PASSWORD, "phone": PHONE, "intermediaryId": record });
    let pair = latchkey.create_account(body).await.pair();
    let id = latchkey.account_id(&pair.access).await;
    (pair, id, record)
}

async fn owner_of(latchkey: &Latchkey, email: &str) -> String {
    let found = latchkey.call("GET", &format!("/intermediaries/accounts/{email}"), &[], None).await;
    found.ok()["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_who_accepts_an_invitation_gets_the_address_and_the_squatter_is_left_blank() {
    let latchkey = Latchkey::start().await;
    let (squatter, id, record) = mallory(&latchkey).await;
    let elsewhere = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    let invited = latchkey.invited(EMAIL).await;
    assert!(latchkey.is_signed_in(&squatter.access).await, "an invitation alone takes nothing away");
    let body = json!({ "password": NEW_PASSWORD, "phone": NEW_PHONE });
    let owner = latchkey.accept(&invited.token, body).await.pair();
    assert_eq!(owner_of(&latchkey, EMAIL).await, invited.account);
    for pair in [&squatter, &elsewhere] {
        assert!(!latchkey.is_signed_in(&pair.access).await);
        latchkey.re_sign(&pair.refresh).await.refused(401, "invalid_refresh_token");
    }
    latchkey.sign_in(EMAIL, PASSWORD).await.refused(401, "invalid_credentials");
    latchkey.sign_in(EMAIL, NEW_PASSWORD).await.pair();
    assert!(latchkey.is_signed_in(&owner.access).await);

    let left = latchkey.account_of(&id).await;
    assert_eq!((&left["status"], left.get("phone")), (&json!("blocked"), None), "{left}");
    let sent = latchkey.outbox().await.len();
    latchkey.send_code(PHONE).await.ok();
    assert_eq!(latchkey.outbox().await.len(), sent, "the number it was registered with opens nothing");
    assert_eq!(latchkey.table.rows_of("identifier").await.len(), 1);
    latchkey.advance(61).await;
    let refused = latchkey.set_status(&id, "active").await.refused(400, "invalid_request");
    assert_eq!(refused["field"], "status", "it is blocked for good");
    let next = latchkey.invite(&record, NEW_EMAIL).await.ok()["accountId"].as_str().unwrap().to_owned();
    assert_ne!(next, id, "the record is free for another account");
    let pair = latchkey.accept(&latchkey.link_token().await, acceptance()).await.pair();
    assert_eq!(latchkey.account_id(&pair.access).await, next);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_who_moves_to_it_by_the_code_gets_the_address() {
    let latchkey = Latchkey::start().await;
    let (squatter, id, _) = mallory(&latchkey).await;
    let owner = latchkey.another_account("jane.before@example.com").await;
    latchkey.ask_email(&owner.access, EMAIL).await.ok();
    assert!(latchkey.is_signed_in(&squatter.access).await);
    let account = latchkey.confirm_email(&owner.access, &latchkey.last_code().await).await.ok();
    assert_eq!(owner_of(&latchkey, EMAIL).await, account["id"].as_str().unwrap());
    assert!(latchkey.is_signed_in(&owner.access).await);
    assert!(!latchkey.is_signed_in(&squatter.access).await);
    latchkey.re_sign(&squatter.refresh).await.refused(401, "invalid_refresh_token");
    assert_eq!(latchkey.account_of(&id).await["status"], "blocked");
    assert_eq!(latchkey.table.rows_of("identifier").await.len(), 1, "the one it left is free");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_squatter_who_proved_a_phone_keeps_the_account_without_the_address_and_is_told_there() {
    let latchkey = Latchkey::start().await;
    let (squatter, id, _) = mallory(&latchkey).await;
    latchkey.prove_phone(&squatter.access, PHONE).await;
    latchkey.advance(61).await;
    let invited = latchkey.invited(EMAIL).await;
    let body = json!({ "password": NEW_PASSWORD, "phone": NEW_PHONE });
    latchkey.accept(&invited.token, body).await.pair();
    assert!(!latchkey.is_signed_in(&squatter.access).await);
    assert_eq!(latchkey.told("address-taken").await, [PHONE]);
    let left = latchkey.account_of(&id).await;
    assert_eq!((&left["status"], &left["phone"]), (&json!("active"), &json!(PHONE)), "{left}");
    assert_eq!(left.get("email").filter(|email| !email.is_null()), None, "{left}");
    latchkey.send_code(PHONE).await.ok();
    let code = latchkey.last_code().await;
    let back = latchkey.sessions(json!({ "phoneVerificationCode": code })).await.pair();
    assert_eq!(latchkey.account_id(&back.access).await, id);
    latchkey.sign_in(EMAIL, PASSWORD).await.refused(401, "invalid_credentials");
    latchkey.ask_email(&back.access, "mallory@example.com").await.ok();
    latchkey.confirm_email(&back.access, &latchkey.last_code().await).await.ok();
    latchkey.sign_in("mallory@example.com", PASSWORD).await.pair();
    latchkey.sign_in(EMAIL, NEW_PASSWORD).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_who_resets_the_password_leaves_the_squatter_no_session_password_phone_or_code() {
    let latchkey = Latchkey::start().await;
    let (squatter, id, _) = mallory(&latchkey).await;
    latchkey.send_code(PHONE).await.ok();
    let sign_in_code = latchkey.last_code().await;
    latchkey.ask_email(&squatter.access, "mallory@example.com").await.ok();
    let moving = latchkey.last_code().await;
    latchkey.send_phone_code(&squatter.access, PHONE).await.ok();
    let phone_code = latchkey.last_code().await;
    latchkey.advance(61).await;
    let token = latchkey.reset_token(EMAIL).await;
    latchkey.reset(&token, NEW_PASSWORD).await.ok();
    assert!(!latchkey.is_signed_in(&squatter.access).await);
    latchkey.re_sign(&squatter.refresh).await.refused(401, "invalid_refresh_token");
    latchkey.sign_in(EMAIL, PASSWORD).await.refused(401, "invalid_credentials");
    let owner = latchkey.sign_in(EMAIL, NEW_PASSWORD).await;
    assert_eq!(owner.flags(), json!({ "isMfaIncomplete": true }));
    let owner = owner.pair();
    let account = latchkey.find_account(&owner.access).await.ok();
    assert_eq!((&account["id"], account.get("phone")), (&json!(id), None), "{account}");

    let before = latchkey.standing().await;
    let sent = latchkey.outbox().await.len();
    latchkey.send_code(PHONE).await.ok();
    assert_eq!(latchkey.outbox().await.len(), sent);
    for body in [
        json!({ "phoneVerificationCode": sign_in_code, "phone": PHONE }),
        json!({ "phoneVerificationCode": sign_in_code }),
    ] {
        latchkey.sessions(body).await.refused(401, "invalid_credentials");
    }
    for (pair, status, refusal) in [(&squatter, 401, "invalid_access_token"), (&owner, 400, "invalid_code")] {
        latchkey.confirm_email(&pair.access, &moving).await.refused(status, refusal);
        latchkey.verify_phone(&pair.access, &phone_code).await.refused(status, refusal);
    }
    assert_eq!(latchkey.standing().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn even_a_phone_that_the_squatter_proved_goes_with_the_owners_reset() {
    let latchkey = Latchkey::start().await;
    let (squatter, _, _) = mallory(&latchkey).await;
    latchkey.prove_phone(&squatter.access, PHONE).await;
    latchkey.advance(61).await;
    let token = latchkey.reset_token(EMAIL).await;
    latchkey.reset(&token, NEW_PASSWORD).await.ok();
    let owner = latchkey.sign_in(EMAIL, NEW_PASSWORD).await.pair();
    assert_eq!(latchkey.find_account(&owner.access).await.ok().get("phone"), None);
    let sent = latchkey.outbox().await.len();
    latchkey.send_code(PHONE).await.ok();
    assert_eq!(latchkey.outbox().await.len(), sent, "it opens nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_proved_the_address_loses_nothing_to_whoever_asks_for_it() {
    let latchkey = Latchkey::start().await;
    let jane = latchkey.jane().await;
    latchkey.prove_email(&jane.access).await;
    latchkey.advance(61).await;
    let invited = latchkey.invited(EMAIL).await;
    let other = latchkey.another_account("other@example.com").await;
    let before = latchkey.standing().await;
    latchkey.accept(&invited.token, acceptance()).await.refused(400, "email_taken");
    latchkey.ask_email(&other.access, EMAIL).await.refused(400, "email_taken");
    assert_eq!(latchkey.standing().await, before);
    assert!(latchkey.is_signed_in(&jane.access).await);
    latchkey.sign_in(EMAIL, PASSWORD).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_owners_at_once_leave_the_address_to_one_and_the_squatter_with_nothing() {
    for _ in 0..3 {
        let latchkey = Latchkey::start().await;
        let (squatter, _, _) = mallory(&latchkey).await;
        let mover = latchkey.another_account("jane.before@example.com").await;
        latchkey.ask_email(&mover.access, EMAIL).await.ok();
        let code = latchkey.last_code().await;
        latchkey.advance(61).await;
        let invited = latchkey.invited(EMAIL).await;
        let token = invited.token.clone();
        let answers = latchkey
            .at_once(2, |latchkey, number| {
                let (mover, code, token) = (mover.clone(), code.clone(), token.clone());
                async move {
                    if number == 0 {
                        latchkey.confirm_email(&mover.access, &code).await
                    } else {
                        latchkey.accept(&token, json!({ "password": NEW_PASSWORD, "phone": NEW_PHONE })).await
                    }
                }
            })
            .await;
        let winner = answers.iter().position(|answer| answer.status == 200).expect("one gets it");
        answers[1 - winner].refused(400, "email_taken");
        assert!(!latchkey.is_signed_in(&squatter.access).await);
        assert_eq!(latchkey.table.rows_of("identifier").await.len(), if winner == 0 { 1 } else { 2 });
        let account = owner_of(&latchkey, EMAIL).await;
        assert_eq!(account == invited.account, winner == 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_squatters_own_change_at_the_same_moment_leaves_the_account_whole() {
    for _ in 0..4 {
        let latchkey = Latchkey::start().await;
        let (squatter, id, _) = mallory(&latchkey).await;
        latchkey.ask_email(&squatter.access, "mallory@example.com").await.ok();
        let code = latchkey.last_code().await;
        latchkey.advance(61).await;
        let invited = latchkey.invited(EMAIL).await;
        let answers = latchkey
            .at_once(2, |latchkey, number| {
                let (squatter, code, token) = (squatter.clone(), code.clone(), invited.token.clone());
                async move {
                    if number == 0 {
                        latchkey.confirm_email(&squatter.access, &code).await
                    } else {
                        latchkey.accept(&token, json!({ "password": NEW_PASSWORD, "phone": NEW_PHONE })).await
                    }
                }
            })
            .await;
        answers[1].pair();
        assert_eq!(owner_of(&latchkey, EMAIL).await, invited.account);
        let moved = answers[0].status == 200;
        assert_eq!(latchkey.table.rows_of("identifier").await.len(), if moved { 2 } else { 1 });
        assert_eq!(latchkey.account_of(&id).await["status"], if moved { "active" } else { "blocked" });
        assert_eq!(latchkey.is_signed_in(&squatter.access).await, moved);
    }
}
