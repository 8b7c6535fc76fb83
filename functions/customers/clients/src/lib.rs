//! `POST /v1/accounts/{oid}/auth/clients`, `GET /v1/accounts/{oid}/auth/clients`,
//! `GET /v1/accounts/{oid}/auth/clients/{client_id}`, `DELETE /v1/accounts/{oid}/auth/clients/{client_id}`,
//! `POST /v1/accounts/{oid}/auth/clients/{client_id}/rotate-secret`: makes a client with its grants, shows the tenant's
//! clients or one of them, takes one away, gives one another secret (contract §4.11).
//!
//! In: a client's own token, to look with `read:accounts` or `admin:accounts`, for the rest with `write:accounts` or
//! `admin:accounts`. Refuses, whichever call it is: 400 `invalid_request`; 401 `invalid_token`; 403 `forbidden`,
//! `insufficient_scope`.
//!
//! To make one, in: body `{"name", "grants"?: [{"audience", "scope": [], "type"?}], "data_scope"?: []}`; `type` is
//! `any`, `authorization_code`, `client_credentials` or `password`. Without `admin:accounts` a grant may open no more of
//! these calls than the caller may itself. `data_scope`, which is ours and wants `admin:accounts`, is what the client may
//! ask people for as a third party (contract §3.6). Out: 200 with the client and its `client_secret`, for the only time.
//! Refuses: 422 `idempotency_key_reused`.
//!
//! To look, out: 200 with a list, or with the client; no secret is ever in it. Refuses: 404 `not_found`.
//!
//! To take one away, in: not the token's own client. Out: 200 `{}`. Its secrets and its own tokens open nothing here
//! any more: within a minute on other instances, where introspection says so at once. Refuses: 404 `not_found`.
//!
//! For another secret, in: body none or `{"previous_expires_in"?}`, the seconds that the secret before works on: 86400
//! unless set, 0 to 604800. Out: 200 with the client and its `client_secret`, for the only time. Refuses: 404
//! `not_found`; 422 `idempotency_key_reused`.

use serde::{Deserialize, Serialize};
use shared::app::customers::{ClientForm, OLD_SECRET_SECONDS, scopes};
use shared::app::{App, Memory};
use shared::error::Error;
use shared::http::{Object, Request, Response};
use shared::store::{CredentialKind, Grant, GrantType};
use shared::types::{Audience, DataScope, DataScopes, Invalid, Name, Scopes};
use shared::wire::customers;

#[derive(Deserialize)]
struct Body {
    name: Name,
    #[serde(default)]
    grants: Vec<Object<GrantBody>>,
    #[serde(default)]
    data_scope: Vec<String>,
}

#[derive(Deserialize)]
struct GrantBody {
    audience: Audience,
    scope: Vec<String>,
    #[serde(default)]
    r#type: GrantType,
}

#[derive(Deserialize)]
struct RotateBody {
    #[serde(default = "a_day")]
    previous_expires_in: u32,
}

fn a_day() -> u32 {
    OLD_SECRET_SECONDS
}

#[derive(Serialize)]
struct Deleted {}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    match request.method.as_str() {
        "GET" => show(app, &request).await,
        "DELETE" => delete(app, &request).await,
        _ if request.route.ends_with("/rotate-secret") => rotate_secret(app, &request).await,
        _ => create(app, &request).await,
    }
}

async fn show(app: &App, request: &Request) -> Result<Response, Error> {
    let back_end = customers::back_end(app, request, scopes::READ_CLIENTS).await?;
    if request.path_parameters.contains_key("client_id") {
        let client = app.find_client(&back_end, &request.path_parameter("client_id")?).await?;
        return Ok(customers::client(&client));
    }
    Ok(customers::clients(&app.store.clients(back_end.caller.tenant_id()).await?))
}

async fn create(app: &App, request: &Request) -> Result<Response, Error> {
    let back_end = customers::back_end(app, request, scopes::WRITE_CLIENTS).await?;
    let Body { name, grants, data_scope } = request.json()?;
    let grant = |Object(GrantBody { audience, scope, r#type }): Object<GrantBody>| {
        let scope = Scopes::of(scope)?;
        Ok(Grant { audience, scope, grant_type: r#type })
    };
    let grants: Result<Vec<_>, Invalid> = grants.into_iter().map(grant).collect();
    let grants = grants.map_err(|invalid| Error::invalid("grants.scope", invalid))?;
    let data_scope = data_scope.iter().map(|name| DataScope::try_from(name.as_str()));
    let data_scope: Result<DataScopes, Invalid> = data_scope.collect();
    let data_scope = data_scope.map_err(|invalid| Error::invalid("data_scope", invalid))?;
    let form = ClientForm { id: None, name, credential: CredentialKind::ClientSecret, grants, data_scope };
    let create =
        async |memory: &Memory| app.create_client(&back_end, form.clone(), memory, customers::new_client).await;
    app.once(&back_end.caller, request, create).await
}

async fn delete(app: &App, request: &Request) -> Result<Response, Error> {
    let back_end = customers::back_end(app, request, scopes::WRITE_CLIENTS).await?;
    app.delete_client(&back_end, &request.path_parameter("client_id")?).await?;
    Ok(Response::json(200, &Deleted {}))
}

async fn rotate_secret(app: &App, request: &Request) -> Result<Response, Error> {
    let back_end = customers::back_end(app, request, scopes::WRITE_CLIENTS).await?;
    let id = request.path_parameter("client_id")?;
    let seconds = if request.has_no_body() { a_day() } else { request.json::<RotateBody>()?.previous_expires_in };
    let rotate = async |memory: &Memory| {
        let asked = (&id, CredentialKind::ClientSecret, seconds);
        app.rotate_credential(&back_end, asked, memory, customers::new_client).await
    };
    app.once(&back_end.caller, request, rotate).await
}
