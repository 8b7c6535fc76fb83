//! As [`crate::secrets`], for what brokers and their back ends do.

use serde_json::json;

use crate::harness::{EMAIL, Latchkey, NEW_EMAIL, NEW_PASSWORD, NEW_PHONE, PASSWORD, PHONE, other_than};
use crate::secrets::has_word;

#[tokio::test(flavor = "multi_thread")]
async fn no_code_link_password_or_token_is_in_any_log_line_or_row() {
    let latchkey = Latchkey::start().await;
    let typed = "Tr0ub4dor&3wrong";
    let (mut secrets, mut codes) = (vec![typed.to_owned(), "tooshorT".to_owned()], Vec::new());
    secrets.extend([PASSWORD, NEW_PASSWORD].map(str::to_owned));

    let squatter = latchkey.another_account(EMAIL).await;
    let invited = latchkey.invited(EMAIL).await;
    latchkey.find_invitation(&invited.token).await.ok();
    let key = [("idempotency-key", "journey")];
    let weak = json!({ "password": "tooshorT", "phone": PHONE });
    latchkey.accept(&invited.token, weak).await.refused(400, "weak_password");
    let body = json!({ "password": PASSWORD, "phone": PHONE, "fullName": "Jane Wickensburg" });
    let path = format!("/intermediaries/invites/{}", invited.token);
    let pair = latchkey.call("POST", &path, &key, Some(body)).await.pair();
    latchkey.accept(&invited.token, json!({ "password": typed, "phone": PHONE })).await.refused(404, "invalid_link");
    secrets.extend([invited.token.clone(), squatter.access, squatter.refresh]);

    latchkey.send_phone_code(&pair.access, PHONE).await.ok();
    codes.push(latchkey.last_code().await);
    let wrong = other_than(&codes[0]);
    latchkey.verify_phone(&pair.access, &wrong).await.refused(400, "invalid_code");
    codes.push(wrong);
    latchkey.advance(61).await;
    latchkey.send_phone_code(&pair.access, PHONE).await.ok();
    codes.push(latchkey.last_code().await);
    latchkey.verify_phone(&pair.access, codes.last().unwrap()).await.ok();
    latchkey.check_password(&pair.access, typed).await.refused(401, "invalid_credentials");
    let validation = latchkey.validation_token(&pair.access).await;
    secrets.push(validation.clone());
    secrets.push(validation.rsplit('.').next().unwrap().to_owned());
    latchkey.advance(61).await;
    latchkey.ask_email(&pair.access, NEW_EMAIL).await.ok();
    codes.push(latchkey.last_code().await);
    latchkey.confirm_email(&pair.access, codes.last().unwrap()).await.ok();
    latchkey.ask_phone(&pair.access, "PUT", NEW_PHONE).await.ok();
    codes.push(latchkey.last_code().await);
    latchkey.confirm_phone(&pair.access, "PUT", codes.last().unwrap()).await.ok();
    latchkey.delete_phone(&pair.access, NEW_PHONE).await.ok();
    let other = latchkey.another_account("other@example.com").await;
    latchkey.send_email_code(&other.access).await.ok();
    codes.push(latchkey.last_code().await);
    latchkey.replace_password(&pair.access, typed, NEW_PASSWORD).await.refused(401, "invalid_credentials");
    latchkey.replace_password(&pair.access, PASSWORD, NEW_PASSWORD).await.ok();
    let token = latchkey.reset_token(NEW_EMAIL).await;
    latchkey.find_reset(&token).await.ok();
    latchkey.reset(&token, "tooshorT").await.refused(400, "weak_password");
    latchkey.reset(&token, PASSWORD).await.ok();
    latchkey.reset(&token, typed).await.refused(404, "invalid_link");
    secrets.extend([token, pair.access.clone(), pair.refresh.clone()]);
    // A link that is still out.
    latchkey.advance(61).await;
    secrets.push(latchkey.reset_token(NEW_EMAIL).await);
    let next = latchkey.sign_in(NEW_EMAIL, PASSWORD).await.pair();
    let id = latchkey.account_id(&next.access).await;
    latchkey.set_status(&id, "blocked").await.ok();

    let rows = format!("{:?}", latchkey.table.rows().await);
    let lines = latchkey.log.lines();
    assert!(lines.lines().count() > 30 && rows.len() > 5_000, "the journey left its traces");
    for secret in &secrets {
        assert!(!rows.contains(secret), "in a row: {secret}");
        assert!(!lines.contains(secret), "in a log line: {secret}");
    }
    for code in &codes {
        assert!(!has_word(&rows, code) && !has_word(&lines, code), "the code {code}");
    }
    for personal in [EMAIL, NEW_EMAIL, PHONE, NEW_PHONE, "other@example.com", "Wickensburg", "elsewhere.example"] {
        assert!(!lines.contains(personal), "in a log line: {personal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_the_table_opens_no_link_and_enters_no_code() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.send_email_code(&pair.access).await.ok();
    let invited = latchkey.invited("invited@example.com").await;
    let reset = latchkey.reset_token(EMAIL).await;
    let mut texts = Vec::new();
    for row in latchkey.table.rows().await {
        let value = format!("{row:?}");
        texts.extend(
            value.split(|letter: char| !letter.is_ascii_alphanumeric() && !"-_".contains(letter)).map(str::to_owned),
        );
    }
    texts.retain(|text| text.len() >= 16);
    texts.sort();
    texts.dedup();
    let before = latchkey.standing().await;
    for text in &texts {
        for path in [format!("/intermediaries/invites/{text}"), format!("/intermediaries/reset-password/{text}")] {
            latchkey.call("GET", &path, &[], None).await.refused(404, "invalid_link");
        }
    }
    // Nor do two halves that were put together.
    let parts = texts.iter().filter(|text| text.len() <= 64).take(40);
    for text in parts {
        for id in [&invited.account] {
            for token in [format!("{id}.{text}"), format!("{id}{text}"), format!("{text}{}", id.replace('-', ""))] {
                latchkey.find_invitation(&token).await.refused(404, "invalid_link");
                latchkey.find_reset(&token).await.refused(404, "invalid_link");
            }
        }
    }
    assert_eq!(latchkey.standing().await, before);
    latchkey.find_invitation(&invited.token).await.ok();
    latchkey.find_reset(&reset).await.ok();
}
