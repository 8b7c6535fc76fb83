use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use shared::key_ring::Algorithm;

use crate::harness::{Answer, EMAIL, LEAD_EMAIL, LEAD_PHONE, Latchkey, OTHER_TENANT, PHONE};

const PATH: &str = "/intermediaries/accounts/search";
const SHARED: &str = "+19172240000";

/// An account as it was made.
struct Made {
    id: String,
    record: String,
    email: String,
}

impl Latchkey {
    async fn search(&self, query: &str) -> Answer {
        self.call("GET", &format!("{PATH}?{query}"), &[], None).await
    }

    /// The e-mail addresses of those who are found.
    async fn found(&self, query: &str) -> Vec<String> {
        let found = self.search(query).await.ok();
        let emails = found.as_array().expect("a list").iter().map(|account| account["email"].as_str());
        emails.map(|email| email.expect("an address").to_owned()).collect()
    }

    async fn made(&self, email: &str, phone: &str) -> Made {
        let record = self.create_intermediary().await;
        let body = json!({ "email": email, "phone": phone, "intermediaryId": record });
        let pair = self.create_account(body).await.pair();
        let id = self.find_account(&pair.access).await.ok()["id"].as_str().expect("an id").to_owned();
        // Made in another second than the next.
        self.advance(1).await;
        Made { id, record, email: email.to_owned() }
    }

