//! `POST /intermediaries`: registers an intermediary's record, which may then get one account.
//!
//! In: `api-key`; body `{"variables": {…}}`, any JSON object, kept as it came. Out: 200 `{"id", "variables"}`, the id
//! 24 hexadecimal digits.
//! Refuses: 400 `invalid_request`, 401 `invalid_api_key`, 422 `idempotency_key_reused`.
//! The vendor's library has it; of its records no other call is here (README, Decisions).

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use shared::app::{App, Memory};
use shared::error::Error;
use shared::http::{Request, Response};
use shared::types::{IntermediaryId, Invalid};
use shared::wire::intermediaries;

#[derive(Deserialize)]
struct Body {
    variables: Box<RawValue>,
}

#[derive(Serialize)]
struct Answer<'a> {
    id: &'a str,
    variables: &'a RawValue,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let caller = intermediaries::caller(app, &request).await?;
    let register = async |memory: &Memory| {
        let Body { variables } = request.json()?;
        if !variables.get().starts_with('{') {
            return Err(Error::invalid("variables", Invalid("must be a JSON object")));
        }
        let id = IntermediaryId::random(&app.random);
        let answer = Response::json(200, &Answer { id: id.as_str(), variables: &variables });
        app.register_intermediary(&caller, &id, variables.get(), memory, answer).await
    };
    app.once(&caller, &request, register).await
}
