//! How a client proves itself, and what is no request: alike at the three endpoints.

use local::{API_KEY, AUDIENCE, TENANT_ID};
use shared::store::GrantType;

use crate::harness::{INTROSPECT, Latchkey, OTHER_TENANT, REVOKE, TOKEN, basic, form};

/// Each with what makes a sound request of it.
const ENDPOINTS: [(&str, (&str, &str)); 3] =
    [(TOKEN, ("grant_type", "client_credentials")), (INTROSPECT, ("token", "x")), (REVOKE, ("token", "x"))];
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const ID: (&str, &str) = ("client_id", "local-backend");
const SECRET: (&str, &str) = ("client_secret", "local-backend-secret");

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_comes_in_the_header_or_in_the_form() {
    let latchkey = Latchkey::start().await;
    for (path, asked) in ENDPOINTS {
        assert_eq!(latchkey.oauth("local-backend", path, &[asked]).await.status, 200);
        assert_eq!(latchkey.oauth("local-backend", path, &[asked, ID]).await.status, 200, "naming itself again");
        assert_eq!(latchkey.post_form(path, &[asked, ID, SECRET]).await.status, 200);
        let lower = basic("local-backend").replace("Basic ", "basic ");
        let kind = ("content-type", "Application/X-WWW-Form-Urlencoded; charset=UTF-8");
        assert_eq!(latchkey.send("POST", path, &[("authorization", &lower), kind], form(&[asked])).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_ways_at_once_are_no_request() {
    let latchkey = Latchkey::start().await;
    let assertion = ("client_assertion", "a.b.c");
    let kind = ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    for (path, asked) in ENDPOINTS {
        for more in [&[SECRET][..], &[ID, SECRET], &[assertion, kind], &[kind], &[("client_id", "local-no-mfa")]] {
            let answer = latchkey.oauth("local-backend", path, &[&[asked], more].concat()).await;
            answer.refused_oauth(400, "invalid_request");
        }
        let answer = latchkey.post_form(path, &[asked, ID, SECRET, assertion, kind]).await;
        answer.refused_oauth(400, "invalid_request");
        let header = basic("local-backend");
        let twice = [("authorization", header.as_str()), ("authorization", header.as_str()), FORM];
        latchkey.send("POST", path, &twice, form(&[asked])).await.refused_oauth(400, "invalid_request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_prove_itself_gets_one_answer() {
    for (path, asked) in ENDPOINTS {
        let latchkey = Latchkey::start().await;
        let access = latchkey.client_access("local-backend").await;
        let bearer = format!("Bearer {access}");
        let mut answers = Vec::new();
        for authorization in [
            "Basic",
            "Basic !",
            "Basic bG9jYWwtYmFja2VuZA==",
            &bearer,
            &basic("nobody"),
            &basic("local-portal"),
            &basic("local-backend").replace("Basic ", "Digest "),
            API_KEY,
        ] {
            let headers = [("authorization", authorization), FORM];
            answers.push(latchkey.send("POST", path, &headers, form(&[asked])).await);
        }
        for credentials in [
            &[][..],
            &[ID],
            &[SECRET],
            &[ID, ("client_secret", "")],
            &[ID, ("client_secret", "wrong")],
            &[ID, ("client_secret", "local-no-mfa-secret")],
            &[("client_id", "nobody"), SECRET],
            &[("client_id", "local-portal"), ("client_secret", API_KEY)],
            &[("client_id", "local\nbackend"), SECRET],
            &[ID, ("client_assertion", "a.b.c")],
        ] {
            answers.push(latchkey.post_form(path, &[&[asked], credentials].concat()).await);
        }
        let descriptions: Vec<_> = answers.iter().map(|answer| answer.refused_oauth(401, "invalid_client")).collect();
        assert!(descriptions.iter().all(|description| *description == descriptions[0]), "{descriptions:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_secrets_are_counted_by_their_source() {
    let latchkey = Latchkey::start().await;
    latchkey.begin_window(60).await;
    for number in 0..20 {
        let (path, asked) = ENDPOINTS[number % 3];
        let wrong = ("client_secret", "wrong");
        latchkey.post_form(path, &[asked, ID, wrong]).await.refused_oauth(401, "invalid_client");
    }
    for (path, asked) in ENDPOINTS {
        let answer = latchkey.post_form(path, &[asked, ID, ("client_secret", "wrong")]).await;
        answer.refused_oauth(429, "too_many_requests");
        assert!(answer.header("retry-after").is_some());
        assert_eq!(latchkey.oauth("local-backend", path, &[asked]).await.status, 200, "a right one is not held up");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_form_or_no_post_is_refused_without_a_call() {
    let latchkey = Latchkey::start().await;
    latchkey.client_access("local-backend").await;
    let header = basic("local-backend");
    let authorized = ("authorization", header.as_str());
    latchkey.proxy.record();
    for (path, asked) in ENDPOINTS {
        for method in ["GET", "PUT", "DELETE", "PATCH"] {
            let in_query = format!("{path}?{}", form(&[asked, ID, SECRET]));
            let answer = latchkey.send(method, &in_query, &[authorized, FORM], form(&[asked])).await;
            answer.refused_oauth(405, "invalid_request");
            assert_eq!(answer.header("allow"), Some("POST"));
        }
        for kind in ["application/json", "text/plain", "multipart/form-data", "application/x-www-form-urlencodedx", ""]
        {
            let headers = [authorized, ("content-type", kind)];
            let answer = latchkey.send("POST", path, &headers, form(&[asked])).await;
            let description = answer.refused_oauth(415, "invalid_request");
            assert!(description.contains("application/x-www-form-urlencoded"), "{description}");
        }
        let sound = form(&[asked]);
        let (large, huge) = (vec![b'x'; 16 * 1024 + 1], vec![b'x'; 1024 * 1024]);
        let bodies: [(Vec<u8>, u16); 9] = [
            (Vec::new(), 400),
            (b"&&&=&==".to_vec(), 400),
            (format!("{sound}&{sound}").into(), 400),
            (format!("{sound}&unknown=1&unknown=2").into(), 400),
            (format!("{sound}&client_id=local-backend&client_id=local-backend").into(), 400),
            (format!("{sound}&scope=%ff").into(), 400),
            ([sound.as_bytes(), b"&\xff\xfe=1"].concat(), 400),
            (large, 413),
            (huge, 413),
        ];
        for (body, status) in bodies {
            latchkey.send("POST", path, &[authorized, FORM], body).await.refused_oauth(status, "invalid_request");
        }
        // A query is no place for a token or a secret.
        let in_query = format!("{path}?{}", form(&[asked]));
        latchkey.send("POST", &in_query, &[authorized, FORM], "").await.refused_oauth(400, "invalid_request");
    }
    assert_eq!(latchkey.proxy.operations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_client_sees_and_ends_nothing() {
    let latchkey = Latchkey::start().await;
    latchkey.another_client(OTHER_TENANT, "stranger", &[(AUDIENCE, "a", GrantType::Any)]).await;
    let customer = latchkey.customer("local-refresh").await;
    let (client, jane) = (latchkey.client_access("local-backend").await, latchkey.jane().await);
    for token in [&customer.pair.access, &customer.pair.refresh, &client, &jane.access, &jane.refresh] {
        assert!(!latchkey.is_active("stranger", token).await);
        latchkey.revoke("stranger", token).await;
    }
    latchkey.refresh_by_form("stranger", &customer.pair.refresh).await.refused_oauth(400, "invalid_grant");
    for token in [&customer.pair.access, &client, &jane.access] {
        assert!(latchkey.is_active("local-verifier", token).await);
    }
    latchkey.refresh_by_form("local-refresh", &customer.pair.refresh).await.oauth_pair();
    assert_eq!(latchkey.introspect("local-verifier", &client).await["tenant"], TENANT_ID);
    // An audience of another tenant's does not lead there: the token says which tenant it is of.
    let foreign = latchkey.client_access("stranger").await;
    assert!(!latchkey.is_active("local-verifier", &foreign).await);
    assert!(latchkey.is_active("stranger", &foreign).await);
}
