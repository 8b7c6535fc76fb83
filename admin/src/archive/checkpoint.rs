use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use shared::app::App;
use shared::store::TablePlace;
use shared::types::TenantId;

use crate::Failure;

/// How far an export has come. It lies beside the file, sealed under the key ring, because the place in the table may
/// name people.
#[derive(Serialize, Deserialize)]
pub(super) struct Checkpoint {
    pub tenant_id: TenantId,
    pub recipient: String,
    pub export: String,
    /// Of the file, with the last whole part.
    pub bytes: u64,
    pub parts: u32,
    pub lines: u64,
    pub accounts: u64,
    pub digest: String,
    /// Where the next rows are; `None` once all are written.
    pub next: Option<TablePlace>,
    /// Whether any page of the table was written.
    pub has_begun: bool,
}

const CONTEXT: &str = "export checkpoint";

impl Checkpoint {
    /// `None` when there is none.
    pub(super) async fn read(file: &Path, app: &App) -> Result<Option<Self>, Failure> {
        if !file.exists() {
            return Ok(None);
        }
        let sealed = fs::read_to_string(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
        let unusable = || format!("{} is no checkpoint of this deployment; delete it to begin anew", file.display());
        let json = app.key_ring().await?.unseal(CONTEXT, &sealed).map_err(|_| unusable())?;
        Ok(Some(serde_json::from_slice(&json).map_err(|_| unusable())?))
    }

    /// Written whole or not at all.
    pub(super) async fn write(&self, file: &Path, app: &App) -> Result<(), Failure> {
        let json = serde_json::to_vec(self).map_err(|_| "the checkpoint has no JSON form".to_owned())?;
        let sealed = app.key_ring().await?.secrets().seal(&app.random, CONTEXT, &json)?;
        let next = file.with_added_extension("next");
        let written = private(&next).and_then(|mut opened| {
            opened.write_all(sealed.as_bytes())?;
            opened.sync_all()?;
            fs::rename(&next, file)
        });
        Ok(written.map_err(|error| format!("{} cannot be written: {error}", file.display()))?)
    }
}

/// A new file that only its owner reads, or an old one emptied.
pub(super) fn private(file: &Path) -> std::io::Result<File> {
    File::options().write(true).create(true).truncate(true).mode(0o600).open(file)
}
