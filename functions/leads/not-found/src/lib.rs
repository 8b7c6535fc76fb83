//! `ANY /api/{proxy+}`, `ANY /api`: what every other path under `/api/` answers (document 002).
//!
//! Refuses: 404 `not_found`, in this surface's shape.

use shared::app::App;
use shared::error::{Code, Error};
use shared::http::{Request, Response};

/// # Errors
/// Always.
#[expect(clippy::unused_async, reason = "every handler has this signature")]
pub async fn handle(_app: &App, _request: Request) -> Result<Response, Error> {
    Err(Code::NotFound.because("no such path or method"))
}
