//! Forms that our pages did not show to this browser, and cookies that are not its own.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::harness::{Asked, Browser, KARI_EMAIL, KARI_PASSWORD, LEAD_EMAIL, LEAD_PASSWORD, Latchkey, OTHER_TENANT};

const CONSENTS: &str = "/authorize/consents?tenant=T00000001";

/// A person with a consent, who is asked for another one.
struct Scene {
    latchkey: Arc<Latchkey>,
    given: Asked,
    asked: Asked,
    browser: Browser,
}

/// Where a form goes, which is also where it is shown, and what it says beside `csrf`.
struct Door {
    path: String,
    fields: Vec<(&'static str, String)>,
}

impl Scene {
    async fn set() -> Self {
        let latchkey = Latchkey::start().await;
        latchkey.kari().await;
        let given = latchkey.ask("email").await;
        let mut browser = latchkey.kari_is_asked(&given).await;
        browser.agree(&[]).await;
        let asked = latchkey.ask("names").await;
        browser.scan(&asked).await;
        assert!(browser.is_asked());
        Self { latchkey, given, asked, browser }
    }

    /// Every door that takes a form, with what would change something there.
    fn doors(&self) -> Vec<Door> {
        let (home, sign_in) = (self.asked.path(), format!("{}/sign-in", self.asked.path()));
        let consents = CONSENTS.replace("consents", "consents/sign-in");
        let shown = self.browser.hidden("shown");
        let door = |path: &str, fields: &[(&'static str, &str)]| Door {
            path: path.to_owned(),
            fields: fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        };
        let typed = [("kind", "customer"), ("identifier", KARI_EMAIL), ("password", KARI_PASSWORD)];
        vec![
            door(&home, &[("decision", "agree"), ("shown", &shown)]),
            door(&home, &[("decision", "decline")]),
            door(&sign_in, &typed),
            door(&sign_in, &[("start_over", "1")]),
            door(&consents, &typed),
            door(CONSENTS, &[("revoke", &self.given.id)]),
            door(CONSENTS, &[("sign_out", "1")]),
        ]
    }

    fn same_origin(&self) -> [(&str, &str); 2] {
        [("origin", &self.latchkey.server.base_url), ("sec-fetch-site", "same-origin")]
    }
}

fn with<'a>(csrf: Option<&'a str>, fields: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    let fields = fields.iter().map(|(name, value)| (*name, value.as_str()));
    csrf.map(|csrf| ("csrf", csrf)).into_iter().chain(fields).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_was_not_shown_to_this_browser_changes_nothing() {
    let scene = Scene::set().await;
    let latchkey = &scene.latchkey;
    let before = latchkey.table.rows().await;
    for Door { path, fields } in scene.doors() {
        let mut own = scene.browser.clone();
        own.get(&path).await;
        let mut other = latchkey.browser();
        other.get(&format!("{}/sign-in", scene.asked.path())).await;
        let mut third = latchkey.browser();
        third.visit(CONSENTS).await;
        let mut elsewhere = scene.browser.clone();
        let is_list = path.contains("consents");
        elsewhere.get(if is_list { scene.asked.path() } else { CONSENTS.to_owned() }.as_str()).await;
        let right = own.csrf();
        let cut = &right[..right.len() - 1];
        let foreign =
            [other.csrf(), third.csrf(), elsewhere.csrf(), cut.to_owned(), format!("{right}A"), String::new()];
        let foreign = foreign.iter().map(String::as_str).map(Some).chain([None]);
        for csrf in foreign.filter(|csrf| *csrf != Some(&right)) {
            let mut browser = scene.browser.clone();
            let answer = browser.post_from(&path, &scene.same_origin(), &with(csrf, &fields)).await;
            assert_eq!(answer.status, 403, "{path} {csrf:?}: {}", answer.text);
            // Nor is it any other browser's to send.
            let mut nobody = latchkey.browser();
            let answer = nobody.post_from(&path, &scene.same_origin(), &with(Some(&right), &fields)).await;
            assert!(answer.status == 403 || answer.status == 303 && is_list, "{path}: {}", answer.text);
        }
    }
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_from_another_site_changes_nothing() {
    let scene = Scene::set().await;
    let latchkey = &scene.latchkey;
    let before = latchkey.table.rows().await;
    let base = latchkey.server.base_url.clone();
    let port = base.rsplit(':').next().unwrap();
    let (other_host, other_port) = (format!("http://localhost:{port}"), base.replace(port, "1"));
    for Door { path, fields } in scene.doors() {
        let mut own = scene.browser.clone();
        own.get(&path).await;
        let right = own.csrf();
        for from in [
            &[("origin", "https://evil.example.test")][..],
            &[("origin", "null")],
            &[("origin", "")],
            &[("origin", other_host.as_str())],
            &[("origin", other_port.as_str())],
            &[("origin", base.as_str()), ("sec-fetch-site", "cross-site")],
            &[("origin", base.as_str()), ("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "cross-site")],
        ] {
            let mut browser = scene.browser.clone();
            let answer = browser.post_from(&path, from, &with(Some(&right), &fields)).await;
            assert_eq!(answer.status, 403, "{path} {from:?}: {}", answer.text);
        }
    }
    assert_eq!(latchkey.table.rows().await, before);
    // A browser of long ago says neither.
    let mut browser = scene.browser.clone();
    let form = [("csrf", browser.csrf()), ("shown", browser.hidden("shown")), ("decision", "agree".to_owned())];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(browser.post_from(&scene.asked.path(), &[], &form).await.status, 303);
    latchkey.shared(&scene.asked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_form_changes_nothing() {
    let scene = Scene::set().await;
    let latchkey = &scene.latchkey;
    let before = latchkey.table.rows().await;
    let cookie = format!("latchkey={}", scene.browser.cookie.as_ref().unwrap());
    let (csrf, shown) = (scene.browser.csrf(), scene.browser.hidden("shown"));
    let whole = format!("csrf={csrf}&shown={shown}&decision=agree");
    let json = json!({ "csrf": csrf, "shown": shown, "decision": "agree" }).to_string();
    let large = format!("{whole}&x={}", "x".repeat(16 * 1024));
    for (kind, body, status) in [
        ("application/json", json.as_str(), 415),
        ("text/plain", &whole, 415),
        ("multipart/form-data; boundary=x", &whole, 415),
        ("", &whole, 415),
        ("application/x-www-form-urlencoded", &format!("{whole}&decision=decline"), 400),
        ("application/x-www-form-urlencoded", &format!("{whole}&csrf={csrf}"), 400),
        ("application/x-www-form-urlencoded", &format!("{whole}&x=%ff"), 400),
        ("application/x-www-form-urlencoded", &large, 413),
    ] {
        let headers = [("content-type", kind), ("cookie", cookie.as_str())];
        let answer = latchkey.send("POST", &scene.asked.path(), &headers, body).await;
        assert_eq!(answer.status, status, "{kind} {}: {}", &body[..body.len().min(200)], answer.text);
    }
    // Nor does a link agree.
    let in_query = format!("{}?{whole}", scene.asked.path());
    let answer = latchkey.send("GET", &in_query, &[("cookie", &cookie)], "").await;
    assert_eq!(answer.status, 200);
    for method in ["PUT", "PATCH", "DELETE"] {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("cookie", cookie.as_str())];
        assert_eq!(latchkey.send(method, &scene.asked.path(), &headers, whole.as_str()).await.status, 404);
    }
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_is_another_one_at_each_stage() {
    let latchkey = Latchkey::start().await;
    let app = latchkey.kari_with_app().await;
    let asked = latchkey.ask("names").await;
    let mut browser = latchkey.browser();
    browser.scan(&asked).await;
    let mut cookies = vec![browser.cookie.clone().unwrap()];
    let mut planted = browser.clone();
    browser.sign_in("customer", KARI_EMAIL, KARI_PASSWORD).await;
    cookies.push(browser.cookie.clone().unwrap());
    let mut half_way = browser.clone();
    let code = latchkey.next_totp(&app.secret).await;
    browser.submit(&[("totp", &code)]).await;
    cookies.push(browser.cookie.clone().unwrap());
    browser.visit(CONSENTS).await;
    let mut signed_out = browser.clone();
    browser.submit(&[("sign_out", "1")]).await;
    cookies.push(browser.cookie.clone().unwrap());
    let kinds: Vec<_> = cookies.iter().map(|cookie| &cookie[..4]).collect();
    assert_eq!(kinds, ["lka_", "lkm_", "lkb_", "lka_"]);
    let different: std::collections::HashSet<_> = cookies.iter().collect();
    assert_eq!(different.len(), 4);
    // Whoever planted or kept an earlier one has nothing of it.
    for old in [&mut planted, &mut half_way, &mut signed_out] {
        old.scan(&asked).await;
        assert!(!old.is_asked());
        old.visit(CONSENTS).await;
        assert!(!old.has("revoke") && !old.has("sign_out"), "{}", old.page);
    }
    latchkey.nothing_shared(&asked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_that_is_forged_or_sent_twice_is_none() {
    let scene = Scene::set().await;
    let latchkey = &scene.latchkey;
    let good = scene.browser.cookie.clone().unwrap();
    let (last, flipped) = (good.len() - 1, if &good[9..10] == "A" { "B" } else { "A" });
    let forged = [
        String::new(),
        "lkb_".to_owned(),
        good[..last].to_owned(),
        format!("{}{flipped}{}", &good[..9], &good[10..]),
        good.replace("lkb_", "lka_"),
        good.replace("lkb_", "lkm_"),
        good.to_uppercase(),
        "x".repeat(5_000),
        format!("lka_{}", "x".repeat(600)),
    ];
    for cookie in &forged {
        let mut browser = scene.browser.clone();
        browser.cookie = Some(cookie.clone());
        browser.scan(&scene.asked).await;
        assert!(browser.is_to_sign_in(), "{cookie}: {}", browser.page);
    }
    let twice = format!("latchkey={good}; latchkey={good}");
    let other = format!("latchkey2={good}");
    for cookie in [twice, other] {
        let answer = latchkey.send("GET", &scene.asked.path(), &[("cookie", &cookie)], "").await;
        assert_eq!(answer.status, 303, "{cookie}");
    }
    // In between others it is found.
    let among = format!("a=b; latchkey={good}; c=d");
    assert_eq!(latchkey.send("GET", &scene.asked.path(), &[("cookie", &among)], "").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_of_another_tenant_opens_nothing() {
    let scene = Scene::set().await;
    let latchkey = &scene.latchkey;
    let portal = latchkey.another_portal(OTHER_TENANT, "portal", None).await;
    latchkey.register(&portal, &[("EmailAddress", LEAD_EMAIL)]).await.lead_id();
    let theirs = "/authorize/consents?tenant=T00000002";
    let mut stranger = latchkey.browser();
    stranger.visit(theirs).await;
    stranger.sign_in("lead", LEAD_EMAIL, LEAD_PASSWORD).await;
    assert!(stranger.has("sign_out"), "{}", stranger.page);
    let csrf = stranger.csrf();
    stranger.scan(&scene.asked).await;
    assert!(stranger.is_to_sign_in());
    stranger.visit(CONSENTS).await;
    assert!(stranger.is_to_sign_in());
    let agree = [("csrf", csrf.as_str()), ("decision", "agree"), ("shown", "")];
    assert_eq!(stranger.post(&scene.asked.path(), &agree).await.status, 403);
    let mut kari = scene.browser.clone();
    kari.visit(theirs).await;
    assert!(kari.is_to_sign_in());
    // Nor does somebody of one tenant sign in to another.
    let mut browser = latchkey.browser();
    browser.scan(&scene.asked).await;
    assert_eq!(browser.sign_in("lead", LEAD_EMAIL, LEAD_PASSWORD).await.status, 401);
    latchkey.nothing_shared(&scene.asked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_opens_nothing_but_the_pages() {
    let scene = Scene::set().await;
    let (latchkey, cookie) = (&scene.latchkey, scene.browser.cookie.clone().unwrap());
    let before = latchkey.table.rows().await;
    latchkey.by(&cookie, "GET", "/auth/keys", &Value::Null).await.refused_customer(401, "invalid_token");
    latchkey.post(&cookie, "/auth/mfa/totp", &Value::Null).await.refused_customer(401, "invalid_token");
    latchkey.information(&cookie, &scene.asked.id).await.refused_transfer(401, "invalid_token");
    latchkey.check_session(&cookie).await.refused(401, "invalid_access_token");
    latchkey.re_sign(&cookie).await.refused(401, "invalid_refresh_token");
    latchkey.refresh_by_form("local-refresh", &cookie).await.refused_oauth(400, "invalid_grant");
    assert!(!latchkey.is_active("local-verifier", &cookie).await);
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_is_read_from_either_payload() {
    let scene = Scene::set().await;
    let (cookie, path) = (scene.browser.cookie.clone().unwrap(), scene.asked.path());
    let (resource, token) = ("/authorize/{session_token}", &scene.asked.token);
    let event = |cookies: Value| {
        let context = json!({ "identity": { "sourceIp": "203.0.113.7" }, "requestId": "x", "httpMethod": "GET",
                              "path": path, "resourcePath": resource });
        json!({ "resource": resource, "path": path, "httpMethod": "GET", "headers": {}, "requestContext": context,
                "multiValueHeaders": { "Cookie": cookies }, "pathParameters": { "session_token": token },
                "queryStringParameters": null, "multiValueQueryStringParameters": null, "stageVariables": null,
                "body": null, "isBase64Encoded": false })
    };
    let pair = format!("latchkey={cookie}");
    for (cookies, status) in [
        (json!([pair]), 200),
        (json!([format!("a=b; {pair}; c=d")]), 200),
        (json!(["a=b", pair]), 200),
        (json!([pair, pair]), 303),
        (json!([]), 303),
    ] {
        let answer = scene.latchkey.server.invoke("transfer-authorize", &event(cookies.clone()).to_string()).await;
        assert_eq!(answer.expect("a function")["statusCode"], status, "{cookies}");
    }
}
