//! The README's first calls, run by a shell as they stand but for the port.

use std::process::Command;

use serde_json::{Value, json};

use crate::harness::Latchkey;

/// The shell blocks between the marker and the next text that mentions the start page.
fn first_calls() -> String {
    let readme = include_str!("../../../README.md");
    let calls = readme.split_once("<!-- first calls").expect("the marker").1;
    let calls = calls.split_once("The start page").expect("the text after them").0;
    script(calls.split("```sh\n").skip(1).filter_map(|block| block.split_once("```")))
}

/// One script that prints a line between the blocks.
fn script<'a>(blocks: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    blocks.flat_map(|(block, _)| [block, "\necho; echo ----\n"]).collect()
}

fn run(script: &str) -> Vec<String> {
    let output = Command::new("bash").args(["-c", script]).output().expect("bash runs");
    let text = String::from_utf8(output.stdout).expect("text");
    text.split("----\n").map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_calls_work_as_pasted() {
    let latchkey = Latchkey::start().await;
    let script = first_calls().replace("http://127.0.0.1:3000", &latchkey.server.base_url);
    let answers = tokio::task::spawn_blocking(move || run(&script)).await.expect("the script ends");
    let [created, signed_in, by_code, invited, lead, customer, transfer, _end] = answers.as_slice() else {
        panic!("seven blocks: {answers:#?}")
    };
    assert!(customer.starts_with("{\"customer_id\":"), "{customer}");
    assert!(customer.contains("}{\"access_token\":") && customer.contains("\"refresh_token\":\"lkr_"), "{customer}");
    assert!(created.starts_with("HTTP/1.1 200 OK") && created.contains("x-digifi-account: "), "{created}");
    assert!(signed_in.contains("\"email\":\"jane.broker@example.com\"") && signed_in.contains("lkr_"), "{signed_in}");
    assert!(by_code.starts_with("{}{\"accessToken\":"), "{by_code}");
    assert!(invited.starts_with("{\"accountId\":") && invited.contains("}{\"accessToken\":"), "{invited}");
    let [registered, by_tax_number] = ["\"Message\":\"Registration Successful\"}", "{\"AuthKey\":\""];
    assert!(lead.contains(&format!("{registered}{by_tax_number}")), "{lead}");
    assert!(transfer.contains("\"status\":\"Initialized\"") && transfer.contains("/authorize/lkt_"), "{transfer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_start_pages_calls_work_as_pasted() {
    let latchkey = Latchkey::start().await;
    let page = latchkey.send("GET", "/", &[], "").await.text;
    let page = page.replace("&amp;", "&");
    let script = script(page.split("<pre>").skip(1).filter_map(|block| block.split_once("</pre>")));
    let answers = tokio::task::spawn_blocking(move || run(&script)).await.expect("the script ends");
    let [created, signed_in, checked, re_signed, by_code, signed_out, leads @ ..] = answers.as_slice() else {
        panic!("six blocks and the leads': {answers:#?}")
    };
    assert!(created.starts_with("HTTP/1.1 200 OK"), "{created}");
    assert_eq!(signed_in, "\n");
    assert!(checked.starts_with("{}{\"id\":"), "{checked}");
    assert!(re_signed.starts_with("{\"accessToken\":"), "{re_signed}");
    assert!(by_code.starts_with("{}{\"accessToken\":"), "{by_code}");
    assert_eq!(signed_out, "{}\n");
    let [keys, registered, signed_in, forgot, token, created, customer, mfa, asked, decision, _end] = leads else {
        panic!("four blocks, four and two: {leads:#?}")
    };
    assert_eq!(keys, "\n");
    assert!(registered.starts_with("{\"LeadId\":"), "{registered}");
    assert_eq!(signed_in.matches("{\"AuthKey\":").count(), 2, "{signed_in}");
    assert!(forgot.starts_with("{\"Status\":\"Success\"") && forgot.contains("TemporaryPassword="), "{forgot}");
    assert_eq!(token, "\n");
    assert!(created.starts_with("{\"customer_id\":"), "{created}");
    assert!(customer.starts_with("{\"access_token\":"), "{customer}");
    assert!(mfa.starts_with("{\"access_token\":") && !mfa.contains("error"), "{mfa}");
    assert!(asked.starts_with("Open http://") && asked.contains("/authorize/lkt_"), "{asked}");
    assert!(decision.contains("\"user_data\":{}"), "{decision}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_profile_that_is_shown_is_taken_as_it_stands() {
    let latchkey = Latchkey::start().await;
    let readme = include_str!("../../../README.md");
    let profile = readme.split_once("```json\n{\"picture\"").expect("the profile").1;
    let profile = format!("{{\"picture\"{}", profile.split_once("```").expect("its end").0);
    let profile: Value = serde_json::from_str(&profile).expect("JSON");
    let made = latchkey.create_customer(&json!({ "email": "kari@example.com", "profile": profile })).await.ok();
    assert_eq!(made["profile"], profile);
}
