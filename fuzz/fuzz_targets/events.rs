//! What API Gateway hands over: any bytes get an answer in the surface's shape, and no 5xx.
#![no_main]

use std::cell::RefCell;

use aws_sdk_dynamodb::config::Credentials;
use libfuzzer_sys::fuzz_target;
use shared::app::App;
use shared::clock::Clock;
use shared::config::Config;
use shared::error::Error;
use shared::http::{Request, Response, answer};
use shared::limits::Limits;
use shared::log::Log;
use shared::password::Cost;
use shared::types::{AccountId, CustomerId, Email, IntermediaryId, Phone};
use shared::wire::{customers, intermediaries, leads, transfers};
use tokio::runtime::{Builder, Runtime};

thread_local! {
    static SERVER: RefCell<(Runtime, App)> = RefCell::new(server());
}

/// One that has nothing behind it, and is asked nothing that needs it.
fn server() -> (Runtime, App) {
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    let config = Config {
        table_name: "table".to_owned(),
        key_ring_key: "key".to_owned(),
        issuer: "https://accounts.example.com".to_owned(),
        password_cost: Cost::FLOOR,
        password_permits: 1,
        limits: Limits::default(),
        region: "local".to_owned(),
        credentials: Credentials::new("local", "local", None, None, "local"),
        dynamodb_endpoint: Some("http://127.0.0.1:1".to_owned()),
        kms_endpoint: Some("http://127.0.0.1:1".to_owned()),
    };
    let app =
        runtime.block_on(async { App::with(config, Log::captured(), Clock::default()) }).expect("nothing is sent yet");
    (runtime, app)
}

/// Looks at everything that a request says, as functions do.
async fn handle(_app: &App, request: Request) -> Result<Response, Error> {
    let names: Vec<_> = request.headers.iter().map(|(name, _)| name.clone()).collect();
    names.iter().try_for_each(|name| request.header(name).map(drop))?;
    for (name, _) in &request.query {
        request.query(name)?;
        request.queries(name).for_each(drop);
    }
    customers::basic(&request)?;
    customers::bearer(&request)?;
    let _ = customers::tenant(&request);
    transfers::transfer_id(&request).ok();
    let _ = request.cookie("__Host-latchkey");
    let _ = request.has_no_body();
    let names: Vec<_> = request.path_parameters.keys().cloned().collect();
    for name in names {
        request.path_parameter::<AccountId>(&name).ok();
        request.path_parameter::<CustomerId>(&name).ok();
        request.path_parameter::<Email>(&name).ok();
        request.path_parameter::<IntermediaryId>(&name).ok();
        request.path_parameter::<Phone>(&name).ok();
    }
    request.form().map(drop).or_else(|_| request.json::<serde_json::Value>().map(drop))?;
    Ok(Response::empty(204))
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(event) = std::str::from_utf8(bytes) else { return };
    SERVER.with_borrow_mut(|(runtime, app)| {
        app.log = Log::captured();
        for refuse in [intermediaries::refuse, leads::refuse, customers::refuse] {
            let answer = runtime.block_on(answer(app, refuse, handle, event));
            let status = answer["statusCode"].as_u64().expect("a status");
            assert!(status == 204 || (400..500).contains(&status), "{answer}");
            let id = answer["headers"]["x-request-id"].as_str().expect("an id");
            assert!(!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic()));
        }
        assert_eq!(app.log.lines().lines().count(), 3, "one line a request, whatever is in it");
    });
});
