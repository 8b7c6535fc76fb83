//! The door for operations: functions that no request leads to. A schedule or an operator invokes them with a JSON
//! object, and they answer with another or fail.

use std::pin::Pin;

use lambda_http::lambda_runtime::{self, Diagnostic, LambdaEvent};
use lambda_http::service_fn;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::app::App;
use crate::error::{Code, Error};
use crate::http::{Failure, Object, start, within_bounds};
use crate::log::Line;

/// An operation from its raw event to its raw answer, type-erased so that a table can hold several.
pub type Handler =
    for<'a> fn(&'a App, &'a str, &'a str) -> Pin<Box<dyn Future<Output = Result<Value, Error>> + Send + 'a>>;

/// Runs one operation on Lambda, which retries one that was invoked by a schedule and failed.
///
/// # Errors
/// When the environment is incomplete or unsafe, or the runtime's own connection fails.
#[expect(clippy::needless_pass_by_value, reason = "it is the function itself that is passed")]
pub fn run<E: DeserializeOwned, O: Serialize>(
    handle: impl AsyncFn(&App, E) -> Result<O, Error>,
) -> Result<(), Failure> {
    let (runtime, app) = start()?;
    runtime.block_on(async {
        let serve = async |event: LambdaEvent<Box<RawValue>>| {
            // Boxed, or the compiler's limit on nested futures is met.
            let outcome = Box::pin(answer(&app, &handle, event.payload.get(), &event.context.request_id));
            outcome.await.map_err(|error| diagnostic(&error))
        };
        lambda_runtime::run(service_fn(serve)).await
    })
}

/// One event in, one answer or error out, logged either way, whether it is refused, fails, panics or hangs.
///
/// # Errors
/// [`Code::InvalidRequest`] when the event is not one of the operation's; else the operation's own.
pub async fn answer<E: DeserializeOwned, O: Serialize>(
    app: &App,
    handle: impl AsyncFn(&App, E) -> Result<O, Error>,
    event: &str,
    request_id: &str,
) -> Result<Value, Error> {
    let outcome = within_bounds(async {
        let outcome = handle(app, read(event)?).await?;
        serde_json::to_value(outcome).map_err(|_| Code::Internal.because("the answer has no JSON form"))
    });
    let outcome = outcome.await;
    let error = outcome.as_ref().err();
    let line = Line {
        event: "operation",
        request_id,
        code: error.map(|error| error.code().name()),
        reason: error.map(Error::reason),
        ..Line::default()
    };
    if error.is_some() {
        app.log.error(&app.clock, &line);
    } else {
        app.log.info(&app.clock, &line);
    }
    outcome
}

fn read<E: DeserializeOwned>(event: &str) -> Result<E, Error> {
    let refused = |_| {
        let message = "The event is none of this operation's.";
        Code::InvalidRequest.because("the event is none of this operation's").saying(message)
    };
    let Object(event) = serde_json::from_str(event).map_err(refused)?;
    Ok(event)
}

/// What whoever invoked it reads: `{"errorType", "errorMessage"}`.
fn diagnostic(error: &Error) -> Diagnostic {
    Diagnostic { error_type: error.code().name().to_owned(), error_message: error.message().to_owned() }
}
