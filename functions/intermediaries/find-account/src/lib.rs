//! `GET /intermediaries/accounts`: the account behind an access token (contract §1.2).
//! `GET /intermediaries/accounts/{email}`: the account of an e-mail address (contract §1.3).
//! `GET /intermediaries/accounts/search`: the accounts that fit (contract §1.4).
//!
//! In: `api-key`; the first: `accountAccessToken`; the last: `ids`, `emails`, `phones` and `intermediaryIds` in the query,
//! each as often as wanted, 100 values in all. One value of each that is there must fit. Out: 200 the account, the first
//! with `x-digifi-account`; the last: an array, the oldest account first.
//! Refuses: 400 `invalid_request`; 401 `invalid_api_key`, `invalid_access_token`; 404 `not_found`.

mod search;

use shared::account::Kind;
use shared::app::{App, Caller};
use shared::error::{Code, Error};
use shared::http::{Request, Response};
use shared::types::{Email, Identifier};
use shared::wire::intermediaries;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let caller = intermediaries::caller(app, &request).await?;
    if request.path_parameters.contains_key("email") {
        return by_email(app, &caller, &request.path_parameter("email")?).await;
    }
    if request.route.ends_with("/search") {
        let found = search::find(app, &caller, search::Wanted::of(&request)?).await?;
        return Ok(intermediaries::accounts(&caller, &found));
    }
    let principal = app.authenticate(&caller, intermediaries::access_token(&request)?).await?;
    Ok(intermediaries::account(&caller, &principal.account, principal.flags()))
}

async fn by_email(app: &App, caller: &Caller, email: &Email) -> Result<Response, Error> {
    let (tenant, now) = (caller.tenant_id(), caller.now);
    let owner = app.store.account_by_identifier(tenant, Kind::Intermediary, &Identifier::email(email), now).await?;
    let account = match owner {
        Some(owner) => app.store.account(tenant, owner, now).await?,
        None => None,
    };
    let none = || Code::NotFound.because("no such account").saying("There is no account with this e-mail address.");
    account.map(|account| intermediaries::account_alone(caller, &account)).ok_or_else(none)
}
