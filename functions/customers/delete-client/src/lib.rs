//! `DELETE /v1/accounts/{oid}/auth/clients/{client_id}`: takes a client away (contract §4.11).
//!
//! In: a client's own token with `write:accounts` or `admin:accounts`; not the client's own. Out: 200 `{}`. Its secrets
//! and its own tokens open nothing here any more: within a minute on other instances, where introspection says so at once.
//! Refuses: 400 `invalid_request`; 401 `invalid_token`; 403 `forbidden`, `insufficient_scope`; 404 `not_found`.

use serde::Serialize;
use shared::app::App;
use shared::app::customers::scopes;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::wire::customers;

#[derive(Serialize)]
struct Answer {}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let back_end = customers::back_end(app, &request, scopes::WRITE_CLIENTS).await?;
    app.delete_client(&back_end, &request.path_parameter("client_id")?).await?;
    Ok(Response::json(200, &Answer {}))
}
