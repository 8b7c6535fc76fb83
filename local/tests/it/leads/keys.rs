use data_encoding::BASE64;
use local::{ACCESS_KEY, SECRET_KEY};
use serde_json::json;

use crate::harness::{
    Answer, LEAD_EMAIL, LEAD_PASSWORD, Latchkey, OTHER_TENANT, SAME_TENANT, but_calls, by_email, lead_fields,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_keys_of_a_portal_are_the_same_each_time() {
    let latchkey = Latchkey::start().await;
    let (first, second) = (latchkey.portal().await, latchkey.portal().await);
    assert_eq!(first.public_key, second.public_key);
    assert_eq!(first.registration_token, second.registration_token);
    BASE64.decode(first.public_key.as_bytes()).expect("base64");
    let digest = first.registration_token.strip_suffix(SAME_TENANT).expect("the tenant at the end");
    assert!(digest.len() == 68 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{digest}");
    latchkey.advance(10 * 365 * 86_400).await;
    latchkey.john(&second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_access_key_comes_in_the_query_or_in_headers() {
    let latchkey = Latchkey::start().await;
    for path in ["/api/Access/PublicToken", "/api/Access/GetRegisterToken"] {
        let headers = [("x-LSQ-AccessKey", ACCESS_KEY), ("x-LSQ-SecretKey", SECRET_KEY)];
        latchkey.send("GET", path, &headers, "").await.ok();
        let before = latchkey.table.rows().await;
        for query in [
            String::new(),
            format!("accessKey={ACCESS_KEY}"),
            format!("accessKey={ACCESS_KEY}&secretKey="),
            format!("accessKey={ACCESS_KEY}&secretKey=a%20b"),
            format!("accessKey={}&secretKey={SECRET_KEY}", "x".repeat(300)),
        ] {
            latchkey.send("GET", &format!("{path}?{query}"), &[], "").await.unauthorized_lead();
        }
        let twice = format!("accessKey={ACCESS_KEY}&secretKey={SECRET_KEY}&secretKey={SECRET_KEY}");
        let answer = latchkey.send("GET", &format!("{path}?{twice}"), &[], "").await;
        answer.refused_lead(400, "MXInvalidInputException");
        assert_eq!(latchkey.table.rows().await, before);
        latchkey.rest().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_key_is_counted_against_its_source() {
    let latchkey = Latchkey::start().await;
    latchkey.begin_window(60).await;
    let path = format!("/api/Access/PublicToken?accessKey={ACCESS_KEY}&secretKey=");
    let answers = latchkey.at_once(21, move |latchkey, number| {
        let path = format!("{path}guess-{number}");
        async move { latchkey.send("GET", &path, &[], "").await.status }
    });
    let mut statuses = answers.await;
    statuses.sort_unstable();
    assert_eq!((statuses[19], statuses[20]), (401, 429));
    latchkey.portal().await;
}

/// What each kind of key opens, and that none opens what another is for.
#[tokio::test(flavor = "multi_thread")]
async fn no_key_passes_as_another() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let auth_key = latchkey.auth_key(&portal).await;
    let path = format!("/api/AutoLogin/TenantKey?{}", portal.query());
    let tenant_key = latchkey.send("GET", &path, &[], "").await.ok().as_str().unwrap().to_owned();
    latchkey.rest().await;
    let changed = |key: &str, at: usize| {
        let mut bytes = BASE64.decode(key.as_bytes()).unwrap();
        bytes[at] ^= 1;
        BASE64.encode(&bytes)
    };
    let before = latchkey.table.rows().await;
    let last = BASE64.decode(portal.public_key.as_bytes()).unwrap().len() - 1;
    let wrong = [
        String::new(),
        "nonsense".to_owned(),
        format!("Bearer {}", portal.public_key),
        auth_key.clone(),
        tenant_key.clone(),
        portal.registration_token.clone(),
        changed(&portal.public_key, 0),
        changed(&portal.public_key, 1),
        changed(&portal.public_key, 5),
        changed(&portal.public_key, last),
        format!("{}A", portal.public_key),
    ];
    for key in &wrong {
        let answer = latchkey.authorized(key, "/api/Authentication/Signin", &by_email(LEAD_PASSWORD)).await;
        answer.unauthorized_lead();
    }
    let wrong = [
        portal.public_key.clone(),
        tenant_key.clone(),
        portal.registration_token.clone(),
        changed(&auth_key, 3),
        changed(&auth_key, 20),
        changed(&auth_key, 40),
    ];
    for key in &wrong {
        let answer = latchkey.change_password(key, LEAD_PASSWORD, "another sample pw").await;
        answer.unauthorized_lead();
    }
    for key in [&portal.public_key, &auth_key, &portal.registration_token] {
        let key: String = form_urlencoded(key);
        let path = format!("/api/AutoLogin/Generate?{}&authkey={key}", portal.query());
        latchkey.send("POST", &path, &[("content-type", "application/json")], "{}").await.unauthorized_lead();
        latchkey.rest().await;
    }
    assert_eq!(but_calls(&latchkey.table.rows().await), but_calls(&before));
    assert!(latchkey.opens(&auth_key).await);
}

fn form_urlencoded(text: &str) -> String {
    text.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

#[tokio::test(flavor = "multi_thread")]
async fn version_2_wants_all_three_headers_and_a_registration_the_secret_key() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let other = latchkey.another_portal(SAME_TENANT, "other-portal", None).await;
    latchkey.john(&portal).await;
    let path = "/api/Authentication/v2/Signin";
    let body = by_email(LEAD_PASSWORD);
    latchkey.version_2(&portal, &portal.public_key, (path, ""), &body).await.auth_key();
    let call = async |public_key: &str, token: Option<&str>, id: Option<&str>| {
        let mut headers = vec![("authorization", public_key), ("content-type", "application/json")];
        headers.extend(token.map(|token| ("x-lsq-registertoken", token)));
        headers.extend(id.map(|id| ("x-lsq-portalid", id)));
        latchkey.send("POST", path, &headers, body.to_string()).await
    };
    let (key, token, id) = (portal.public_key.as_str(), portal.registration_token.as_str(), portal.id.as_str());
    call(key, None, Some(id)).await.unauthorized_lead();
    call(key, Some(token), None).await.unauthorized_lead();
    call(key, Some(&other.registration_token), Some(id)).await.unauthorized_lead();
    call(key, Some(token), Some(&other.id)).await.unauthorized_lead();
    call(key, Some(&token.replacen('0', "1", 1)), Some(id)).await.unauthorized_lead();
    call(&other.public_key, Some(token), Some(id)).await.unauthorized_lead();
    call(key, Some(token), Some(id)).await.auth_key();
    latchkey.rest().await;

    let passwords = [("mx_Portal_Password", LEAD_PASSWORD), ("mx_Portal_Confirm_Password", LEAD_PASSWORD)];
    let fields = lead_fields(&[("EmailAddress", "b@example.com"), passwords[0], passwords[1]]);
    let register = "/api/Authentication/v2/Register";
    let wrong_secret = format!("accessKey={ACCESS_KEY}&secretKey=wrong");
    for query in ["", &wrong_secret, &other.query()] {
        let answer = latchkey.version_2(&portal, key, (register, query), &fields).await;
        answer.unauthorized_lead();
    }
    assert_eq!(latchkey.table.rows_of("account").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_key_dies_with_its_client_at_once() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let auth_key = latchkey.auth_key(&portal).await;
    for row in latchkey.table.rows_of("calls").await {
        latchkey.table.delete(&row).await;
    }
    let refused: [Answer; 4] = [
        latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD)).await,
        latchkey.change_password(&auth_key, LEAD_PASSWORD, "another sample pw").await,
        latchkey.send("GET", &format!("/api/Access/PublicToken?{}", portal.query()), &[], "").await,
        latchkey.forgot_password(&portal, &json!({ "EmailAddress": LEAD_EMAIL })).await,
    ];
    for answer in refused {
        answer.unauthorized_lead();
    }
    assert!(latchkey.outbox().await.is_empty());
    assert!(latchkey.table.rows_of("calls").await.is_empty(), "no call brings it back");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_portal_knows_nothing_of_this_ones_leads() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    let other = latchkey.another_portal(OTHER_TENANT, &portal.id, None).await;
    let lead = latchkey.john(&portal).await;
    latchkey.lead_sign_in(&other, &by_email(LEAD_PASSWORD)).await.unauthorized_lead();
    let answer = latchkey.register(&other, &[("EmailAddress", LEAD_EMAIL)]).await;
    assert_ne!(answer.lead_id(), lead, "the same address is free there");
    latchkey.rest().await;
    latchkey.forgot_password(&portal, &json!({ "EmailAddress": LEAD_EMAIL })).await.ok();
    let secret = latchkey.last_link().await;
    latchkey.reset_password(&other, &lead, &secret, "another sample pw").await.unauthorized_lead();
    let path = format!("/api/Leads/{lead}");
    let answer = latchkey.save_lead(&other, "PUT", &path, &[("EmailAddress", "")]).await;
    answer.refused_lead(400, "MXInvalidInputException");
    latchkey.reset_password(&portal, &lead, &secret, "another sample pw").await.ok();
}
