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
use crate::metric::tallied;

/// Runs one operation on Lambda, which retries one that was invoked by a schedule and failed.
///
/// # Errors
/// When the environment is incomplete or unsafe, or the runtime's own connection fails.
#[expect(clippy::needless_pass_by_value, reason = "it is the function itself that is passed")]
pub fn run<E: DeserializeOwned, O: Serialize>(
    handle: impl AsyncFn(&App, E) -> Result<O, Error>,
) -> Result<(), Failure> {
    // Boxed, or the compiler's limit on nested futures is met.
    run_with(|_| Ok(()), async |app: &App, (): &(), event| Box::pin(handle(app, event)).await)
}

/// As [`run`], for an operation that reaches more of the outside than the others: `connect` makes it, once.
///
/// # Errors
/// As [`run`]; those of `connect`.
#[expect(clippy::needless_pass_by_value, reason = "it is the function itself that is passed")]
pub fn run_with<T, E: DeserializeOwned, O: Serialize>(
    connect: impl FnOnce(&App) -> Result<T, String>,
    handle: impl AsyncFn(&App, &T, E) -> Result<O, Error>,
) -> Result<(), Failure> {
    let (runtime, app) = start()?;
    runtime.block_on(async {
        let outside = connect(&app)?;
        let serve = async |event: LambdaEvent<Box<RawValue>>| {
            // Boxed, or the compiler's limit on nested futures is met.
            let outcome =
                Box::pin(answer_with(&app, &outside, &handle, event.payload.get(), &event.context.request_id));
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
    conclude(app, request_id, Box::pin(async { handle(app, read(event)?).await })).await
}

/// As [`answer`], of an operation with more of the outside.
///
/// # Errors
/// As [`answer`].
pub async fn answer_with<T, E: DeserializeOwned, O: Serialize>(
    app: &App,
    outside: &T,
    handle: impl AsyncFn(&App, &T, E) -> Result<O, Error>,
    event: &str,
    request_id: &str,
) -> Result<Value, Error> {
    conclude(app, request_id, Box::pin(async { handle(app, outside, read(event)?).await })).await
}

async fn conclude<O: Serialize>(
    app: &App,
    request_id: &str,
    work: Pin<Box<impl Future<Output = Result<O, Error>>>>,
) -> Result<Value, Error> {
    let work = within_bounds(Box::pin(async {
        serde_json::to_value(work.await?).map_err(|_| Code::Internal.because("the answer has no JSON form"))
    }));
    let (outcome, tally) = tallied(work).await;
    let error = outcome.as_ref().err();
    let line = Line {
        event: "operation",
        request_id,
        code: error.map(|error| error.code().name()),
        reason: error.map(Error::reason),
        tally,
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
