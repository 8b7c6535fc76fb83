use lambda_http::lambda_runtime::{self, LambdaEvent};
use lambda_http::service_fn;
use serde_json::value::RawValue;
use tokio::runtime::Runtime;

use super::serve::answer;
use super::{Refuse, Request, Response};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::Error;
use crate::log::{Line, Log};

/// Why a function could not start, or stopped.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs one function on Lambda: one thread, because below 1,769 MB there is at most one core; everything that
/// takes time (keys, connections) done before the first event, while the processor is not yet rationed.
///
/// # Errors
/// When the environment is incomplete or unsafe, or the runtime's own connection fails.
#[expect(clippy::needless_pass_by_value, reason = "it is the function itself that is passed")]
pub fn run(refuse: Refuse, handle: impl AsyncFn(&App, Request) -> Result<Response, Error>) -> Result<(), Failure> {
    serve(refuse, &handle, async |app| app.prime().await)
}

/// As [`run`], for a function that needs no keys and may open none.
///
/// # Errors
/// As [`run`].
#[expect(clippy::needless_pass_by_value, reason = "it is the function itself that is passed")]
pub fn run_without_keys(
    refuse: Refuse,
    handle: impl AsyncFn(&App, Request) -> Result<Response, Error>,
) -> Result<(), Failure> {
    serve(refuse, &handle, async |_| ())
}

fn serve(
    refuse: Refuse,
    handle: &impl AsyncFn(&App, Request) -> Result<Response, Error>,
    prepare: impl AsyncFnOnce(&App),
) -> Result<(), Failure> {
    let (runtime, app) = start()?;
    runtime.block_on(async {
        prepare(&app).await;
        let serve = async |event: LambdaEvent<Box<RawValue>>| {
            Ok::<_, Failure>(answer(&app, refuse, handle, event.payload.get()).await)
        };
        lambda_runtime::run(service_fn(serve)).await
    })
}

/// One thread, and the outside world that the environment names.
///
/// # Errors
/// When the environment is incomplete or unsafe.
pub(crate) fn start() -> Result<(Runtime, App), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let app = runtime.block_on(async { App::connect(Config::from_environment()?) })?;
    silence_panics(app.log.clone(), app.clock.clone());
    Ok((runtime, app))
}

/// A panic's message can hold what it choked on; only where it happened is logged.
fn silence_panics(log: Log, clock: Clock) {
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string);
        log.error(&clock, &Line { event: "panic", reason: place.as_deref(), ..Line::default() });
    }));
}
