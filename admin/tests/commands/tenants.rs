use local::TENANT_ID;
use serde_json::{Value, json};

use crate::harness::{Latchkey, TENANT};

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_made_once_listed_and_shown() {
    let latchkey = Latchkey::start().await;
    let created = latchkey.run(&["tenant", "create", TENANT, "--signing-algorithm", "ES256"]);
    assert!(created.logged("tenant.created"));
    let created = created.result();
    assert_eq!((&created["id"], &created["settings"]["signing_algorithm"]), (&json!(TENANT), &json!("ES256")));
    assert_eq!(latchkey.run(&["tenant", "show", TENANT]).result(), created);
    let listed = latchkey.run(&["tenant", "list"]).results();
    assert_eq!(listed, [json!({ "id": TENANT_ID, "name": "Nordlys Bank" }), json!({ "id": TENANT, "name": TENANT })]);

    latchkey.refuses(&["tenant", "create", TENANT], "There is a tenant of this id.").await;
    latchkey.refuses(&["tenant", "show", "T00000009"], "there is no tenant T00000009").await;
    latchkey.refuses(&["tenant", "set", "T00000009"], "There is no such tenant.").await;
    latchkey.mistyped(&["tenant", "create", "nordlys"], "must be T or P and eight digits").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_setting_is_chosen_and_keeps_what_was_chosen_before() {
    let latchkey = Latchkey::with_tenant().await;
    let texts = latchkey.folder.0.join("texts.json");
    let text = json!({ "sign-in-code": { "body": "{code} er din kode." } });
    std::fs::write(&texts, text.to_string()).expect("a file");
    let texts = ["--message-texts", texts.to_str().expect("a path of text")];
    let lead_keys =
        json!([{ "field": "mx_PAN_Number", "format": "text" }, { "field": "EmailAddress", "format": "email" }]);
    let choices: Vec<(&[&str], &str, Value)> = vec![
        (&["--display-name", "Nordlys"], "/display_name", json!("Nordlys")),
        (&["--portal-url", "https://portal.example.com"], "/portal_url", json!("https://portal.example.com")),
        (&texts, "/message_texts", text),
        (&["--signing-algorithm", "EdDSA"], "/signing_algorithm", json!("EdDSA")),
        (&["--audience", "https://api.example.com"], "/audiences", json!(["https://api.example.com"])),
        (&["--session-absolute-seconds", "1800"], "/session_absolute_seconds", json!(1800)),
        (&["--access-token-seconds", "3600"], "/access_token_seconds", json!(3600)),
        (&["--customer-token-seconds", "86400"], "/customer_token_seconds", json!(86_400)),
        (&["--client-token-seconds", "60"], "/client_token_seconds", json!(60)),
        (&["--transfer-seconds", "300"], "/transfer_seconds", json!(300)),
        (&["--sms-prefixes", "+47,+1242"], "/sms_prefixes", json!(["+47", "+1242"])),
        (&["--sms-per-day", "500"], "/sms_per_day", json!(500)),
        (&["--consenting", "lead,company"], "/consenting", json!(["lead", "company"])),
        (&["--lead-key", "mx_PAN_Number=text", "--lead-key", "EmailAddress=email"], "/lead_keys", lead_keys),
        (&["--lead-calls", "50"], "/lead_calls/calls", json!(50)),
        (&["--lead-calls-seconds", "10"], "/lead_calls/seconds", json!(10)),
        (&["--password-minimum-length", "12"], "/password_policy/minimum_length", json!(12)),
        (&["--password-character-classes", "true"], "/password_policy/character_classes", json!(true)),
        (&["--password-fold-case", "true"], "/password_policy/fold_case", json!(true)),
        (&["--password-minimum-score", "3"], "/password_policy/minimum_score", json!(3)),
        (&["--password-forbidden-word", "nordlys"], "/password_policy/forbidden_words", json!(["nordlys"])),
        (&["--mfa-enabled", "true"], "/mfa/is_enabled", json!(true)),
        (&["--mfa-takes-email", "true"], "/mfa/takes_email", json!(true)),
        (&["--customers-share-phones", "true"], "/customers_share_phones", json!(true)),
    ];
    for (flags, place, chosen) in &choices {
        let ran = latchkey.run(&[&["tenant", "set", TENANT], *flags].concat());
        assert_eq!(ran.result()["settings"].pointer(place), Some(chosen), "{flags:?}");
        assert!(ran.logged("settings.changed"), "{flags:?}");
    }
    let shown = latchkey.run(&["tenant", "show", TENANT]).result();
    for (flags, place, chosen) in &choices {
        assert_eq!(shown["settings"].pointer(place), Some(chosen), "{flags:?}");
    }
    let members = shown["settings"].as_object().expect("settings");
    let named = |member: &String| choices.iter().any(|(_, place, _)| place.starts_with(&format!("/{member}")));
    assert!(members.keys().all(named), "each setting has an option: {members:?}");

    let before = latchkey.rows().await;
    latchkey.run(&["tenant", "set", TENANT, "--signing-algorithm", "EdDSA"]).result();
    assert!(latchkey.holds(&before).await, "what is so already changes nothing");
    let clear = ["tenant", "set", TENANT, "--display-name", "", "--portal-url", "", "--sms-prefixes", ""];
    let cleared = latchkey.run(&clear).result();
    assert_eq!(cleared["settings"]["sms_prefixes"], json!([]));
    assert_eq!(
        (&cleared["settings"]["display_name"], &cleared["settings"]["portal_url"]),
        (&Value::Null, &Value::Null)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_tenant_may_choose_is_refused() {
    let latchkey = Latchkey::with_tenant().await;
    for (option, given, part) in [
        ("--signing-algorithm", "HS256", "expected one of `RS256`, `ES256`, `EdDSA`"),
        ("--portal-url", "http://portal.example.com", "must be an https URL"),
        ("--portal-url", "https://portal.example.com/", "without a trailing slash"),
        ("--access-token-seconds", "3601", "3601 is not in 60..=3600"),
        ("--session-absolute-seconds", "1799", "1799 is not in 1800..=7776000"),
        ("--lead-calls", "101", "101 is not in 1..=100"),
        ("--password-minimum-length", "7", "7 is not in 8..=255"),
        ("--sms-prefixes", "+47,46", "must be what telephone numbers begin with, like +47"),
        ("--sms-per-day", "1000001", "1000001 is not in 0..=1000000"),
        ("--consenting", "lead,robot", "unknown variant `robot`"),
        ("--lead-key", "mx_PAN_Number", "must be a field, = and its format"),
        ("--lead-key", "EmailAddress=text", "must have EmailAddress as email"),
        ("--password-forbidden-word", " ", "must be 1 to 256 characters, not all blank"),
    ] {
        latchkey.mistyped(&["tenant", "set", TENANT, option, given], part).await;
    }
    let twice = ["tenant", "set", TENANT, "--lead-key", "mx_A=text", "--lead-key", "mx_A=phone"];
    latchkey.refuses(&twice, "--lead-key names a field twice").await;
    let texts = latchkey.folder.0.join("texts.json");
    std::fs::write(&texts, r#"{ "sign-in-code": { "body": "no code" } }"#).expect("a file");
    let texts = texts.to_str().expect("a path of text");
    let line = format!("{texts}: must have the {{code}} or {{link}} that it is sent for in its body, once");
    latchkey.refuses(&["tenant", "set", TENANT, "--message-texts", texts], &line).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_is_felt_by_the_running_server_within_a_minute() {
    let latchkey = Latchkey::start().await;
    let key = [("api-key", local::API_KEY)];
    let jane =
        json!({ "email": "jane@example.com", "password": "123QW@qwe!", "intermediaryId": local::INTERMEDIARY_ID });
    let (_, first) = latchkey.call("POST", "/intermediaries/accounts", &key, &jane).await;
    latchkey.run(&["tenant", "set", TENANT_ID, "--signing-algorithm", "ES256"]).result();
    latchkey.advance(61).await;
    let (_, second) = latchkey.call("POST", "/intermediaries/sessions", &key, &jane).await;
    let header = |answer: &Value| answer["accessToken"].as_str().expect("a token").split('.').next().map(str::to_owned);
    assert_ne!(header(&first), header(&second), "another algorithm, so another header");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_tenant_leaves_nothing_and_takes_nothing_of_another() {
    let latchkey = Latchkey::start().await;
    let before = latchkey.rows().await;
    latchkey.run(&["tenant", "create", TENANT]).result();
    let create = ["client", "create", TENANT, "--name", "Portal", "--credential", "api-key"];
    let api_key = latchkey.run(&create).result()["api_key"].as_str().expect("a key").to_owned();
    let key = [("api-key", api_key.as_str())];
    let mut janes = Vec::new();
    for number in 0..9 {
        let record = latchkey.run(&["intermediary", "create", TENANT]).result()["id"].clone();
        let email = format!("jane.{number}@example.com");
        let jane =
            json!({ "email": email, "password": "123QW@qwe!", "phone": "+19172249999", "intermediaryId": record });
        assert_eq!(latchkey.call("POST", "/intermediaries/accounts", &key, &jane).await.0, 200);
        janes.push(jane);
    }
    let another = ["tenant", "delete", TENANT, "--yes", TENANT_ID];
    latchkey.refuses(&another, "--yes names T00000001, not T00000002: nothing was deleted").await;
    latchkey.mistyped(&["tenant", "delete", TENANT], "--yes <TENANT>").await;
    latchkey.refuses(&["tenant", "delete", "T00000009", "--yes", "T00000009"], "There is no such tenant.").await;

    let deleted = latchkey.run(&["tenant", "delete", TENANT, "--yes", TENANT]);
    assert!(deleted.results().is_empty() && deleted.logged("tenant.deleted"), "{deleted:?}");
    assert!(latchkey.holds(&before).await);
    latchkey.advance(61).await;
    assert_eq!(latchkey.call("POST", "/intermediaries/sessions", &key, &janes[0]).await.0, 401);
    latchkey.refuses(&["tenant", "delete", TENANT, "--yes", TENANT], "There is no such tenant.").await;
}
