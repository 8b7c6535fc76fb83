use serde_json::{Value, json};

use crate::harness::{CLIENT_TOKEN, KARI_EMAIL, KARI_PASSWORD, KARI_PHONE, Latchkey};

/// Everything that a third party may ask for.
const ALL: &str = "user_id picture names email phone gender document_detail birthdate address bank_account preferences \
                   is_verified is_over_18 is_over_21 instagram_account x_account tiktok_account";

#[tokio::test(flavor = "multi_thread")]
async fn what_was_shown_is_handed_over_and_nothing_else() {
    let latchkey = Latchkey::start().await;
    latchkey.well_known_kari().await;
    let asked = latchkey.ask_for(&json!({ "scope": ALL, "vendor_data": "<b>order 4711</b>" })).await;
    let mut browser = latchkey.kari_is_asked(&asked).await;
    for shown in ["Harbour Car Rental", "Nordlys Bank", KARI_EMAIL, KARI_PHONE, "Kari Nordmann", "Bergen", "P7654321"] {
        assert!(browser.page.contains(shown), "{shown}: {}", browser.page);
    }
    assert!(!browser.page.contains("order 4711"), "vendor_data is the third party's");
    browser.agree(&[]).await;
    let shared = latchkey.shared(&asked).await;
    let subject = shared["sub"].as_str().unwrap();
    let expected = json!({
        "sub": subject, "user_id": subject, "picture": "https://example.com/kari.png",
        "names": { "first_name": "Kari", "family_name": "Nordmann", "full_name": "Kari Nordmann", "is_verified": true },
        "email": { "email": KARI_EMAIL, "is_verified": false, "is_primary": true },
        "phone": { "phone_number": KARI_PHONE, "is_verified": false, "is_primary": true },
        "gender": { "gender": "female", "is_verified": true },
        "document_detail": { "document_type": "passport", "document_number": "P7654321", "is_verified": true },
        "birthdate": { "birthdate": "1999-03-24", "is_verified": true },
        "address": { "street_address": "1 Main Street", "locality": "Oslo", "country": "Norway", "is_verified": false,
                     "is_primary": true },
        "bank_account": { "iban": "NO9386011117947", "is_verified": false, "is_primary": true },
        "preferences": { "language": "nb-NO", "is_verified": false },
        "is_verified": true, "is_over_18": true, "is_over_21": true,
        "instagram_account": { "username": "kari.nordmann", "is_verified": false },
        "x_account": { "username": "kari_nordmann", "is_verified": false },
        "tiktok_account": { "username": "kari", "is_verified": false },
    });
    assert_eq!(shared, expected);
    let decision = latchkey.decision(&asked).await.ok();
    assert_eq!((&decision["scope"], &decision["vendor_data"]), (&json!(ALL), &json!("<b>order 4711</b>")));
    let row = format!("{:?}", latchkey.transfer(&asked).await.unwrap());
    for personal in ["Nordmann", KARI_EMAIL, "P7654321", "NO9386011117947", subject] {
        assert!(!row.contains(personal), "sealed at rest: {personal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_nothing_is_known_nothing_is_handed_over() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let asked = latchkey.ask("names picture is_over_18 address is_verified").await;
    let mut browser = latchkey.kari_is_asked(&asked).await;
    assert!(browser.page.contains("Nothing on file"));
    browser.agree(&[]).await;
    let shared = latchkey.shared(&asked).await;
    let members: Vec<_> = shared.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["is_verified", "names", "sub"]);
    assert_eq!(latchkey.decision(&asked).await.ok()["scope"], "names is_verified");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_optional_is_handed_over_if_it_is_ticked() {
    let latchkey = Latchkey::start().await;
    latchkey.well_known_kari().await;
    for (ticked, scope, members) in [
        (&[][..], "names", &["names", "sub"][..]),
        (&[("scope.email", "on")], "names email", &["email", "names", "sub"]),
        (
            &[("scope.picture", "on"), ("scope.email", "on")],
            "names pictures email",
            &["email", "names", "picture", "sub"],
        ),
    ] {
        let body = json!({ "scope": "names pictures email", "optional_scope": "email picture" });
        let asked = latchkey.ask_for(&body).await;
        let mut browser = latchkey.kari_is_asked(&asked).await;
        assert!(!browser.page.contains(r#"type="checkbox" checked"#) && browser.has("scope.email"));
        assert!(!browser.has("scope.names"), "what is needed has no box");
        browser.agree(ticked).await;
        let shared = latchkey.shared(&asked).await;
        assert_eq!(shared.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>(), members);
        assert_eq!(latchkey.decision(&asked).await.ok()["scope"], scope);
        let consent = latchkey.table.rows_of(&format!("consent#{}", asked.id)).await.remove(0);
        assert_eq!(consent["scope"].as_s().unwrap(), scope);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_entries_the_picked_one_is_handed_over() {
    let latchkey = Latchkey::start().await;
    latchkey.well_known_kari().await;
    let body = json!({ "scope": "email phone address bank_account", "optional_scope": "bank_account phone" });
    let asked = latchkey.ask_for(&body).await;
    let mut browser = latchkey.kari_is_asked(&asked).await;
    let picks = [("pick.email", "1"), ("pick.address", "1"), ("scope.bank_account", "on"), ("pick.bank_account", "1")];
    browser.agree(&picks).await;
    let shared = latchkey.shared(&asked).await;
    assert_eq!(shared["email"], json!({ "email": "kari@work.example", "is_verified": false, "is_primary": false }));
    assert_eq!(shared["address"], json!({ "locality": "Bergen", "is_verified": false, "is_primary": false }));
    let account = json!({ "account_number": "8601.11.17947", "is_verified": false, "is_primary": false });
    assert_eq!((&shared["bank_account"], shared.get("phone")), (&account, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_was_asked_for_or_is_there_cannot_be_agreed_to() {
    let latchkey = Latchkey::start().await;
    latchkey.well_known_kari().await;
    let asked = latchkey.ask_for(&json!({ "scope": "names email", "optional_scope": "email" })).await;
    let mut browser = latchkey.kari_is_asked(&asked).await;
    let (csrf, shown) = (browser.csrf(), browser.hidden("shown"));
    let before = latchkey.table.rows().await;
    for more in [
        ("scope.phone", "on"),
        ("scope.passport", "on"),
        ("scope.", "on"),
        ("scope.Names", "on"),
        ("pick.phone", "0"),
        ("pick.passport", "0"),
        ("pick.names", "1"),
        ("pick.email", "2"),
        ("pick.email", "-1"),
        ("pick.email", "99999999999999999999999"),
        ("pick.email", "first"),
        ("pick.email", "1.0"),
    ] {
        let form = [("csrf", csrf.as_str()), ("shown", &shown), ("decision", "agree"), ("scope.email", "on"), more];
        let answer = browser.post(&asked.path(), &form).await;
        assert_eq!(answer.status, 400, "{more:?}: {}", answer.text);
    }
    for decision in [&[][..], &[("decision", "")], &[("decision", "Agree")], &[("decision", "yes")]] {
        let form = [&[("csrf", csrf.as_str()), ("shown", &shown)], decision].concat();
        assert_eq!(browser.post(&asked.path(), &form).await.status, 400);
    }
    assert_eq!(latchkey.table.rows().await, before);
    latchkey.nothing_shared(&asked).await;
    browser.scan(&asked).await;
    browser.agree(&[]).await;
    latchkey.shared(&asked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_since_it_was_shown_is_shown_again() {
    let latchkey = Latchkey::start().await;
    let id = latchkey.well_known_kari().await;
    for (scope, change, new) in [
        ("names", json!({ "first_name": "Kari Anne" }), "Kari Anne Nordmann"),
        ("email", json!({ "email": "anne@example.com" }), "anne@example.com"),
        ("address", json!({ "profile": { "addresses": [{ "locality": "Tromsø" }] } }), "Tromsø"),
    ] {
        let asked = latchkey.ask(scope).await;
        let mut browser = latchkey.kari_is_asked(&asked).await;
        latchkey.change_customer(&id, &change).await;
        let answer = browser.send_form(&[("decision", "agree")]).await;
        assert!(answer.status == 409 && browser.is_asked(), "{scope}: {}", answer.text);
        assert!(answer.text.contains(new) && answer.text.contains("changed since"), "{}", answer.text);
        latchkey.nothing_shared(&asked).await;
        browser.agree(&[]).await;
        assert!(latchkey.shared(&asked).await.to_string().contains(new));
        latchkey.change_customer(&id, &json!({ "email": KARI_EMAIL })).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_agrees_to_what_they_were_not_shown() {
    let latchkey = Latchkey::start().await;
    latchkey.well_known_kari().await;
    let (asked, other) = (latchkey.ask("names").await, latchkey.ask("names email").await);
    let mut browser = latchkey.kari_is_asked(&other).await;
    let others = browser.hidden("shown");
    browser.scan(&asked).await;
    let (csrf, shown) = (browser.csrf(), browser.hidden("shown"));
    for wrong in ["", "x", &others, &shown[1..]] {
        let form = [("csrf", csrf.as_str()), ("shown", wrong), ("decision", "agree")];
        let answer = browser.clone().post(&asked.path(), &form).await;
        assert_eq!(answer.status, 409, "{wrong}: {}", answer.text);
    }
    latchkey.nothing_shared(&asked).await;
    let form = [("csrf", csrf.as_str()), ("shown", &shown), ("decision", "agree")];
    assert_eq!(browser.post(&asked.path(), &form).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_is_kept_and_its_person_is_told() {
    let latchkey = Latchkey::start().await;
    let id = latchkey.well_known_kari().await;
    let asked = latchkey.ask("names email").await;
    let mut browser = latchkey.kari_is_asked(&asked).await;
    let now = latchkey.advance(0).await;
    browser.agree(&[]).await;
    let consent = latchkey.table.rows_of("consent#").await.remove(0);
    let text = |name: &str| consent[name].as_s().unwrap().as_str();
    assert_eq!(text("pk"), format!("T00000001#account#{id}"), "who");
    assert_eq!((text("scope"), text("id")), ("names email", asked.id.as_str()), "what");
    assert_eq!((text("client_id"), text("client_name")), ("local-verifier", "Harbour Car Rental"), "to whom");
    let given_at = consent["given_at"].as_n().unwrap().parse::<i64>().unwrap();
    assert!((now..now + 5).contains(&given_at), "when");
    assert_eq!(text("version"), shared::consent::VERSION, "under which words");
    assert!(!consent.contains_key("expires_at") && !consent.contains_key("revoked_at"));
    let outbox = latchkey.outbox().await;
    let (notice, body) = (&outbox[0], outbox[0]["body"].as_str().unwrap());
    assert_eq!((outbox.len(), &notice["to"], &notice["purpose"]), (1, &json!(KARI_EMAIL), &json!("data-shared")));
    assert!(body.contains("Harbour Car Rental") && body.contains("Nordlys Bank"), "{body}");
    let link = format!("{}/authorize/consents?tenant=T00000001", latchkey.server.base_url);
    assert_eq!((notice.get("code"), &notice["link"]), (None, &json!(link)));
    assert!(body.contains(&link), "{body}");
    let lines = latchkey.log.lines();
    let confirmed: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &Value| line["event"] == "transfer.confirmed")
        .collect();
    assert_eq!(confirmed.len(), 1);
    assert_eq!((&confirmed[0]["account"], &confirmed[0]["transfer"]), (&json!(id), &json!(asked.id)));
    assert_eq!(confirmed[0]["client"], "local-verifier");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_readable_for_ten_minutes() {
    let latchkey = Latchkey::start().await;
    latchkey.kari().await;
    let (agreed, declined) = (latchkey.ask("names").await, latchkey.ask("names").await);
    let mut browser = latchkey.kari_is_asked(&agreed).await;
    browser.agree(&[]).await;
    browser.scan(&declined).await;
    browser.decline().await;
    latchkey.advance(590).await;
    latchkey.shared(&agreed).await;
    assert_eq!(latchkey.decision(&declined).await.ok()["status"], "Cancelled");
    latchkey.advance(10).await;
    for asked in [&agreed, &declined] {
        latchkey.decision(asked).await.refused_transfer(404, "not_found");
        latchkey.status(asked).await.refused_transfer(404, "not_found");
        latchkey.information(&asked.by, &asked.id).await.refused_transfer(404, "not_found");
        assert_eq!(browser.scan(asked).await.status, 404);
    }
    assert_eq!(latchkey.table.rows_of("consent#").await.len(), 1, "the consent stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_is_called_is_text() {
    let latchkey = Latchkey::start().await;
    let hostile = "<img src=x onerror=alert(1)>\"'&<b>";
    let person = json!({ "email": KARI_EMAIL, "password": KARI_PASSWORD, "first_name": hostile,
                         "profile": { "addresses": [{ "locality": hostile }], "preferences": { "language": "nb" } } });
    latchkey.create_customer(&person).await.ok();
    let admin = latchkey.back_end("local-backend").await;
    let client = json!({ "name": hostile, "data_scope": ["names", "address"] });
    let made = latchkey.post(&admin, "/auth/clients", &client).await.ok();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", made["client_id"].as_str().unwrap()),
        ("client_secret", made["client_secret"].as_str().unwrap()),
    ];
    let token = latchkey.post_form(CLIENT_TOKEN, &form).await.access_token();
    let asked = latchkey.open_transfer(&token, &json!({ "scope": "names address" })).await.asked(&token);
    let mut browser = latchkey.kari_is_asked(&asked).await;
    let mut pages = vec![browser.page.clone()];
    pages.push(browser.agree(&[]).await.text);
    pages.push(browser.visit("/authorize/consents").await.text);
    for page in &pages {
        assert!(!page.contains("<img") && !page.contains("<b>") && page.contains("alert(1)"), "{page}");
    }
    assert_eq!(latchkey.shared(&asked).await["names"]["first_name"], hostile);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_sees_of_a_name_is_not_handed_over() {
    let latchkey = Latchkey::start().await;
    let person = json!({ "email": KARI_EMAIL, "password": KARI_PASSWORD, "first_name": "Ka\u{202e}ri\u{2028}",
                         "last_name": "\u{200b}",
                         "profile": { "addresses": [{ "locality": "Os\u{200b}lo" }] } });
    latchkey.create_customer(&person).await.ok();
    let asked = latchkey.ask_for(&json!({ "scope": "names address" })).await;
    let mut browser = latchkey.kari_is_asked(&asked).await;
    assert!(browser.page.contains("Kari") && browser.page.contains("Oslo"), "{}", browser.page);
    browser.agree(&[]).await;
    let shared = latchkey.shared(&asked).await;
    let names = &shared["names"];
    assert_eq!((&names["first_name"], names["full_name"].as_str().map(str::trim)), (&json!("Kari"), Some("Kari")));
    assert_eq!(names.get("family_name"), None, "{names}");
    assert!(shared["address"].to_string().contains("\"Oslo\""), "{shared}");
}
