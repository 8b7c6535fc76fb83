//! What one back end's people have is nothing to another's.

use serde_json::{Value, json};
use shared::store::{Client, KeptSecret, Tenant, TenantSettings};
use shared::token::ClientSecret;
use shared::types::{ClientId, TenantId, Timestamp};

use crate::harness::{Answer, EMAIL, Latchkey, NEW_EMAIL, NEW_PASSWORD, OTHER_TENANT, PHONE, SAME_TENANT, acceptance};

/// Another back end's api key, of this tenant or of another one.
async fn api_key_of(latchkey: &Latchkey, tenant: &str) -> String {
    let key = format!("api-key-of-{tenant}");
    let (store, now) = (latchkey.table.store(), Timestamp::from_milliseconds(1_800_000_000_000));
    let tenant = TenantId::try_from(tenant.to_owned()).unwrap();
    store.register_tenant(&Tenant::new(tenant.clone(), TenantSettings::default()), now).await.unwrap();
    let id = ClientId::try_from("another-portal".to_owned()).unwrap();
    let secret = ClientSecret::api_key(&key).unwrap();
    let client = Client {
        api_keys: vec![KeptSecret::lasting(secret.hash())],
        ..Client::blank(id, "Another portal".to_owned(), now)
    };
    store.register_client(&tenant, &client, now).await.unwrap();
    key
}

async fn call(latchkey: &Latchkey, headers: &[(&str, &str)], method: &str, rest: &str, body: Value) -> Answer {
    let mut all = vec![("content-type", "application/json")];
    all.extend(headers);
    let body = if body.is_null() { String::new() } else { body.to_string() };
    latchkey.send(method, &format!("/intermediaries/{rest}"), &all, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_back_end_opens_no_link_enters_no_code_and_finds_no_account() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let validation = latchkey.validation_token(&pair.access).await;
    let id = latchkey.account_id(&pair.access).await;
    latchkey.send_email_code(&pair.access).await.ok();
    let code = latchkey.last_code().await;
    let reset = latchkey.reset_token(EMAIL).await;
    let invited = latchkey.invited("invited@example.com").await;
    let sent = latchkey.outbox().await.len();
    let key = api_key_of(&latchkey, OTHER_TENANT).await;
    let before = latchkey.standing().await;
    let headers =
        [("api-key", &*key), ("accountAccessToken", &*pair.access), ("accountPasswordValidationToken", &*validation)];
    for (method, rest, body, status, refusal) in [
        ("GET", format!("invites/{}", invited.token), Value::Null, 404, "invalid_link"),
        ("POST", format!("invites/{}", invited.token), acceptance(), 404, "invalid_link"),
        ("GET", format!("reset-password/{reset}"), Value::Null, 404, "invalid_link"),
        ("PUT", format!("reset-password/{reset}"), json!({ "password": NEW_PASSWORD }), 404, "invalid_link"),
        ("PUT", format!("accounts/{id}/status"), json!({ "status": "blocked" }), 404, "not_found"),
        ("POST", format!("{}/invites", invited.record), json!({ "email": EMAIL }), 404, "intermediary_not_found"),
        ("PUT", format!("email-verification/{code}"), Value::Null, 401, "invalid_access_token"),
        ("PUT", "accounts/email".to_owned(), json!({ "email": NEW_EMAIL }), 401, "invalid_access_token"),
        ("POST", "phone-verification".to_owned(), json!({ "phone": PHONE }), 401, "invalid_access_token"),
    ] {
        call(&latchkey, &headers, method, &rest, body).await.refused(status, refusal);
    }
    call(&latchkey, &headers[..1], "POST", "reset-password", json!({ "email": EMAIL })).await.ok();
    assert_eq!(latchkey.standing().await, before);
    assert_eq!(latchkey.outbox().await.len(), sent);
    latchkey.verify_email(&pair.access, &code).await.ok();
    latchkey.accept(&invited.token, acceptance()).await.pair();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_one_client_checked_opens_nothing_through_another() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let validation = latchkey.validation_token(&pair.access).await;
    let key = api_key_of(&latchkey, SAME_TENANT).await;
    let before = latchkey.table.rows().await;
    let headers =
        [("api-key", &*key), ("accountAccessToken", &*pair.access), ("accountPasswordValidationToken", &*validation)];
    let answer = call(&latchkey, &headers, "PUT", "accounts/email", json!({ "email": NEW_EMAIL })).await;
    answer.refused(401, "invalid_password_validation_token");
    assert_eq!(latchkey.table.rows().await, before);
    let own = [("api-key", "local-api-key"), headers[1], headers[2]];
    call(&latchkey, &own, "PUT", "accounts/email", json!({ "email": NEW_EMAIL })).await.ok();
}
