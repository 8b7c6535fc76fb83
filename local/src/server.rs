use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use operation_deliver_message::Senders;
use serde_json::json;
use shared::app::App;
use shared::clock::Clock;
use shared::config::{Config, Delivery};
use shared::limits::Limits;
use shared::log::Log;
use shared::password::Cost;
use shared::random::Random;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::engine::{self, Engine, TABLE};
use crate::functions::FUNCTIONS;
use crate::gateway::{self, Gateway};
use crate::operations::{OPERATIONS, Outside, run_scheduled};
use crate::template::Template;
use crate::{console, demo, kms, openapi, outbox};

/// How to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// 0 takes any free port.
    pub port: u16,
    pub storage: Storage,
    /// Where the embedded engine also serves other tools; 0 takes any free port.
    pub dynamodb_port: u16,
    /// Where the key ring's key also serves other tools; 0 takes any free port.
    pub kms_port: u16,
    /// Another engine instead of the embedded one.
    pub dynamodb_endpoint: Option<String>,
    /// The table, made where it is not there; 3 to 255 characters.
    pub table: String,
    /// What password hashes made from now on cost.
    pub password_cost: Cost,
    /// What differs from the limits that hold unless said.
    pub limits: Limits,
    /// How messages leave when [`Server::invoke`] gives their operation an event. `None`: they stay in the outbox.
    pub delivery: Option<Delivery>,
    pub log: Log,
    pub clock: Clock,
}

impl Options {
    /// On any free ports, at the least cost of a hash, with lines on standard output and messages left in the outbox.
    #[must_use]
    pub fn new(storage: Storage) -> Self {
        Self {
            port: 0,
            storage,
            dynamodb_port: 0,
            kms_port: 0,
            dynamodb_endpoint: None,
            table: TABLE.to_owned(),
            password_cost: Cost::FLOOR,
            limits: Limits::default(),
            delivery: None,
            log: Log::default(),
            clock: Clock::default(),
        }
    }
}

/// Where the embedded engine and the key-ring key are kept.
#[derive(Debug, Clone)]
pub enum Storage {
    /// Forgotten at the end.
    Memory,
    /// A folder, made if need be.
    Folder(PathBuf),
}

/// What a request finds.
#[derive(Debug)]
pub(crate) struct Running {
    pub base_url: String,
    pub table: String,
    pub gateway: Gateway,
    pub senders: Option<Senders>,
    pub dynamodb: aws_sdk_dynamodb::Client,
}

impl Running {
    fn outside(&self) -> Outside<'_> {
        Outside { app: &self.gateway.app, senders: self.senders.as_ref() }
    }

    /// What is due is done as the scheduler would have it. A failure is in the log, and the next run's to mend.
    pub(crate) async fn run_scheduled(&self) {
        run_scheduled(self.outside(), &self.gateway.template).await.ok();
    }
}

/// The local server, serving until it is stopped.
#[derive(Debug)]
pub struct Server {
    pub base_url: String,
    /// Where the table can be read by other tools.
    pub dynamodb_endpoint: String,
    /// Where the key ring's key can be used by other tools.
    pub kms_endpoint: String,
    running: Arc<Running>,
    stop: watch::Sender<bool>,
    serving: tokio::task::JoinHandle<()>,
    engine: Option<Engine>,
}

/// What a folder holds.
pub(crate) const TABLE_FILE: &str = "table.db";
pub(crate) const KEY_FILE: &str = "key-ring.key";

/// API Gateway's own limit.
const LARGEST_BODY: usize = 10 * 1024 * 1024;

impl Server {
    /// Starts everything, telling `progress` of each step.
    ///
    /// # Errors
    /// One line that says what is in the way.
    pub async fn start(options: Options, progress: impl Fn(&str)) -> Result<Self, String> {
        let template = Template::built_in()?;
        let listener = bind(options.port, "--port").await?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let base_url = format!("http://{address}");
        let folder = match &options.storage {
            Storage::Memory => None,
            Storage::Folder(folder) => {
                std::fs::create_dir_all(folder)
                    .map_err(|error| format!("the folder {} cannot be made: {error}", folder.display()))?;
                Some(folder)
            }
        };

        let (engine, dynamodb_endpoint) = if let Some(endpoint) = options.dynamodb_endpoint {
            (None, endpoint)
        } else {
            let file = folder.map(|folder| folder.join(TABLE_FILE));
            let engine = Engine::start(file.as_deref(), options.dynamodb_port)?;
            let endpoint = engine.endpoint.clone();
            (Some(engine), endpoint)
        };
        progress(&format!("DynamoDB   {dynamodb_endpoint}"));
        let dynamodb = engine::client(&dynamodb_endpoint);
        engine::create_table(&dynamodb, &options.table).await?;
        progress(&format!("table      {}", options.table));

        let (stop, stopped) = watch::channel(false);
        let key_file = folder.map(|folder| folder.join(KEY_FILE));
        let kms_endpoint = serve_kms(key_file, options.kms_port, &stopped).await?;
        progress(&format!("KMS        {kms_endpoint}"));
        let config = Config {
            table_name: options.table.clone(),
            limits: options.limits,
            ..config(&base_url, &dynamodb_endpoint, &kms_endpoint, options.password_cost)
        };
        let app = App::with(config, options.log, options.clock)?;
        let senders = options.delivery.map(|delivery| Senders::new(&app, &delivery));
        run_scheduled(Outside { app: &app, senders: senders.as_ref() }, &template).await.map_err(|error| {
            let hint = "was this table made with another --data folder, or with --memory?";
            format!("the key ring cannot be used: {}; {hint}", error.reason())
        })?;
        progress("key ring   sealed by a key of this machine");
        demo::create(&app).await.map_err(|error| format!("the demo tenant cannot be made: {}", error.reason()))?;
        progress(&format!("tenant     {} with api-key {}", demo::TENANT_ID, demo::API_KEY));
        progress(&format!("portal     {} with access key {}", demo::PORTAL_ID, demo::ACCESS_KEY));
        progress(&format!("clients    {}, each with its id and -secret", demo::OAUTH_CLIENTS.join(", ")));

        let gateway = Gateway::new(app, template);
        let running =
            Arc::new(Running { base_url: base_url.clone(), table: options.table, gateway, senders, dynamodb });
        spawn(until_stopped(stopped.clone(), run_hourly(Arc::clone(&running))));
        let service = router(Arc::clone(&running)).into_make_service_with_connect_info::<SocketAddr>();
        let serve = axum::serve(listener, service).with_graceful_shutdown(until(stopped));
        let serving = spawn(async move {
            if let Err(error) = serve.await {
                eprintln!("error: the server stopped: {error}");
            }
        });
        Ok(Self { base_url, dynamodb_endpoint, kms_endpoint, running, stop, serving, engine })
    }

