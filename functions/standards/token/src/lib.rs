//! `POST /oauth/token`, `ANY /oauth/token`: gives a token for a grant (RFC 6749 §3.2).
//!
//! In: a form, with client authentication by Basic or `client_id` and `client_secret`; `grant_type`:
//! - `client_credentials` (§4.4): `audience` or `resource` (RFC 8707), which a client with one audience may leave out;
//!   `scope`?, without which all that was granted
//! - `refresh_token` (§6): `refresh_token` of this client, which is rotated; `scope`?, a part of what was granted;
//!   `audience` or `resource`?, the session's
//!
//! Out: 200 `{"access_token", "token_type", "expires_in", "refresh_token"?, "scope"}`, never a refresh token for
//! `client_credentials`.
//! Refuses: 400 `invalid_request`, `unsupported_grant_type`, `unauthorized_client`, `invalid_scope`, `invalid_target`,
//! `invalid_grant`; 401 `invalid_client`; 405 and 415 `invalid_request`; 429 after too many bad secrets from one
//! source.

use shared::app::customers::RefreshForm;
use shared::app::{App, Caller};
use shared::error::{Code, Error};
use shared::http::{Form, Request, Response};
use shared::store::{Client, GrantType};
use shared::types::{Audience, Invalid, Scopes};
use shared::wire::{customers, standards};

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let form = standards::form(&request)?;
    match form.required("grant_type")? {
        "client_credentials" => {
            let (caller, client) = standards::client(app, &request, &form).await?;
            client_credentials(app, &caller, &client, &form)
        }
        "refresh_token" => {
            let token = form.required("refresh_token")?.to_owned();
            let refresh = RefreshForm { token, scope: scope(&form)?, audience: audience(&form)? };
            let (caller, _) = standards::client(app, &request, &form).await?;
            app.refresh(&caller, &refresh, customers::refreshed).await
        }
        _ => Err(Code::UnsupportedGrantType.because("another grant")),
    }
}

fn client_credentials(app: &App, caller: &Caller, client: &Client, form: &Form) -> Result<Response, Error> {
    let (asked, scope) = (audience(form)?, scope(form)?);
    let audience = match (asked, client.audiences(GrantType::ClientCredentials).as_slice()) {
        (_, []) => return Err(Code::UnauthorizedClient.because("no grant for the client itself")),
        (Some(asked), _) => asked,
        (None, [only]) => (*only).clone(),
        (None, _) => {
            let message = "This client has more than one audience: name one in audience or resource.";
            return Err(Code::InvalidTarget.because("no audience").saying(message));
        }
    };
    Ok(customers::client_token(&app.client_token(caller, client, audience, scope)?))
}

/// One audience, by the name of RFC 8707 or by the one that most others use. What no token can be for is
/// `invalid_target` there, however it is written.
fn audience(form: &Form) -> Result<Option<Audience>, Error> {
    let audience = form.parse("audience", Code::InvalidTarget)?;
    let resource = form.parse("resource", Code::InvalidTarget)?;
    match (audience, resource) {
        (Some(audience), Some(resource)) if audience != resource => {
            let message = "A token is for one audience: send audience or resource, not both.";
            Err(Code::InvalidRequest.because("two audiences").saying(message))
        }
        (audience, resource) => Ok(audience.or(resource)),
    }
}

fn scope(form: &Form) -> Result<Option<Scopes>, Error> {
    let scope = form.parse::<Scopes>("scope", Code::InvalidScope)?;
    if scope.as_ref().is_some_and(|scope| scope.iter().next().is_none()) {
        let rule = Invalid("must name at least one scope");
        return Err(Code::InvalidScope.because(rule).saying(format!("scope {rule}.")));
    }
    Ok(scope)
}
