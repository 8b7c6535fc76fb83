//! `POST /v1/accounts/{aid}/customers/mfa_login`: begins a sign-in with two factors by a password or pin
//! (contract §4.3).
//!
//! In: a client's own token with `write:accounts:/auth/users`; body `{"ident_type", "ident", "audience", "type",
//! "secret"}`. Out: 200 `{"links", "mfa_token", "challenge_type", "oob_channel"?}`; the token lives 5 minutes.
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
    secret: Password,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let back_end = customers::back_end(app, &request, scopes::SET_SECRETS).await?;
    let Body { audience, r#type, secret } = request.json()?;
    let identifier = request.json::<Ident>()?.identifier()?;
    let secret = customers::secret("secret", secret)?;
    let form = SignInForm { identifier, audience, secret };
    app.begin_mfa_sign_in(&back_end.about(r#type.into()), form, customers::mfa_begun).await
}
