//! A code works for what it was sent for, and for nothing else.

use std::sync::Arc;

use serde_json::json;

use crate::harness::{Answer, Latchkey, NEW_EMAIL, NEW_PHONE, PHONE, Pair};

/// Where a code can be entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    VerifyEmail,
    VerifyPhone,
    ChangeEmail,
    ChangePhone,
    SignIn,
    SignInByNumber,
}

const DOORS: [Door; 6] =
    [Door::VerifyEmail, Door::VerifyPhone, Door::ChangeEmail, Door::ChangePhone, Door::SignIn, Door::SignInByNumber];

impl Door {
    async fn enter(self, latchkey: &Latchkey, access: &str, code: &str) -> Answer {
        let by_number = json!({ "phoneVerificationCode": code, "phone": PHONE });
        match self {
            Self::VerifyEmail => latchkey.verify_email(access, code).await,
            Self::VerifyPhone => latchkey.verify_phone(access, code).await,
            Self::ChangeEmail => latchkey.confirm_email(access, code).await,
            Self::ChangePhone => latchkey.confirm_phone(access, "PUT", code).await,
            Self::SignIn => latchkey.sessions(json!({ "phoneVerificationCode": code })).await,
            Self::SignInByNumber => latchkey.sessions(by_number).await,
        }
    }

    #[track_caller]
    fn refused(self, answer: &Answer) {
        if [Self::SignIn, Self::SignInByNumber].contains(&self) {
            answer.refused(401, "invalid_credentials");
        } else {
            answer.refused(400, "invalid_code");
        }
    }
}

/// Jane with a code of each purpose out.
async fn with_every_code() -> (Arc<Latchkey>, Pair, Vec<(Door, String)>) {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let mut codes = Vec::new();
    latchkey.ask_email(&pair.access, NEW_EMAIL).await.ok();
    codes.push((Door::ChangeEmail, latchkey.last_code().await));
    latchkey.ask_phone(&pair.access, "PUT", NEW_PHONE).await.ok();
    codes.push((Door::ChangePhone, latchkey.last_code().await));
    latchkey.advance(61).await;
    latchkey.send_email_code(&pair.access).await.ok();
    codes.push((Door::VerifyEmail, latchkey.last_code().await));
    latchkey.send_phone_code(&pair.access, PHONE).await.ok();
    codes.push((Door::VerifyPhone, latchkey.last_code().await));
    latchkey.advance(61).await;
    latchkey.send_code(PHONE).await.ok();
    codes.push((Door::SignIn, latchkey.last_code().await));
    (latchkey, pair, codes)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_one_purpose_works_for_no_other_and_still_for_its_own() {
    for kind in 0..5 {
        let (latchkey, pair, codes) = with_every_code().await;
        let (own, code) = &codes[kind];
        let before = latchkey.standing().await;
        for door in DOORS {
            let is_own = door == *own || *own == Door::SignIn && door == Door::SignInByNumber;
            if !is_own {
                door.refused(&door.enter(&latchkey, &pair.access, code).await);
            }
        }
        assert_eq!(latchkey.standing().await, before, "{own:?}");
        assert_eq!(own.enter(&latchkey, &pair.access, code).await.status, 200, "{own:?}");
        assert_ne!(latchkey.standing().await, before, "{own:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_address_or_phone_voids_every_other_code_that_is_out() {
    for kind in [Door::ChangeEmail, Door::ChangePhone] {
        let (latchkey, pair, codes) = with_every_code().await;
        let (own, code) = codes.iter().find(|(door, _)| *door == kind).unwrap();
        assert_eq!(own.enter(&latchkey, &pair.access, code).await.status, 200, "{own:?}");
        let before = latchkey.standing().await;
        for (door, code) in codes.iter().filter(|(door, _)| door != own) {
            let answer = door.enter(&latchkey, &pair.access, code).await;
            let status = if *door == Door::SignIn { 401 } else { 400 };
            assert_eq!(answer.status, status, "{door:?} after {own:?}: {}", answer.text);
        }
        let by_number = Door::SignInByNumber.enter(&latchkey, &pair.access, &codes[4].1).await;
        by_number.refused(401, "invalid_credentials");
        assert_eq!(latchkey.standing().await, before, "{own:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_of_adding_and_of_proving_a_phone_are_two_things() {
    for is_adding in [true, false] {
        let latchkey = Latchkey::start().await;
        let pair = latchkey.another_account("other@example.com").await;
        if is_adding {
            latchkey.ask_phone(&pair.access, "POST", PHONE).await.ok();
        } else {
            latchkey.send_phone_code(&pair.access, PHONE).await.ok();
        }
        let code = latchkey.last_code().await;
        let before = latchkey.standing().await;
        latchkey.confirm_phone(&pair.access, "PUT", &code).await.refused(400, "invalid_request");
        let wrong = if is_adding {
            latchkey.verify_phone(&pair.access, &code).await
        } else {
            latchkey.confirm_phone(&pair.access, "POST", &code).await
        };
        wrong.refused(400, "invalid_code");
        assert_eq!(latchkey.standing().await, before);
        let right = if is_adding {
            latchkey.confirm_phone(&pair.access, "POST", &code).await
        } else {
            latchkey.verify_phone(&pair.access, &code).await
        };
        right.ok();
        assert_eq!(latchkey.find_account(&pair.access).await.ok()["phone"], PHONE);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn proving_one_address_leaves_the_code_of_the_other_and_the_sign_in_code_alone() {
    for is_email_first in [true, false] {
        let latchkey = Latchkey::start().await;
        let pair = latchkey.jane().await;
        latchkey.send_email_code(&pair.access).await.ok();
        let email = latchkey.last_code().await;
        latchkey.send_phone_code(&pair.access, PHONE).await.ok();
        let phone = latchkey.last_code().await;
        latchkey.send_code(PHONE).await.ok();
        let sign_in = latchkey.last_code().await;
        if is_email_first {
            latchkey.verify_email(&pair.access, &email).await.ok();
            latchkey.verify_phone(&pair.access, &phone).await.ok();
        } else {
            latchkey.verify_phone(&pair.access, &phone).await.ok();
            latchkey.verify_email(&pair.access, &email).await.ok();
        }
        latchkey.sessions(json!({ "phoneVerificationCode": sign_in })).await.pair();
    }
}
