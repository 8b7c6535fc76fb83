//! `DELETE /v1/accounts/{aid}/customers/users/{customer_id}`: takes a customer away (contract §4.10).
//!
//! In: a client's own token with `write:customers` or `admin:customers`. Every session, code and identifier goes with
//! the account. Out: 204.
//! Refuses: 401 `invalid_token`; 403 `forbidden`, `insufficient_scope`; 404 `not_found`.

use shared::app::App;
use shared::app::customers::scopes;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::wire::customers;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let back_end = customers::back_end(app, &request, scopes::CHANGE_CUSTOMER).await?;
    app.delete_customer(&back_end, &request.path_parameter("customer_id")?).await?;
    Ok(customers::no_content())
}
