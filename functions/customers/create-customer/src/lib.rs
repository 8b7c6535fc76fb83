//! `POST /v1/accounts/{aid}/customers/users`: makes a customer (contract §4.10).
//!
//! In: a client's own token with `create:customers:/users`, `write:customers` or `admin:customers`; body
//! `{"customer_id"?, "type"?, "email"?, "phone_number"?, "first_name"?, "last_name"?, "password"?, "pin"?,
//! "profile"?}`; `type` is `customer` unless set; `password` and `pin` need `write:accounts:/auth/users`, too;
//! `profile`, which is ours and not the contract's, is what third parties may ask for (contract §3.6):
//!
//! ```text
//! {"picture"?, "gender"?, "birthdate"?, "emails"?: ["…"], "phone_numbers"?: ["…"],
//!  "addresses"?: [{"street_address"?, "locality"?, "region"?, "postal_code"?, "country"?}],
//!  "bank_accounts"?: [{"iban" or "account_number", "bank_code"?, "bank_name"?, "account_holder"?}],
//!  "document_detail"?: {"document_type", "document_number", "issuing_country"?, "issued_on"?, "expires_on"?},
//!  "preferences"?: {"language"?, "currency"?, "time_zone"?},
//!  "instagram_account"?, "x_account"?, "tiktok_account"?, "is_verified"?: bool}
//! ```
//!
//! Lists have at most 5 entries, days are written like `1999-03-24`, and all of it is at most 8 KiB. `is_verified` says
//! that the tenant checked the person's identity. Out: 200 with the customer.
//! Refuses: 400 `invalid_request`, `weak_password`, `customer_exists`; 401 `invalid_token`; 403 `forbidden`,
//! `insufficient_scope`; 422 `idempotency_key_reused`.

use serde::Deserialize;
use shared::account::CustomerType;
use shared::app::customers::{CustomerForm, scopes};
use shared::app::{App, Memory};
use shared::error::Error;
use shared::http::{Request, Response, present};
use shared::types::CustomerId;
use shared::wire::customers;

#[derive(Deserialize)]
struct Body {
    #[serde(default, deserialize_with = "present")]
    customer_id: Option<CustomerId>,
    #[serde(default = "customer")]
    r#type: CustomerType,
}

fn customer() -> CustomerType {
    CustomerType::Customer
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let back_end = customers::back_end(app, &request, scopes::CREATE_CUSTOMER).await?;
    let Body { customer_id, r#type } = request.json()?;
    let form: CustomerForm = request.json()?;
    let back_end = back_end.about(r#type);
    let create = async |memory: &Memory| {
        app.create_customer(&back_end, customer_id.clone(), &form, memory, customers::customer).await
    };
    app.once(&back_end.caller, &request, create).await
}
