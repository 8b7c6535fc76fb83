use data_encoding::BASE64;
use local::{PORTAL_ID, TENANT_ID};
use serde_json::{Value, json};

use crate::harness::{Latchkey, Ran, TENANT};

const GRANT: &str = r#"{"scope": ["write:accounts", "read:accounts"]}"#;

fn secret(ran: &Ran, name: &str) -> String {
    ran.result()[name].as_str().unwrap_or_else(|| panic!("{name}: {ran:?}")).to_owned()
}

impl Latchkey {
    fn create(&self, credential: &str, more: &[&str]) -> Ran {
        let create = ["client", "create", TENANT, "--name", "Portal", "--id", "portal", "--credential", credential];
        self.run(&[&create, more].concat())
    }

    fn rotate(&self, seconds: &str) -> Ran {
        self.run(&["client", "rotate-secret", TENANT, "portal", "--previous-expires-in", seconds])
    }

    /// That neither the table nor a message of the command's knows the secret.
    async fn keeps_nothing_of(&self, secret: &str, ran: &Ran) {
        assert_eq!(secret.len(), 64, "256 bits");
        assert!(!ran.messages.contains(secret));
        assert!(!format!("{:?}", self.rows().await).contains(secret));
    }

    async fn takes_api_key(&self, key: &str) -> bool {
        let (status, _) = self.call("POST", "/intermediaries", &[("api-key", key)], &json!({ "variables": {} })).await;
        assert!([200, 401].contains(&status), "{status}");
        status == 200
    }

    async fn takes_access_key(&self, (access_key, secret_key): (&str, &str)) -> bool {
        let path = format!("/api/Access/PublicToken?accessKey={access_key}&secretKey={secret_key}");
        let (status, _) = self.call("GET", &path, &[], &Value::Null).await;
        assert!([200, 401].contains(&status), "{status}");
        status == 200
    }

