//! `GET /api/AutoLogin/TenantKey`, `POST /api/AutoLogin/Generate`: signs in a lead for whom the portal's back end
//! vouches (contract §2.10), in two steps.
//!
//! In: `accessKey` and `secretKey`, as query parameters or headers. The first gives the tenant's key: out 200, a bare
//! JSON string, valid 4 hours. The second takes it as `authkey` in the query, with body `{"LeadId", "PortalId"}`: out
//! 200 `{"AuthKey", "LeadId"}`, an `AuthKey` like that of a sign-in.
//! Refuses: 400 `invalid_request`, `lead_not_found`; 401 `invalid_access_key`, `invalid_auth_key`; 429 over the
//! portal's limit of calls.

use serde::Deserialize;
use shared::app::{App, Caller};
use shared::error::{Code, Error};
use shared::http::{Request, Response};
use shared::types::{AccountId, Invalid, RefreshLifetime};
use shared::wire::leads;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    lead_id: AccountId,
    portal_id: String,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let caller = leads::administrator(app, &request).await?;
    match request.method.as_str() {
        "GET" => Ok(tenant_key(&caller)),
        _ => lead_key(app, &caller, &request).await,
    }
}

fn tenant_key(caller: &Caller) -> Response {
    let ends_at = caller.now.seconds() + RefreshLifetime::FOUR_HOURS.seconds();
    Response::json(200, &caller.portal().auto_login_key(&caller.ring, ends_at).reveal())
}

async fn lead_key(app: &App, caller: &Caller, request: &Request) -> Result<Response, Error> {
    let key = request.query("authkey")?.unwrap_or_default();
    if !caller.portal().has_auto_login_key(key, &caller.ring, caller.now) {
        let message = "The authkey is not valid. Ask for another tenant key.";
        return Err(Code::InvalidAuthKey.because("no auto-login key of this portal").saying(message));
    }
    let Body { lead_id, portal_id } = request.json()?;
    if portal_id != caller.client_id.as_str() {
        return Err(Error::invalid("PortalId", Invalid("must be the portal of the access key")));
    }
    app.auto_login(caller, lead_id, RefreshLifetime::FOUR_HOURS, leads::signed_in).await
}
