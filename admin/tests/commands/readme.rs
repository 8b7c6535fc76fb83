//! What the README shows of the commands, run by a shell as it stands but for where the server and its folder are.

use std::process::Command;

use crate::harness::Latchkey;

/// The shell blocks between the marker and the next text about deployments.
fn script() -> String {
    let readme = include_str!("../../../README.md");
    let section = readme.split_once("<!-- administration").expect("the marker").1;
    let section = section.split_once("On a deployment").expect("the text after them").0;
    let blocks = section.split("```sh\n").skip(1).filter_map(|block| block.split_once("```"));
    blocks.flat_map(|(block, _)| [block, "echo ----\n"]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_work_as_pasted() {
    let latchkey = Latchkey::start().await;
    let own = "cargo run --quiet -p admin -- --local \"$@\"";
    let url = &latchkey.server.base_url;
    let here = format!("{} --local={} \"$@\"", env!("CARGO_BIN_EXE_latchkey"), latchkey.folder.0.display());
    let script = script();
    assert!(script.contains(own), "{script}");
    let script = format!("set -e\n{}", script.replace(own, &here).replace("http://127.0.0.1:3000", url));
    let run = || Command::new("bash").args(["-c", &script]).output();
    let output = tokio::task::block_in_place(run).expect("bash runs");
    assert!(output.status.success(), "{output:?}");
    let answers = String::from_utf8(output.stdout).expect("text");
    let [made, people, clients, _end] = answers.split("----\n").collect::<Vec<_>>().try_into().expect("three blocks");
    assert!(made.contains("\"display_name\":\"Harbour Bank\"") && made.contains("{\"accessToken\":"), "{made}");
    for part in ["\"session_id\":", "\"status\":\"blocked\"", "\"status\":\"active\"", "\"accountId\":"] {
        assert!(people.contains(part), "{part}: {people}");
    }
    for part in ["\"client_secret\":", "\"expires_at\":", "\"signing_algorithm\":\"ES256\""] {
        assert!(clients.contains(part), "{part}: {clients}");
    }
}
