use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::Duration;

use futures_util::FutureExt;

use super::event::{self, Received};
use super::{Refuse, Request, Response};
use crate::app::App;
use crate::error::{Code, Error};
use crate::log::Line;
use crate::metric::{Metric, Tally, tallied};

/// A function's `handle`, type-erased so that a table can hold several.
pub type Handler = for<'a> fn(&'a App, Request) -> Pin<Box<dyn Future<Output = Result<Response, Error>> + Send + 'a>>;

/// What one request may take before the caller gets a 503 (yardstick F1).
const BUDGET: Duration = Duration::from_secs(8);

/// One event in, one answer out, whatever happens between: a refusal, a fault, a panic or a hang all leave in
/// the surface's own shape, with `x-request-id`, and the next request finds everything in order.
pub async fn answer(
    app: &App,
    refuse: Refuse,
    handle: impl AsyncFn(&App, Request) -> Result<Response, Error>,
    event: &str,
) -> serde_json::Value {
    let Received { mut request, refusal } = match event::receive(event) {
        Ok(received) => received,
        Err(error) => {
            let nothing_done = (Err(error), Tally::default());
            return event::send(&finish(app, refuse, (&app.random.uuid().to_string(), ""), nothing_done));
        }
    };
    if request.request_id.is_empty() {
        request.request_id = app.random.uuid().to_string();
    }
    let (request_id, route) = (request.request_id.clone(), request.route.clone());
    let done = match refusal {
        Some(error) => (Err(error), Tally::default()),
        None => tallied(within_bounds(Box::pin(handle(app, request)))).await,
    };
    event::send(&finish(app, refuse, (&request_id, &route), done))
}

/// Ends what hangs, and makes an error of what panics. Boxed, or each layer around it holds the whole of it once more.
pub(crate) async fn within_bounds<T>(work: Pin<Box<impl Future<Output = Result<T, Error>>>>) -> Result<T, Error> {
    match tokio::time::timeout(BUDGET, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_panic)) => Err(Code::Internal.because("the handler panicked")),
        Err(_elapsed) => Err(Code::Unavailable.because("the request took longer than 8 s")),
    }
}

fn finish(
    app: &App,
    refuse: Refuse,
    (request_id, route): (&str, &str),
    (outcome, mut tally): (Result<Response, Error>, Tally),
) -> Response {
    let (response, error) = match outcome {
        Ok(response) => (response, None),
        Err(error) => (refuse(&error, request_id), Some(error)),
    };
    match response.status {
        429 => tally.count(Metric::RateLimited),
        500.. => tally.count(Metric::ServerError),
        _ => {}
    }
    let line = Line {
        event: "request",
        request_id,
        route,
        status: Some(response.status),
        code: error.as_ref().map(|error| error.code().name()),
        reason: error.as_ref().map(Error::reason),
        tally,
        ..Line::default()
    };
    if response.status >= 500 {
        app.log.error(&app.clock, &line);
    } else {
        app.log.info(&app.clock, &line);
    }
    let response = response.with("x-request-id", request_id);
    if app.is_on_https() { response.with("strict-transport-security", "max-age=31536000") } else { response }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strict_transport(issuer: &str) -> Option<String> {
        let done = (Ok(Response::empty(200)), Tally::default());
        let answer = finish(&App::at(issuer), crate::wire::pages::refuse, ("id", ""), done);
        answer.headers.into_iter().find(|(name, _)| name == "strict-transport-security").map(|(_, value)| value)
    }

    #[test]
    fn browsers_are_told_to_come_by_https_where_there_is_one() {
        assert_eq!(strict_transport("https://accounts.example.com").as_deref(), Some("max-age=31536000"));
        assert_eq!(strict_transport("http://127.0.0.1:3000"), None);
    }
}
