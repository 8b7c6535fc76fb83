//! `ANY /v1/{proxy+}`: what no other call of the customers surface is (contract §4.0).
//!
//! In: anything. Reads nothing of it.
//! Refuses: 404 `not_found`.

use shared::app::App;
use shared::error::{Code, Error};
use shared::http::{Request, Response};

/// # Errors
/// Always.
#[expect(clippy::unused_async, reason = "every handler has this signature")]
pub async fn handle(_app: &App, _request: Request) -> Result<Response, Error> {
    Err(Code::NotFound.because("no such call").saying("There is no such call."))
}
