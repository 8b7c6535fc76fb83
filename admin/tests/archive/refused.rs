use local::TENANT_ID;

use crate::command::{Folder, empty, export, import, import_with, run};
use crate::harness::Latchkey;

/// Where each part of an export begins, and where the file ends.
fn parts(file: &[u8]) -> Vec<usize> {
    let mut at = b"latchkey-export 1\n".len();
    let mut places = vec![at];
    while at < file.len() {
        let length = u32::from_be_bytes(file[at..at + 4].try_into().unwrap());
        at += 4 + usize::try_from(length).unwrap();
        places.push(at);
    }
    places
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_whole_or_not_ours_changes_nothing() {
    let (old, new, folder) = (Latchkey::start().await, empty().await, Folder::new("refused"));
    old.jane().await;
    export(&old, &folder, "tenant").await.ok();
    let other = export(&old, &folder, "tenant-again").await;
    let of_another = other.ok()["digest"].as_str().expect("a digest");
    let (whole, again) = (folder.read("tenant"), folder.read("tenant-again"));
    let (places, of_again) = (parts(&whole), parts(&again));
    assert_eq!(places.len(), 4, "head, one page, footer");
    let rows = new.table.rows().await;

    let cut_off = [places[0], places[1], places[2], places[1] + 2, places[1] + 100, whole.len() - 1];
    for length in cut_off {
        folder.write("cut", &whole[..length]);
        import(&new, &folder, "cut").await.refused("the file is cut off");
    }
    for at in [places[0] + 200, places[1] - 1, places[1] + 300, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        folder.write("changed", &changed);
        let ran = import(&new, &folder, "changed").await;
        assert!(ran.status == 1 && ran.told.starts_with("error: the file was changed: part "), "{at}: {ran:?}");
        assert_eq!(ran.told.lines().count(), 1);
    }
    // Whole parts, left out, twice, and of another export.
    let between = |places: &[usize], part: usize| places[part]..places[part + 1];
    let head = &whole[..places[1]];
    let moved = [
        [head, &whole[between(&places, 2)]].concat(),
        [head, &whole[between(&places, 1)], &whole[between(&places, 1)], &whole[between(&places, 2)]].concat(),
        [head, &again[between(&of_again, 1)], &whole[between(&places, 2)]].concat(),
        [&whole, &whole[between(&places, 2)]].concat(),
    ];
    for file in moved {
        folder.write("moved", &file);
        let ran = import(&new, &folder, "moved").await;
        assert!(ran.status == 1 && ran.told.starts_with("error: the file was changed: part "), "{ran:?}");
    }
    folder.write_key("another");
    let line = "the file is encrypted for another key than the identity's";
    import_with(&new, &folder, "tenant", "another").await.refused(line);
    let no_key = folder.write("no-key", b"age1...");
    let line = format!("{no_key} holds no X25519 identity of age (AGE-SECRET-KEY-1...)");
    import_with(&new, &folder, "tenant", "no-key").await.refused(&line);
    let other_file = folder.write("other-file", b"PK\x03\x04");
    import(&new, &folder, "other-file").await.refused(&format!("{other_file} is no export of this version"));
    let tenant = folder.file("tenant");
    run(&new, &["import", "--from", &tenant, "--plain"]).await.refused("the file is encrypted: name the --identity");
    let key = folder.file("key");
    let arguments = ["import", "--from", &tenant, "--identity", &key, "--digest", of_another];
    run(&new, &arguments).await.refused("the file is another export: its digest is not the one that was named");
    assert_eq!(new.table.rows().await, rows, "nothing was written");

    let (to, recipient) = (folder.file("nobody"), folder.recipient.as_str());
    let ran = run(&old, &["export", "--tenant", "T99999999", "--to", &to, "--recipient", recipient]).await;
    ran.refused("there is no tenant T99999999");
    let ran = run(&old, &["export", "--tenant", TENANT_ID, "--to", &to, "--recipient", "age1nobody"]).await;
    assert!(ran.status == 2 && ran.told.contains("no X25519 recipient of age"), "{ran:?}");
    assert!(!folder.has("nobody") && !folder.has("nobody.part"));
}
