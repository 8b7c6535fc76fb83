use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use local::{INTERMEDIARY_ID, TENANT_ID};
use serde_json::{Value, json};

use crate::command::{Folder, empty, export, import, pk, run};
use crate::harness::{
    EMAIL, Item, KARI_EMAIL, KARI_PASSWORD, KARI_PIN, LEAD_PASSWORD, Latchkey, NEW_PASSWORD, PAN, PASSWORD, PHONE,
    by_email, by_key, mfa_login, totp,
};

const COMPANY: &str = "post@firm.example.com";

/// Whoever is exported, with what a test needs to sign in as them.
struct Everybody {
    secret: String,
    recovery_codes: Vec<String>,
}

/// Accounts of every kind and state, made over HTTP.
async fn everybody(latchkey: &std::sync::Arc<Latchkey>) -> Everybody {
    let jane = latchkey.jane().await;
    latchkey.prove_email(&jane.access).await;
    latchkey.prove_phone(&jane.access, PHONE).await;
    let blocked = latchkey.another_account("blocked@example.com").await;
    let blocked = latchkey.account_id(&blocked.access).await;
    latchkey.set_status(&blocked, "blocked").await;
    latchkey.invited("invited@example.com").await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    latchkey.kari().await;
    let company = json!({ "type": "company", "customer_id": "firm 7", "email": COMPANY, "password": NEW_PASSWORD,
                          "profile": { "is_verified": true, "birthdate": "1990-01-31" } });
    latchkey.create_customer(&company).await.ok();
    let asked = latchkey.ask("names email").await;
    let mut browser = latchkey.browser();
    browser.scan(&asked).await;
    browser.sign_in("customer", KARI_EMAIL, KARI_PASSWORD).await;
    browser.agree(&[]).await;
    let person = latchkey.log_in(&latchkey.back_end("local-backend").await, KARI_PASSWORD).await.access_token();
    let enrolled = latchkey.post(&person, "/auth/mfa/totp", &Value::Null).await.ok();
    let secret = enrolled["secret"].as_str().expect("a secret").to_owned();
    let code = json!({ "code": totp(&secret, latchkey.advance(0).await) });
    let recovery_codes = latchkey.post(&person, "/auth/mfa/totp/confirm", &code).await.recovery_codes();
    Everybody { secret, recovery_codes }
}