    /// Two who share a number, and one who has their own.
    async fn three(&self) -> [Made; 3] {
        [
            self.made("anna@example.com", SHARED).await,
            self.made("bert@example.com", PHONE).await,
            self.made("cora@example.com", SHARED).await,
        ]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_value_of_each_key_must_fit_and_the_oldest_come_first() {
    let latchkey = Latchkey::start().await;
    let [anna, bert, cora] = latchkey.three().await;
    let (all, shared) = (["anna", "bert", "cora"], "phones=%2B19172240000");
    for (query, names) in [
        (format!("ids={}", bert.id), &all[1..2]),
        (format!("ids={}&ids={}&ids={}", cora.id, bert.id, anna.id), &all[..]),
        (format!("ids={}", bert.id.to_uppercase()), &all[1..2]),
        (format!("emails={}", anna.email), &all[..1]),
        ("emails=CORA%40EXAMPLE.com&emails=bert@example.com&emails=nobody@example.com".to_owned(), &all[1..]),
        (format!("intermediaryIds={}&intermediaryids={}", bert.record.to_uppercase(), anna.record), &all[..2]),
        ("phones=%2B19172249999".to_owned(), &all[1..2]),
        ("phones=+19172249999".to_owned(), &all[1..2]),
        (format!("{shared}&phones=%2B19172249999&{shared}"), &all[..]),
        (format!("{shared}&emails={}&emails={}", cora.email, bert.email), &all[2..]),
        (format!("{shared}&ids={}", bert.id), &[]),
        (format!("ids={}&emails={}&intermediaryIds={}", anna.id, anna.email, anna.record), &all[..1]),
        (format!("ids={}&emails={}&intermediaryIds={}", anna.id, anna.email, bert.record), &[]),
        (format!("intermediaryIds={}&emails={}", cora.record, anna.email), &[]),
        (format!("ids={}&ids={}", anna.id, anna.id), &all[..1]),
        (format!("emails={}&emails=ANNA@example.com&emails={}", anna.email, anna.email), &all[..1]),
        (format!("intermediaryIds={0}&intermediaryIds={0}&unknown=1", anna.record), &all[..1]),
        ("phones=%2B19170000000".to_owned(), &[]),
        ("ids=7d9f3a52-5f0e-4c8a-9b1d-2e6a7c4f8b10".to_owned(), &[]),
        ("intermediaryIds=000000000000000000000000".to_owned(), &[]),
    ] {
        let emails: Vec<_> = names.iter().map(|name| format!("{name}@example.com")).collect();
        assert_eq!(latchkey.found(&query).await, emails, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_shown_as_the_contract_has_them_without_a_session() {
    let latchkey = Latchkey::start().await;
    let [anna, ..] = latchkey.three().await;
    let answer = latchkey.search(&format!("ids={}", anna.id)).await;
    let mut found = answer.ok();
    let at = found[0].as_object_mut().expect("an account").remove("lastActiveAt");
    assert!(at.and_then(|at| at.as_i64()).is_some_and(|at| at > 1_700_000_000_000));
    let expected = json!([{
        "id": anna.id, "intermediaryId": anna.record, "email": "anna@example.com", "status": "active", "testing": true,
        "isEmailNotVerified": true, "phone": SHARED, "isPhoneVerified": false,
        "phones": [{ "value": SHARED, "verified": false }],
    }]);
    assert_eq!((found, answer.header("x-digifi-account")), (expected, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_blocked_or_was_invited_is_found_too() {
    let latchkey = Latchkey::start().await;
    let anna = latchkey.made("anna@example.com", SHARED).await;
    for status in ["blocked", "pending"] {
        latchkey.table.set("account", "status", AttributeValue::S(status.to_owned())).await;
        for query in [format!("ids={}", anna.id), format!("intermediaryIds={}", anna.record)] {
            assert_eq!(latchkey.search(&query).await.ok()[0]["status"], status, "{query}");
        }
    }
    // The address of an invitation is nobody's yet.
    latchkey.table.set("account", "identifiers", AttributeValue::M([].into())).await;
    latchkey.table.delete(&latchkey.table.rows_of("identifier").await[0]).await;
    assert!(latchkey.found(&format!("emails={}", anna.email)).await.is_empty());
    assert!(latchkey.found(&format!("ids={}&emails={}", anna.id, anna.email)).await.is_empty());
    assert_eq!(latchkey.found(&format!("ids={}", anna.id)).await, [anna.email]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_of_another_kind_or_tenant_is_found() {
    let latchkey = Latchkey::start().await;
    let anna = latchkey.made("anna@example.com", SHARED).await;
    let lead = latchkey.john(&latchkey.portal().await).await;
    let customer = latchkey.kari().await;
    for query in [
        format!("ids={lead}&ids={customer}"),
        format!("emails={LEAD_EMAIL}&emails={}", crate::harness::KARI_EMAIL),
        format!("phones={}&phones={}", LEAD_PHONE.replace('+', "%2B"), crate::harness::KARI_PHONE.replace('+', "%2B")),
    ] {
        assert!(latchkey.found(&query).await.is_empty(), "{query}");
    }
    let other = latchkey.tenant_signing_by(OTHER_TENANT, Algorithm::Rs256).await;
    for query in [
        format!("ids={}", anna.id),
        format!("emails={}", anna.email),
        "phones=%2B19172240000".to_owned(),
        format!("intermediaryIds={}", anna.record),
    ] {
        let answer = latchkey.send("GET", &format!("{PATH}?{query}"), &[("api-key", &other)], "").await;
        assert_eq!(answer.ok(), json!([]), "{query}");
        assert_eq!(latchkey.found(&query).await, ["anna@example.com"]);
    }
    let path = format!("{PATH}?ids={}", anna.id);
    latchkey.send("GET", &path, &[("api-key", "wrong")], "").await.refused(401, "invalid_api_key");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_of_a_wrong_form_is_refused_by_its_key_and_costs_nothing() {
    let latchkey = Latchkey::start().await;
    let anna = latchkey.made("anna@example.com", SHARED).await;
    let before = latchkey.table.rows().await;
    latchkey.proxy.record();
    for (query, field) in [
        ("ids=x", "ids"),
        ("ids=", "ids"),
        ("ids[]=7d9f3a52-5f0e-4c8a-9b1d-2e6a7c4f8b10&ids=x", "ids"),
        ("emails=anna", "emails"),
        ("emails=anna@example.com,bert@example.com", "emails"),
        ("phones=19172240000", "phones"),
        ("phones=%252B19172240000", "phones"),
        ("phones=++19172240000", "phones"),
        ("intermediaryIds=507f281e810c19729de860e", "intermediaryIds"),
        ("intermediaryIds=507f281e810c19729de860eg", "intermediaryIds"),
    ] {
        let error = latchkey.search(query).await.refused(400, "invalid_request");
        assert_eq!(error["field"], field, "{query}");
        let beside = format!("ids={}&{query}", anna.id);
        latchkey.search(&beside).await.refused(400, "invalid_request");
    }
    assert_eq!((latchkey.proxy.count(), latchkey.table.rows().await), (0, before));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_values_may_be_looked_for_and_one_at_least() {
    let latchkey = Latchkey::start().await;
    let anna = latchkey.made("anna@example.com", SHARED).await;
    for query in ["", "ids[]=7d9f3a52-5f0e-4c8a-9b1d-2e6a7c4f8b10", "other=1"] {
        latchkey.search(query).await.refused(400, "invalid_request");
    }
    latchkey.call("GET", PATH, &[], None).await.refused(400, "invalid_request");
    let many = |number: usize, value: &dyn Fn(usize) -> String| (0..number).map(value).collect::<Vec<_>>().join("&");
    let ids = many(50, &|number| format!("ids=7d9f3a52-5f0e-4c8a-9b1d-{number:012}"));
    for (rest, calls) in [
        (many(49, &|number| format!("phones=%2B1917000{number:04}")) + "&phones=%2B19172240000", 1),
        (many(49, &|number| format!("emails=broker{number}@example.com")) + "&emails=anna@example.com", 1),
    ] {
        latchkey.proxy.record();
        assert_eq!(latchkey.found(&format!("{ids}&{rest}")).await, [] as [String; 0]);
        assert_eq!(latchkey.proxy.count(), calls);
        latchkey.search(&format!("{ids}&{rest}&ids={}", anna.id)).await.refused(400, "invalid_request");
    }
    latchkey.proxy.record();
    let phones = many(99, &|number| format!("phones=%2B1917000{number:04}")) + "&phones=%2B19172240000";
    assert_eq!(latchkey.found(&phones).await, ["anna@example.com"]);
    assert_eq!(latchkey.proxy.count(), 101, "a query each, and the accounts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_key_means_the_same_in_either_payload() {
    let latchkey = Latchkey::start().await;
    let [anna, _, cora] = latchkey.three().await;
    let event = json!({
        "version": "1.0", "resource": PATH, "path": PATH, "httpMethod": "GET",
        "headers": { "api-key": "local-api-key" }, "multiValueHeaders": { "api-key": ["local-api-key"] },
        "queryStringParameters": { "ids": cora.id, "phones": SHARED },
        "multiValueQueryStringParameters": { "ids": [anna.id, cora.id], "phones": [SHARED] },
        "requestContext": { "resourcePath": PATH, "httpMethod": "GET", "requestId": "x",
                            "identity": { "sourceIp": "203.0.113.7" } },
        "body": null, "isBase64Encoded": false,
    });
    let answer = latchkey.server.invoke("intermediary-find-account", &event.to_string()).await.expect("a function");
    assert_eq!(answer["statusCode"], 200, "{answer}");
    let found: Value = serde_json::from_str(answer["body"].as_str().expect("a body")).expect("JSON");
    let emails: Vec<_> = found.as_array().expect("a list").iter().map(|account| &account["email"]).collect();
    assert_eq!(emails, ["anna@example.com", "cora@example.com"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_word_is_taken_for_an_address() {
    let latchkey = Latchkey::start().await;
    let pair = latchkey.jane().await;
    assert_eq!(latchkey.found(&format!("emails={EMAIL}")).await, [EMAIL]);
    let headers = [("accountAccessToken", pair.access.as_str())];
    let history = latchkey.call("GET", "/intermediaries/accounts/history", &headers, None).await.ok();
    assert_eq!(history["events"][0]["event"], "account.opened");
    let answer = latchkey.call("GET", "/intermediaries/accounts/Search", &headers, None).await;
    assert_eq!(answer.refused(400, "invalid_request")["field"], "email");
}
