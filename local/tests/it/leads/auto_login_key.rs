use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::BASE64;
use serde_json::json;

use crate::harness::{Answer, LEAD_PASSWORD, Latchkey, Portal, SAME_TENANT, by_email};

async fn tenant_key(latchkey: &Latchkey, portal: &Portal) -> String {
    let path = format!("/api/AutoLogin/TenantKey?{}", portal.query());
    let key = latchkey.send("GET", &path, &[], "").await.ok().as_str().expect("a bare string").to_owned();
    BASE64.decode(key.as_bytes()).expect("base64");
    key
}

async fn generate(latchkey: &Latchkey, portal: &Portal, key: &str, lead: &str, portal_id: &str) -> Answer {
    let key = key.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let path = format!("/api/AutoLogin/Generate?{}&authkey={key}", portal.query());
    let body = json!({ "LeadId": lead, "PortalId": portal_id }).to_string();
    latchkey.send("POST", &path, &[("content-type", "application/json")], body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_back_end_signs_in_a_lead_that_it_vouches_for() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    let key = tenant_key(&latchkey, &portal).await;
    let answer = generate(&latchkey, &portal, &key, &lead, &portal.id).await;
    assert_eq!(answer.lead_id(), lead);
    assert!(latchkey.opens(&answer.auth_key()).await);
    latchkey.advance(4 * 3_600 - 60).await;
    generate(&latchkey, &portal, &key, &lead, &portal.id).await.auth_key();
    latchkey.advance(60).await;
    generate(&latchkey, &portal, &key, &lead, &portal.id).await.unauthorized_lead();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_portals_key_an_unknown_or_blocked_lead_is_refused() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let other = latchkey.another_portal(SAME_TENANT, "other-portal", None).await;
    let lead = latchkey.john(&portal).await;
    let key = tenant_key(&latchkey, &portal).await;
    generate(&latchkey, &other, &key, &lead, &other.id).await.unauthorized_lead();
    generate(&latchkey, &portal, "", &lead, &portal.id).await.unauthorized_lead();
    generate(&latchkey, &portal, &key, &lead, &other.id).await.refused_lead(400, "MXInvalidInputException");
    let nobody = "00000000-0000-4000-8000-000000000000";
    generate(&latchkey, &portal, &key, nobody, &portal.id).await.refused_lead(400, "MXInvalidInputException");
    latchkey.table.set("account", "status", AttributeValue::S("blocked".to_owned())).await;
    generate(&latchkey, &portal, &key, &lead, &portal.id).await.refused_lead(400, "MXInvalidInputException");
    assert!(latchkey.table.rows_of("session#").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn vouching_forgives_no_failure() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let lead = latchkey.john(&portal).await;
    for _ in 0..4 {
        latchkey.lead_sign_in(&portal, &by_email("wrong")).await.unauthorized_lead();
    }
    let key = tenant_key(&latchkey, &portal).await;
    generate(&latchkey, &portal, &key, &lead, &portal.id).await.auth_key();
    let account = latchkey.table.rows_of("account").await.remove(0);
    assert_eq!(account["failed_since_success"].as_n().unwrap(), "4");
    latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await.auth_key();
}
