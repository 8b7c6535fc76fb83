//! Tokens that somebody made up, and tokens of one kind where another is wanted: refused at every door that takes
//! one, without a call to DynamoDB where the signature is not ours, and without one to anywhere else.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lc_rs::hmac;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use local::TENANT_ID;
use serde_json::{Value, json};
use shared::key_ring::{Algorithm, KeyRing};
use shared::types::Timestamp;

use crate::harness::{
    Answer, CUSTOMER_SCOPE, INTROSPECT, Latchkey, REVOKE, SignedInCustomer, VERIFIER, customer_grant, instance_of,
};

/// A call of the customers surface that takes a client's own token.
const CUSTOMERS: &str = "/v1/accounts/T00000001/auth/keys";
/// One that takes a third party's.
const THIRD_PARTIES: &str = "/auth/v2/session/00000000-0000-4000-8000-000000000000/decision";

fn encode(part: &Value) -> String {
    BASE64URL_NOPAD.encode(part.to_string().as_bytes())
}

fn decode(part: &str) -> Value {
    serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).expect("base64url")).expect("JSON")
}

/// What this ring's RS256 key signs: exactly these bytes of claims, under the header of our tokens.
fn sign(ring: &KeyRing, claims: &[u8]) -> String {
    let key = ring.signing_key(Algorithm::Rs256, Timestamp::from_milliseconds(i64::MAX)).expect("a key");
    let signed = format!("{}.{}", key.access_token_header(), BASE64URL_NOPAD.encode(claims));
    let signature = key.sign(signed.as_bytes()).expect("a signature");
    format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
}

/// Presents a token wherever one is taken; none may do anything, and none may be a fault of ours.
async fn refused_everywhere(latchkey: &Latchkey, token: &str) {
    assert_eq!(latchkey.introspect("local-verifier", token).await, json!({ "active": false }), "{token}");
    latchkey.revoke("local-refresh", token).await;
    if token.bytes().any(|byte| !byte.is_ascii_graphic()) {
        return;
    }
    for answer in [latchkey.check_session(token).await, latchkey.sign_out(token).await] {
        assert!([400, 401].contains(&answer.status), "{token}: {}", answer.text);
    }
    for answer in [bearer(latchkey, token).await, third_party(latchkey, token).await] {
        assert!([400, 401].contains(&answer.status), "{token}: {}", answer.text);
    }
}

