//! `GET /v1/accounts/{aid}/customers/users/{customer_id}`, `HEAD /v1/accounts/{aid}/customers/users`: shows a customer,
//! or whether there is one (contract §4.10).
//!
//! In: a client's own token with `read:customers` or `admin:customers`; HEAD: `email` or `phone_number` in the query,
//! and `type`, which is `customer` unless set. Out: 200 with the customer; HEAD: 200 or 404 without a body.
//! Refuses: 400 `invalid_request`; 401 `invalid_token`; 403 `forbidden`, `insufficient_scope`; 404 `not_found`; 405
//! `method_not_allowed` for a number where customers may share them.

use serde::de::IntoDeserializer;
use serde::de::value::Error as Unknown;
use serde::{Deserialize, de::value::StrDeserializer};
use shared::account::CustomerType;
use shared::app::App;
use shared::app::customers::{PhoneNumber, scopes};
use shared::error::{Code, Error};
use shared::http::{Request, Response};
use shared::types::{Email, Identifier, Invalid};
use shared::wire::customers;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let back_end = customers::back_end(app, &request, scopes::READ_CUSTOMER).await?;
    if request.method != "HEAD" {
        return app.find_customer(&back_end, &request.path_parameter("customer_id")?, customers::customer).await;
    }
    let (back_end, identifier) = (back_end.about(customer_type(&request)?), identifier(&request)?);
    if back_end.may_identify(&identifier).is_err() {
        let message = "Customers of this tenant may share telephone numbers, so none says who it is.";
        return Err(Code::MethodNotAllowed.because("numbers are shared").saying(message));
    }
    if app.is_customer(&back_end, &identifier).await? {
        return Ok(Response::empty(200));
    }
    Err(Code::NotFound.because("no such customer").saying("There is no such customer."))
}

fn customer_type(request: &Request) -> Result<CustomerType, Error> {
    let Some(text) = request.query("type")? else { return Ok(CustomerType::Customer) };
    let text: StrDeserializer<'_, Unknown> = text.into_deserializer();
    let rule = Invalid("must be customer, company, contact, employee or other");
    CustomerType::deserialize(text).map_err(|_| Error::invalid("type", rule))
}

fn identifier(request: &Request) -> Result<Identifier, Error> {
    match (request.query("email")?, request.query("phone_number")?) {
        (Some(email), None) => {
            let email = Email::try_from(email.to_owned()).map_err(|invalid| Error::invalid("email", invalid))?;
            Ok(Identifier::email(&email))
        }
        (None, Some(phone)) => {
            // A plus sign in a query stands for a space.
            let phone = PhoneNumber::try_from(phone.trim().to_owned());
            let PhoneNumber(phone) = phone.map_err(|invalid| Error::invalid("phone_number", invalid))?;
            Ok(Identifier::phone(&phone))
        }
        _ => Err(Error::missing("email or phone_number")),
    }
}
