//! The example bodies of the documents give what the documents promise. The published text masks
//! the address; any address stands in for it.

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::harness::{Answer, EMAIL, Latchkey, Pair, VERIFIER, lead_fields};

#[track_caller]
fn signed_in(answer: &Answer) -> Pair {
    assert_eq!(answer.flags()["isEmailNotVerified"], true);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.header("x-request-id").is_some_and(|id| !id.is_empty()));
    let pair = answer.pair();
    assert_eq!(pair.access.split('.').count(), 3, "a JWT");
    pair
}

async fn accounts(latchkey: &Latchkey, body: &str) -> Answer {
    let headers = [("api-key", "local-api-key"), ("content-type", "application/json")];
    latchkey.send("POST", "/intermediaries/accounts", &headers, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn document_001_example_1_creates_an_account_with_a_phone() {
    let latchkey = Latchkey::start().await;
    let body = r#"{
    "email": "jane.broker@example.com",
    "password": "123QW@qwe!",
    "phone": "+19172249999",
    "intermediaryId": "507f281e810c19729de860ea"
}"#;
    let answer = accounts(&latchkey, body).await;
    let pair = signed_in(&answer);
    assert_eq!(answer.flags(), json!({ "isEmailNotVerified": true, "isMfaIncomplete": true }));
    let account = latchkey.find_account(&pair.access).await.ok();
    assert_eq!(account["phone"], "+19172249999");
    assert_eq!(account["intermediaryId"], "507f281e810c19729de860ea");
}

#[tokio::test(flavor = "multi_thread")]
async fn document_001_example_2_creates_an_account_without_a_phone() {
    let latchkey = Latchkey::start().await;
    let body = r#"{
    "email": "jane.broker@example.com",
    "password": "123QWEqwe",
    "intermediaryId": "507f281e810c19729de860ea"
}"#;
    let pair = signed_in(&accounts(&latchkey, body).await);
    assert_eq!(latchkey.find_account(&pair.access).await.ok().get("phone"), None);
    signed_in(&latchkey.sign_in(EMAIL, "123QWEqwe").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn document_001_example_3_creates_an_account_without_a_password() {
    let latchkey = Latchkey::start().await;
    let body = r#"{
    "email": "jane.broker@example.com",
    "phone": "+19172249999",
    "intermediaryId": "507f281e810c19729de860ea"
}"#;
    let answer = accounts(&latchkey, body).await;
    signed_in(&answer);
    assert_eq!(answer.json().as_object().map(serde_json::Map::len), Some(2), "no password is shown");
    for guess in ["", "null", "123QW@qwe!"] {
        latchkey.sign_in(EMAIL, guess).await.refused(401, "invalid_credentials");
    }
    latchkey.send_code("+19172249999").await.ok();
    let code = latchkey.last_code().await;
    signed_in(&latchkey.sessions(json!({ "phoneVerificationCode": code })).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn document_000_examples_sign_in_re_sign_and_sign_in_by_code() {
    let latchkey = Latchkey::start().await;
    latchkey.jane().await;

    let first = signed_in(&latchkey.sign_in(EMAIL, "123QW@qwe!").await);

    let second = signed_in(&latchkey.re_sign(&first.refresh).await);
    assert_ne!(second.refresh, first.refresh);
    assert_ne!(second.access, first.access);
    latchkey.check_session(&second.access).await.ok();

    latchkey.send_code("%2B19172249999").await.ok();
    let code = latchkey.last_code().await;
    let answer = latchkey.sessions(json!({ "phoneVerificationCode": code })).await;
    signed_in(&answer);
    assert_eq!(answer.flags(), json!({ "isEmailNotVerified": true }), "the phone is proven: absent, not false");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_without_a_result_answer_json() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let empty = Value::Object(serde_json::Map::new());
    assert_eq!(latchkey.check_session(&pair.access).await.ok(), empty);
    assert_eq!(latchkey.send_code("+19172249999").await.ok(), empty);
    assert_eq!(latchkey.sign_out(&pair.access).await.ok(), empty);
}

#[tokio::test(flavor = "multi_thread")]
async fn document_002_examples_sign_in_by_email_and_by_a_unique_key() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let passwords = [("mx_Portal_Password", "examplepassword"), ("mx_Portal_Confirm_Password", "examplepassword")];
    let fields = [("mx_PAN_Number", "SSKKPPYY222"), passwords[0], passwords[1]];
    let path = ("/api/Authentication/v2/Register", portal.query());
    let body = lead_fields(&fields);
    let by_number = latchkey.version_2(&portal, &portal.public_key, (path.0, &path.1), &body).await.lead_id();
    let by_email = latchkey.register(&portal, &[("EmailAddress", "johnwick@example.com")]).await.lead_id();

    let headers = [("Authorization", portal.public_key.as_str()), ("Content-Type", "application/json")];
    for (body, lead) in [
        (r#"{ "EmailAddress": "johnwick@example.com", "Password": "Samplepassword@123" }"#, by_email),
        (
            r#"{ "Password":"examplepassword", "SearchKeyData":{ "SchemaName":"mx_PAN_Number", "Value":"SSKKPPYY222" } }"#,
            by_number,
        ),
    ] {
        let answer = latchkey.send("POST", "/api/Authentication/Signin", &headers, body).await;
        let json = answer.ok();
        let names: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["AuthKey", "LeadId"]);
        assert_eq!(answer.lead_id(), lead);
        assert!(lead.len() == 36 && lead.split('-').count() == 5, "{lead}");
        BASE64.decode(answer.auth_key().as_bytes()).expect("base64");
        let key = answer.auth_key();
        let changed = latchkey.change_password(&key, "not the password", "another sample pw").await;
        changed.unauthorized_lead();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn document_003_opens_a_session_by_its_body() {
    let latchkey = Latchkey::start().await;
    let token = latchkey.third_party(VERIFIER).await;
    let headers = [("Content-Type", "application/json"), ("Authorization", &*format!("Bearer {token}"))];
    let body = r#"{
"scope": "pictures names email",
"vendor_data": "optional-vendor-data"
}"#;
    let answer = latchkey.send("POST", "/auth/v2/session", &headers, body).await;
    let asked = answer.asked(&token);
    assert_eq!(asked.url, format!("{}/authorize/{}", latchkey.server.base_url, asked.token));
    assert_eq!(answer.json().as_object().map(serde_json::Map::len), Some(3));
    assert_eq!(latchkey.decision(&asked).await.ok()["vendor_data"], "optional-vendor-data");
}

#[tokio::test(flavor = "multi_thread")]
async fn document_004_signs_in_by_both_of_its_bodies() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let token = latchkey.back_end("local-refresh").await;
    let headers = [("Authorization", &*format!("Bearer {token}")), ("Content-Type", "application/json")];
    for who in [
        r#""email": "KARI@example.com""#,
        r#""ident_type": "email", "ident": "kari@example.com""#,
        r#""ident_type": "phone_number", "ident": "+4799999999""#,
    ] {
        let audience = "https://api.example.test/v1/accounts/T00000001";
        let body = format!(r#"{{"audience": "{audience}", "type": "customer", "password": "correct horse 7", {who}}}"#);
        let answer = latchkey.send("POST", "/v1/accounts/T00000001/customers/login", &headers, body).await;
        let json = answer.ok();
        let names: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["access_token", "expires_in", "refresh_token", "scope", "token_type"]);
        assert_eq!((&json["token_type"], json["expires_in"].is_u64()), (&serde_json::json!("Bearer"), true));
    }
}
