use std::collections::BTreeSet;
use std::time::Duration;

use local::TENANT_ID;
use shared::account::{Account, Owner};
use shared::store::Imported;
use shared::types::{AccountId, Email, Identifier, Timestamp};

use crate::command::{Folder, empty, import, program, run};
use crate::harness::{Fault, Latchkey};

const LEADS: u8 = 120;

/// Leads with an e-mail address each, past HTTP, because there are many.
async fn many_leads(latchkey: &Latchkey) {
    let now = Timestamp::from_milliseconds(1_800_000_000_000);
    let tenant = TENANT_ID.to_owned().try_into().expect("a tenant");
    for number in 0..LEADS {
        let email = Email::try_from(format!("lead-{number}@example.com")).expect("an address");
        let identifier = Identifier::email(&email);
        let owner = Owner::Lead { fields: [].into() };
        let account = Account {
            identifiers: [(identifier.field.clone(), identifier.canonical().to_owned())].into(),
            email: Some(email),
            ..Account::blank(AccountId::from_bytes([number; 16]), owner, now)
        };
        let put = latchkey.table.store().import_account(&tenant, &account, now).await.expect("put");
        assert_eq!(put, Imported::Done);
    }
}

async fn emails(latchkey: &Latchkey) -> BTreeSet<String> {
    let accounts = latchkey.table.rows_of("account").await;
    accounts.iter().map(|row| row["email"].as_s().unwrap().clone()).collect()
}

/// Runs the program and kills it where it waits for the answer to this call to DynamoDB.
async fn kill_at(deployment: &Latchkey, call: usize, arguments: &[&str]) {
    deployment.proxy.cut(call, Fault::Hang);
    let mut program = program(deployment, arguments).spawn().expect("it starts");
    while deployment.proxy.count() <= call {
        assert_eq!(program.try_wait().expect("a state"), None, "it did not end before");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    program.kill().expect("killed");
    program.wait().expect("it ends");
    deployment.proxy.heal();
}

#[tokio::test(flavor = "multi_thread")]
async fn both_commands_go_on_where_they_were_killed() {
    let (old, new, folder) = (Latchkey::start().await, empty().await, Folder::new("interrupted"));
    many_leads(&old).await;
    let (to, key) = (folder.file("tenant"), folder.file("key"));
    let arguments = ["export", "--tenant", TENANT_ID, "--to", &to, "--recipient", &folder.recipient, "--rows", "20"];
    kill_at(&old, 7, &arguments).await;
    assert!(!folder.has("tenant") && folder.has("tenant.part"), "an unfinished export has another name");
    let checkpoint = String::from_utf8(folder.read("tenant.checkpoint")).expect("text");
    assert!(!checkpoint.contains("lead-") && !checkpoint.contains(TENANT_ID), "sealed");
    // Half a part, as it lies there when the machine goes down in the middle of writing.
    let mut half = folder.read("tenant.part");
    half.extend([0, 0, 1, 0, b'a', b'g', b'e']);
    folder.write("tenant.part", &half);

    let another = folder.write_key("another");
    let arguments_for_another = ["export", "--tenant", TENANT_ID, "--to", &to, "--recipient", &another, "--rows", "20"];
    let refused = run(&old, &arguments_for_another).await;
    assert!(refused.status == 1 && refused.told.contains("is of another tenant or recipient"), "{refused:?}");

    let done = run(&old, &arguments).await;
    assert_eq!(done.ok()["accounts"], u64::from(LEADS), "{done:?}");
    assert!(done.told.starts_with("The export goes on after "), "{}", done.told);
    assert!(folder.has("tenant") && !folder.has("tenant.part") && !folder.has("tenant.checkpoint"));
    let refused = run(&old, &arguments).await;
    refused.refused(&format!("{to} is there already"));

    let arguments = ["import", "--from", &to, "--identity", &key];
    kill_at(&new, 60, &arguments).await;
    let (some, all) = (emails(&new).await, emails(&old).await);
    assert!(some.is_subset(&all) && some.len() < all.len(), "killed in the middle: {} of {}", some.len(), all.len());
    assert!(new.table.rows_of("client#").await.is_empty(), "nobody is let in yet");
    let identifiers = new.table.rows_of("identifier").await;
    assert_eq!(identifiers.len(), some.len(), "no account is half there");

    let done = import(&new, &folder, "tenant").await;
    assert_eq!(done.ok()["refused"], 0, "{done:?}");
    assert_eq!(emails(&new).await, all);
    assert_eq!(new.table.rows_of("identifier").await.len(), all.len());
}
