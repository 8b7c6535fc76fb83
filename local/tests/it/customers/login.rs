//! Document 004.

use aws_sdk_dynamodb::types::AttributeValue;
use local::{AUDIENCE, OAUTH_CLIENTS};
use serde_json::{Value, json};

use crate::harness::{
    KARI_EMAIL, KARI_PASSWORD, KARI_PHONE, KARI_PIN, Latchkey, NO_MFA, REFRESH_TOKEN, USERS, login, login_by,
    mfa_login, path, totp,
};

const WRONG: &str = "correct horse 8";

/// What stands in the table but for what a refused sign-in counts.
async fn sessions_and_flows(latchkey: &Latchkey) -> usize {
    latchkey.table.rows_of("session#").await.len() + latchkey.table.rows_of("mfa#").await.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_two_scopes_decide_who_signs_in_and_whether_with_a_second_factor() {
    // Which of the two a token has, and what comes of a right password without a second factor and with one needed.
    let cases: [(&[&str], u16, u16); 4] =
        [(&["read:customers"], 403, 403), (&[USERS], 200, 403), (&[NO_MFA], 200, 200), (&[USERS, NO_MFA], 200, 200)];
    for needed_by in ["nobody", "settings", "an app"] {
        let latchkey = Latchkey::start().await;
        match needed_by {
            "an app" => drop(latchkey.kari_with_app().await),
            _ => drop(latchkey.kari().await),
        }
        let enabled = needed_by == "settings";
        latchkey.change_settings(json!({ "mfa": { "enabled": enabled } })).await;
        for (scopes, without, with) in cases {
            let back_end = latchkey.back_end_with(scopes).await;
            let before = sessions_and_flows(&latchkey).await;
            let answer = latchkey.log_in(&back_end.token, KARI_PASSWORD).await;
            let expected = if needed_by == "nobody" { without } else { with };
            assert_eq!(answer.status, expected, "{needed_by}: {scopes:?}: {}", answer.text);
            match (answer.status, scopes.contains(&USERS)) {
                (200, _) => assert_eq!(answer.claims()["amr"], json!(["pwd"])),
                (_, true) => drop(answer.mfa_token()),
                (_, false) => {
                    let error = answer.refused_customer(403, "insufficient_scope");
                    assert!(error["message"].as_str().unwrap().contains(USERS), "{error}");
                    let challenge = answer.header("www-authenticate").unwrap();
                    assert_eq!(challenge, format!(r#"Bearer error="insufficient_scope", scope="{USERS}""#));
                    assert_eq!(sessions_and_flows(&latchkey).await, before);
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn success_has_the_documents_body_and_an_rfc_9068_token() {
    let latchkey = Latchkey::start().await;
    let user_id = latchkey.kari().await;
    let grants = json!([
        { "audience": AUDIENCE, "scope": [USERS, "orders:read"], "type": "any" },
        { "audience": "https://shop.example.test", "scope": ["carts:write", "read:customers"], "type": "password" },
        { "audience": "https://machines.example.test", "scope": ["m:x"], "type": "client_credentials" },
    ]);
    let back_end = latchkey.back_end_granted(&grants).await;
    let answer = latchkey.log_in(&back_end.token, KARI_PASSWORD).await;
    let body = answer.ok();
    assert_eq!(body.as_object().map(serde_json::Map::len), Some(4), "{body}");
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(600)));
    assert_eq!(body["scope"], "customer orders:read", "no scope that opens calls here");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let claims = answer.claims();
    let reader = latchkey.back_end("local-backend").await;
    let shown = latchkey.by(&reader, "GET", &users(&user_id), &Value::Null).await.ok();
    let expected = json!({
        "iss": latchkey.server.base_url, "sub": user_id, "aud": AUDIENCE, "client_id": back_end.id,
        "scope": "customer orders:read", "tenant": "T00000001", "customer_id": shown["customer_id"], "amr": ["pwd"],
        "auth_time": claims["iat"], "exp": claims["iat"].as_i64().unwrap() + 600, "iat": claims["iat"],
        "jti": claims["jti"], "sid": claims["sid"],
    });
    assert_eq!(claims, expected);
    let header = answer.access_token().split('.').next().unwrap().to_owned();
    let header = data_encoding::BASE64URL_NOPAD.decode(header.as_bytes()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!((&header["typ"], &header["alg"]), (&json!("at+jwt"), &json!("RS256")));

    let mut body = login(KARI_PASSWORD);
    body["audience"] = "https://shop.example.test".into();
    let shop = latchkey.post(&back_end.token, "/customers/login", &body).await.claims();
    assert_eq!((&shop["aud"], &shop["scope"]), (&body["audience"], &json!("carts:write customer")));
    let before = latchkey.table.rows().await;
    for audience in ["https://machines.example.test", "https://other.example.test", &AUDIENCE.to_uppercase()] {
        body["audience"] = audience.into();
        let refused = latchkey.post(&back_end.token, "/customers/login", &body).await;
        refused.refused_customer(403, "invalid_target");
    }
    assert_eq!(latchkey.table.rows().await, before);
}

fn users(id: &str) -> String {
    format!("/customers/users/{id}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_comes_with_its_scope_only() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    for client in &OAUTH_CLIENTS[..3] {
        let answer = latchkey.log_in(&latchkey.back_end(client).await, KARI_PASSWORD).await.ok();
        assert_eq!(answer.get("refresh_token").is_some(), *client == "local-refresh", "{client}");
    }
    let both = latchkey.back_end_with(&[USERS, REFRESH_TOKEN]).await;
    latchkey.log_in(&both.token, KARI_PASSWORD).await.refresh_token();
    // The scope must be the token's own, not only granted.
    let less = json!({ "scope": USERS });
    let less = latchkey.ask_client_token((&both.id, &both.secret), &less).await.access_token();
    assert!(latchkey.log_in(&less, KARI_PASSWORD).await.ok().get("refresh_token").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_named_by_email_or_phone_however_it_is_spelled() {
    let latchkey = Latchkey::start().await;
    let user_id = latchkey.kari().await;
    let token = latchkey.back_end("local-backend").await;
    let mut by_email = login(KARI_PASSWORD);
    by_email["email"] = "Kari@EXAMPLE.com".into();
    let mut both = login_by("email", "KARI@example.com", KARI_PASSWORD);
    both["email"] = KARI_EMAIL.into();
    for body in [
        login(KARI_PASSWORD),
        by_email,
        login_by("email", "KARI@example.com", KARI_PASSWORD),
        login_by("phone_number", KARI_PHONE, KARI_PASSWORD),
        login_by("phone_number", "4799999999", KARI_PASSWORD),
        both,
    ] {
        let answer = latchkey.post(&token, "/customers/login", &body).await;
        assert_eq!(answer.claims()["sub"], json!(user_id), "{body}");
    }
    latchkey.change_settings(json!({ "phone_number_validation": { "allow_duplicates": true } })).await;
    latchkey.create_customer(&json!({ "phone_number": KARI_PHONE, "password": "another horse 9" })).await.ok();
    for password in [KARI_PASSWORD, "another horse 9"] {
        let shared = login_by("phone_number", KARI_PHONE, password);
        latchkey.post(&token, "/customers/login", &shared).await.refused_customer(400, "invalid_request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_of_a_customer_and_a_company_are_two_accounts_and_neither_password_opens_the_other() {
    let latchkey = Latchkey::start().await;
    let token = latchkey.back_end("local-backend").await;
    let passwords = [("customer", KARI_PASSWORD), ("company", "another horse 9")];
    let mut ids = Vec::new();
    for (kind, password) in passwords {
        let body = json!({ "type": kind, "email": KARI_EMAIL, "phone_number": KARI_PHONE, "password": password });
        ids.push(latchkey.create_customer(&body).await.ok()["user_id"].clone());
    }
    for (kind, own) in passwords {
        for (_, password) in passwords {
            for mut body in [login(password), login_by("phone_number", KARI_PHONE, password)] {
                body["type"] = kind.into();
                let answer = latchkey.post(&token, "/customers/login", &body).await;
                if password == own {
                    let claims = answer.claims();
                    assert_eq!(claims["sub"], ids[usize::from(kind == "company")]);
                    assert_eq!(claims["scope"], kind);
                } else {
                    answer.refused_customer(401, "invalid_credentials");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_employees_and_others_have_no_password_and_cannot_log_in() {
    let latchkey = Latchkey::start().await;
    let token = latchkey.back_end("local-backend").await;
    for kind in ["contact", "employee", "other"] {
        let with = json!({ "type": kind, "email": KARI_EMAIL, "password": KARI_PASSWORD });
        latchkey.create_customer(&with).await.refused_customer(400, "invalid_request");
        let made = latchkey.create_customer(&json!({ "type": kind, "email": KARI_EMAIL })).await.ok();
        let id = made["customer_id"].as_str().unwrap();
        let set = latchkey.by(&token, "PUT", &users(id), &json!({ "pin": KARI_PIN })).await;
        set.refused_customer(400, "invalid_request");
        let mut body = login(KARI_PASSWORD);
        body["type"] = kind.into();
        latchkey.post(&token, "/customers/login", &body).await.refused_customer(400, "invalid_request");
    }
    latchkey.log_in(&token, KARI_PASSWORD).await.refused_customer(401, "invalid_credentials");
    assert_eq!(sessions_and_flows(&latchkey).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_must_be_there_ours_of_this_tenant_and_a_clients() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let token = latchkey.back_end("local-backend").await;
    let person = latchkey.log_in(&token, KARI_PASSWORD).await.access_token();
    let body = login(KARI_PASSWORD).to_string();
    let json_type = ("content-type", "application/json");
    let before = latchkey.table.rows().await;

    let basic = ("authorization", "Basic bG9jYWwtYmFja2VuZDpsb2NhbC1iYWNrZW5kLXNlY3JldA==");
    let bare = ("authorization", token.as_str());
    for headers in
        [vec![json_type], vec![json_type, ("authorization", "Bearer ")], vec![json_type, basic], vec![json_type, bare]]
    {
        let answer = latchkey.send("POST", &path("/customers/login"), &headers, body.clone()).await;
        answer.refused_customer(401, "missing_token");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    let cut = &token[..token.len() - 4];
    for token in ["x", cut, &format!("{token}x"), "a.b.c"] {
        let answer = latchkey.log_in(token, KARI_PASSWORD).await;
        answer.refused_customer(401, "invalid_token");
        assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer error="invalid_token""#));
    }
    latchkey.log_in(&person, KARI_PASSWORD).await.refused_customer(403, "forbidden");

    latchkey.another_portal("T00000002", "portal", None).await;
    let before_others = latchkey.table.rows().await;
    let authorization = format!("Bearer {token}");
    let headers = [json_type, ("authorization", &*authorization)];
    let mut faces = Vec::new();
    for tenant in ["T00000002", "T99999999", "P00000001", "nonsense"] {
        let path = format!("/v1/accounts/{tenant}/customers/login");
        faces.push(latchkey.send("POST", &path, &headers, body.clone()).await.face());
    }
    faces.dedup();
    assert_eq!((faces.len(), faces[0].0), (1, 403), "{faces:?}");
    let twice = [json_type, ("authorization", &*authorization), ("authorization", &*authorization)];
    let answer = latchkey.send("POST", &path("/customers/login"), &twice, body.clone()).await;
    answer.refused_customer(400, "invalid_request");
    assert_eq!(latchkey.table.rows().await, before_others);
    assert_eq!(before_others.len(), before.len() + 5, "the other tenant alone");

    latchkey.advance(1_801).await;
    latchkey.log_in(&token, KARI_PASSWORD).await.refused_customer(401, "invalid_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_has_4_to_255_characters_and_there_is_one_way_to_say_who() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let token = latchkey.back_end("local-backend").await;
    let wide = "\u{1F511}".repeat(255);
    for (password, status) in
        [("", 400), ("abc", 400), ("abcd", 401), (&*"x".repeat(255), 401), (&*wide, 401), (&*"x".repeat(256), 400)]
    {
        assert_eq!(latchkey.log_in(&token, password).await.status, status, "{}", password.len());
    }
    let before = latchkey.table.rows().await;
    let with = |change: Value| {
        let mut body = login(KARI_PASSWORD);
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        body
    };
    let without = |names: &[&str]| {
        let mut body = login(KARI_PASSWORD);
        for name in names {
            body.as_object_mut().unwrap().remove(*name);
        }
        body
    };
    for body in [
        without(&["email"]),
        without(&["audience"]),
        without(&["type"]),
        without(&["password"]),
        with(json!({ "ident_type": "email", "ident": "other@example.com" })),
        with(json!({ "ident_type": "phone_number", "ident": KARI_PHONE })),
        with(json!({ "ident": KARI_EMAIL })),
        with(json!({ "ident_type": "phone_number" })),
        with(json!({ "email": null })),
        with(json!({ "email": "no address" })),
        with(json!({ "type": "Customer" })),
        with(json!({ "type": null })),
        with(json!({ "password": 1234 })),
        with(json!({ "audience": "" })),
        login_by("customer_id", KARI_EMAIL, KARI_PASSWORD),
        login_by("phone_number", KARI_EMAIL, KARI_PASSWORD),
        login_by("email", KARI_PHONE, KARI_PASSWORD),
        json!([]),
    ] {
        latchkey.post(&token, "/customers/login", &body).await.refused_customer(400, "invalid_request");
    }
    assert_eq!(latchkey.table.rows().await, before);
    latchkey.log_in(&token, KARI_PASSWORD).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_wrong_blocked_and_locked_answer_and_cost_alike() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    latchkey.create_customer(&json!({ "email": "no-password@example.com" })).await.ok();
    let token = latchkey.back_end("local-backend").await;
    latchkey.log_in(&token, KARI_PASSWORD).await.ok();
    for endpoint in ["/customers/login", "/customers/mfa_login"] {
        let (mut faces, mut costs) = (Vec::new(), Vec::new());
        let mut attempt = async |(ident_type, ident): (&str, &str), secret: &str| {
            let mut body = login_by(ident_type, ident, secret);
            body["secret"] = secret.into();
            latchkey.proxy.record();
            faces.push(latchkey.post(&token, endpoint, &body).await.face());
            costs.push((latchkey.proxy.operations(), latchkey.proxy.round_trips()));
        };
        let kari = ("email", KARI_EMAIL);
        attempt(("email", "nobody@example.com"), WRONG).await;
        attempt(("phone_number", "+4790000000"), WRONG).await;
        attempt(("email", "no-password@example.com"), WRONG).await;
        attempt(kari, WRONG).await;
        attempt(("phone_number", KARI_PHONE), &"x".repeat(255)).await;
        let set = async |name: &str, value: AttributeValue| latchkey.table.set("account", name, value).await;
        set("status", AttributeValue::S("blocked".to_owned())).await;
        attempt(kari, KARI_PASSWORD).await;
        set("status", AttributeValue::S("active".to_owned())).await;
        set("locked_until", AttributeValue::N("4000000000".to_owned())).await;
        attempt(kari, WRONG).await;
        attempt(kari, KARI_PASSWORD).await;
        set("locked_until", AttributeValue::N("0".to_owned())).await;
        faces.dedup();
        costs.dedup();
        assert_eq!((faces.len(), faces[0].0), (1, 401), "{faces:#?}");
        assert_eq!(costs.len(), 1, "{costs:#?}");
        assert!(faces[0].2.contains("invalid_credentials"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_failures_over_both_names_and_calls_lock_the_customer_and_a_success_starts_over() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let token = latchkey.back_end("local-backend").await;
    let wrong = async || {
        latchkey.log_in(&token, WRONG).await.refused_customer(401, "invalid_credentials");
        let by_phone = login_by("phone_number", KARI_PHONE, WRONG);
        latchkey.post(&token, "/customers/login", &by_phone).await.refused_customer(401, "invalid_credentials");
        for secret in [WRONG, "482914"] {
            let answer = latchkey.post(&token, "/customers/mfa_login", &mfa_login(secret)).await;
            answer.refused_customer(401, "invalid_credentials");
        }
    };
    let failures = async || latchkey.table.rows_of("account").await[0].get("failed_since_success").cloned();
    for _ in 0..2 {
        wrong().await;
        assert_eq!(failures().await, Some(AttributeValue::N("4".to_owned())));
        latchkey.log_in(&token, KARI_PASSWORD).await.ok();
        assert_eq!(failures().await, None);
    }
    wrong().await;
    let live = latchkey.table.rows_of("session#").await.len();
    latchkey.log_in(&token, WRONG).await.refused_customer(401, "invalid_credentials");
    let row = latchkey.table.rows_of("account").await.remove(0);
    let (locked, failed) = (row["locked_until"].as_n().unwrap(), row["failed_at"].as_n().unwrap());
    assert_eq!(locked.parse::<i64>().unwrap() - failed.parse::<i64>().unwrap(), 1, "locked for a second");
    let until = AttributeValue::N((latchkey.advance(0).await + 60).to_string());
    latchkey.table.set("account", "locked_until", until).await;
    latchkey.log_in(&token, KARI_PASSWORD).await.refused_customer(401, "invalid_credentials");
    let right = latchkey.post(&token, "/customers/mfa_login", &mfa_login(KARI_PASSWORD)).await;
    right.refused_customer(401, "invalid_credentials");
    assert_eq!(failures().await, Some(AttributeValue::N("5".to_owned())), "tries during a lock do not count");
    assert_eq!(sessions_and_flows(&latchkey).await, live);
    latchkey.advance(65).await;
    latchkey.log_in(&token, KARI_PASSWORD).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_does_only_where_a_second_factor_follows() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let (token, no_mfa) = (latchkey.back_end("local-backend").await, latchkey.back_end("local-no-mfa").await);
    latchkey.log_in(&token, KARI_PIN).await.refused_customer(401, "invalid_credentials");
    latchkey.post(&token, "/customers/mfa_login", &mfa_login(KARI_PIN)).await.mfa_token();
    latchkey.change_settings(json!({ "mfa": { "enabled": true } })).await;
    latchkey.log_in(&no_mfa, KARI_PIN).await.refused_customer(401, "invalid_credentials");
    latchkey.log_in(&token, KARI_PIN).await.mfa_token();
    latchkey.log_in(&token, "731946").await.refused_customer(401, "invalid_credentials");
    latchkey.log_in(&no_mfa, KARI_PASSWORD).await.ok();
    assert_eq!(latchkey.table.rows_of("session#").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_lives_as_long_as_it_says_and_its_session_no_longer() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let token = latchkey.back_end("local-backend").await;
    let access = latchkey.log_in(&token, KARI_PASSWORD).await.access_token();
    assert!(latchkey.is_live(&access).await);
    latchkey.advance(290).await;
    assert!(latchkey.is_live(&access).await);
    latchkey.advance(311).await;
    assert!(!latchkey.is_live(&access).await);
    let now = latchkey.advance(0).await;
    let row = latchkey.table.rows_of("session#").await.remove(0);
    assert!(row["ends_at"].as_n().unwrap().parse::<i64>().unwrap() <= now);
    assert_eq!(totp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 1_111_111_109), "081804", "RFC 6238, appendix B");
}
