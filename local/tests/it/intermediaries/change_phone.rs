use serde_json::json;

use shared::types::PhonePrefix;

use crate::harness::{EMAIL, Latchkey, NEW_PHONE, PASSWORD, PHONE};

const OTHER: &str = "other@example.com";

#[tokio::test(flavor = "multi_thread")]
async fn a_first_phone_is_added_by_the_code_sent_to_it() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.another_account(OTHER).await;
    let before = latchkey.standing().await;
    assert_eq!(latchkey.ask_phone(&pair.access, "POST", PHONE).await.ok(), json!({}));
    let message = latchkey.outbox().await.remove(0);
    assert_eq!((&message["channel"], &message["to"]), (&json!("sms"), &json!(PHONE)));
    assert_eq!(message["purpose"], "phone-code");
    assert_eq!(latchkey.standing().await, before, "nothing changes before the code came back");
    let code = latchkey.last_code().await;
    latchkey.confirm_phone(&pair.access, "PUT", &code).await.refused(400, "invalid_request");
    assert_eq!(latchkey.standing().await, before);
    let answer = latchkey.confirm_phone(&pair.access, "POST", &code).await;
    let account = answer.ok();
    assert_eq!((&account["phone"], &account["isPhoneVerified"]), (&json!(PHONE), &json!(true)));
    assert_eq!(account.get("isMfaIncomplete"), None);
    assert_eq!(answer.flags(), json!({ "isEmailNotVerified": true }));
    assert_eq!(latchkey.told("phone-changed").await, [OTHER]);
    latchkey.advance(61).await;
    latchkey.send_code(PHONE).await.ok();
    let by_code = json!({ "phoneVerificationCode": latchkey.last_code().await });
    latchkey.sessions(by_code).await.pair();

    let validation = latchkey.validation_token(&pair.access).await;
    let before = latchkey.table.rows().await;
    for phone in [PHONE, NEW_PHONE] {
        let body = json!({ "phone": phone });
        let again = latchkey.within_again(&pair.access, &validation, ("POST", "accounts/phone"), body).await;
        again.refused(400, "invalid_request");
    }
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_no_text_message_goes_to_is_refused() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.another_account(OTHER).await;
    let norway = PhonePrefix::try_from("+47".to_owned()).unwrap();
    latchkey.change_tenant(|settings| settings.with_sms_prefixes(vec![norway])).await;
    let validation = latchkey.validation_token(&pair.access).await;
    let before = latchkey.table.rows().await;
    let (act, body) = (("POST", "accounts/phone"), json!({ "phone": PHONE }));
    let answer = latchkey.within_again(&pair.access, &validation, act, body).await;
    assert_eq!(answer.refused(400, "invalid_request")["field"], "phone");
    assert_eq!(latchkey.table.rows().await, before);
    latchkey.ask_phone(&pair.access, "POST", "+4722225555").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_is_changed_by_the_code_sent_to_the_new_one_and_the_old_one_is_told() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    let elsewhere = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    latchkey.prove_phone(&pair.access, PHONE).await;
    latchkey.advance(61).await;
    assert_eq!(latchkey.ask_phone(&pair.access, "PUT", NEW_PHONE).await.ok(), json!({}));
    assert_eq!(latchkey.told("phone-code").await, [PHONE, NEW_PHONE]);
    let code = latchkey.last_code().await;
    assert_eq!(latchkey.find_account(&pair.access).await.ok()["phone"], PHONE);
    let answer = latchkey.confirm_phone(&pair.access, "PUT", &code).await;
    let account = answer.ok();
    assert_eq!((&account["phone"], &account["isPhoneVerified"]), (&json!(NEW_PHONE), &json!(true)));
    assert_eq!(answer.flags(), json!({ "isEmailNotVerified": true }));
    let mut told = latchkey.told("phone-changed").await;
    told.sort();
    assert_eq!(told, [PHONE, EMAIL]);
    let flags = latchkey.find_account(&elsewhere.access).await.flags();
    assert_eq!(flags, json!({ "isEmailNotVerified": true, "isMfaIncomplete": true }));

    let sent = latchkey.outbox().await.len();
    latchkey.advance(61).await;
    latchkey.send_code(PHONE).await.ok();
    assert_eq!(latchkey.outbox().await.len(), sent, "the old number is nobody's");
    latchkey.send_code(NEW_PHONE).await.ok();
    assert_eq!(latchkey.outbox().await.len(), sent + 1);
    assert_eq!(latchkey.table.rows_of("account#").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_nothing_to_change_without_a_phone_or_to_the_same_one() {
    let latchkey = Latchkey::start().await;
    let jane = latchkey.jane().await;
    let other = latchkey.another_account(OTHER).await;
    let of_jane = latchkey.validation_token(&jane.access).await;
    let of_other = latchkey.validation_token(&other.access).await;
    let before = latchkey.table.rows().await;
    let act = ("PUT", "accounts/phone");
    latchkey
        .within_again(&other.access, &of_other, act, json!({ "phone": PHONE }))
        .await
        .refused(400, "invalid_request");
    for phone in [json!(PHONE), json!("9172249999"), json!(""), json!(null), json!([NEW_PHONE]), json!(5)] {
        let answer = latchkey.within_again(&jane.access, &of_jane, act, json!({ "phone": phone })).await;
        assert_eq!(answer.refused(400, "invalid_request")["field"], "phone", "{phone}");
    }
    latchkey.within_again(&jane.access, &of_jane, act, json!({})).await.refused(400, "invalid_request");
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_is_taken_away_by_naming_it() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.prove_phone(&pair.access, PHONE).await;
    let before = latchkey.standing().await;
    latchkey.delete_phone(&pair.access, NEW_PHONE).await.refused(400, "invalid_request");
    assert_eq!(latchkey.standing().await, before);
    let account = latchkey.delete_phone(&pair.access, PHONE).await.ok();
    assert_eq!(
        (
            account.get("phone"),
            account["phones"].as_array().map(|all| all.iter().filter(|one| one.get("deletedAt").is_none()).count())
        ),
        (None, Some(0)),
        "{account}"
    );
    assert_eq!(account["isPhoneVerified"], false);
    let mut told = latchkey.told("phone-changed").await;
    told.sort();
    assert_eq!(told, [PHONE, EMAIL]);
    let sent = latchkey.outbox().await.len();
    latchkey.advance(61).await;
    latchkey.send_code(PHONE).await.ok();
    assert_eq!(latchkey.outbox().await.len(), sent, "the number is nobody's");
    assert!(latchkey.table.rows_of("account#").await.is_empty());
    latchkey.delete_phone(&pair.access, PHONE).await.refused(400, "invalid_request");
    assert!(latchkey.is_signed_in(&pair.access).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_for_a_phone_that_went_meanwhile_proves_nothing() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.send_phone_code(&pair.access, PHONE).await.ok();
    let code = latchkey.last_code().await;
    latchkey.send_code(PHONE).await.ok();
    let sign_in_code = latchkey.last_code().await;
    latchkey.delete_phone(&pair.access, PHONE).await.ok();
    let before = latchkey.standing().await;
    assert_eq!(latchkey.verify_phone(&pair.access, &code).await.status, 400);
    for body in [
        json!({ "phoneVerificationCode": sign_in_code, "phone": PHONE }),
        json!({ "phoneVerificationCode": sign_in_code }),
    ] {
        latchkey.sessions(body).await.refused(401, "invalid_credentials");
    }
    assert_eq!(latchkey.standing().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_addition_and_a_proof_at_once_leave_the_account_with_one_phone() {
    for _ in 0..4 {
        let latchkey = Latchkey::start().await;
        let pair = latchkey.another_account(OTHER).await;
        latchkey.ask_phone(&pair.access, "POST", PHONE).await.ok();
        let added = latchkey.last_code().await;
        latchkey.advance(61).await;
        latchkey.send_phone_code(&pair.access, NEW_PHONE).await.ok();
        let proved = latchkey.last_code().await;
        let answers = latchkey
            .at_once(2, |latchkey, number| {
                let (access, added, proved) = (pair.access.clone(), added.clone(), proved.clone());
                async move {
                    if number == 0 {
                        latchkey.confirm_phone(&access, "POST", &added).await
                    } else {
                        latchkey.verify_phone(&access, &proved).await
                    }
                }
            })
            .await;
        let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        let won = statuses.iter().filter(|status| **status == 200).count();
        assert!(won == 1 && statuses.iter().all(|status| [200, 400, 503].contains(status)), "{answers:?}");
        let phone = if statuses[0] == 200 { PHONE } else { NEW_PHONE };
        assert_eq!(latchkey.find_account(&pair.access).await.ok()["phone"], phone);
        assert_eq!(latchkey.table.rows_of("account#").await.len(), 1);
    }
}
