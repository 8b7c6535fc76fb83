use super::Problem;
use crate::error::{Code, Error};
use crate::http::Response;

/// A page that says what is wrong, for people; `retry-after` in seconds where waiting helps.
#[must_use]
pub fn refuse(error: &Error, _request_id: &str) -> Response {
    let title = match error.code() {
        Code::TooManyRequests => "Please wait a moment",
        Code::Unavailable | Code::Internal => "Something went wrong",
        Code::Forbidden | Code::Stale => "Please try again",
        Code::NotFound => "Nothing is here",
        _ => "That did not work",
    };
    let retry_after_seconds = error.retry_after_seconds();
    let problem = Problem { title, text: error.message(), retry_after_seconds };
    problem.render(error.code().status()).retry_after(retry_after_seconds)
}