    async fn takes_client_secret(&self, secret: &str) -> bool {
        let basic = format!("Basic {}", BASE64.encode(format!("portal:{secret}").as_bytes()));
        let audience = format!("{}/v1/accounts/{TENANT}", self.server.base_url);
        let body = json!({ "grant_type": "client_credentials", "audience": audience });
        let path = format!("/v1/accounts/{TENANT}/auth/token");
        let (status, answer) = self.call("POST", &path, &[("authorization", &basic)], &body).await;
        assert!([200, 401].contains(&status), "{status}: {answer}");
        status == 200
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_opens_and_its_predecessor_works_until_it_expires() {
    let latchkey = Latchkey::with_tenant().await;
    let created = latchkey.create("api-key", &[]);
    assert!(created.logged("client.created"));
    let first = secret(&created, "api_key");
    latchkey.keeps_nothing_of(&first, &created).await;
    assert!(latchkey.takes_api_key(&first).await);

    let rotated = latchkey.rotate("600");
    assert!(rotated.logged("client.secret_rotated"));
    let second = secret(&rotated, "api_key");
    latchkey.keeps_nothing_of(&second, &rotated).await;
    assert!(latchkey.takes_api_key(&first).await && latchkey.takes_api_key(&second).await);
    latchkey.advance(601).await;
    assert!(!latchkey.takes_api_key(&first).await && latchkey.takes_api_key(&second).await);

    let third = secret(&latchkey.rotate("0"), "api_key");
    latchkey.advance(61).await;
    assert!(!latchkey.takes_api_key(&second).await && latchkey.takes_api_key(&third).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_key_with_its_secret_key_opens_and_rotates_as_a_pair() {
    let latchkey = Latchkey::with_tenant().await;
    let created = latchkey.create("access-key", &[]);
    let pair = |ran: &Ran| (secret(ran, "access_key"), secret(ran, "secret_key"));
    let first = pair(&created);
    latchkey.keeps_nothing_of(&first.1, &created).await;
    assert!(latchkey.takes_access_key((&first.0, &first.1)).await);
    let second = pair(&latchkey.rotate("600"));
    for (access_key, secret_key) in [&first, &second] {
        assert!(latchkey.takes_access_key((access_key, secret_key)).await);
    }
    assert!(!latchkey.takes_access_key((&first.0, &second.1)).await, "halves of two pairs");
    latchkey.advance(601).await;
    assert!(!latchkey.takes_access_key((&first.0, &first.1)).await);
    assert!(latchkey.takes_access_key((&second.0, &second.1)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_oauth_client_gets_tokens_for_its_grants_and_a_deleted_one_gets_none() {
    let latchkey = Latchkey::with_tenant().await;
    let third_party = r#"{"audience": "https://api.example.com", "scope": [], "type": "client_credentials"}"#;
    let created =
        latchkey.create("client-secret", &["--grant", GRANT, "--grant", third_party, "--data-scope", "names email"]);
    let first = secret(&created, "client_secret");
    latchkey.keeps_nothing_of(&first, &created).await;
    let mut shown = created.result();
    shown.as_object_mut().unwrap().remove("client_secret");
    let own = format!("{}/v1/accounts/{TENANT}", latchkey.server.base_url);
    assert_eq!(
        shown["grants"][0],
        json!({ "audience": own, "scope": ["read:accounts", "write:accounts"], "type": "any" })
    );
    assert_eq!(
        (&shown["grants"][1]["type"], &shown["data_scope"]),
        (&json!("client_credentials"), &json!("names email"))
    );
    assert_eq!(latchkey.run(&["client", "show", TENANT, "portal"]).result(), shown);
    assert_eq!(latchkey.run(&["client", "list", TENANT]).results(), [shown]);
    assert!(latchkey.takes_client_secret(&first).await);

    let second = secret(&latchkey.rotate("600"), "client_secret");
    let kept = latchkey.run(&["client", "show", TENANT, "portal"]).result()["credentials"].clone();
    assert!(kept[0]["expires_at"].is_i64() && kept[1] == json!({ "kind": "client-secret" }), "{kept}");
    assert!(latchkey.takes_client_secret(&first).await && latchkey.takes_client_secret(&second).await);

    let deleted = latchkey.run(&["client", "delete", TENANT, "portal"]);
    assert!(deleted.results().is_empty() && deleted.logged("client.deleted"));
    latchkey.advance(61).await;
    assert!(!latchkey.takes_client_secret(&second).await);
    assert_eq!(latchkey.run(&["client", "list", TENANT]).results(), [] as [Value; 0]);
    let rows = format!("{:?}", latchkey.rows().await);
    assert!(!rows.contains("\"portal\"") && !rows.contains("#portal"), "nothing of it is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_client_may_be_is_refused() {
    let latchkey = Latchkey::with_tenant().await;
    latchkey.create("api-key", &[]).result();
    let create = |more: &[&'static str]| {
        let create = ["client", "create", TENANT, "--name", "Shop"];
        create.into_iter().chain(more.iter().copied()).collect::<Vec<_>>()
    };
    let rule = "--grant and --data-scope belong to --credential client-secret, which needs one of them";
    latchkey.refuses(&create(&["--credential", "api-key", "--grant", GRANT]), rule).await;
    latchkey.refuses(&create(&["--credential", "client-secret"]), rule).await;
    let taken = create(&["--credential", "api-key", "--id", "portal"]);
    latchkey.refuses(&taken, "There is a client of this id.").await;
    let ours = create(&["--credential", "api-key", "--id", "administrator"]);
    latchkey.refuses(&ours, "client_id must not be one by which Latchkey calls itself.").await;
    latchkey.mistyped(&create(&["--credential", "password"]), "expected one of `api-key`").await;
    latchkey.mistyped(&create(&["--credential", "api-key", "--id", "a b"]), "must be 1 to 64 letters").await;
    latchkey.mistyped(&create(&["--credential", "client-secret", "--grant", "{}"]), "missing field `scope`").await;
    let unknown = create(&["--credential", "client-secret", "--data-scope", "names shoe_size"]);
    latchkey.mistyped(&unknown, "names shoe_size, which nobody can ask for").await;

    let gone = "There is no such client.";
    latchkey.refuses(&["client", "show", TENANT, "shop"], gone).await;
    latchkey.refuses(&["client", "delete", TENANT, "shop"], gone).await;
    latchkey.refuses(&["client", "rotate-secret", TENANT, "shop"], gone).await;
    let rotate = ["client", "rotate-secret", TENANT, "portal"];
    let none = [&rotate[..], &["--credential", "client-secret"]].concat();
    latchkey.refuses(&none, "This client has no client_secret.").await;
    let long = [&rotate[..], &["--previous-expires-in", "604801"]].concat();
    latchkey.refuses(&long, "previous_expires_in must be 0 to 604800 seconds.").await;
    let several = ["client", "rotate-secret", TENANT_ID, PORTAL_ID];
    latchkey.refuses(&several, "it has several kinds of credentials: name one with --credential").await;
    let issuer = format!(r#"{{"audience": "{}/another", "scope": []}}"#, latchkey.server.base_url);
    let theirs = ["client", "create", TENANT, "--name", "Shop", "--credential", "client-secret", "--grant", &issuer];
    latchkey.refuses(&theirs, "grants.audience must be yours, or this tenant's own audience here.").await;
}
