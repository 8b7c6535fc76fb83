//! From an empty table to the first calls, reached as a deployment is: by the AWS SDK and names from the environment.

use std::process::Command;

use local::Server;
use serde_json::{Value, json};

use crate::harness::{Latchkey, Ran, TENANT, command, empty, ran};

fn deployed(server: &Server) -> Command {
    let mut command = command();
    command.envs([
        ("TABLE_NAME", "latchkey"),
        ("KEY_RING_KEY", "alias/latchkey-local"),
        ("ISSUER", "https://id.example.com"),
        ("AWS_REGION", "local"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_ENDPOINT_URL_DYNAMODB", &server.dynamodb_endpoint),
        ("AWS_ENDPOINT_URL_KMS", &server.kms_endpoint),
    ]);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_table_serves_its_first_call_after_four_commands() {
    let latchkey = Latchkey::start().await;
    empty(&latchkey.server).await;
    let run = |arguments: &[&str]| ran(deployed(&latchkey.server).args(arguments));
    assert_eq!(run(&["tenant", "list"]).results(), [] as [Value; 0]);

    let created = run(&["tenant", "create", TENANT, "--display-name", "Nordlys Bank"]);
    assert_eq!(created.result()["settings"]["display_name"], "Nordlys Bank");
    assert!(created.logged("tenant.created"));
    let early = run(&["intermediary", "create", TENANT]);
    assert_eq!(early.code, Some(1));
    assert_eq!(early.messages, "error: there is no key ring yet: `latchkey key-ring init` makes it\n");

    let founded = run(&["key-ring", "init"]).result();
    assert_eq!(founded["published"].as_array().expect("kids").len(), 3);
    let before = latchkey.rows().await;
    let again = run(&["key-ring", "init"]);
    assert_eq!((again.code, again.output.as_str()), (Some(0), ""));
    assert_eq!(again.messages, "There is a key ring already.\n");
    assert!(latchkey.holds(&before).await);

    let create = ["client", "create", TENANT, "--name", "Portal", "--credential", "api-key"];
    let api_key = run(&create).result()["api_key"].as_str().expect("a key").to_owned();
    let record = run(&["intermediary", "create", TENANT]).result()["id"].as_str().expect("an id").to_owned();

    // The server read the ring that was there before.
    latchkey.advance(61).await;
    let (_, keys) = latchkey.call("GET", "/.well-known/jwks.json", &[], &Value::Null).await;
    let published = keys["keys"].as_array().expect("keys").iter().map(|key| key["kid"].clone());
    let (mut published, mut founded) =
        (published.collect::<Vec<_>>(), founded["published"].as_array().unwrap().clone());
    published.sort_by_key(Value::to_string);
    founded.sort_by_key(Value::to_string);
    assert_eq!(published, founded);
    let jane = json!({ "email": "jane.broker@example.com", "password": "123QW@qwe!", "intermediaryId": record });
    let key = [("api-key", api_key.as_str())];
    assert_eq!(latchkey.call("POST", "/intermediaries/accounts", &key, &jane).await.0, 200);
    assert_eq!(latchkey.call("POST", "/intermediaries/sessions", &key, &jane).await.0, 200);
    let listed = run(&["tenant", "list"]).results();
    assert_eq!(listed, [json!({ "id": TENANT, "name": "Nordlys Bank" })]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_named() {
    let refused = |ran: Ran, line: &str| {
        assert_eq!((ran.code, ran.output.as_str()), (Some(1), ""), "{ran:?}");
        assert_eq!(ran.messages, format!("error: {line}\n"));
    };
    let latchkey = Latchkey::start().await;
    let hint = "name the deployment: --table or TABLE_NAME, or --local for this machine's";
    refused(ran(command().args(["tenant", "list"])), hint);
    let mut no_region = deployed(&latchkey.server);
    refused(ran(no_region.env_remove("AWS_REGION").args(["tenant", "list"])), "AWS_REGION must be set");
    let mut plain = deployed(&latchkey.server);
    let plain = plain.env("ISSUER", "http://id.example.com").args(["tenant", "list"]);
    refused(ran(plain), "ISSUER must be an https URL without a path");
    let mut elsewhere = deployed(&latchkey.server);
    let elsewhere = ran(elsewhere.args(["--table", "another", "tenant", "list"]));
    refused(elsewhere, "Something failed on our side. (Query: ResourceNotFoundException)");
    let mut nowhere = deployed(&latchkey.server);
    let nowhere = nowhere.env("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9").args(["tenant", "list"]);
    refused(ran(nowhere), "The service cannot answer just now. Try again. (Query: no connection)");
    let line = "/no/such/folder holds no data of the local server; `cargo run` makes some";
    refused(ran(command().args(["--local=/no/such/folder", "tenant", "list"])), line);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_dropped_at_once_and_an_unknown_one_is_an_error() {
    let latchkey = Latchkey::start().await;
    let kids = async || {
        let (_, keys) = latchkey.call("GET", "/.well-known/jwks.json", &[], &Value::Null).await;
        let kids = keys["keys"].as_array().expect("keys").iter().map(|key| key["kid"].as_str().unwrap().to_owned());
        kids.collect::<Vec<_>>()
    };
    assert_eq!(latchkey.run(&["key-ring", "rotate"]).result(), json!({ "published": [], "dropped": [] }));
    latchkey.refuses(&["key-ring", "drop", "no-such-key"], "No key that is published has this kid.").await;
    let kid = kids().await.remove(0);
    let dropped = latchkey.run(&["key-ring", "drop", &kid]).result();
    assert_eq!(dropped["dropped"], json!([kid]));
    latchkey.advance(61).await;
    let left = kids().await;
    assert!(!left.contains(&kid) && left.contains(&dropped["published"][0].as_str().unwrap().to_owned()), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_folder_of_a_stopped_server_is_administered_all_the_same() {
    let latchkey = Latchkey::start().await;
    let Latchkey { server, folder, .. } = latchkey;
    server.stop().await;
    let local = format!("--local={}", folder.0.display());
    let listed = ran(command().args([&local, "tenant", "list"])).results();
    assert_eq!(listed, [json!({ "id": "T00000001", "name": "Nordlys Bank" })]);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_secrets_sign_everybody_out_and_a_new_pepper_nobody() {
    let latchkey = Latchkey::start().await;
    let headers = [("api-key", local::API_KEY)];
    let sessions = "/intermediaries/sessions";
    let jane = json!({ "email": "jane.broker@example.com", "password": "123QW@qwe!" });
    let mut opened = jane.clone();
    opened["intermediaryId"] = local::INTERMEDIARY_ID.into();
    let (_, pair) = latchkey.call("POST", "/intermediaries/accounts", &headers, &opened).await;
    let refresh = pair["refreshToken"].as_str().expect("a token").to_owned();
    let headers_of = |token| [("api-key", local::API_KEY), ("accountRefreshToken", token)];

    assert_eq!(latchkey.run(&["key-ring", "renew-pepper"]).result()["renewed"], "pepper");
    latchkey.advance(61).await;
    let (status, pair) = latchkey.call("POST", sessions, &headers_of(&refresh), &Value::Null).await;
    assert_eq!(status, 200, "{pair}");
    let refresh = pair["refreshToken"].as_str().expect("a token").to_owned();

    let renewed = latchkey.run(&["key-ring", "renew-secrets"]);
    assert!(renewed.result()["renewed"] == "secrets" && renewed.messages.contains("\"secrets.renewed\""));
    latchkey.advance(61).await;
    let before = latchkey.rows().await;
    assert_eq!(latchkey.call("POST", sessions, &headers_of(&refresh), &Value::Null).await.0, 401);
    assert!(latchkey.holds(&before).await);
    assert_eq!(latchkey.call("POST", sessions, &headers, &jane).await.0, 200);
}
