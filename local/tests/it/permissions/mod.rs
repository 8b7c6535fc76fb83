//! Each function may do to the table what it was seen to do at the wire, and nothing more: `template.yaml` against
//! the calls that leave the AWS SDK.

mod customers;
mod intermediaries;
mod transfers;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use local::{FUNCTIONS, Function, OPERATIONS, Operation, Template};
use serde_json::json;
use serde_yaml_ng::Value;

use crate::harness::{
    Answer, INTROSPECT, LEAD_EMAIL, LEAD_PASSWORD, LEAD_PHONE, Latchkey, Portal, REVOKE, TOKEN, by_email, instance_of,
    lead_fields,
};
use crate::project::read;

/// By function, the actions of its statement.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let yaml: Value = serde_yaml_ng::from_str(include_str!("../../../../template.yaml")).expect("YAML");
    let action = |value: &Value| value.as_str().and_then(|text| text.strip_prefix("dynamodb:")).map(str::to_owned);
    // Lambda itself reads the stream, in the function's name.
    let is_own = |action: &String| {
        !["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"].contains(&action.as_str())
    };
    let of = |id: &str| {
        let policies = yaml["Resources"][id]["Properties"]["Policies"].as_sequence().cloned().unwrap_or_default();
        // One statement or a list of them.
        let statements = policies.iter().filter_map(|policy| policy.get("Statement").cloned());
        let statements = statements.flat_map(|one| one.as_sequence().cloned().unwrap_or_else(|| vec![one]));
        let lists = statements.filter_map(|statement| statement.get("Action")?.as_sequence().cloned());
        lists.flatten().filter_map(|value| action(&value)).filter(is_own).collect()
    };
    let ids = FUNCTIONS.iter().map(Function::logical_id).chain(OPERATIONS.iter().map(Operation::logical_id));
    ids.map(|id| (id.clone(), of(&id))).collect()
}

/// What each function was seen to do.
#[derive(Default)]
struct Seen(BTreeMap<String, BTreeSet<String>>);

