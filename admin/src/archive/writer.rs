use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use age::x25519::Recipient;
use shared::app::App;
use shared::store::TablePlace;
use shared::types::TenantId;
use zeroize::Zeroizing;

use super::checkpoint::{Checkpoint, private};
use super::line::{Footer, Line};
use super::sealed::{Digest, MAGIC, export_id, write_part};
use crate::Failure;

/// An export under way: a file that grows part by part under another name, and beside it how far it has come.
pub(super) struct Writer<'a> {
    app: &'a App,
    to: &'a Path,
    recipient: Recipient,
    file: File,
    pub at: Checkpoint,
}

impl<'a> Writer<'a> {
    /// Begins an export, or goes on with the one that was interrupted.
    pub(super) async fn open(
        app: &'a App,
        to: &'a Path,
        tenant: &TenantId,
        recipient: Recipient,
    ) -> Result<(Self, bool), Failure> {
        if to.exists() {
            return Err(format!("{} is there already", to.display()).into());
        }
        let (part, checkpoint) = beside(to);
        let before = if part.exists() { Checkpoint::read(&checkpoint, app).await? } else { None };
        let unwritable = |error: std::io::Error| format!("{} cannot be written: {error}", part.display());
        let Some(at) = before else {
            let mut file = private(&part).map_err(unwritable)?;
            file.write_all(MAGIC).map_err(unwritable)?;
            let export = export_id(&app.random);
            let at = Checkpoint {
                tenant_id: tenant.clone(),
                recipient: recipient.to_string(),
                digest: export.clone(),
                export,
                bytes: MAGIC.len() as u64,
                parts: 0,
                lines: 0,
                accounts: 0,
                next: None,
                has_begun: false,
            };
            return Ok((Self { app, to, recipient, file, at }, false));
        };
        if at.tenant_id != *tenant || at.recipient != recipient.to_string() {
            let line = format!(
                "{} is of another tenant or recipient; go on with those, or delete it to begin anew",
                checkpoint.display()
            );
            return Err(line.into());
        }
        let mut file = File::options().write(true).open(&part).map_err(unwritable)?;
        // What was written after the checkpoint may be half a part.
        file.set_len(at.bytes).and_then(|()| file.seek(SeekFrom::End(0))).map_err(unwritable)?;
        Ok((Self { app, to, recipient, file, at }, true))
    }

    /// Writes the lines as one part, and that the export has come so far.
    pub(super) async fn write(&mut self, lines: &[Line], next: Option<TablePlace>) -> Result<(), Failure> {
        let mut text = Zeroizing::new(String::new());
        for line in lines {
            let json = serde_json::to_string(line).map(Zeroizing::new);
            text.push_str(&json.map_err(|_| "a row has no JSON form".to_owned())?);
            text.push('\n');
        }
        self.at.bytes += write_part(&mut self.file, &self.recipient, (&self.at.export, self.at.parts), &text)?;
        self.file.sync_data().map_err(|error| format!("the export cannot be written: {error}"))?;
        let digest = Digest::from(std::mem::take(&mut self.at.digest)).and(&text);
        digest.as_str().clone_into(&mut self.at.digest);
        self.at.parts += 1;
        self.at.lines += lines.len() as u64;
        self.at.next = next;
        self.at.write(&beside(self.to).1, self.app).await
    }

    /// Ends the export: from here on the file has its name.
    pub(super) async fn finish(mut self) -> Result<Checkpoint, Failure> {
        let footer = Footer { lines: self.at.lines, digest: self.at.digest.clone() };
        self.write(&[Line::Footer(footer.clone())], None).await?;
        let (part, checkpoint) = beside(self.to);
        fs::rename(part, self.to).map_err(|error| format!("{} cannot be written: {error}", self.to.display()))?;
        fs::remove_file(&checkpoint).map_err(|error| format!("{} cannot be deleted: {error}", checkpoint.display()))?;
        Ok(Checkpoint { lines: footer.lines, digest: footer.digest, ..self.at })
    }
}

/// The names of the unfinished file and of its checkpoint.
fn beside(to: &Path) -> (PathBuf, PathBuf) {
    (to.with_added_extension("part"), to.with_added_extension("checkpoint"))
}