    /// Gives an event to a function, past the HTTP server, as Lambda does; `None` where there is no such function.
    pub async fn invoke(&self, function: &str, event: &str) -> Option<serde_json::Value> {
        let app = &self.running.gateway.app;
        if let Some(operation) = OPERATIONS.iter().find(|known| known.name == function) {
            return Some(
                operation.invoke(self.running.outside(), event).await.unwrap_or_else(
                    |error| json!({ "errorType": error.code().name(), "errorMessage": error.message() }),
                ),
            );
        }
        let function = FUNCTIONS.iter().find(|known| known.name == function)?;
        Some(shared::http::answer(app, function.refuse, function.handler, event).await)
    }

    /// Answers what is under way, then stops everything.
    pub async fn stop(mut self) {
        self.stop.send(true).ok();
        self.serving.await.ok();
        if let Some(engine) = &mut self.engine {
            engine.stop();
        }
    }
}

pub(crate) fn config(base_url: &str, dynamodb_endpoint: &str, kms_endpoint: &str, password_cost: Cost) -> Config {
    Config {
        table_name: TABLE.to_owned(),
        key_ring_key: kms::KEY_ID.to_owned(),
        issuer: base_url.to_owned(),
        password_cost,
        password_permits: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        limits: Limits::default(),
        region: "local".to_owned(),
        credentials: engine::credentials(),
        dynamodb_endpoint: Some(dynamodb_endpoint.to_owned()),
        kms_endpoint: Some(kms_endpoint.to_owned()),
    }
}

async fn bind(port: u16, option: &str) -> Result<TcpListener, String> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => format!("port {port} is taken; choose another with {option} N"),
        _ => format!("port {port} cannot be used: {error}"),
    })
}

pub(crate) async fn serve_kms(
    key_file: Option<PathBuf>,
    port: u16,
    stopped: &watch::Receiver<bool>,
) -> Result<String, String> {
    let router = kms::router(key_file.as_deref(), Random::default())?;
    let listener = bind(port, "--kms-port").await?;
    let endpoint = format!("http://{}", listener.local_addr().map_err(|error| error.to_string())?);
    let serve = axum::serve(listener, router).with_graceful_shutdown(until(stopped.clone()));
    spawn(async move {
        if let Err(error) = serve.await {
            eprintln!("error: the key-ring key stopped: {error}");
        }
    });
    Ok(endpoint)
}

#[expect(clippy::disallowed_methods, reason = "this is a server, not a function: nothing freezes here")]
fn spawn(work: impl Future<Output = ()> + Send + 'static) -> tokio::task::JoinHandle<()> {
    tokio::spawn(work)
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // A dropped sender stops it as well.
    drop(stopped.wait_for(|stopped| *stopped).await);
}

async fn until_stopped(stopped: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = until(stopped) => {}
        () = work => {}
    }
}

/// Sooner than any schedule, because a laptop sleeps in between.
async fn run_hourly(running: Arc<Running>) {
    loop {
        tokio::time::sleep(Duration::from_hours(1)).await;
        running.run_scheduled().await;
    }
}

fn router(running: Arc<Running>) -> Router {
    let functions = Router::new()
        .fallback(function)
        .layer(gateway::cors(&running.gateway.template.cors))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(Arc::clone(&running));
    Router::new()
        .route("/", get(console::start_page))
        .route("/openapi", get(openapi::show_page))
        .route("/openapi.yaml", get(openapi::show_text))
        .route("/local/outbox", get(outbox::show))
        .route("/local/clock", post(console::advance_clock))
        .with_state(running)
        .fallback_service(functions)
}

async fn function(
    State(running): State<Arc<Running>>,
    ConnectInfo(caller): ConnectInfo<SocketAddr>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Ok(body) = body else { return gateway::too_long() };
    running.gateway.answer(caller, &method, &uri, &headers, &body).await
}
