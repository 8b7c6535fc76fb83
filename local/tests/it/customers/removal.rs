use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use local::AUDIENCE;
use serde_json::{Value, json};

use crate::harness::{KARI_EMAIL, KARI_PASSWORD, Latchkey, NO_MFA, REFRESH_TOKEN};

fn user(id: &str) -> String {
    format!("/customers/users/{id}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_customer_leaves_no_row_and_no_identifier_behind() {
    let latchkey = Latchkey::start().await;
    let app = latchkey.kari_with_app().await;
    let token = latchkey.back_end("local-backend").await;
    let both = latchkey.back_end_with(&[NO_MFA, REFRESH_TOKEN]).await.token;
    let signed_in = latchkey.log_in(&both, KARI_PASSWORD).await;
    let mfa_token = latchkey.mfa_login(&token).await;
    let forgot = json!({ "email": KARI_EMAIL, "audience": AUDIENCE, "type": "customer" });
    latchkey.post(&token, "/customers/change_password", &forgot).await.empty(204);
    let verify = format!("{}/communication/send-verification-code/email", user(&app.user_id));
    latchkey.post(&token, &verify, &Value::Null).await.empty(204);
    assert_eq!(latchkey.table.rows_of("code").await.len(), 1);
    let of_kari = async || {
        let pk = format!("T00000001#account#{}", app.user_id);
        latchkey.table.rows().await.iter().filter(|row| row["pk"] == AttributeValue::S(pk.clone())).count()
    };
    assert!(of_kari().await >= 4, "account, session, flow, reset");
    latchkey.by(&token, "DELETE", &user(&app.user_id), &Value::Null).await.empty(204);
    assert_eq!((of_kari().await, latchkey.table.rows_of("identifier").await.len()), (0, 0));
    let rows = format!("{:?}", latchkey.table.rows_of("code").await);
    assert!(!rows.contains("kari") && !rows.contains("4799999999"), "nor her address: {rows}");
    assert!(!latchkey.is_live(&signed_in.access_token()).await);
    latchkey.refresh(&both, &signed_in.refresh_token()).await.refused_customer(400, "invalid_grant");
    let answer = latchkey.answer_recovery_code(&token, &mfa_token, &app.recovery_codes[0]).await;
    answer.refused_customer(400, "invalid_grant");
    latchkey.by(&token, "DELETE", &user(&app.user_id), &Value::Null).await.refused_customer(404, "not_found");
    latchkey.log_in(&token, KARI_PASSWORD).await.refused_customer(401, "invalid_credentials");
    assert_eq!(of_kari().await, 0);
    let again = latchkey.kari().await;
    assert_ne!(again, app.user_id);
    let verify = format!("{}/communication/send-verification-code/email", user(&again));
    let sent = latchkey.post(&token, &verify, &Value::Null).await;
    sent.refused_customer(429, "too_many_requests");
    assert!(sent.header("retry-after").is_some(), "what was sent to the address does not end with the customer");
    latchkey.log_in(&token, KARI_PASSWORD).await.access_token();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delete_that_races_sign_ins_leaves_no_session_that_works_and_no_orphan() {
    let latchkey = Latchkey::start().await;
    let id = latchkey.kari().await;
    let (token, refresh) = (latchkey.back_end("local-backend").await, latchkey.back_end("local-refresh").await);
    let racer = {
        let (token, rest) = (token.clone(), user(&id));
        move |latchkey: Arc<Latchkey>, number: usize| {
            let (token, refresh, rest) = (token.clone(), refresh.clone(), rest.clone());
            async move {
                match number % 4 {
                    0 => latchkey.by(&token, "DELETE", &rest, &Value::Null).await,
                    _ => latchkey.log_in(&refresh, KARI_PASSWORD).await,
                }
            }
        }
    };
    let answers = latchkey.at_once(16, racer).await;
    // A delete may have to give way to the sign-ins; the next one does not.
    for answer in &answers {
        assert!([200, 204, 401, 404, 503].contains(&answer.status), "{answer:?}");
    }
    let last = latchkey.by(&token, "DELETE", &user(&id), &Value::Null).await;
    assert!([204, 404].contains(&last.status), "{last:?}");
    for answer in answers.iter().filter(|answer| answer.status == 200) {
        assert!(!latchkey.is_live(&answer.access_token()).await);
    }
    for sk in ["account", "session#", "mfa#", "identifier"] {
        assert!(latchkey.table.rows_of(sk).await.is_empty(), "{sk}");
    }
}
