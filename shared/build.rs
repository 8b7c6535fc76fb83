//! Packs the common passwords into two automata that `password/common.rs` embeds.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;
use std::{env, fs};

const LIST: &str = "data/common-passwords.txt";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={LIST}");
    let list = fs::read_to_string(LIST)?;
    #[expect(clippy::disallowed_methods, reason = "a build script's settings come from cargo")]
    let out = env::var("OUT_DIR")?;
    pack(list.lines().map(str::to_owned).collect(), &Path::new(&out).join("common-passwords.fst"))?;
    pack(list.lines().map(str::to_lowercase).collect(), &Path::new(&out).join("common-passwords-folded.fst"))
}

fn pack(sorted: BTreeSet<String>, file: &Path) -> Result<(), Box<dyn Error>> {
    fs::write(file, fst::Set::from_iter(sorted)?.into_fst().into_inner())?;
    Ok(())
}
