//! The DynamoDB budget of the README, counted as the calls that leave the AWS SDK.

use serde_json::json;

use crate::harness::{
    EMAIL, KARI_PASSWORD, LEAD_EMAIL, LEAD_PASSWORD, LEAD_PHONE, Latchkey, PASSWORD, by_email, jane, login,
};

#[tokio::test(flavor = "multi_thread")]
async fn warm_calls_cost_what_they_are_meant_to() {
    let latchkey = Latchkey::start().await;
    // What is cached for a minute does not count.
    latchkey.create_intermediary().await;
    let (proxy, mut measured) = (&latchkey.proxy, Vec::new());
    let mut note = |name: &'static str| {
        measured.push(format!("{name}: {} round trips, {}", proxy.round_trips(), proxy.operations().join(" ")));
    };

    proxy.record();
    let pair = latchkey.create_account(jane()).await.pair();
    note("create account");
    proxy.record();
    latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    note("sign in");
    proxy.record();
    latchkey.sign_in(EMAIL, "wrong").await.refused(401, "invalid_credentials");
    note("sign in, wrong password");
    proxy.record();
    let next = latchkey.re_sign(&pair.refresh).await.pair();
    note("re-sign");
    proxy.record();
    latchkey.re_sign(&pair.refresh).await.pair();
    note("re-sign, retried");
    proxy.record();
    latchkey.check_session(&next.access).await.ok();
    note("check session");
    proxy.record();
    latchkey.find_account(&next.access).await.ok();
    note("find account");
    let accounts = "/intermediaries/accounts";
    proxy.record();
    latchkey.call("GET", &format!("{accounts}/{EMAIL}"), &[], None).await.ok();
    note("find account by e-mail");
    let (one, three) = ("emails=a@example.com", "phones=%2B19170000001&phones=%2B19170000002&phones=%2B19170000003");
    for query in [one.to_owned(), format!("emails={EMAIL}&{three}"), three.to_owned()] {
        proxy.record();
        latchkey.call("GET", &format!("{accounts}/search?{query}"), &[], None).await.ok();
        note("search");
    }
    proxy.record();
    latchkey.call("GET", &format!("{accounts}/history"), &[("accountAccessToken", &next.access)], None).await.ok();
    note("history");
    proxy.record();
    latchkey.send_code(crate::harness::PHONE).await.ok();
    note("send sign-in code");
    let code = latchkey.last_code().await;
    proxy.record();
    latchkey.sessions(json!({ "phoneVerificationCode": code })).await.pair();
    note("sign in by phone code");
    proxy.record();
    latchkey.sign_out(&next.access).await.ok();
    note("sign out");
    proxy.record();
    latchkey.call("POST", "/intermediaries", &[], Some(json!({ "variables": {} }))).await.ok();
    note("create intermediary");
    proxy.record();
    latchkey.send("GET", "/.well-known/jwks.json", &[], "").await.ok();
    note("keys");

    let budget = [
        "create account: 2 round trips, BatchGetItem TransactWriteItems",
        "sign in: 3 round trips, GetItem GetItem PutItem PutItem UpdateItem",
        "sign in, wrong password: 3 round trips, GetItem GetItem PutItem UpdateItem",
        "re-sign: 1 round trips, GetItem UpdateItem",
        "re-sign, retried: 1 round trips, GetItem UpdateItem",
        "check session: 1 round trips, BatchGetItem",
        "find account: 1 round trips, BatchGetItem",
        "find account by e-mail: 2 round trips, GetItem GetItem",
        "search: 1 round trips, BatchGetItem",
        "search: 2 round trips, BatchGetItem BatchGetItem",
        "search: 1 round trips, Query Query Query",
        "history: 2 round trips, BatchGetItem Query",
        "send sign-in code: 2 round trips, GetItem Query TransactWriteItems",
        "sign in by phone code: 3 round trips, GetItem Query Query TransactWriteItems",
        "sign out: 1 round trips, TransactWriteItems",
        "create intermediary: 1 round trips, PutItem",
        "keys: 0 round trips, ",
    ];
    assert_eq!(measured, budget);
}

