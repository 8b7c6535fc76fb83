//! The embedded DynamoDB engine, reached over loopback through the same SDK as the real one.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::thread::JoinHandle;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
};
use dynoxide::Database;
use tokio::sync::oneshot;

/// The table's name, unless it is to have another.
pub const TABLE: &str = "latchkey";

/// The engine on its own thread: its work is synchronous and must not hold up the server's.
#[derive(Debug)]
pub struct Engine {
    pub endpoint: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Starts the engine on `file`, or in memory; on `port`, or on any that is free.
    ///
    /// # Errors
    /// One line that says what is in the way.
    pub fn start(file: Option<&Path>, port: u16) -> Result<Self, String> {
        let database = match file {
            Some(file) => Database::new(&file.to_string_lossy()),
            None => Database::memory(),
        };
        let database = database.map_err(|error| format!("the embedded DynamoDB does not open: {error}"))?;
        Self::serve(database, port)
    }

    /// Serves a database that somebody else holds as well; `port` as in [`start`](Engine::start).
    ///
    /// # Errors
    /// One line that says what is in the way.
    pub fn serve(database: Database, port: u16) -> Result<Self, String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .map_err(|error| format!("port {port} for the embedded DynamoDB: {error}"))?;
        let failed = |error: std::io::Error| format!("the embedded DynamoDB does not start: {error}");
        listener.set_nonblocking(true).map_err(failed)?;
        let endpoint = format!("http://{}", listener.local_addr().map_err(failed)?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let (stop, stopped) = oneshot::channel();
        let serve = async move {
            let listener = tokio::net::TcpListener::from_std(listener).map_err(|error| error.to_string())?;
            let until = async {
                // A dropped sender stops it as well.
                drop(stopped.await);
            };
            dynoxide::server::serve_with_shutdown(listener, database, until).await
        };
        let thread = std::thread::spawn(move || {
            if let Err(error) = runtime.block_on(serve) {
                eprintln!("error: the embedded DynamoDB stopped: {error}");
            }
        });
        Ok(Self { endpoint, stop: Some(stop), thread: Some(thread) })
    }

    /// Stops it and waits until it has.
    pub fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Letters and digits, as every engine wants them; they open nothing.
pub(crate) fn credentials() -> Credentials {
    Credentials::new("local", "local", None, None, "local")
}

/// A client of any engine that speaks DynamoDB at `endpoint`.
pub(crate) fn client(endpoint: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("local"))
        .credentials_provider(credentials())
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}

/// Makes the table as `template.yaml` describes it, unless it is there.
pub(crate) async fn create_table(client: &Client, table: &str) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("the table cannot be made: {error}");
    let attribute =
        |name: &str| AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build();
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    let created = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk").map_err(|error| failed(&error))?)
        .attribute_definitions(attribute("sk").map_err(|error| failed(&error))?)
        .key_schema(key("pk", KeyType::Hash).map_err(|error| failed(&error))?)
        .key_schema(key("sk", KeyType::Range).map_err(|error| failed(&error))?)
        .send()
        .await;
    match created {
        Ok(_) => {}
        Err(error) if error.code() == Some("ResourceInUseException") => return Ok(()),
        Err(error) => return Err(failed(&error.code().unwrap_or("the engine does not answer"))),
    }
    let expiry = TimeToLiveSpecification::builder().enabled(true).attribute_name("expires_at").build();
    let expiry = expiry.map_err(|error| failed(&error))?;
    let enabled = client.update_time_to_live().table_name(table).time_to_live_specification(expiry).send().await;
    enabled.map(drop).map_err(|error| failed(&error.code().unwrap_or("TTL cannot be set")))
}