async fn warm(latchkey: &Latchkey) {
    latchkey.jane().await;
    for client in ["local-verifier", "local-refresh"] {
        latchkey.introspect(client, "x").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vectors_of_wycheproof_open_nothing() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors/json_web_signature_test.json");
    let Ok(vectors) = std::fs::read_to_string(&file) else {
        eprintln!("SKIPPED: there are no vectors at {}", file.display());
        return;
    };
    let latchkey = Latchkey::start().await;
    warm(&latchkey).await;
    let vectors: Value = serde_json::from_str(&vectors).expect("JSON");
    let groups = vectors["testGroups"].as_array().expect("groups").iter();
    let tests = groups.flat_map(|group| group["tests"].as_array().expect("tests"));
    latchkey.proxy.record();
    let mut presented = 0;
    // The valid ones are no tokens of ours either.
    for jws in tests.filter_map(|test| test["jws"].as_str()).filter(|jws| !jws.is_empty()) {
        refused_everywhere(&latchkey, jws).await;
        presented += 1;
    }
    assert!(presented >= 390, "{presented}");
    assert_eq!(latchkey.proxy.operations(), Vec::<String>::new());
}

/// The tokens that are made of a good one by whoever has no key of ours.
fn forgeries(good: &str, keys: &Value, listener: &str) -> Vec<String> {
    let [header_part, claims_part, signature] = good.split('.').collect::<Vec<_>>().try_into().expect("three parts");
    let header = decode(header_part);
    let with = |change: Value| {
        let mut header = header.clone();
        header.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        encode(&header)
    };
    let kept = |header: String| format!("{header}.{claims_part}.{signature}");
    let jwk = &keys["keys"][0];
    let mut forged = Vec::new();

    for algorithm in ["none", "None", "NONE", "nOnE", "", "RS384", "PS256", "ES256", "EdDSA", "HS256", "RSA-OAEP"] {
        let header = with(json!({ "alg": algorithm }));
        forged.push(format!("{header}.{claims_part}."));
        forged.push(format!("{header}.{claims_part}"));
        forged.push(kept(header));
    }
    for algorithm in [Value::Null, json!(256), json!(["RS256"]), json!({ "alg": "RS256" })] {
        forged.push(kept(with(json!({ "alg": algorithm }))));
    }
    // Our public key as the secret of an HMAC, in every form that it is found in.
    let (modulus, exponent) = (jwk["n"].as_str().expect("n"), jwk["e"].as_str().expect("e"));
    let der = spki(&BASE64URL_NOPAD.decode(modulus.as_bytes()).expect("base64url"));
    let base64 = BASE64.encode(&der);
    let lines: Vec<_> = base64.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"));
    let thumbprint = format!(r#"{{"e":"{exponent}","kty":"RSA","n":"{modulus}"}}"#);
    let pem_bare = pem.trim_end().to_owned();
    let secrets = [pem, pem_bare, jwk.to_string(), keys.to_string(), thumbprint, modulus.to_owned(), String::new()];
    for secret in secrets.iter().map(String::as_bytes).chain([der.as_slice()]) {
        for change in [json!({ "alg": "HS256" }), json!({ "alg": "HS256", "typ": "JWT" })] {
            let signed = format!("{}.{claims_part}", with(change));
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
            forged.push(format!("{signed}.{}", BASE64URL_NOPAD.encode(tag.as_ref())));
        }
        // The algorithm that the key is for, and the tag in place of a signature.
        let signed = format!("{header_part}.{claims_part}");
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
        forged.push(format!("{signed}.{}", BASE64URL_NOPAD.encode(tag.as_ref())));
    }
    let urls = [json!({ "jku": format!("{listener}/jwks") }), json!({ "x5u": format!("{listener}/cert") })];
    let embedded = [
        json!({ "jwk": jwk }),
        json!({ "x5c": [BASE64.encode(&der)] }),
        json!({ "jku": format!("{listener}/jwks"), "kid": "theirs" }),
        json!({ "crit": ["exp"], "exp": 1 }),
        json!({ "crit": [] }),
        json!({ "b64": false, "crit": ["b64"] }),
        json!({ "b64": false }),
        json!({ "zip": "DEF" }),
        json!({ "typ": "JWT" }),
        json!({ "typ": "application/at+jwt" }),
        json!({ "typ": "AT+JWT" }),
        json!({ "cty": "JWT" }),
    ];
    forged.extend(urls.into_iter().chain(embedded).map(|change| kept(with(change))));
    let kids = [
        json!("../../../../dev/null"),
        json!("/dev/null"),
        json!("' OR '1'='1"),
        json!("x' UNION SELECT 'secret"),
        json!(format!("{listener}/key")),
        json!("key-ring"),
        json!(""),
        json!("\u{0}"),
        json!("x".repeat(2_000)),
        json!(0),
        json!([jwk["kid"]]),
        json!({ "kid": jwk["kid"] }),
        Value::Null,
        json!(true),
        keys["keys"][1]["kid"].clone(),
    ];
    forged.extend(kids.into_iter().map(|kid| kept(with(json!({ "kid": kid })))));
    // The same members written otherwise are another header.
    let (kid, texts) =
        (&jwk["kid"], [r#"{"alg":"RS256","alg":"RS256""#, r#"{ "alg":"RS256""#, r#"{"alg":"none","alg":"RS256""#]);
    for text in texts {
        let header = BASE64URL_NOPAD.encode(format!(r#"{text},"typ":"at+jwt","kid":{kid}}}"#).as_bytes());
        forged.push(kept(header));
    }
    for text in ["", "null", "[]", "{}", "\"alg\"", "{", "\u{FEFF}{}"] {
        forged.push(kept(BASE64URL_NOPAD.encode(text.as_bytes())));
    }
    forged.extend(misshapen(good));
    forged
}

/// What is not three parts of unpadded, canonical base64url.
fn misshapen(good: &str) -> Vec<String> {
    let [header, claims, signature] = good.split('.').collect::<Vec<_>>().try_into().expect("three parts");
    let last = signature.len() - 1;
    // The last character holds bits that mean nothing; a lenient decoder reads several as one.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let position = alphabet.find(&signature[last..]).expect("of the alphabet");
    let twin = &alphabet[position ^ 1..=position ^ 1];
    let standard = signature.replace('-', "+").replace('_', "/");
    let flat = json!({ "payload": claims, "protected": header, "signature": signature });
    let general = json!({ "payload": claims, "signatures": [{ "protected": header, "signature": signature }] });
    vec![
        format!("{header}.{claims}.{}{twin}", &signature[..last]),
        format!("{header}.{claims}.{signature}="),
        format!("{header}=.{claims}.{signature}"),
        format!("{header}.{claims}=.{signature}"),
        format!("{header}.{claims}.{standard}="),
        format!("{header}.{claims}.{}", &signature[..last]),
        format!("{header}.{claims}.{signature}A"),
        format!("{header}.{claims}.{signature}.{signature}"),
        format!("{header}..{signature}"),
        format!(".{claims}.{signature}"),
        format!("{header}.{claims}."),
        format!("{header}.{}.{signature}", encode(&json!({}))),
        format!("{header}. {claims}.{signature}"),
        format!("{good}\n"),
        format!("{header}.{claims}.{signature}\u{0}"),
        flat.to_string(),
        general.to_string(),
        ".".repeat(4_000),
        ".".repeat(9_000),
        format!("{header}.{}.{signature}", claims.repeat(12)),
        format!("{header}.{claims}.{}", "A".repeat(9_000)),
    ]
}

/// An RSA key of 2048 bits and exponent 65537 as `SubjectPublicKeyInfo` (RFC 5280 §4.1).
fn spki(modulus: &[u8]) -> Vec<u8> {
    assert_eq!(modulus.len(), 256);
    let head = data_encoding::HEXLOWER
        .decode(b"30820122300d06092a864886f70d01010105000382010f003082010a0282010100")
        .expect("hexadecimal");
    [head.as_slice(), modulus, &[2, 3, 1, 0, 1]].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_signed_opens_nothing_and_calls_nobody() {
    let latchkey = Latchkey::start().await;
    warm(&latchkey).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::task::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let keys = latchkey.send("GET", "/.well-known/jwks.json", &[], "").await.ok();
    let customer = latchkey.customer("local-refresh").await;
    let client = latchkey.client_access("local-backend").await;
    let third = latchkey.third_party(VERIFIER).await;
    let jane = latchkey.sign_in(crate::harness::EMAIL, crate::harness::PASSWORD).await.pair();
    latchkey.proxy.record();
    for good in [&jane.access, &customer.pair.access, &client, &third] {
        for forged in forgeries(good, &keys, &address) {
            assert_ne!(forged, *good);
            refused_everywhere(&latchkey, &forged).await;
        }
    }
    assert_eq!(latchkey.proxy.operations(), Vec::<String>::new());
    assert_eq!(connections.load(Ordering::SeqCst), 0, "nobody asked for a key");
    latchkey.check_session(&jane.access).await.ok();
    for good in [&customer.pair.access, &client, &third] {
        assert!(latchkey.is_active("local-verifier", good).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_key_of_ours_signs_no_claims_but_whole_ones() {
    let latchkey = Latchkey::start().await;
    warm(&latchkey).await;
    let ring = instance_of(&latchkey).key_ring().await.expect("a key ring");
    let customer = latchkey.customer("local-refresh").await;
    let claims = serde_json::to_value(&customer.claims).expect("JSON");
    let now = customer.claims.iat;
    assert!(latchkey.is_active("local-verifier", &sign(&ring, claims.to_string().as_bytes())).await);

    let mut bodies = Vec::new();
    for name in ["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope", "tenant", "sid"] {
        for wrong in [None, Some(Value::Null), Some(json!([])), Some(json!({})), Some(json!(true)), Some(json!(1.5))] {
            let mut claims = claims.clone();
            match wrong {
                Some(wrong) => claims[name] = wrong,
                None => drop(claims.as_object_mut().expect("an object").remove(name)),
            }
            bodies.push(claims.to_string());
        }
    }
    let times = ["exp", "iat"].into_iter().flat_map(|name| {
        let values =
            [json!(now.to_string()), json!("9999999999"), json!(1e300), json!(u64::MAX), json!(-1.0), json!("")];
        values.map(|value| (name, value))
    });
    let base = &latchkey.server.base_url;
    let others = [
        ("exp", json!(now)),
        ("exp", json!(now - 1)),
        ("exp", json!(0)),
        ("exp", json!(-1)),
        ("exp", json!(i64::MIN)),
        ("iat", json!(now + 60)),
        ("iat", json!(i64::MAX)),
        ("iss", json!("https://other.example.test")),
        ("iss", json!(format!("{base}/"))),
        ("iss", json!(base.to_ascii_uppercase())),
        ("iss", json!("")),
        ("aud", json!([customer.claims.aud])),
        ("aud", json!("")),
        ("sub", json!("local-refresh")),
        ("sub", json!("00000000-0000-4000-8000-000000000000")),
        ("sub", json!("")),
        ("sid", json!("00000000-0000-4000-8000-000000000000")),
        ("sid", json!("x")),
        ("client_id", json!("nobody")),
        ("client_id", json!("")),
        ("client_id", json!(customer.account_id.to_string())),
        ("tenant", json!("T00000002")),
        ("tenant", json!("")),
        ("tenant", json!("key-ring")),
        ("scope", json!("a\"b")),
        ("amr", json!("pwd")),
        ("auth_time", json!("now")),
        ("intermediary_id", json!("x")),
        ("customer_id", json!("")),
    ];
    for (name, wrong) in times.chain(others) {
        let mut claims = claims.clone();
        claims[name] = wrong;
        bodies.push(claims.to_string());
    }
    let whole = claims.to_string();
    let inside = whole.strip_prefix('{').expect("an object");
    bodies.extend([
        format!(r#"{{"exp":9999999999,{inside}"#),
        format!(r#"{{"sub":"local-refresh",{inside}"#),
        format!("{whole}{whole}"),
        format!("[{whole}]"),
        whole.replace('}', ""),
        String::new(),
        "null".to_owned(),
        "{}".to_owned(),
        "[".repeat(2_000),
        "{\"a\":".repeat(500),
    ]);
    let bodies: Vec<Vec<u8>> = bodies.into_iter().map(String::into_bytes).chain([b"\xff\xfe{}".to_vec()]).collect();
    for body in bodies {
        let token = sign(&ring, &body);
        let answer = latchkey.introspect("local-verifier", &token).await;
        assert_eq!(answer, json!({ "active": false }), "{}", String::from_utf8_lossy(&body));
        let answer = latchkey.check_session(&token).await;
        assert_eq!(answer.status, 401, "{}", String::from_utf8_lossy(&body));
    }
    assert!(latchkey.is_active("local-verifier", &customer.pair.access).await, "and nothing was ended by any of it");
}

async fn bearer(latchkey: &Latchkey, token: &str) -> Answer {
    latchkey.bearing(token, "GET", CUSTOMERS, &Value::Null).await
}

async fn third_party(latchkey: &Latchkey, token: &str) -> Answer {
    latchkey.bearing(token, "GET", THIRD_PARTIES, &Value::Null).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_kind_of_token_is_never_taken_for_another() {
    let latchkey = Latchkey::start().await;
    let portal = latchkey.portal().await;
    latchkey.john(&portal).await;
    let auth_key = latchkey.auth_key(&portal).await;
    let jane = latchkey.jane().await;
    let SignedInCustomer { pair, account_id, session_id, .. } = latchkey.customer("local-refresh").await;
    let client = latchkey.client_access("local-refresh").await;
    let ids = [account_id.to_string(), session_id.to_string(), TENANT_ID.to_owned(), "local-refresh".to_owned()];
    let secrets = ["local-api-key", "local-refresh-secret", &auth_key, &portal.public_key, &portal.registration_token];
    let no_access_token = [&jane.refresh, &pair.refresh].map(String::as_str).into_iter();
    let no_access_token = no_access_token.chain(secrets).chain(ids.iter().map(String::as_str));

    for token in no_access_token {
        latchkey.check_session(token).await.refused(401, "invalid_access_token");
        latchkey.sign_out(token).await.refused(401, "invalid_access_token");
        assert_eq!(bearer(&latchkey, token).await.status, 401, "{token}");
        assert_eq!(third_party(&latchkey, token).await.status, 401, "{token}");
        if *token != pair.refresh {
            assert!(!latchkey.is_active("local-refresh", token).await, "{token}");
        }
    }
    // A client's own token, and a token of another surface's person, where an intermediary's is wanted.
    for token in [&client, &pair.access] {
        latchkey.check_session(token).await.refused(401, "invalid_access_token");
        latchkey.find_account(token).await.refused(401, "invalid_access_token");
        latchkey.sign_out(token).await.refused(401, "invalid_access_token");
    }
    // A person's token where a client's own is wanted.
    assert_eq!(bearer(&latchkey, &pair.access).await.status, 403);
    bearer(&latchkey, &client).await.ok();
    // No access token re-signs, at either door.
    for token in [&client, &pair.access, &jane.access] {
        latchkey.re_sign(token).await.refused(401, "invalid_refresh_token");
        latchkey.refresh_by_form("local-refresh", token).await.refused_oauth(400, "invalid_grant");
    }
    // Nobody's refresh token works at another surface's door.
    latchkey.re_sign(&pair.refresh).await.refused(401, "invalid_refresh_token");
    latchkey.refresh_by_form("local-refresh", &jane.refresh).await.refused_oauth(400, "invalid_grant");
    // No person's token proves a client.
    for token in [&pair.access, &pair.refresh, &client] {
        for path in [INTROSPECT, REVOKE] {
            let form = [("token", client.as_str()), ("client_id", "local-refresh"), ("client_secret", token.as_str())];
            latchkey.post_form(path, &form).await.refused_oauth(401, "invalid_client");
        }
    }
    assert_eq!(customer_grant().scope.to_string(), CUSTOMER_SCOPE);
    assert!(latchkey.is_active("local-refresh", &pair.refresh).await);
    latchkey.check_session(&jane.access).await.ok();
}
