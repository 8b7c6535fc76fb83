//! `GET /.well-known/oauth-authorization-server`, `GET /.well-known/openid-configuration`: where everything is and what
//! of OAuth 2.0 works here (RFC 8414, OIDC Discovery 1.0).
//!
//! Out: 200, to be kept for 10 minutes; `issuer` is `iss` of every token, letter for letter. Reads nothing, so it is
//! there whatever is down.
//! Refuses: nothing.

use serde::Serialize;
use shared::app::App;
use shared::app::customers::scopes;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::key_ring::Algorithm;
use shared::wire::standards::CLIENT_AUTHENTICATION;

#[derive(Serialize)]
struct Metadata<'a> {
    issuer: &'a str,
    jwks_uri: String,
    token_endpoint: String,
    token_endpoint_auth_methods_supported: [&'a str; 2],
    grant_types_supported: [&'a str; 2],
    scopes_supported: [&'a str; 14],
    introspection_endpoint: String,
    introspection_endpoint_auth_methods_supported: [&'a str; 2],
    revocation_endpoint: String,
    revocation_endpoint_auth_methods_supported: [&'a str; 2],
    // What both specifications require of every document. There is no authorization endpoint, so no response type can
    // be asked for: the list is empty, though RFC 8414 §3.2 would leave such a one out, because readers that insist
    // on the member find it.
    response_types_supported: [&'a str; 0],
    // One `sub` for all clients. No ID token is issued; these are the algorithms of access tokens.
    subject_types_supported: [&'a str; 1],
    id_token_signing_alg_values_supported: [&'a str; 3],
}

/// # Errors
/// None.
#[expect(clippy::unused_async, reason = "every handler has this signature")]
pub async fn handle(app: &App, _request: Request) -> Result<Response, Error> {
    let issuer = app.issuer();
    let metadata = Metadata {
        issuer,
        jwks_uri: format!("{issuer}/.well-known/jwks.json"),
        token_endpoint: format!("{issuer}/oauth/token"),
        token_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION,
        grant_types_supported: ["client_credentials", "refresh_token"],
        scopes_supported: scopes::ALL,
        introspection_endpoint: format!("{issuer}/oauth/introspect"),
        introspection_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION,
        revocation_endpoint: format!("{issuer}/oauth/revoke"),
        revocation_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION,
        response_types_supported: [],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: Algorithm::ALL.map(Algorithm::name),
    };
    Ok(Response::json(200, &metadata).with("cache-control", "public, max-age=600"))
}
