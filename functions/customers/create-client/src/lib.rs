//! `POST /v1/accounts/{oid}/auth/clients`: makes a client with its grants (contract §4.11).
//!
//! In: a client's own token with `write:accounts` or `admin:accounts`; body `{"name", "grants"?: [{"audience", "scope":
//! [], "type"?}], "data_scope"?: []}`; `type` is `any`, `authorization_code`, `client_credentials` or `password`. Without
//! `admin:accounts` a grant may open no more of these calls than the caller may itself. `data_scope`, which is ours and
//! wants `admin:accounts`, is what the client may ask people for as a third party (contract §3.6). Out: 200 with the
//! client and its `client_secret`, for the only time.
//! Refuses: 400 `invalid_request`; 401 `invalid_token`; 403 `forbidden`, `insufficient_scope`; 422
//! `idempotency_key_reused`.

use serde::Deserialize;
use shared::app::customers::scopes;
use shared::app::{App, Memory};
use shared::error::Error;
use shared::http::{Object, Request, Response};
use shared::store::{Grant, GrantType};
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
    #[serde(default = "any")]
    r#type: GrantType,
}

fn any() -> GrantType {
    GrantType::Any
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let back_end = customers::back_end(app, &request, scopes::WRITE_CLIENTS).await?;
    let Body { name, grants, data_scope } = request.json()?;
    let grant = |Object(GrantBody { audience, scope, r#type }): Object<GrantBody>| {
        let scope = Scopes::of(scope)?;
        Ok(Grant { audience, scope, grant_type: r#type })
    };
    let grants: Result<Vec<_>, Invalid> = grants.into_iter().map(grant).collect();
    let grants = grants.map_err(|invalid| Error::invalid("grants.scope", invalid))?;
    let name = String::from(name);
    let data_scope = data_scope.iter().map(|name| DataScope::try_from(name.as_str()));
    let data_scope: Result<DataScopes, Invalid> = data_scope.collect();
    let data_scope = data_scope.map_err(|invalid| Error::invalid("data_scope", invalid))?;
    let create = async |memory: &Memory| {
        let asked = (name.clone(), grants.clone(), data_scope.clone());
        app.create_client(&back_end, asked, memory, customers::new_client).await
    };
    app.once(&back_end.caller, &request, create).await
}
