//! `GET /v1/accounts/{oid}/auth/clients`, `GET /v1/accounts/{oid}/auth/clients/{client_id}`: shows the tenant's clients,
//! or one of them (contract §4.11).
//!
//! In: a client's own token with `read:accounts` or `admin:accounts`. Out: 200 with a list, or with the client; no
//! secret is ever in it.
//! Refuses: 401 `invalid_token`; 403 `forbidden`, `insufficient_scope`; 404 `not_found`.

use shared::app::App;
use shared::app::customers::scopes;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::wire::customers;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let back_end = customers::back_end(app, &request, scopes::READ_CLIENTS).await?;
    if request.path_parameters.contains_key("client_id") {
        let client = app.find_client(&back_end, &request.path_parameter("client_id")?).await?;
        return Ok(customers::client(&client));
    }
    Ok(customers::list(&app.store.clients(back_end.caller.tenant_id()).await?))
}
