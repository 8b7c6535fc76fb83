use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;

use crate::harness::{Answer, LEAD_EMAIL, LEAD_PASSWORD, Latchkey, by_email};

const NEW: &str = "another sample pw";

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_ends_every_other_session_and_tells_the_owner() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let (here, elsewhere) = (latchkey.auth_key(&portal).await, latchkey.auth_key(&portal).await);
    let answer = latchkey.change_password(&here, LEAD_PASSWORD, NEW).await.ok();
    assert_eq!(answer, json!({ "IsSuccessful": true, "ResponseText": "Password changed successfully" }));
    assert!(!latchkey.opens(&elsewhere).await);
    assert!(latchkey.opens(&here).await);
    latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await.unauthorized_lead();
    latchkey.lead_sign_in(&portal, &by_email(NEW)).await.auth_key();
    let outbox = latchkey.outbox().await;
    assert_eq!(outbox.len(), 1);
    assert_eq!((outbox[0]["purpose"].as_str(), outbox[0]["to"].as_str()), (Some("password-changed"), Some(LEAD_EMAIL)));
}

#[tokio::test(flavor = "multi_thread")]
async fn version_2_wants_the_auth_key_and_the_two_headers() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let key = latchkey.auth_key(&portal).await;
    let body = json!({ "CurrentPassword": LEAD_PASSWORD, "NewPassword": NEW });
    let path = "/api/Settings/v2/ChangePassword";
    latchkey.authorized(&key, path, &body).await.unauthorized_lead();
    latchkey.version_2(&portal, &portal.public_key, (path, ""), &body).await.unauthorized_lead();
    latchkey.version_2(&portal, &key, (path, ""), &body).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_current_password_a_weak_or_the_same_one_changes_nothing() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let key = latchkey.auth_key(&portal).await;
    let hash = latchkey.table.rows_of("account").await[0]["password_hash"].clone();
    latchkey.change_password(&key, "wrong password", NEW).await.unauthorized_lead();
    for weak in ["short", "password1", LEAD_PASSWORD, ""] {
        latchkey.change_password(&key, LEAD_PASSWORD, weak).await.refused_lead(400, "MXInvalidInputException");
    }
    let account = latchkey.table.rows_of("account").await.remove(0);
    assert_eq!(account["password_hash"], hash);
    assert_eq!(account["failed_since_success"].as_n().unwrap(), "1", "a wrong one counts as a failed sign-in");
    assert!(latchkey.outbox().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_at_once_one_holds() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let keys = [latchkey.auth_key(&portal).await, latchkey.auth_key(&portal).await];
    let racer = move |latchkey: std::sync::Arc<Latchkey>, number: usize| {
        let key = keys[number].clone();
        async move { latchkey.change_password(&key, LEAD_PASSWORD, &format!("new password {number}")).await.status }
    };
    let statuses = latchkey.at_once(2, racer).await;
    let winner = statuses.iter().position(|status| *status == 200).expect("one holds");
    assert_eq!(statuses[1 - winner], 401, "{statuses:?}");
    latchkey.lead_sign_in(&portal, &by_email(&format!("new password {winner}"))).await.auth_key();
    latchkey.lead_sign_in(&portal, &by_email(&format!("new password {}", 1 - winner))).await.unauthorized_lead();
    assert_eq!(latchkey.outbox().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_leads_key_opens_nothing() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let key = latchkey.auth_key(&portal).await;
    latchkey.table.set("account", "status", AttributeValue::S("blocked".to_owned())).await;
    latchkey.change_password(&key, LEAD_PASSWORD, NEW).await.unauthorized_lead();
    latchkey.table.set("account", "status", AttributeValue::S("active".to_owned())).await;
    latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await.auth_key();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_does_not_hold_up_the_owner_and_five_wrong_current_passwords_end_the_session() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let (owner, found) = (latchkey.auth_key(&portal).await, latchkey.auth_key(&portal).await);
    for _ in 0..5 {
        latchkey.lead_sign_in(&portal, &by_email("wrong")).await.unauthorized_lead();
    }
    for _ in 0..5 {
        latchkey.change_password(&found, "wrong password", NEW).await.unauthorized_lead();
    }
    latchkey.change_password(&found, LEAD_PASSWORD, NEW).await.unauthorized_lead();
    latchkey.change_password(&owner, LEAD_PASSWORD, NEW).await.ok();
    latchkey.lead_sign_in(&portal, &by_email(NEW)).await.auth_key();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_current_passwords_at_once_five_get_to_compare() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let key = latchkey.auth_key(&portal).await;
    latchkey.rest().await;
    let racer = {
        let key = key.clone();
        move |latchkey: std::sync::Arc<Latchkey>, number: usize| {
            let key = key.clone();
            async move { latchkey.change_password(&key, &format!("guess {number}"), NEW).await }
        }
    };
    let answers = latchkey.at_once(12, racer).await;
    // The others were not compared: while five are, and once those have ended the session.
    let others =
        |answer: &&Answer| answer.status != 503 && answer.unauthorized_lead() == "The credentials are not valid.";
    assert_eq!(answers.iter().filter(others).count(), 5);
    latchkey.change_password(&key, LEAD_PASSWORD, NEW).await.unauthorized_lead();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_current_password_uses_up_nothing() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let key = latchkey.auth_key(&portal).await;
    let mut current = LEAD_PASSWORD.to_owned();
    for _ in 0..6 {
        let same = latchkey.change_password(&key, LEAD_PASSWORD, LEAD_PASSWORD).await;
        same.refused_lead(400, "MXInvalidInputException");
    }
    for number in 0..8 {
        let next = format!("sample pw number {number}");
        latchkey.change_password(&key, &current, &next).await.ok();
        current = next;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_back_end_shows_its_secret_key_beside_the_auth_key() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let key = latchkey.auth_key(&portal).await;
    let body = json!({ "CurrentPassword": "wrong password", "NewPassword": NEW });
    let path = format!("/api/Settings/ChangePassword?{}", portal.query());
    latchkey.authorized(&key, &path, &body).await.unauthorized_lead();
    assert!(latchkey.table.rows_of("source").await.is_empty(), "nothing is held against a back end's address");
    latchkey.authorized(&key, "/api/Settings/ChangePassword", &body).await.unauthorized_lead();
    assert_eq!(latchkey.table.rows_of("source").await.len(), 1);
}
