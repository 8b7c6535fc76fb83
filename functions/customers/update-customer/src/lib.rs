//! `PUT /v1/accounts/{aid}/customers/users/{customer_id}`: changes a customer (contract §4.10).
//!
//! In: a client's own token with `write:customers` or `admin:customers`; body as for a new customer but for
//! `customer_id` and `type`, which stay. What is absent stays, `null` takes away; a `profile`, which is ours and not the
//! contract's, replaces the one before whole. `password` and `pin` need `write:accounts:/auth/users`, too; they end every
//! session and void what was sent out. Out: 200 with the customer.
//! Refuses: 400 `invalid_request`, `weak_password`, `customer_exists`; 401 `invalid_token`; 403 `forbidden`,
//! `insufficient_scope`; 404 `not_found`; 422 `idempotency_key_reused`.

use shared::app::customers::{CustomerForm, scopes};
use shared::app::{App, Memory};
use shared::error::Error;
use shared::http::{Request, Response};
use shared::types::CustomerId;
use shared::wire::customers;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let back_end = customers::back_end(app, &request, scopes::CHANGE_CUSTOMER).await?;
    let id: CustomerId = request.path_parameter("customer_id")?;
    let form: CustomerForm = request.json()?;
    let update = async |memory: &Memory| app.update_customer(&back_end, &id, &form, memory, customers::customer).await;
    app.once(&back_end.caller, &request, update).await
}