/// What moves, by address, without what each deployment has of its own: sessions, counts, and under which keys a hash
/// was made or a secret sealed.
async fn moved(latchkey: &Latchkey) -> BTreeMap<(String, String), Item> {
    let bound = ["sessions", "failed_sign_ins", "failed_at", "locked_until", "failed_attempt"];
    let mut rows = BTreeMap::new();
    for mut row in latchkey.table.rows().await {
        let (pk, sk) = (pk(&row).to_owned(), row["sk"].as_s().unwrap().clone());
        let moves = ["tenant", "account", "intermediary", "identifier", "credential", "calls"].contains(&sk.as_str());
        let moves = moves || ["client#", "consent#", "history#", "account#"].iter().any(|begin| sk.starts_with(begin));
        let moves = moves || pk == "tenants";
        if !moves || sk.ends_with("#unlisted") {
            continue;
        }
        for name in bound {
            row.remove(name);
        }
        // A sign-in takes it away where it was none.
        if row.get("failed_since_success") == Some(&AttributeValue::N("0".to_owned())) {
            row.remove("failed_since_success");
        }
        if sk == "calls" {
            row.retain(|name, _| ["pk", "sk"].contains(&name.as_str()));
        }
        for name in ["password_hash", "pin_hash"] {
            if let Some(AttributeValue::S(hash)) = row.get_mut(name) {
                let (params, rest) = hash.split_once(",keyid=").expect("ours");
                *hash = format!("{params}{}", rest.split_once('$').expect("a salt").1);
            }
        }
        if let Some(AttributeValue::M(totp)) = row.get_mut("totp") {
            totp.remove("sealed_secret").expect("a secret");
        }
        rows.insert((pk, sk), row);
    }
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_signs_in_where_the_tenant_was_imported() {
    let (old, new, folder) = (Latchkey::start().await, empty().await, Folder::new("round-trip"));
    let Everybody { secret, recovery_codes } = everybody(&old).await;
    // It has read its key ring, and does not know yet what comes in.
    new.send("GET", "/.well-known/jwks.json", &[], "").await.ok();

    let exported = export(&old, &folder, "tenant").await;
    assert_eq!(exported.ok()["accounts"], 6, "{exported:?}");
    let file = String::from_utf8_lossy(&folder.read("tenant")).into_owned();
    for clear in [EMAIL, KARI_EMAIL, TENANT_ID, "argon2id", &secret] {
        assert!(!file.contains(clear) && !exported.told.contains(clear), "{clear} is encrypted");
    }
    assert!(!folder.has("tenant.part") && !folder.has("tenant.checkpoint"));

    let digest = exported.result["digest"].as_str().expect("a digest");
    let (from, key) = (folder.file("tenant"), folder.file("key"));
    let imported = run(&new, &["import", "--from", &from, "--identity", &key, "--digest", digest]).await;
    assert_eq!(imported.ok()["refused"], 0, "{imported:?}");
    let (before, after) = (moved(&old).await, moved(&new).await);
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    for (address, row) in &before {
        assert_eq!(Some(row), after.get(address), "{address:?}");
    }

    let rows = new.table.rows().await;
    let again = import(&new, &folder, "tenant").await;
    assert_eq!(again.ok()["imported"], 0, "{again:?}");
    assert_eq!(new.table.rows().await, rows, "a second time changes nothing");

    new.sign_in(EMAIL, PASSWORD).await.pair();
    let ahead = old.advance(0).await - new.advance(0).await + 60;
    new.advance(u32::try_from(ahead.max(0)).unwrap()).await;
    signs_in_as_before(&new, &secret, &recovery_codes).await;
}

async fn signs_in_as_before(new: &std::sync::Arc<Latchkey>, secret: &str, recovery_codes: &[String]) {
    let jane = new.sign_in(EMAIL, PASSWORD).await.pair();
    let account = new.find_account(&jane.access).await.ok();
    assert_eq!(account["intermediaryId"], INTERMEDIARY_ID, "{account}");
    new.sign_in(EMAIL, NEW_PASSWORD).await.refused(401, "invalid_credentials");
    new.sign_in("blocked@example.com", PASSWORD).await.refused(401, "invalid_credentials");
    new.send_code(PHONE).await.ok();
    new.sessions(json!({ "phoneVerificationCode": new.last_code().await })).await.pair();
    let headers = [("accountAccessToken", jane.access.as_str())];
    let history = new.call("GET", "/intermediaries/accounts/history", &headers, None).await;
    assert!(history.text.contains("account.opened"), "{}", history.text);

    let portal = new.portal().await;
    new.lead_sign_in(&portal, &by_key("mx_PAN_Number", PAN, LEAD_PASSWORD)).await.auth_key();
    new.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await.auth_key();

    let token = new.back_end("local-backend").await;
    let body = json!({ "audience": local::AUDIENCE, "type": "company", "email": COMPANY, "password": NEW_PASSWORD });
    new.post(&token, "/customers/login", &body).await.access_token();
    let begun = new.mfa_login(&token).await;
    let code = new.next_totp(secret).await;
    new.answer_totp(&token, &begun, &code).await.access_token();
    let begun = new.post(&token, "/customers/mfa_login", &mfa_login(KARI_PIN)).await.mfa_token();
    new.answer_recovery_code(&token, &begun, &recovery_codes[0]).await.access_token();

    let mut browser = new.browser();
    browser.visit(&format!("/authorize/consents?tenant={TENANT_ID}")).await;
    browser.sign_in("customer", KARI_EMAIL, KARI_PASSWORD).await;
    let code = new.next_totp(secret).await;
    browser.submit(&[("totp", &code)]).await;
    assert!(browser.has("revoke"), "her consent is listed");

    let hashes = new.table.rows_of("account").await;
    let hash_of = |email: &str| {
        let row = hashes.iter().find(|row| row.get("email").is_some_and(|value| value.as_s().unwrap() == email));
        row.unwrap()["password_hash"].as_s().unwrap().clone()
    };
    // Pepper 1 is the new deployment's own, what came in is pepper 2.
    assert!(hash_of(EMAIL).contains(",keyid=AQ$"), "made anew by the sign-in");
    assert!(hash_of("blocked@example.com").contains(",keyid=Ag$"));
    assert!(!new.log.lines().contains("panic"));
}
