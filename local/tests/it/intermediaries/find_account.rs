use local::INTERMEDIARY_ID;
use serde_json::json;
use shared::key_ring::Algorithm;

use crate::harness::{EMAIL, KARI_EMAIL, LEAD_EMAIL, Latchkey, OTHER_TENANT, PHONE};

#[tokio::test(flavor = "multi_thread")]
async fn the_account_is_shown_as_the_contract_has_it() {
    let latchkey = Latchkey::start().await;
    let mut body = crate::harness::jane();
    body["fullName"] = json!("Jane O'Broker");
    body["email"] = json!("Jane.Broker@Example.com");
    let pair = latchkey.create_account(body).await.pair();
    let answer = latchkey.find_account(&pair.access).await;
    let mut account = answer.ok();
    assert!(account["id"].as_str().is_some_and(|id| id.len() == 36), "{account}");
    assert!(account["lastActiveAt"].as_i64().is_some_and(|at| at > 1_700_000_000_000), "{account}");
    account.as_object_mut().unwrap().retain(|name, _| name != "id" && name != "lastActiveAt");
    let expected = json!({
        "intermediaryId": INTERMEDIARY_ID, "email": "Jane.Broker@Example.com", "status": "active", "testing": true,
        "isEmailNotVerified": true, "isMfaIncomplete": true, "phone": PHONE, "isPhoneVerified": false,
        "fullName": "Jane O'Broker", "phones": [{ "value": PHONE, "verified": false }],
    });
    assert_eq!(account, expected);
    assert_eq!(answer.flags(), json!({ "isEmailNotVerified": true, "isMfaIncomplete": true }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_proves_the_phone_to_its_own_session_only() {
    let latchkey = Latchkey::start().await;
    let by_password = latchkey.jane().await;
    latchkey.send_code(PHONE).await.ok();
    let code = latchkey.last_code().await;
    let by_code = latchkey.sessions(json!({ "phoneVerificationCode": code })).await.pair();

    let account = latchkey.find_account(&by_code.access).await.ok();
    assert_eq!((account.get("isMfaIncomplete"), &account["isPhoneVerified"]), (None, &json!(true)));
    assert_eq!(account["phones"], json!([{ "value": PHONE, "verified": true }]));
    let account = latchkey.find_account(&by_password.access).await.ok();
    assert_eq!((&account["isMfaIncomplete"], &account["isPhoneVerified"]), (&json!(true), &json!(true)));
    let re_signed = latchkey.re_sign(&by_code.refresh).await;
    assert_eq!(re_signed.flags(), json!({ "isEmailNotVerified": true }), "rotating keeps what the session proved");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_live_session_nothing_is_shown() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.call("GET", "/intermediaries/accounts", &[], None).await.refused(401, "invalid_access_token");
    for token in ["", "x", &pair.refresh, &format!("Bearer {}", pair.access)] {
        let answer = latchkey.find_account(token).await;
        answer.refused(401, "invalid_access_token");
        assert!(!answer.text.contains(EMAIL));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_back_end_finds_an_account_by_its_e_mail_address() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let by_token = latchkey.find_account(&pair.access).await.ok();
    for written in [EMAIL, "JANE.broker@Example.COM", "jane.broker%40example.com"] {
        latchkey.proxy.record();
        let answer = latchkey.call("GET", &format!("/intermediaries/accounts/{written}"), &[], None).await;
        let mut account = answer.ok();
        assert_eq!((account.get("isMfaIncomplete"), answer.header("x-digifi-account")), (None, None), "no session");
        account["isMfaIncomplete"] = json!(true);
        assert_eq!(account, by_token, "{written}");
        assert_eq!((latchkey.proxy.operations(), latchkey.proxy.round_trips()), (vec!["GetItem".into(); 2], 2));
    }
    latchkey.sign_out(&pair.access).await.ok();
    let path = format!("/intermediaries/accounts/{EMAIL}");
    assert_eq!(latchkey.call("GET", &path, &[], None).await.ok()["status"], "active");
    latchkey.send("GET", &path, &[], "").await.refused(401, "invalid_api_key");
    let other = latchkey.tenant_signing_by(OTHER_TENANT, Algorithm::Rs256).await;
    latchkey.send("GET", &path, &[("api-key", &other)], "").await.refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_without_an_account_of_an_intermediary_is_not_found_and_what_is_none_is_refused() {
    let latchkey = Latchkey::start().await;
    latchkey.john(&latchkey.portal().await).await;
    latchkey.kari().await;
    let find = async |email: &str| latchkey.call("GET", &format!("/intermediaries/accounts/{email}"), &[], None).await;
    for email in ["nobody@example.com", LEAD_EMAIL, KARI_EMAIL, "nobody%2Bx%40example.com"] {
        find(email).await.refused(404, "not_found");
    }
    for email in ["nobody", "no%20body@example.com", "a@b@example.com", "%00", "nobody@", "nobody%2540example.com"] {
        assert_eq!(find(email).await.refused(400, "invalid_request")["field"], "email", "{email}");
    }
}
