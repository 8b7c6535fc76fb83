use std::path::Path;

use shared::config::Config;
use shared::password::Cost;
use tokio::sync::watch;

use crate::engine::Engine;
use crate::server::{KEY_FILE, TABLE_FILE, config, serve_kms};

/// What the local server keeps in a folder, opened by another program, whether the server runs or not: the engine takes
/// several processes on one file.
#[derive(Debug)]
pub struct Data {
    /// What leads to it, for an [`App`](shared::app::App) of the caller's own.
    pub config: Config,
    _engine: Engine,
    _stop_kms: watch::Sender<bool>,
}

impl Data {
    /// Opens the folder of a server that answers at `base_url`.
    ///
    /// # Errors
    /// One line that says what is in the way.
    pub async fn open(folder: &Path, base_url: &str) -> Result<Self, String> {
        let (table, key) = (folder.join(TABLE_FILE), folder.join(KEY_FILE));
        if !table.exists() || !key.exists() {
            return Err(format!("{} holds no data of the local server; `cargo run` makes some", folder.display()));
        }
        let engine = Engine::start(Some(&table), 0)?;
        let (stop_kms, stopped) = watch::channel(false);
        let kms_endpoint = serve_kms(Some(key), 0, &stopped).await?;
        let config = config(base_url, &engine.endpoint, &kms_endpoint, Cost::FLOOR);
        Ok(Self { config, _engine: engine, _stop_kms: stop_kms })
    }
}
