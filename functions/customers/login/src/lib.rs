//! `POST /v1/accounts/{aid}/customers/login`: signs a customer in by e-mail or telephone number and password
//! (document 004).
//!
//! In: a client's own token with `write:accounts:/auth/users` or `write:accounts:/auth/users/no-mfa`; body
//! `{"audience", "type", "password", "email"}` or `{"audience", "type", "password", "ident_type", "ident"}`.
//! Out: 200 `{"access_token", "token_type", "expires_in", "refresh_token"?, "scope"}`; the refresh token for tokens with
//! `create:accounts:auth:refresh_token`. With a second factor missing, 403 `mfa_required` with an `mfa_token`.
//! Refuses: 400 `invalid_request`; 401 `invalid_token`, `invalid_credentials` (every reason alike); 403 `forbidden`,
//! `insufficient_scope`, `invalid_target`.

use serde::Deserialize;
use shared::app::App;
use shared::app::customers::{SignInForm, scopes};
use shared::error::Error;
use shared::http::{Request, Response};
use shared::password::Password;
use shared::types::Audience;
use shared::wire::customers::{self, Ident, SignInType};

#[derive(Deserialize)]
struct Body {
    audience: Audience,
    r#type: SignInType,
    password: Password,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let back_end = customers::back_end(app, &request, scopes::SIGN_IN).await?;
    let Body { audience, r#type, password } = request.json()?;
    let identifier = request.json::<Ident>()?.identifier()?;
    let secret = customers::secret("password", password)?;
    let form = SignInForm { identifier, audience, secret };
    app.sign_in_customer(&back_end.about(r#type.into()), form, customers::SIGN_IN).await
}