#[tokio::test(flavor = "multi_thread")]
async fn warm_calls_of_leads_cost_what_they_are_meant_to() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let (proxy, mut measured) = (&latchkey.proxy, Vec::new());
    let mut note = |name: &'static str| {
        measured.push(format!("{name}: {} round trips, {}", proxy.round_trips(), proxy.operations().join(" ")));
        proxy.record();
    };

    proxy.record();
    let lead = latchkey.john(&portal).await;
    note("register");
    let key = latchkey.auth_key(&portal).await;
    note("sign in");
    latchkey.lead_sign_in(&portal, &by_email("wrong")).await.unauthorized_lead();
    note("sign in, wrong password");
    let flow = latchkey.lead_code(&portal, LEAD_PHONE).await.ok()["Code"].as_str().unwrap().to_owned();
    note("send sign-in code");
    let code = latchkey.last_code().await;
    proxy.record();
    latchkey.sign_in_by_otp(&portal, &code, LEAD_PHONE, &flow).await.auth_key();
    note("sign in by code");
    latchkey.change_password(&key, LEAD_PASSWORD, "another sample pw").await.ok();
    note("change password");
    latchkey.forgot_password(&portal, &json!({ "EmailAddress": LEAD_EMAIL })).await.ok();
    note("forgot password");
    let secret = latchkey.last_link().await;
    proxy.record();
    latchkey.reset_password(&portal, &lead, &secret, "a third sample pw").await.ok();
    note("reset password");
    let path = format!("/api/Leads/{lead}");
    latchkey.save_lead(&portal, "PUT", &path, &[("mx_PAN_Number", "NEWPAN1")]).await.ok();
    note("save");
    latchkey.send("GET", &format!("/api/Access/PublicToken?{}", portal.query()), &[], "").await.ok();
    note("public key");
    latchkey.authorized("forged", "/api/Authentication/Signin", &by_email("x")).await.unauthorized_lead();
    note("forged public key");
    latchkey.change_password("forged", "x", "x").await.unauthorized_lead();
    note("forged AuthKey");
    latchkey.send("GET", "/api/nothing", &[], "").await.refused_lead(404, "MXNotFoundException");
    note("unknown path");

    let budget = [
        "register: 3 round trips, BatchGetItem TransactWriteItems UpdateItem",
        "sign in: 3 round trips, GetItem GetItem GetItem PutItem UpdateItem UpdateItem",
        "sign in, wrong password: 3 round trips, GetItem GetItem GetItem UpdateItem UpdateItem UpdateItem",
        "send sign-in code: 4 round trips, GetItem GetItem GetItem TransactWriteItems UpdateItem UpdateItem",
        "sign in by code: 4 round trips, GetItem GetItem TransactWriteItems UpdateItem UpdateItem",
        "change password: 4 round trips, BatchGetItem GetItem TransactWriteItems UpdateItem UpdateItem",
        "forgot password: 4 round trips, BatchGetItem GetItem GetItem TransactWriteItems UpdateItem UpdateItem",
        "reset password: 3 round trips, BatchGetItem GetItem TransactWriteItems UpdateItem",
        "save: 3 round trips, GetItem TransactWriteItems UpdateItem",
        "public key: 1 round trips, UpdateItem",
        "forged public key: 0 round trips, ",
        "forged AuthKey: 0 round trips, ",
        "unknown path: 0 round trips, ",
    ];
    assert_eq!(measured, budget);
}

#[tokio::test(flavor = "multi_thread")]
async fn warm_calls_of_customers_cost_what_they_are_meant_to() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let token = latchkey.back_end("local-refresh").await;
    latchkey.log_in(&token, KARI_PASSWORD).await.access_token();
    let (proxy, mut measured) = (&latchkey.proxy, Vec::new());
    let mut note = |name: &'static str| {
        measured.push(format!("{name}: {} round trips, {}", proxy.round_trips(), proxy.operations().join(" ")));
    };

    proxy.record();
    latchkey.back_end("local-refresh").await;
    note("client's token");
    proxy.record();
    latchkey
        .by("forged.token.here", "POST", "/customers/login", &login(KARI_PASSWORD))
        .await
        .refused_customer(401, "invalid_token");
    note("forged token");
    proxy.record();
    let refresh = latchkey.log_in(&token, KARI_PASSWORD).await.refresh_token();
    note("login");
    proxy.record();
    latchkey.log_in(&token, "wrong").await.refused_customer(401, "invalid_credentials");
    note("login, wrong password");
    proxy.record();
    latchkey.refresh(&token, &refresh).await.refresh_token();
    note("refresh");
    proxy.record();
    let mfa_token = latchkey.mfa_login(&token).await;
    note("MFA login");
    proxy.record();
    let sent = latchkey.challenged(&token, &mfa_token, "sms").await.ok();
    note("challenge");
    let (handle, code) = (sent["oob_code"].as_str().expect("a handle"), latchkey.last_code().await);
    proxy.record();
    latchkey.answer_oob(&token, &mfa_token, (handle, &code)).await.access_token();
    note("second factor");
    proxy.record();
    latchkey.create_customer(&json!({ "email": "ola@example.com" })).await.ok();
    note("create customer");

    let budget = [
        "client's token: 0 round trips, ",
        "forged token: 0 round trips, ",
        "login: 3 round trips, GetItem GetItem TransactWriteItems",
        "login, wrong password: 3 round trips, GetItem GetItem UpdateItem",
        "refresh: 1 round trips, GetItem UpdateItem",
        "MFA login: 3 round trips, GetItem GetItem TransactWriteItems",
        "challenge: 3 round trips, BatchGetItem GetItem TransactWriteItems",
        "second factor: 3 round trips, TransactWriteItems UpdateItem UpdateItem",
        "create customer: 2 round trips, BatchGetItem TransactWriteItems",
    ];
    assert_eq!(measured, budget);
}
