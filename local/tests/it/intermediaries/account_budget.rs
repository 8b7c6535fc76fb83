//! As [`crate::budget`], for the calls that look after accounts.

use serde_json::json;

use crate::harness::{EMAIL, Latchkey, NEW_EMAIL, NEW_PASSWORD, NEW_PHONE, PASSWORD, PHONE, acceptance, other_than};

#[tokio::test(flavor = "multi_thread")]
async fn warm_calls_that_invite_prove_and_change_cost_what_they_are_meant_to() {
    let latchkey = Latchkey::start().await;
    let record = latchkey.create_intermediary().await;
    let (proxy, mut measured) = (&latchkey.proxy, Vec::new());
    let mut note = |name: &'static str| {
        measured.push(format!("{name}: {} round trips, {}", proxy.round_trips(), proxy.operations().join(" ")));
    };

    proxy.record();
    latchkey.invite(&record, EMAIL).await.ok();
    note("invite");
    let token = latchkey.link_token().await;
    proxy.record();
    latchkey.find_invitation(&token).await.ok();
    note("find invitation");
    proxy.record();
    let pair = latchkey.accept(&token, acceptance()).await.pair();
    note("accept invitation");
    proxy.record();
    latchkey.send_phone_code(&pair.access, PHONE).await.ok();
    note("send phone code");
    let code = latchkey.last_code().await;
    proxy.record();
    latchkey.verify_phone(&pair.access, &code).await.ok();
    note("verify phone");
    proxy.record();
    let validation = latchkey.validation_token(&pair.access).await;
    note("check password");
    proxy.record();
    latchkey.check_password(&pair.access, "wrong").await.refused(401, "invalid_credentials");
    note("check password, wrong");
    proxy.record();
    let body = json!({ "email": NEW_EMAIL });
    latchkey.within_again(&pair.access, &validation, ("PUT", "accounts/email"), body).await.ok();
    note("send code to a new address");
    let code = latchkey.last_code().await;
    proxy.record();
    latchkey.confirm_email(&pair.access, &code).await.ok();
    note("change e-mail");
    let validation = latchkey.validation_token(&pair.access).await;
    proxy.record();
    let body = json!({ "phone": NEW_PHONE });
    latchkey.within_again(&pair.access, &validation, ("PUT", "accounts/phone"), body).await.ok();
    note("send code to a new phone");
    let code = latchkey.last_code().await;
    proxy.record();
    latchkey.confirm_phone(&pair.access, "PUT", &code).await.ok();
    note("change phone");
    let validation = latchkey.validation_token(&pair.access).await;
    proxy.record();
    let body = json!({ "phone": NEW_PHONE });
    latchkey.within_again(&pair.access, &validation, ("PUT", "accounts/delete-phone"), body).await.ok();
    note("delete phone");
    proxy.record();
    latchkey.within(&pair.access, "PUT", "accounts/full-name", Some(json!({ "fullName": "Jane" }))).await.ok();
    note("change name");

    let budget = [
        "invite: 2 round trips, BatchGetItem TransactWriteItems",
        "find invitation: 1 round trips, BatchGetItem",
        "accept invitation: 3 round trips, BatchGetItem GetItem TransactWriteItems",
        "send phone code: 3 round trips, BatchGetItem BatchGetItem TransactWriteItems",
        "verify phone: 3 round trips, BatchGetItem TransactWriteItems UpdateItem",
        "check password: 3 round trips, BatchGetItem UpdateItem UpdateItem",
        "check password, wrong: 3 round trips, BatchGetItem PutItem UpdateItem UpdateItem UpdateItem",
        "send code to a new address: 4 round trips, BatchGetItem BatchGetItem GetItem TransactWriteItems",
        "change e-mail: 4 round trips, BatchGetItem GetItem TransactWriteItems UpdateItem",
        "send code to a new phone: 3 round trips, BatchGetItem BatchGetItem TransactWriteItems",
        "change phone: 3 round trips, BatchGetItem TransactWriteItems UpdateItem",
        "delete phone: 2 round trips, BatchGetItem TransactWriteItems",
        "change name: 2 round trips, BatchGetItem TransactWriteItems",
    ];
    assert_eq!(measured, budget);
}

#[tokio::test(flavor = "multi_thread")]
async fn warm_calls_of_codes_passwords_and_blocks_cost_what_they_are_meant_to() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let (proxy, mut measured) = (&latchkey.proxy, Vec::new());
    let mut note = |name: &'static str| {
        measured.push(format!("{name}: {} round trips, {}", proxy.round_trips(), proxy.operations().join(" ")));
    };

    proxy.record();
    latchkey.send_email_code(&pair.access).await.ok();
    note("send e-mail code");
    let code = latchkey.last_code().await;
    proxy.record();
    latchkey.verify_email(&pair.access, &other_than(&code)).await.refused(400, "invalid_code");
    note("verify e-mail, wrong code");
    latchkey.advance(61).await;
    latchkey.send_email_code(&pair.access).await.ok();
    let code = latchkey.last_code().await;
    proxy.record();
    latchkey.verify_email(&pair.access, &code).await.ok();
    note("verify e-mail");
    proxy.record();
    latchkey.replace_password(&pair.access, PASSWORD, NEW_PASSWORD).await.ok();
    note("change password");
    proxy.record();
    latchkey.forget_password(EMAIL).await.ok();
    note("forgot password");
    let token = latchkey.link_token().await;
    proxy.record();
    latchkey.find_reset(&token).await.ok();
    note("find reset");
    proxy.record();
    latchkey.reset(&token, PASSWORD).await.ok();
    note("reset password");
    let pair = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    let id = latchkey.account_id(&pair.access).await;
    proxy.record();
    latchkey.set_status(&id, "blocked").await.ok();
    note("block");

    let budget = [
        "send e-mail code: 3 round trips, BatchGetItem BatchGetItem TransactWriteItems",
        "verify e-mail, wrong code: 3 round trips, BatchGetItem PutItem UpdateItem",
        "verify e-mail: 3 round trips, BatchGetItem TransactWriteItems UpdateItem",
        "change password: 4 round trips, BatchGetItem TransactWriteItems UpdateItem UpdateItem",
        "forgot password: 3 round trips, BatchGetItem GetItem GetItem TransactWriteItems",
        "find reset: 1 round trips, BatchGetItem",
        "reset password: 2 round trips, BatchGetItem TransactWriteItems",
        "block: 2 round trips, GetItem TransactWriteItems",
    ];
    assert_eq!(measured, budget);
}
