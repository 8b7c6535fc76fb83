//! What the folders, the template, the events and the code say of each other.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use local::{FUNCTIONS, Function, OPERATIONS, Operation, Template};

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

pub fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn folders(path: PathBuf) -> Vec<String> {
    let entries = std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry"));
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut names: Vec<_> = folders.map(|entry| entry.file_name().into_string().expect("a name")).collect();
    names.sort();
    names
}

/// The name and logical id of every function that this process runs.
pub fn known() -> Vec<(&'static str, String)> {
    let routed = FUNCTIONS.iter().map(|function| (function.name, function.logical_id()));
    routed.chain(OPERATIONS.iter().map(|operation| (operation.name, operation.logical_id()))).collect()
}

/// `(folder, name)` of every function: `functions/intermediaries/sign-in` is `intermediary-sign-in`.
fn functions() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for surface in folders(root().join("functions")) {
        let singular = surface.strip_suffix("ies").map(|stem| format!("{stem}y"));
        let singular = singular.or_else(|| surface.strip_suffix('s').map(str::to_owned)).expect("a plural");
        for verb in folders(root().join("functions").join(&surface)) {
            found.push((format!("functions/{surface}/{verb}"), format!("{singular}-{verb}")));
        }
    }
    found
}

#[test]
fn one_name_in_six_places() {
    let (template, readme, yaml) = (Template::built_in().unwrap(), read("README.md"), read("template.yaml"));
    let functions = functions();
    for (folder, name) in &functions {
        let manifest = read(&format!("{folder}/Cargo.toml"));
        assert_eq!(manifest.matches(&format!("name = \"{name}\"")).count(), 2, "{folder}: package and binary");
        let function = known().into_iter().find(|(known, _)| known == name);
        let (_, id) = function.unwrap_or_else(|| panic!("{name} is not in FUNCTIONS or OPERATIONS"));
        assert!(template.functions.contains(&id), "{id} is not in template.yaml");
        assert!(yaml.contains(&format!("CodeUri: {folder}")) || yaml.contains(&format!("Binary: {name}")), "{folder}");
        read(&format!("events/{name}.json"));
        let routes = template.routes.iter().filter(|route| route.function == id);
        let schedules = template.schedules.iter().filter(|schedule| schedule.function == id);
        let routes = routes.map(|route| format!("`{} {}`", route.method, route.path));
        let cells = routes.chain(schedules.map(|schedule| format!("`{}`", schedule.expression)));
        for cell in cells.chain(template.streams.iter().filter(|reader| **reader == id).map(|_| STREAM.to_owned())) {
            let row = readme.lines().find(|line| line.starts_with('|') && line.contains(&format!("`{name}`")));
            assert!(row.is_some_and(|row| row.contains(&cell)), "README: no row for {name} with {cell}");
            let code = read(&format!("{folder}/src/lib.rs"));
            let begins = code.lines().take_while(|line| line.starts_with("//! ")).collect::<String>();
            assert!(begins.contains(&cell), "{folder}/src/lib.rs begins with its routes: {cell}");
        }
        assert_eq!(read(&format!("{folder}/src/main.rs")).lines().count(), 3, "{folder}/src/main.rs");
    }
    let named: BTreeSet<_> = functions.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(known().iter().map(|(name, _)| *name).collect::<BTreeSet<_>>(), named);
    let ids: BTreeSet<_> = known().into_iter().map(|(_, id)| id).collect();
    assert_eq!(template.functions.iter().cloned().collect::<BTreeSet<_>>(), ids);
    let scheduled = template.schedules.iter().map(|schedule| schedule.function.clone());
    let (routed, invoked): (BTreeSet<_>, BTreeSet<_>) = (
        template.routes.iter().map(|route| route.function.clone()).collect(),
        scheduled.chain(template.streams.iter().cloned()).collect(),
    );
    assert_eq!(routed, FUNCTIONS.iter().map(Function::logical_id).collect(), "a request leads to each");
    assert_eq!(invoked, OPERATIONS.iter().map(Operation::logical_id).collect(), "each has a schedule or a stream");
}

/// How a function is told that reads the table's changes.
const STREAM: &str = "the table's stream";

#[test]
fn nothing_that_is_ignored_is_committed() {
    let mut git = Command::new("git");
    let listed = git.args(["ls-files", "-ci", "--exclude-standard"]).current_dir(root()).output();
    // A copy without git or its history has nothing to look at.
    let Ok(listed) = listed else { return };
    assert_eq!(String::from_utf8_lossy(&listed.stdout), "");
}

#[test]
fn no_source_file_is_over_400_lines() {
    let mut folders =
        ["shared/src", "local/src", "local/tests", "admin", "functions"].map(|folder| root().join(folder)).to_vec();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                let lines = std::fs::read_to_string(&entry).expect("text").lines().count();
                assert!(lines <= 400, "{}: {lines}", entry.display());
            }
        }
    }
}

#[test]
fn cargo_lambda_builds_the_functions_and_nothing_else() {
    let quoted = |text: &str| text.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let manifest = read("Cargo.toml");
    let list = |name: &str| {
        let line = manifest.lines().find_map(|line| line.strip_prefix(&format!("{name} = [")));
        quoted(line.unwrap_or_else(|| panic!("Cargo.toml: {name}")))
    };
    let others = list("members").into_iter().filter(|member| !member.starts_with("functions/"));
    let manifests = others.map(|member| read(&format!("{member}/Cargo.toml")));
    let with_a_binary = manifests.filter(|manifest| manifest.contains("[[bin]]"));
    let names = with_a_binary.map(|manifest| quoted(&manifest).remove(0));
    assert_eq!(names.collect::<BTreeSet<_>>(), list("exclude").into_iter().collect());
}
