//! Nobody learns from an answer, its headers or what it cost whether an address or a number has an account, and
//! how it stands.

use std::sync::Arc;

use serde_json::json;

use crate::harness::{Answer, EMAIL, Latchkey, PASSWORD, PHONE, jane};

const WRONG: &str = "123QW@qwe?";
const UNPROVED: &str = "unproved@example.com";
const LOCKED: &str = "locked@example.com";
const BLOCKED: &str = "blocked@example.com";
const INVITED: &str = "invited@example.com";
const UNKNOWN: &str = "unknown@example.com";
const ALL: [&str; 6] = [EMAIL, UNPROVED, LOCKED, BLOCKED, INVITED, UNKNOWN];

/// One account of each kind; Jane's proved its address.
async fn everybody() -> Arc<Latchkey> {
    let latchkey = Latchkey::start().await;
    let jane = latchkey.jane().await;
    latchkey.prove_email(&jane.access).await;
    latchkey.another_account(UNPROVED).await;
    latchkey.another_account(LOCKED).await;
    let blocked = latchkey.another_account(BLOCKED).await;
    let id = latchkey.account_id(&blocked.access).await;
    latchkey.set_status(&id, "blocked").await.ok();
    latchkey.invited(INVITED).await;
    for _ in 0..11 {
        latchkey.advance(33).await;
        latchkey.sign_in(LOCKED, WRONG).await.refused(401, "invalid_credentials");
    }
    latchkey
}

type Cost = (Vec<String>, usize);

async fn seen(latchkey: &Latchkey, call: impl Future<Output = Answer>) -> ((u16, Vec<String>, String), Cost) {
    latchkey.proxy.record();
    let face = call.await.face();
    (face, (latchkey.proxy.operations(), latchkey.proxy.round_trips()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_answered_alike_for_everybody() {
    let latchkey = everybody().await;
    let mut all = Vec::new();
    latchkey.create_intermediary().await;
    for email in ALL {
        all.push(seen(&latchkey, latchkey.sign_in(email, WRONG)).await);
    }
    // The right one, where it may not be used, looks like a wrong one.
    for email in [LOCKED, BLOCKED] {
        all.push(seen(&latchkey, latchkey.sign_in(email, PASSWORD)).await);
    }
    assert_eq!(all[0].0.0, 401);
    all.dedup();
    assert_eq!(all.len(), 1, "{all:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_answered_alike_for_everybody_at_every_limit() {
    let latchkey = everybody().await;
    let before = latchkey.told("reset-password").await.len();
    for (round, status) in [200, 429, 200, 200, 200, 200, 429].into_iter().enumerate() {
        // What is cached for a minute does not count.
        latchkey.create_intermediary().await;
        let mut all = Vec::new();
        for email in ALL {
            all.push(seen(&latchkey, latchkey.forget_password(email)).await);
        }
        assert_eq!(all[0].0.0, status, "round {round}");
        all.dedup();
        assert_eq!(all.len(), 1, "round {round}: {all:#?}");
        if round != 0 {
            latchkey.advance(61).await;
        }
    }
    let told = latchkey.told("reset-password").await;
    assert_eq!((before, told.len()), (0, 15));
    assert!(told.iter().all(|to| [EMAIL, UNPROVED, LOCKED].contains(&to.as_str())), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_code_is_answered_alike_whoever_has_the_number() {
    let latchkey = Latchkey::start().await;
    let (proved, unproved, blocked, shared, unknown) =
        (PHONE, "+19172240001", "+19172240002", "+19172240003", "+19172240004");
    let pair = latchkey.create_account(jane()).await.pair();
    latchkey.prove_phone(&pair.access, PHONE).await;
    let mut blocked_id = String::new();
    for (number, phone) in [unproved, blocked, shared, shared].into_iter().enumerate() {
        let record = latchkey.create_intermediary().await;
        let body = json!({ "email": format!("{number}@example.com"), "password": PASSWORD,
                                       "intermediaryId": record, "phone": phone });
        let pair = latchkey.create_account(body).await.pair();
        if phone == blocked {
            blocked_id = latchkey.account_id(&pair.access).await;
            latchkey.set_status(&blocked_id, "blocked").await.ok();
        }
    }
    latchkey.advance(61).await;
    latchkey.create_intermediary().await;
    for status in [200, 429] {
        let mut all = Vec::new();
        for phone in [proved, unproved, blocked, shared, unknown] {
            all.push(seen(&latchkey, latchkey.send_code(phone)).await);
        }
        assert_eq!(all[0].0.0, status);
        all.dedup();
        assert_eq!(all.len(), 1, "{all:#?}");
    }
    // A blocked account's owner gets one, too, and finds that it opens nothing.
    assert_eq!(latchkey.told("sign-in-code").await, [proved, unproved, blocked]);
    let codes = latchkey.outbox().await.into_iter().filter(|message| message["purpose"] == "sign-in-code");
    let codes: Vec<_> = codes.map(|message| message["code"].clone()).collect();
    let before = latchkey.standing().await;
    let mut refusals = Vec::new();
    for body in [
        json!({ "phoneVerificationCode": "000000", "phone": unknown }),
        json!({ "phoneVerificationCode": codes[2], "phone": blocked }),
        json!({ "phoneVerificationCode": codes[2] }),
    ] {
        refusals.push(latchkey.sessions(body).await.face());
    }
    assert_eq!(refusals[0].0, 401);
    refusals.dedup();
    assert_eq!(refusals.len(), 1, "{refusals:#?}");
    assert_eq!(latchkey.standing().await, before);
    latchkey.set_status(&blocked_id, "active").await.ok();
    for body in
        [json!({ "phoneVerificationCode": codes[2], "phone": blocked }), json!({ "phoneVerificationCode": codes[2] })]
    {
        latchkey.sessions(body).await.refused(401, "invalid_credentials");
    }
    for code in &codes[..2] {
        latchkey.sessions(json!({ "phoneVerificationCode": code })).await.pair();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_link_is_answered_alike_whatever_it_died_of() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let used = latchkey.reset_token(EMAIL).await;
    latchkey.reset(&used, "456RTY@rty!").await.ok();
    latchkey.advance(61).await;
    let replaced = latchkey.reset_token(EMAIL).await;
    latchkey.advance(61).await;
    let late = latchkey.reset_token(EMAIL).await;
    latchkey.advance(1_801).await;
    let never = late.chars().rev().collect::<String>();
    let invited = latchkey.invited(INVITED).await;
    let mut all = Vec::new();
    for token in [&used, &replaced, &late, &never, &invited.token, &pair.access] {
        all.push(latchkey.find_reset(token).await.face());
        all.push(latchkey.reset(token, PASSWORD).await.face());
    }
    assert_eq!(all[0].0, 404);
    all.dedup();
    assert_eq!(all.len(), 1, "{all:#?}");
}
