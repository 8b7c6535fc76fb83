//! `PUT /intermediaries/accounts/full-name`: changes the name of whoever is signed in (contract §1.13).
//!
//! In: `api-key`, `accountAccessToken`; body `{"fullName"}`. Out: 200 the account, and `x-digifi-account`.
//! Refuses: 400 `invalid_request`; 401 `invalid_api_key`, `invalid_access_token`.

use serde::Deserialize;
use shared::app::App;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::types::Name;
use shared::wire::intermediaries;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    full_name: Name,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let (caller, principal) = intermediaries::signed_in_at(app, &request).await?;
    let Body { full_name } = request.json()?;
    app.change_name(&caller, &principal, full_name, intermediaries::changed).await
}