impl Seen {
    /// Notes what a call did to the table, and hands its answer on.
    async fn note(
        &mut self,
        latchkey: &Arc<Latchkey>,
        method: &str,
        path: &str,
        call: impl Future<Output = Answer>,
    ) -> Answer {
        let template = Template::built_in().expect("a template");
        let function = template.route(method, path).expect("a route").0.function.clone();
        latchkey.proxy.record();
        let answer = call.await;
        self.0.entry(function).or_default().extend(latchkey.proxy.actions());
        answer
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_function_may_do_what_it_does_and_no_more() {
    let latchkey = Latchkey::start().await;
    let mut seen = Seen::default();
    intermediaries::walk(&latchkey, &mut seen).await;
    leads(&latchkey, &mut seen).await;
    customers::walk(&latchkey, &mut seen).await;
    transfers::walk(&latchkey, &mut seen).await;
    standards(&latchkey, &mut seen).await;
    operations(&latchkey, &mut seen).await;

    let mut allowed = allowed();
    for without in ["LeadNotFoundFunction", "CustomerNotFoundFunction", "StandardMetadataFunction"] {
        assert!(allowed.remove(without).is_some_and(|actions| actions.is_empty()));
    }
    let names: BTreeSet<_> = seen.0.keys().chain(allowed.keys()).collect();
    let differing = names.into_iter().filter(|name| seen.0.get(*name) != allowed.get(*name));
    let differing: Vec<_> = differing.map(|name| (name, seen.0.get(name), allowed.get(name))).collect();
    assert!(differing.is_empty(), "seen, allowed: {differing:#?}");
}

async fn standards(latchkey: &Arc<Latchkey>, seen: &mut Seen) {
    // On an instance of its own, that has not read the key ring yet.
    let keys = FUNCTIONS.iter().find(|function| function.name == "standard-keys").expect("a function");
    latchkey.proxy.record();
    let event = read("events/standard-keys.json");
    let answer = shared::http::answer(&instance_of(latchkey), keys.refuse, keys.handler, &event).await;
    assert_eq!(answer["statusCode"], 200);
    seen.0.entry(keys.logical_id()).or_default().extend(latchkey.proxy.actions());
    let customer = latchkey.customer("local-refresh").await;
    for path in [TOKEN, INTROSPECT, REVOKE] {
        let parameters =
            [("grant_type", "client_credentials"), ("token", "x"), ("client_id", "x"), ("client_secret", "x")];
        seen.note(latchkey, "POST", path, latchkey.post_form(path, &parameters))
            .await
            .refused_oauth(401, "invalid_client");
    }
    let first = ("refresh_token", customer.pair.refresh.as_str());
    let narrow = [("grant_type", "refresh_token"), first, ("scope", "orders:read")];
    let next = seen.note(latchkey, "POST", TOKEN, latchkey.oauth("local-refresh", TOKEN, &narrow)).await.oauth_pair();
    for token in [&next.access, &next.refresh, &latchkey.client_access("local-refresh").await] {
        let form = [("token", token.as_str())];
        let call = latchkey.oauth("local-refresh", INTROSPECT, &form);
        assert_eq!(seen.note(latchkey, "POST", INTROSPECT, call).await.ok()["active"], true);
    }
    let second = latchkey.customer("local-refresh").await;
    for token in [&second.pair.access, &second.pair.refresh] {
        let form = [("token", token.as_str())];
        let call = latchkey.oauth("local-refresh", REVOKE, &form);
        assert_eq!(seen.note(latchkey, "POST", REVOKE, call).await.status, 200);
    }
    latchkey.advance(31).await;
    let reused = latchkey.refresh_by_form("local-refresh", first.1);
    seen.note(latchkey, "POST", TOKEN, reused).await.refused_oauth(400, "invalid_grant");
}

async fn operations(latchkey: &Arc<Latchkey>, seen: &mut Seen) {
    let keys = latchkey.send("GET", "/.well-known/jwks.json", &[], "").await.ok();
    for event in [json!({}), json!({ "drop": keys["keys"][0]["kid"] })] {
        latchkey.proxy.record();
        let changes = latchkey.server.invoke("operation-rotate-keys", &event.to_string()).await.expect("an operation");
        assert!(changes["dropped"].is_array(), "{changes}");
        seen.0.entry("OperationRotateKeysFunction".to_owned()).or_default().extend(latchkey.proxy.actions());
    }
    latchkey.advance(61).await;
    latchkey.proxy.record();
    latchkey.deliver(&latchkey.messages().await).await;
    seen.0.entry("OperationDeliverMessageFunction".to_owned()).or_default().extend(latchkey.proxy.actions());
}

const SIGN_IN: &str = "/api/Authentication/Signin";
const REGISTER: &str = "/api/Authentication/Register";
const REGISTER_2: &str = "/api/Authentication/v2/Register";
const SEND: &str = "/api/Authentication/SigninOTP/Get";
const CHANGE: &str = "/api/Settings/ChangePassword";
const FORGOT: &str = "/api/Authentication/SecureForgotPassword";
const RESET: &str = "/api/Authentication/ResetPassword";

async fn leads(latchkey: &Arc<Latchkey>, seen: &mut Seen) {
    let portal = latchkey.portal().await;
    for path in ["/api/Access/PublicToken", "/api/Access/GetRegisterToken", "/api/AutoLogin/TenantKey"] {
        let full = format!("{path}?{}", portal.query());
        seen.note(latchkey, "GET", path, latchkey.send("GET", &full, &[], "")).await.ok();
        let wrong = format!("{path}?accessKey=a&secretKey=b");
        seen.note(latchkey, "GET", path, latchkey.send("GET", &wrong, &[], "")).await.unauthorized_lead();
    }
    let known = latchkey.save_lead(&portal, "POST", "/api/Leads", &[("mx_PAN_Number", "KNOWN1")]);
    let known = seen.note(latchkey, "POST", "/api/Leads", known).await.lead_id();
    let path = format!("/api/Leads/{known}");
    let fields = [("mx_PAN_Number", "KNOWN2"), ("EmailAddress", "known@example.com")];
    seen.note(latchkey, "PUT", &path, latchkey.save_lead(&portal, "PUT", &path, &fields)).await.ok();
    seen.note(latchkey, "POST", REGISTER_2, latchkey.register(&portal, &[("mx_PAN_Number", "KNOWN2")])).await.ok();
    let lead = latchkey.john(&portal).await;
    latchkey.rest().await;
    for _ in 0..21 {
        seen.note(latchkey, "POST", SIGN_IN, latchkey.lead_sign_in(&portal, &by_email(LEAD_PASSWORD))).await.auth_key();
    }
    latchkey.rest().await;
    claims(latchkey, &portal, seen).await;
    let key = latchkey.auth_key(&portal).await;
    seen.note(latchkey, "POST", SIGN_IN, latchkey.lead_sign_in(&portal, &by_email("wrong"))).await.unauthorized_lead();
    let change = latchkey.change_password(&key, "wrong password", "another sample pw");
    seen.note(latchkey, "POST", CHANGE, change).await.unauthorized_lead();
    let change = latchkey.change_password(&key, LEAD_PASSWORD, "another sample pw");
    seen.note(latchkey, "POST", CHANGE, change).await.ok();
    let forgot = json!({ "EmailAddress": LEAD_EMAIL });
    seen.note(latchkey, "POST", FORGOT, latchkey.forgot_password(&portal, &forgot)).await.ok();
    let secret = latchkey.last_link().await;
    let reset = latchkey.reset_password(&portal, &lead, "wrong", "a third sample pw");
    seen.note(latchkey, "POST", RESET, reset).await.unauthorized_lead();
    let reset = latchkey.reset_password(&portal, &lead, &secret, "a third sample pw");
    seen.note(latchkey, "POST", RESET, reset).await.ok();
}

/// What an owner who proves an address does to an account that anybody registered, by code and by link.
async fn claims(latchkey: &Arc<Latchkey>, portal: &Portal, seen: &mut Seen) {
    let password = [("mx_Portal_Password", LEAD_PASSWORD), ("mx_Portal_Confirm_Password", LEAD_PASSWORD)];
    let mut leads = Vec::new();
    for (email, phone) in [("a@example.com", "+15550001111"), ("b@example.com", "+15550002222")] {
        let body = lead_fields(&[("EmailAddress", email), ("Phone", phone), password[0], password[1]]);
        let answer = latchkey.authorized(&portal.public_key, REGISTER, &body);
        leads.push(seen.note(latchkey, "POST", REGISTER, answer).await.lead_id());
    }
    let sent = seen.note(latchkey, "POST", SEND, latchkey.lead_code(portal, "+15550001111")).await.ok();
    let (flow, code) = (sent["Code"].as_str().expect("a flow"), latchkey.last_code().await);
    let wrong = latchkey.sign_in_by_otp(portal, "000000", "+15550001111", flow);
    seen.note(latchkey, "POST", SIGN_IN, wrong).await.unauthorized_lead();
    let right = latchkey.sign_in_by_otp(portal, &code, "+15550001111", flow);
    seen.note(latchkey, "POST", SIGN_IN, right).await.auth_key();
    let sent = latchkey.lead_code(portal, LEAD_PHONE).await.ok();
    let code = latchkey.last_code().await;
    let right = latchkey.sign_in_by_otp(portal, &code, LEAD_PHONE, sent["Code"].as_str().expect("a flow"));
    seen.note(latchkey, "POST", SIGN_IN, right).await.auth_key();

    latchkey.forgot_password(portal, &json!({ "EmailAddress": "b@example.com" })).await.ok();
    let secret = latchkey.last_link().await;
    let reset = latchkey.reset_password(portal, &leads[1], &secret, "a third sample pw");
    seen.note(latchkey, "POST", RESET, reset).await.ok();
    latchkey.rest().await;

    let path = format!("/api/AutoLogin/TenantKey?{}", portal.query());
    let key = latchkey.send("GET", &path, &[], "").await.ok().as_str().expect("a key").replace('=', "%3D");
    let path = format!("/api/AutoLogin/Generate?{}&authkey={key}", portal.query());
    let body = json!({ "LeadId": leads[1], "PortalId": portal.id }).to_string();
    for _ in 0..21 {
        let vouched = latchkey.send("POST", &path, &[("content-type", "application/json")], body.clone());
        seen.note(latchkey, "POST", "/api/AutoLogin/Generate", vouched).await.auth_key();
    }
    latchkey.rest().await;
}
