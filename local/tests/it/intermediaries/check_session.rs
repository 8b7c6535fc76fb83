use aws_sdk_dynamodb::types::AttributeValue;

use crate::harness::{EMAIL, Latchkey, PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_or_vanished_account_or_record_fails_at_once() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    latchkey.check_session(&pair.access).await.ok();

    latchkey.table.set("account", "status", AttributeValue::S("blocked".to_owned())).await;
    latchkey.check_session(&pair.access).await.refused(401, "invalid_access_token");
    latchkey.find_account(&pair.access).await.refused(401, "invalid_access_token");
    latchkey.re_sign(&pair.refresh).await.refused(401, "invalid_refresh_token");
    latchkey.sign_in(EMAIL, PASSWORD).await.refused(401, "invalid_credentials");
    latchkey.table.set("account", "status", AttributeValue::S("active".to_owned())).await;
    latchkey.check_session(&pair.access).await.ok();

    for sk in ["intermediary", "account"] {
        for row in latchkey.table.rows_of(sk).await {
            latchkey.table.delete(&row).await;
            latchkey.check_session(&pair.access).await.refused(401, "invalid_access_token");
            latchkey.table.put(row).await;
            latchkey.check_session(&pair.access).await.ok();
        }
    }
}
